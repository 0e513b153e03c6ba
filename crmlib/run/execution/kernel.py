"""One kernel process for one notebook, driven by papermill.

Where the system allows it, the kernels of a run are forked by a process that has the libraries
loaded (`crmlib.run.execution.fork_server`); elsewhere each loads them anew.

Importing this module loads papermill, which takes a while; the runner does so only when a
notebook has to be executed. The kernel is always the interpreter that runs this program: a kernel
specification found elsewhere on the machine would have other library versions than the manifest
says.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import nbformat
import papermill
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, papermill_engines

from crmlib.run.execution.aftermath import INJECTED
from crmlib.run.execution.forking import CAN_FORK, ForkingProvisioner, ForkServer, modules_of

__all__ = ["Kernel", "Kernels"]

_ENGINE = "crm"
_SOCKET_PATH_LIMIT = 100
_START_SECONDS = 120
_OUTPUT_SECONDS = 60
_CANCEL_SECONDS = 5

_log = logging.getLogger("crmlib.run.execution.kernel")
_log.addHandler(logging.NullHandler())
_log.propagate = False


class _CrmEngine(Engine):
    """The papermill engine that starts the kernel given to it."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **kwargs: Any) -> None:
        kernel: Kernel = kwargs["kernel"]
        client = PapermillNotebookClient(
            nb_man,
            km=kernel.manager,
            kernel_name=kernel_name,
            timeout=kwargs["cell_timeout_seconds"],
            startup_timeout=_START_SECONDS,
            iopub_timeout=_OUTPUT_SECONDS,
            shutdown_kernel="immediate",
            record_timing=False,
            on_notebook_start=kernel.note_process,
            on_cell_execute=kernel.note_cell,
            log=_log,
        )
        client.execute(cleanup_kc=True, cwd=str(kernel.folder), env=kernel.environment)


class Kernel:
    """A kernel that has not been started yet, and how far it has come.

    Attributes
    ----------
    cell
        Position of the code cell that runs or ran last, from 1; 0 before the first. The cell
        that papermill injects is not counted.
    source
        Its source.
    """

    def __init__(
        self,
        sockets: Path,
        *,
        folder: Path,
        environment: Mapping[str, str],
        on_cell: Callable[[int], None],
        server: ForkServer | None = None,
    ) -> None:
        self.folder = folder
        self.environment = dict(environment)
        self.cell = 0
        self.source = ""
        self._process: Any = None
        self._on_cell = on_cell
        connection = sockets / "kernel.json"
        is_short = len(str(connection)) < _SOCKET_PATH_LIMIT
        self.manager = AsyncKernelManager(
            kernel_name="python3",
            kernel_spec_manager=KernelSpecManager(kernel_dirs=[]),
            transport="ipc" if is_short else "tcp",
            connection_file=str(connection),
        )
        self._server = server

    def run(
        self,
        notebook: nbformat.NotebookNode,
        parameters: Mapping[str, Any],
        *,
        cell_timeout_seconds: int,
    ) -> nbformat.NotebookNode:
        """Execute a notebook with parameters and return it with its outputs."""
        papermill_engines.register(_ENGINE, _CrmEngine)
        if self._server is not None:
            manager = self.manager
            provisioner = ForkingProvisioner(kernel_spec=manager.kernel_spec, parent=manager)
            provisioner.server, provisioner.modules = self._server, modules_of(notebook)
            manager.provisioner = provisioner
        try:
            return papermill.execute_notebook(
                notebook,
                None,
                parameters=dict(parameters),
                engine_name=_ENGINE,
                kernel_name="python3",
                language="python",
                progress_bar=False,
                kernel=self,
                cell_timeout_seconds=cell_timeout_seconds,
            )
        finally:
            _close_event_loop()

    def note_process(self, **_: Any) -> None:
        """Remember the process, to ask it for its exit status after its death."""
        self._process = getattr(self.manager.provisioner, "process", None)

    def note_cell(self, *, cell: nbformat.NotebookNode, **_: Any) -> None:
        """Count the code cells as they start."""
        if INJECTED not in cell.metadata.get("tags", []):
            self.cell += 1
            self.source = cell.source
            self._on_cell(self.cell)

    def death(self) -> str:
        """Say how the process ended, as far as the system tells."""
        status = self._process.poll() if self._process is not None else None
        if status is None:
            return "it ended without a trace"
        if status >= 0:
            return f"it ended by itself with status {status}"
        name = signal.Signals(-status).name
        reason = ", often because the machine ran out of memory" if name == "SIGKILL" else ""
        return f"signal {name} ended it{reason}"

    def kill(self) -> None:
        """End the process and whatever it started, at once."""
        provisioner = self.manager.provisioner
        group = getattr(provisioner, "pgid", None)
        if group and getattr(provisioner, "process", None) is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(group, signal.SIGKILL)


class Kernels:
    """The kernels of one run: a private folder for each, and one call that ends them all."""

    def __init__(self, *, folder: Path, scratch: Path, environment: Mapping[str, str]) -> None:
        self._folder = folder
        self._scratch = scratch
        self._environment = environment
        self._running: set[Kernel] = set()
        self._guard = threading.Lock()
        self._server = ForkServer({**os.environ, **environment}) if CAN_FORK else None

    @contextlib.contextmanager
    def prepare(self, on_cell: Callable[[int], None]) -> Iterator[Kernel]:
        """Give a kernel with a temporary folder of its own, both gone afterwards."""
        with tempfile.TemporaryDirectory(dir=self._scratch, ignore_cleanup_errors=True) as name:
            private = {"IPYTHONDIR": name, "TMPDIR": name}
            kernel = Kernel(
                Path(name),
                folder=self._folder,
                environment={**os.environ, **self._environment, **private},
                on_cell=on_cell,
                server=self._server,
            )
            with self._guard:
                self._running.add(kernel)
            try:
                yield kernel
            finally:
                with self._guard:
                    self._running.discard(kernel)

    def kill_all(self) -> None:
        """End every kernel that runs; call again until their threads have ended."""
        with self._guard:
            for kernel in self._running:
                kernel.kill()

    def close(self) -> None:
        """End what starts the kernels; no further one can be prepared."""
        if self._server is not None:
            self._server.close()


def _close_event_loop() -> None:
    """End the tasks that the notebook client left in the loop of this thread, and close it."""
    with contextlib.suppress(RuntimeError):
        loop = asyncio.get_event_loop()
        if not loop.is_running():
            if tasks := asyncio.all_tasks(loop):
                for task in tasks:
                    task.cancel()
                loop.run_until_complete(asyncio.wait(tasks, timeout=_CANCEL_SECONDS))
            loop.close()
