"""What a user should know of the data that were taken in: left aside, set aside, dropped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crmlib.database import IntakeReport
    from crmlib.run.progress import Console

__all__ = ["remark_lines", "remarks_of", "show_remarks"]

_DONE = {
    "quarantine": "set aside",
    "exclude": "set aside",
    "deduplicate": "dropped as repeated",
}


def remarks_of(report: IntakeReport) -> dict[str, list[Any]]:
    """Pick the notes, and the findings that cost rows, as plain values for JSON.

    Returns
    -------
    dict
        `notes`, sentences, and `findings`, each with `table`, `column`, `says`, `action` and
        `n_rows`.
    """
    names = ("table", "column", "says", "action", "n_rows")
    found = [one for one in report.findings if one.action in _DONE]
    return {
        "notes": [*report.notes, *report.overrides],
        "findings": [{name: getattr(one, name) for name in names} for one in found],
    }


def remark_lines(remarks: Mapping[str, Any]) -> list[str]:
    """Word each remark in one line.

    Examples
    --------
    >>> finding = {"table": "transactions", "column": "quantity", "says": "is not a number",
    ...            "action": "quarantine", "n_rows": 1200}
    >>> remark_lines({"notes": ["a.csv is left aside."], "findings": [finding]})
    ['a.csv is left aside.', 'transactions.quantity is not a number: 1,200 row(s) set aside.']
    """
    lines = list(remarks.get("notes", []))
    for one in remarks.get("findings", []):
        where = f"{one['table']}.{one['column']}" if one["column"] else one["table"]
        done = _DONE[one["action"]]
        lines.append(f"{where} {one['says']}: {one['n_rows']:,} row(s) {done}.")
    return [" ".join(line.split()) for line in lines]


def show_remarks(remarks: Mapping[str, Any], console: Console) -> None:
    """Print what a user should know of the data; in JSON it is part of the result."""
    for line in [] if console.as_json else remark_lines(remarks):
        console.note(line, colour="yellow")
