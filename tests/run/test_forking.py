"""Kernels forked from one process: apart from each other, gone with it, as good as started ones."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

import nbformat
import psutil
import pytest

from crmlib.run.execution import kernel as kernels_of_runs
from crmlib.run.execution.forking import CAN_FORK, ForkServer
from crmlib.run.execution.kernel import Kernels

pytestmark = pytest.mark.notebooks
needs_fork = pytest.mark.skipif(not CAN_FORK, reason="kernels are not forked on this system")

FACTS = """
import json, os, sys, tempfile
print(json.dumps([
    os.getcwd(), os.environ["CRM_RUN_FOLDER"], sys.executable,
    tempfile.gettempdir() == os.environ["TMPDIR"], sys.path,
    "leftover" in globals(), hash("crm"), sys.argv[0].rsplit("/")[-1].removesuffix(".py"),
]))
leftover = 1
"""


def _notebook(*cells: str) -> nbformat.NotebookNode:
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    made.cells[0].metadata["tags"] = ["parameters"]
    return made


def _kernels(folder: Path) -> Kernels:
    scratch = folder / "scratch"
    scratch.mkdir(exist_ok=True)
    environment = {"CRM_RUN_FOLDER": str(folder), "PYTHONHASHSEED": "0"}
    return Kernels(folder=folder, scratch=scratch, environment=environment)


def _said(kernels: Kernels, *cells: str) -> str:
    with kernels.prepare(lambda _: None) as kernel:
        done = kernel.run(_notebook("x = 1", *cells), {}, cell_timeout_seconds=60)
    return done.cells[-1].outputs[0].text


@needs_fork
def test_a_forked_kernel_is_like_a_started_one_and_knows_nothing_of_the_one_before(
    tmp_path, monkeypatch
):
    with contextlib.closing(_kernels(tmp_path)) as kernels:
        forked = [_said(kernels, FACTS) for _ in range(2)]
    monkeypatch.setattr(kernels_of_runs, "CAN_FORK", False)
    with contextlib.closing(_kernels(tmp_path)) as kernels:
        started = _said(kernels, FACTS)
    assert forked == [started, started]


@needs_fork
def test_modules_are_loaded_once_and_before_the_kernel_is(tmp_path):
    shown = "import sys; print('crmlib.features.orders' in sys.modules)"
    use = "if x > 5:\n    pass\nfrom crmlib.features import orders"
    with contextlib.closing(_kernels(tmp_path)) as kernels:
        assert _said(kernels, shown) == "False\n"
        assert _said(kernels, shown, use, shown) == "True\n"
        assert _said(kernels, shown) == "True\n"


@needs_fork
def test_a_module_that_cannot_be_loaded_fails_in_its_cell(tmp_path):
    with (
        contextlib.closing(_kernels(tmp_path)) as kernels,
        kernels.prepare(lambda _: None) as kernel,
        pytest.raises(Exception, match=r"No module named 'crmlib\.nowhere'"),
    ):
        kernel.run(_notebook("x = 1", "import crmlib.nowhere"), {}, cell_timeout_seconds=60)


def _forked(server: ForkServer, code: str):
    """Fork a process that fails as a kernel, or takes its time to."""
    return server.fork(modules=[], arguments=["-f", code], folder="/", environment=dict(os.environ))


@needs_fork
def test_closing_the_server_ends_its_kernels(tmp_path):
    server = ForkServer(dict(os.environ))
    kernels = [_forked(server, str(tmp_path / f"{k}.json")) for k in range(2)]
    assert all(psutil.pid_exists(one.pid) for one in kernels)
    assert [os.getpgid(one.pid) for one in kernels] == [one.pid for one in kernels]
    server.close()
    assert [one.poll() for one in kernels] == [-signal.SIGKILL] * 2
    _wait_until(lambda: not any(_runs(one.pid) for one in kernels))


@needs_fork
def test_the_end_of_one_kernel_is_told_with_its_signal(tmp_path):
    server = ForkServer(dict(os.environ))
    with contextlib.closing(server):
        one, other = (_forked(server, str(tmp_path / f"{k}.json")) for k in range(2))
        one.send_signal(signal.SIGKILL)
        assert one.wait(30) == -signal.SIGKILL
        assert other.poll() is None


@needs_fork
def test_a_server_that_ended_takes_nobody_for_alive(tmp_path):
    server = ForkServer(dict(os.environ))
    with contextlib.closing(server):
        one = _forked(server, str(tmp_path / "k.json"))
        parent = psutil.Process(one.pid).parent()
        parent.kill()
        assert one.wait(30) == -signal.SIGKILL
        with pytest.raises(OSError, match=r"ended|Broken pipe"):
            _forked(server, str(tmp_path / "l.json"))


def _runs(pid: int) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False


def _wait_until(holds) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)
