"""Ask the fork server for kernels, in the way that jupyter_client asks for processes."""

from __future__ import annotations

import ast
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from typing import Any, cast

import nbformat
from jupyter_client.provisioning import LocalProvisioner

from crmlib.errors import CrmlibError

__all__ = ["CAN_FORK", "ForkServer", "ForkedKernel", "ForkingProvisioner", "modules_of"]

CAN_FORK = sys.platform == "linux"
"""Whether kernels are forked: elsewhere some libraries do not bear it."""

_LIBRARY = "crmlib."
_LAUNCHER = "ipykernel_launcher"
_END_SECONDS = 10


class ForkServer:
    """The fork server of one run, started with its first kernel.

    Parameters
    ----------
    environment
        Environment of the server; what libraries read as they are loaded has to stand there.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = dict(environment)
        self._process: subprocess.Popen[bytes] | None = None
        self._asking = threading.Lock()
        self._news = threading.Condition()
        self._started: list[int] = []
        self._statuses: dict[int, int] = {}
        self._is_gone = False

    def fork(
        self,
        *,
        modules: Sequence[str],
        arguments: Sequence[str],
        folder: str,
        environment: Mapping[str, str],
    ) -> ForkedKernel:
        """Start a kernel.

        Raises
        ------
        OSError
            If the server has ended.
        """
        request = {
            "modules": list(modules),
            "arguments": list(arguments),
            "folder": folder,
            "environment": dict(environment),
        }
        with self._asking:
            pipe = self._running().stdin
            if pipe is None:
                raise CrmlibError("The fork server was started without a pipe to it.")
            pipe.write(json.dumps(request).encode() + b"\n")
            pipe.flush()
            with self._news:
                self._news.wait_for(lambda: self._started or self._is_gone)
                if not self._started:
                    raise OSError("the process that forks kernels has ended")
                return ForkedKernel(self, self._started.pop())

    def status(self, pid: int) -> int | None:
        """Tell how a kernel ended, `None` as long as it runs."""
        with self._news:
            return self._statuses.get(pid, -signal.SIGKILL if self._is_gone else None)

    def wait(self, pid: int, timeout: float | None = None) -> int | None:
        """Wait for the end of a kernel."""
        with self._news:
            self._news.wait_for(lambda: pid in self._statuses or self._is_gone, timeout)
        return self.status(pid)

    def close(self) -> None:
        """End the server and every kernel that still runs."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin is not None:
            with contextlib.suppress(OSError):
                process.stdin.close()
        try:
            process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._listener.join(_END_SECONDS)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "crmlib.run.execution.fork_server"],
                cwd=os.sep,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=self._environment,
                start_new_session=True,  # an interrupt at the terminal is for the runner alone
            )
            self._listener = threading.Thread(
                target=self._listen, args=(self._process,), name="fork server", daemon=True
            )
            self._listener.start()
        return self._process

    def _listen(self, process: subprocess.Popen[bytes]) -> None:
        """Take note of what the server says, until it ends."""
        if process.stdout is not None:
            with process.stdout as answers:
                for line in answers:
                    said = json.loads(line)
                    with self._news:
                        if "status" in said:
                            self._statuses[said["pid"]] = said["status"]
                        else:
                            self._started.append(said["pid"])
                        self._news.notify_all()
        with self._news:
            self._is_gone = True
            self._news.notify_all()


class ForkedKernel:
    """A kernel of a fork server, in the words of `subprocess.Popen`."""

    stdin = stdout = stderr = None

    def __init__(self, server: ForkServer, pid: int) -> None:
        self._server = server
        self.pid = pid

    def poll(self) -> int | None:
        """Tell how it ended, `None` as long as it runs."""
        return self._server.status(self.pid)

    def wait(self, timeout: float | None = None) -> int | None:
        """Wait for its end."""
        return self._server.wait(self.pid, timeout)

    def send_signal(self, number: int) -> None:
        """Send a signal to it, if it runs."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


class ForkingProvisioner(LocalProvisioner):
    """Take kernels from a fork server in place of starting an interpreter for each."""

    server: ForkServer
    modules: Sequence[str] = ()

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Start a kernel with a command of the launcher of ipykernel."""
        kernel = self.server.fork(
            modules=self.modules,
            arguments=cmd[cmd.index(_LAUNCHER) + 1 :],
            folder=str(kwargs["cwd"]),
            environment=kwargs["env"],
        )
        self.process = cast("subprocess.Popen[bytes]", kernel)
        self.pid = self.pgid = kernel.pid
        return self.connection_info


def modules_of(notebook: nbformat.NotebookNode) -> list[str]:
    """List the modules of this library that a notebook imports.

    Examples
    --------
    >>> cells = [nbformat.v4.new_code_cell("from crmlib.features import orders, nothing as n")]
    >>> modules_of(nbformat.v4.new_notebook(cells=cells))
    ['crmlib.features', 'crmlib.features.orders', 'crmlib.features.nothing']
    """
    found: list[str] = []
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        try:
            statements = ast.parse(cell.source).body
        except SyntaxError:  # the notebook meets the error in its own cell
            continue
        for one in statements:
            if isinstance(one, ast.Import):
                found += [alias.name for alias in one.names]
            elif isinstance(one, ast.ImportFrom) and one.module:
                found += [one.module, *(f"{one.module}.{alias.name}" for alias in one.names)]
    return [name for name in dict.fromkeys(found) if name.startswith(_LIBRARY)]
