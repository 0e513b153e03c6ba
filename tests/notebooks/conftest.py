"""Runs that tests of several chapters share; their modules name the group that keeps one worker."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmlib.simulation.company import simulate_company
from tests.notebooks.runs import PublishedRun, project_in, publish


@pytest.fixture(scope="session")
def complete_journey_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return project_in(tmp_path_factory.mktemp("complete_journey"))


@pytest.fixture(scope="session")
def complete_journey(complete_journey_project: Path) -> PublishedRun:
    """All chapters about 2,469 households; tests name the group `complete_journey`."""
    return PublishedRun(publish(complete_journey_project, out="first"))


@pytest.fixture(scope="session")
def company_run(tmp_path_factory: pytest.TempPathFactory) -> PublishedRun:
    """All chapters about 6,000 simulated customers, 24 months; the group is `company_run`."""
    folder = tmp_path_factory.mktemp("company_run")
    source = folder / "company"
    simulate_company(source, n_customers=6_000, n_months=24, seed=11)
    project = project_in(folder, settings=f"company: Simulated\nsource: {source}\n")
    return PublishedRun(publish(project, out="reports"), source)
