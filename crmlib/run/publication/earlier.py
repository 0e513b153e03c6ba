"""The iteration before: the newest whole run about an earlier day of the same company."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from crmlib.run.planning.notebooks import EARLIER
from crmlib.run.publication.manifest import Run

__all__ = ["earlier_files", "earlier_run"]


def earlier_run(runs: Sequence[Run], *, as_of: str, company: str) -> Run | None:
    """Find the iteration before `as_of`.

    Guards against learning from a run about the same or a later day, from one of only some
    notebooks, and from another company in the same folder.

    Parameters
    ----------
    runs
        Published runs, newest first.
    """
    before = [
        run
        for run in runs
        if run.is_complete and run.manifest["as_of"] < as_of and run.company == company
    ]
    return max(before, key=lambda run: (run.manifest["as_of"], run.number), default=None)


def earlier_files(run: Run | None) -> dict[str, Mapping[str, Any]]:
    """Give the records of the files of the iteration before, under names of their own."""
    if run is None:
        return {}
    return {f"{EARLIER}{path}": record for path, record in run.manifest["files"].items()}
