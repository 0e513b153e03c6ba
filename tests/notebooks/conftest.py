"""Runs that tests of several chapters share; their modules name the group that keeps one worker."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmlib.simulation.company import simulate_company
from tests.notebooks.iterations import CHAPTERS, EARLIER, LATER
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


@pytest.fixture(scope="session")
def iterations(
    company_run: PublishedRun, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, PublishedRun]:
    """Two iterations by day, the second of which knows the first; the group is `company_run`."""
    assert company_run.source is not None
    project = tmp_path_factory.mktemp("iterations")
    made = company_run.source.parent
    (project / "crm.yaml").symlink_to(made / "crm.yaml")
    (project / "data").symlink_to(made / "data")
    (project / "notebooks").mkdir()
    for chapter in CHAPTERS:
        file = f"{chapter}.ipynb"
        (project / "notebooks" / file).symlink_to(made / "notebooks" / file)
    runs = {}
    for day in (EARLIER, LATER):
        published = publish(project, out="reports", options=("--as-of", day))
        runs[day] = PublishedRun(published.resolve(), company_run.source)
    return runs
