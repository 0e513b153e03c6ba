"""The page that lists every report: `reports/index.html`."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import jinja2

from crmlib.reporting.blocks import clean_text
from crmlib.reporting.html import TEMPLATES

__all__ = ["RunEntry", "index_page"]


@dataclasses.dataclass(frozen=True)
class RunEntry:
    """One run as the index shows it; all fields are plain text.

    Attributes
    ----------
    run_id
        Name of the run's folder beside the index.
    n_days_old
        How fresh the data were, e.g. `data 3 days old`.
    whose
        Company and data, as the head of the report names them.
    is_simulated
        Whether no customer in the data exists.
    problem
        Why the run cannot be used; its reports are then not linked.
    """

    run_id: str
    as_of: str
    published_at: str = ""
    status: str = ""
    headline: str = ""
    n_notebooks: int = 0
    n_days_old: str = ""
    problem: str = ""
    whose: str = ""
    is_simulated: bool = False


def index_page(runs: Sequence[RunEntry]) -> str:
    """Write the page for runs in the given order, the newest first."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES / "crm"), autoescape=True
    )
    environment.filters["breakable"] = str  # the index holds no tables
    shown = [
        {
            name: clean_text(value) if isinstance(value, str) else value
            for name, value in dataclasses.asdict(run).items()
        }
        for run in runs
    ]
    return environment.get_template("runs.html.j2").render(runs=shown)
