"""Killed, interrupted, doubled and locked out: the next run equals a clean one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from crmlib.run.publication.lock import locked
from tests.run.made_project import MadeProject

pytestmark = pytest.mark.notebooks

WAIT_SECONDS = 60
PAUSE = """
import time
pathlib.Path("started").touch()
while pathlib.Path("pause").exists():
    time.sleep(0.1)
"""
SAVE = 'save("numbers", str(n_customers))'


def _start(shop: MadeProject, *arguments: str, prelude: str = "") -> subprocess.Popen[str]:
    """Start `crm run` in a process of its own, without any locale."""
    code = f"{prelude}\nimport sys\nfrom crmlib.run.commands import main\nsys.exit(main())"
    env = {
        name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG"))
    }
    return subprocess.Popen(
        [sys.executable, "-c", code, "run", "--config", str(shop.config), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env={**env, "LANG": "C"},
        cwd=shop.folder,
        preexec_fn=_listen_to_interrupts,
    )


def _listen_to_interrupts() -> None:
    """Undo what a shell does to jobs in the background: they ignore SIGINT."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _wait_for(path: Path, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not path.exists():
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def small(shop: MadeProject) -> MadeProject:
    """Keep one notebook, which says when it has begun and waits where a file tells it to."""
    (shop.notebooks / "90_report.ipynb").unlink()
    shop.base(PAUSE, SAVE)
    return shop


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Hashes of an undisturbed run of the same notebook."""
    made = MadeProject(tmp_path_factory.mktemp("clean") / "shop")
    (made.notebooks / "90_report.ipynb").unlink()
    made.base(PAUSE, SAVE)
    assert made.crm("run") == 0
    return made.content()


def _check_like_clean(shop: MadeProject, clean: dict[str, str]) -> None:
    assert shop.crm("run") == 0
    assert shop.content() == clean
    assert [run.run_id for run in shop.runs()] == ["2024-12-03-r001"]
    assert (shop.out / "latest").resolve().name == "2024-12-03-r001"
    assert "2024-12-03-r001" in (shop.out / "index.html").read_text(encoding="utf-8")
    assert not list(shop.out.glob(".staging-*"))


def test_after_a_kill_in_a_notebook_no_kernel_survives_and_the_next_run_is_clean(small, clean):
    (small.folder / "pause").touch()
    process = _start(small)
    _wait_for(small.folder / "started", process)
    kernels = psutil.Process(process.pid).children(recursive=True)
    assert kernels
    process.kill()
    process.communicate(timeout=WAIT_SECONDS)
    assert list(small.out.glob(".staging-*"))
    (small.folder / "pause").unlink()
    _check_like_clean(small, clean)
    assert not psutil.wait_procs(kernels, timeout=10)[1]


KILL_AT = {
    "before the rename": ("compare", ".staging-*/manifest.json"),
    "after the rename": ("flush_entry", "*-r001"),
}


@pytest.mark.parametrize("stage", KILL_AT)
def test_after_a_kill_at_the_publication_the_next_run_is_clean(small, clean, stage):
    name, condition = KILL_AT[stage]
    prelude = f"""
import os, pathlib
from crmlib.run.publication import publish
old = publish.{name}
def die(*arguments):
    if list(pathlib.Path("reports").glob("{condition}")):
        os.kill(os.getpid(), 9)
    return old(*arguments)
publish.{name} = die
"""
    process = _start(small, prelude=prelude)
    process.communicate(timeout=WAIT_SECONDS)
    assert process.returncode == -signal.SIGKILL
    assert not (small.out / "latest").exists()
    _check_like_clean(small, clean)


def test_an_interrupted_run_publishes_nothing_and_leaves_nothing(small):
    (small.folder / "pause").touch()
    process = _start(small)
    _wait_for(small.folder / "started", process)
    kernels = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=WAIT_SECONDS)
    assert process.returncode == 130
    assert error.endswith("crm: error: interrupted, nothing published\n")
    assert sorted(path.name for path in small.out.iterdir()) == [".lock"]
    assert not psutil.wait_procs(kernels, timeout=5)[1]


def test_of_two_runs_at_once_the_second_waits_and_finds_nothing_to_do(small):
    (small.folder / "pause").touch()
    first = _start(small)
    _wait_for(small.folder / "started", first)
    second = _start(small, "--json")
    waiting = json.loads(second.stdout.readline())
    assert f"process {first.pid}" in waiting["text"]
    (small.folder / "pause").unlink()
    assert "Published run 2024-12-03-r001" in first.communicate(timeout=WAIT_SECONDS)[0]
    shown, _ = second.communicate(timeout=WAIT_SECONDS)
    assert (first.returncode, second.returncode) == (0, 0)
    assert json.loads(shown.splitlines()[-1])["is_new"] is False
    assert len(small.runs()) == 1


def test_a_run_that_may_not_wait_names_the_holder(shop, capsys):
    shop.out.mkdir()
    with locked(shop.out):
        assert shop.crm("run", "--wait", "0") == 1
    assert f"holds the output folder: process {os.getpid()} on" in capsys.readouterr().err


@pytest.fixture
def read_only(published: MadeProject) -> Iterator[MadeProject]:
    """Make the output folder of a published project unwritable."""
    published.out.chmod(0o555)
    yield published
    published.out.chmod(0o755)


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_read_only_folder_is_named_and_untouched(read_only, capsys):
    before = read_only.bytes_of_out()
    assert read_only.crm("run", "--fresh") == 1
    assert str(read_only.out) in capsys.readouterr().err
    assert read_only.bytes_of_out() == before


def test_a_full_disk_is_named_and_earlier_runs_are_untouched(published, capsys, monkeypatch):
    before = published.bytes_of_out()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("crmlib.run.publication.publish.flush_folder", full)
    assert published.crm("run", "--only", "10_base", "--fresh") == 1
    assert "No space left on device" in capsys.readouterr().err
    assert published.bytes_of_out() == before
