"""Every way in which a notebook can fail is named, with its cell."""

from __future__ import annotations

import contextlib
import gc
import re
from pathlib import Path

import pytest

from crmlib.run.execution.execute import NotebookError, Outcome, execute
from crmlib.run.planning.notebooks import parse_notebook
from tests.run.made_project import write_notebook

pytestmark = pytest.mark.notebooks

VALUES = {"as_of": "2024-12-31", "snapshot": "0123456789abcdef"}
SAVE = 'save("numbers", "1")'


def _execute(tmp_path: Path, *cells: str, seconds: int = 60, **options: object) -> Outcome:
    """Execute a made notebook by itself."""
    from crmlib.run.execution.kernel import Kernels

    staging = tmp_path / "staging"
    staging.mkdir()
    path = write_notebook(tmp_path / "notebooks", "10_base", *cells, **options)
    environment = {"CRM_RUN_FOLDER": str(staging)}
    kernels = Kernels(folder=tmp_path, scratch=tmp_path, environment=environment)
    with contextlib.closing(kernels):
        return execute(
            parse_notebook(path),
            VALUES,
            kernels=kernels,
            staging=staging,
            cell_timeout_seconds=seconds,
            on_cell=lambda position: None,
        )


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (
            ["# a remark\nopen('nowhere.csv')"],
            r"10_base, code cell 3 \(`# a remark`\) failed: FileNotFoundError: .*nowhere\.csv",
        ),
        (["import sys; sys.exit(0)"], r"code cell 3 ended the notebook early \(SystemExit: 0\)"),
        (["import os; os.kill(os.getpid(), 9)"], r"cell 3 .*kernel died, signal SIGKILL.*memory"),
        (["import os; os._exit(0)"], r"cell 3 .*kernel died, it ended by itself with status 0"),
        ([SAVE, "save('extra', '1')"], r"it wrote tables/extra and does not declare it"),
        ([SAVE, "reads.append('customers')"], r"it read customers and does not declare it"),
        (["x = 1"], r"it declares tables/numbers and did not write it"),
        ([SAVE, "notebook = '11_other'", "finish(); notebook = '10_base'"], None),
        ([SAVE, "as_of = '2020-01-01'"], r"finished as '10_base' for 2020-01-01"),
        ([SAVE, "raise ValueError('\\x1b[2J' + 'x' * 1000)"], r"ValueError: .{3,297}\.\.\."),
    ],
    ids=[
        "error",
        "exit",
        "killed",
        "hard exit",
        "undeclared write",
        "undeclared read",
        "missing write",
        "foreign finish",
        "other day",
        "long message",
    ],
)
def test_failure_is_named(tmp_path, cells, message):
    if message is None:
        _execute(tmp_path, *cells)
        return
    with pytest.raises(NotebookError, match=re.compile(message, re.DOTALL)):
        _execute(tmp_path, *cells)
    assert not (tmp_path / "staging" / "notebooks" / "10_base.ipynb").exists()


def test_a_cell_that_takes_too_long_is_stopped(tmp_path, caplog):
    with pytest.raises(NotebookError, match=r"cell 3 .* ran longer than 1 s and was stopped"):
        _execute(tmp_path, "import time; time.sleep(60)", seconds=1)
    gc.collect()
    assert "Task was destroyed" not in caplog.text


def test_a_notebook_without_finish_did_not_finish(tmp_path):
    with pytest.raises(NotebookError, match=r"10_base ran to its last cell and did not finish"):
        _execute(tmp_path, SAVE, last=None)


def test_a_kernel_that_does_not_start_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    with pytest.raises(NotebookError, match=r"the kernel does not start .*crm doctor"):
        _execute(tmp_path, SAVE)


def test_the_kernel_is_alone_and_the_notebook_is_stored_without_clock_times(tmp_path):
    outcome = _execute(
        tmp_path,
        SAVE,
        "import sys, os, time\nprint('a' * 1_000_000)\ntime.sleep(0.5)\n"
        "print(os.getcwd(), file=sys.stderr)\nprint(os.environ['TMPDIR'] != '')",
    )
    assert outcome.warnings == 1
    assert outcome.seconds < 10
    text = (tmp_path / "staging/notebooks/10_base.ipynb").read_text(encoding="utf-8")
    assert "papermill" not in text
    assert str(tmp_path) not in text
    assert '"injected-parameters"' in text
    assert '"execution_count": 6' in text
    assert text.count('"output_type": "stream"') == 1
    assert not re.search(r"\d\d:\d\d:\d\d", text)
