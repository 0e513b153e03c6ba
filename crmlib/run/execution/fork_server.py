"""The process that has loaded the library and forks a kernel for each notebook.

Loading the scientific libraries takes longer than most chapters compute. This process imports what
the notebooks import, each module once in a run, and forks: a kernel then starts in a moment, with
memory shared until it writes to it. No notebook runs here, so none leaves a trace for another.

It is started by `crmlib.run.execution.forking` and speaks lines of JSON. It reads requests from
standard input, each with `modules`, `arguments` of the kernel, `folder` and `environment`; it
answers each with `pid`, and says of a kernel that ended its `pid` and `status` (as of
`os.waitstatus_to_exitcode`). When standard input closes, it ends every kernel and itself, so that
the end of the program that asked, however violent, leaves none behind.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import selectors
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from typing import Any

__all__ = ["main"]

_CHUNK_BYTES = 65_536


class _Server:
    """Requests on one pipe, answers on another, kernels that live."""

    def __init__(self, requests: int, answers: int) -> None:
        self._requests, self._answers = requests, answers
        self._kernels: set[int] = set()
        self._rest = b""

    def serve(self) -> dict[str, Any] | None:
        """Fork kernels until nobody asks any more; give the request to the forked process."""
        ended, wake = os.pipe()
        os.set_blocking(wake, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        with selectors.DefaultSelector() as selector:
            selector.register(self._requests, selectors.EVENT_READ)
            selector.register(ended, selectors.EVENT_READ)
            while True:
                ready = {key.fd for key, _ in selector.select()}
                if ended in ready:
                    os.read(ended, _CHUNK_BYTES)
                    self._report_ended()
                if self._requests in ready:
                    data = os.read(self._requests, _CHUNK_BYTES)
                    if not data:
                        self._end_all()
                        return None
                    for request in self._complete(data):
                        if self._fork(request):
                            return request

    def _complete(self, data: bytes) -> Iterator[dict[str, Any]]:
        *lines, self._rest = (self._rest + data).split(b"\n")
        yield from (json.loads(line) for line in lines)

    def _fork(self, request: dict[str, Any]) -> bool:
        """Load what the notebook imports, then fork; true in the forked process."""
        for name in request["modules"]:
            with contextlib.suppress(Exception):  # the notebook meets the error in its own cell
                importlib.import_module(name)
        pid = os.fork()
        if not pid:
            return True
        with contextlib.suppress(OSError):  # it did so itself, or has ended
            os.setpgid(pid, pid)
        self._kernels.add(pid)
        self._answer(pid=pid)
        return False

    def _report_ended(self) -> None:
        for pid in sorted(self._kernels):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                self._kernels.discard(pid)
                self._answer(pid=pid, status=os.waitstatus_to_exitcode(status))

    def _answer(self, **what: int) -> None:
        with contextlib.suppress(BrokenPipeError):
            os.write(self._answers, json.dumps(what).encode() + b"\n")

    def _end_all(self) -> None:
        for pid in self._kernels:
            with contextlib.suppress(OSError):
                os.killpg(pid, signal.SIGKILL)


def main() -> None:
    """Serve; a forked process comes back from it as a kernel of its own."""
    if not sys.flags.safe_path:
        del sys.path[0]  # the folder it was started in; the launcher of ipykernel does the same
    requests, answers = os.dup(0), os.dup(1)
    _no_input()
    request = _Server(requests, answers).serve()
    if request is None:
        return
    os.close(requests)
    os.close(answers)
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with contextlib.suppress(OSError):
        os.setpgid(0, 0)
    os.environ.clear()
    os.environ.update(request["environment"], JPY_PARENT_PID=str(os.getppid()))
    os.chdir(request["folder"])
    time.tzset()
    tempfile.tempdir = None
    sys.argv = ["ipykernel_launcher", *request["arguments"]]
    from ipykernel import kernelapp

    kernelapp.launch_new_instance()


def _no_input() -> None:
    """Read nothing from standard input and write to standard error what goes to standard output."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)


if __name__ == "__main__":
    main()
