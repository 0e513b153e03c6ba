"""Notebooks run for real: one pass over all of them with their defaults, shared by the tests."""

from __future__ import annotations

from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((PROJECT / "notebooks").glob("*.ipynb"))


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory) -> Path:
    """Folder into which the notebooks write in this test run."""
    return tmp_path_factory.mktemp("defaults")
