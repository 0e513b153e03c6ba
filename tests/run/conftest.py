"""Throw-away projects for the tests of the runner."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.run.made_project import MadeProject


@pytest.fixture
def shop(tmp_path: Path) -> MadeProject:
    """A project with two notebooks and no run yet."""
    return MadeProject(tmp_path / "shop")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> MadeProject:
    """A project with one published run; tests that use it must not change it."""
    made = MadeProject(tmp_path_factory.mktemp("published") / "shop")
    assert made.crm("run") == 0
    return made
