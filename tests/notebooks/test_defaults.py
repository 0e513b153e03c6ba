"""The notebooks with their defaults: nbval against the stored outputs, and golden tables."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

PROJECT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((PROJECT / "notebooks").glob("*.ipynb"))
GOLDEN = PROJECT / "tests" / "golden"
CELL_SECONDS = 120

pytestmark = [pytest.mark.notebooks, pytest.mark.xdist_group("notebooks")]


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory) -> Path:
    """Run nbval over all notebooks in order, with a folder of its own for what they write."""
    folder = tmp_path_factory.mktemp("defaults")
    command = [
        sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", "-p", "no:cacheprovider",
        "--nbval-lax", f"--nbval-cell-timeout={CELL_SECONDS}", "-W", "ignore", "--no-header",
        *map(str, NOTEBOOKS),
    ]  # fmt: skip
    environment = {**os.environ, "CRM_RUN_FOLDER": str(folder), "CRM_PROJECT_FOLDER": str(PROJECT)}
    done = subprocess.run(
        command, cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=600
    )
    (folder / "nbval.txt").write_text(done.stdout + done.stderr, encoding="utf-8")
    (folder / "status").write_text(str(done.returncode), encoding="utf-8")
    return folder


def test_stored_outputs_are_what_the_notebooks_give(run_folder):
    assert (run_folder / "status").read_text() == "0", (run_folder / "nbval.txt").read_text()[
        -4000:
    ]


def test_every_notebook_finishes(run_folder):
    finished = {path.stem for path in (run_folder / "notebooks").glob("*.json")}
    assert finished == {path.stem for path in NOTEBOOKS}


GOLDEN_TABLES = sorted(path.relative_to(GOLDEN) for path in GOLDEN.rglob("*.csv"))


def test_there_are_golden_tables():
    assert len(GOLDEN_TABLES) >= 8


@pytest.mark.parametrize("table", GOLDEN_TABLES, ids=str)
def test_golden_table(run_folder, table):
    """The committed table of the sample run, to the last digit that floats are good for."""
    expected = pd.read_csv(GOLDEN / table)
    found = pd.read_csv(run_folder / "tables" / table)
    pd.testing.assert_frame_equal(found, expected, rtol=1e-9)
