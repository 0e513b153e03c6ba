"""A delivery much smaller than the one before it: more likely cut off than true."""

from __future__ import annotations

from crmlib.database.report import Delivery
from crmlib.sources.base import Problem
from crmlib.sources.quoting import shown

__all__ = ["accepted", "volume_problems"]

_SMALLEST_SHARE = 0.5
_FEWEST_ROWS = 100
"""Below this many rows a table varies too much by itself."""


def volume_problems(before: Delivery, now: Delivery, *, is_merged: bool) -> list[Problem]:
    """Find the tables that shrank by half or more since the last delivery of the same source.

    A delivery that is merged covers a period of its own, so its order lines are compared per day.

    Parameters
    ----------
    before, now
        The last delivery that was taken in, and this one.
    is_merged
        The deliveries add up, instead of each holding everything.
    """
    found = []
    for table, rows in before.rows.items():
        if is_merged and table != "transactions":
            continue  # master data come when they change
        was, is_now = float(rows), float(now.rows.get(table, 0))
        unit = "rows"
        if is_merged:
            unit = "rows a day"
            was, is_now = was / max(before.n_days, 1), is_now / max(now.n_days, 1)
        if rows >= _FEWEST_ROWS and is_now < _SMALLEST_SHARE * was:
            found.append(_problem(table, was, is_now, unit))
    return found


def _problem(table: str, was: float, is_now: float, unit: str) -> Problem:
    what = "is missing" if not is_now else f"holds {is_now:,.0f} {unit}"
    return Problem(
        table,
        f"the table {what}, the delivery before held {was:,.0f}: {is_now / was - 1:+.0%}",
        "Check whether the delivery is complete; if it is, repeat with --accept-drop and the "
        "reason, which will stand in the report.",
    )


def accepted(problems: list[Problem], reason: str) -> list[str]:
    """Word what was accepted and why."""
    given = shown(reason, limit=300)
    return [
        f"Accepted although {problem.says} ({problem.file}). Reason given: {given}"
        for problem in problems
    ]
