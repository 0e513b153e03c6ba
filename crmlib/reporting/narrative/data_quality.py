"""Sentences of the chapter on data quality."""

from __future__ import annotations

import pandas as pd

from crmlib.database.report import IntakeReport
from crmlib.reporting import text
from crmlib.schema.columns import Table

__all__ = [
    "headline",
    "missing_sentence",
    "missing_tables",
    "source_note",
    "tables_to_look_at",
    "totals_caption",
]


def headline(
    counts: pd.Series, tables: pd.DataFrame, *, verdict: str, as_of: str, currency: str
) -> list[str]:
    """Say whether the data can be trusted, what they hold and what was refused.

    Parameters
    ----------
    counts
        One row of `features.coverage.line_counts`.
    tables
        Intake report, one row per table.
    """
    fit = {
        "PASS": "The data are complete and consistent",
        "REVIEW": "The data can be used, but look at the points marked REVIEW",
        "FAIL": "The data are not fit to be published",
    }[verdict]
    rows, excluded = int(tables["rows_in"].sum()), int(tables["rows_excluded"].sum())
    refused = int(tables["rows_quarantined"].sum()) - excluded
    doubled = int(tables["rows_deduplicated"].sum())
    left_out = f", {text.count(excluded)} left out by the mapping" if excluded else ""
    return [
        f"{fit}: {text.count(counts['n_lines'])} order lines in "
        f"{text.count(counts['n_orders'])} orders of "
        f"{text.count(counts['n_customers'])} customers, "
        f"{text.money(counts['net_cents'] / 100, currency, cents=True)} up to {as_of}.",
        f"Of {text.count(rows)} rows read from {_tables(len(tables))}, {text.count(refused)} were "
        f"refused{left_out} and {text.count(doubled)} dropped as exact duplicates; every row is "
        "accounted for.",
    ]


def _tables(number: int) -> str:
    """Write a number of tables."""
    return "one table" if number == 1 else f"{number} tables"


def tables_to_look_at(health: pd.DataFrame) -> list[str]:
    """Name the tables that somebody should look at, and why.

    Parameters
    ----------
    health
        From `evaluation.table_health.health`.
    """
    marked = health[health["verdict"] != "PASS"]
    if marked.empty:
        return [f"Of {_tables(len(health))}, none needs a look."]
    items = "\n".join(f"- `{row.table}`: {row.remark}" for row in marked.itertuples())
    needing = text.number(len(marked), "needs a look", "need a look")
    return [f"Of {_tables(len(health))}, {needing}:\n\n{items}"]


def totals_caption(n_deliveries: int) -> str:
    """Say of which delivery the totals of the source are.

    Examples
    --------
    >>> totals_caption(1)
    'Totals of the delivery in the source and after the checks, and of the database'
    """
    if n_deliveries == 1:
        return "Totals of the delivery in the source and after the checks, and of the database"
    return (
        f"Totals of the last of {n_deliveries} deliveries in the source and after the checks, and "
        "of the database made of all"
    )


def missing_tables(missing: pd.DataFrame) -> list[str]:
    """Say which tables the source lacks and what a reader would learn from each.

    Parameters
    ----------
    missing
        `table` and `teaches`.
    """
    if missing.empty:
        return ["The source brings every table of the data model."]
    items = "\n".join(f"- `{row.table}`: {row.teaches}" for row in missing.itertuples())
    return [f"With these tables the report would also show:\n\n{items}"]


def missing_sentence(table: Table) -> str:
    """Say that a table is not there and what a reader would learn from it.

    Examples
    --------
    >>> from crmlib.schema import TABLES
    >>> missing_sentence(TABLES["departures"])
    'The source brings no `departures`; with that table this report would show why customers left.'
    """
    return (
        f"The source brings no `{table.name}`; with that table this report would show "
        f"{table.teaches}."
    )


def source_note(report: IntakeReport) -> list[str]:
    """Name the source of the data, its provider, the terms of use and what to keep in mind."""
    note = report.note
    parts = [part for part in (note.title, note.provider, note.wording, note.terms) if part]
    origin = "Source: " + ". ".join(text.literal(part.rstrip("."), limit=600) for part in parts)
    remarks = (*note.caveats, *report.overrides)
    caveats = "\n".join(f"- {text.literal(caveat, limit=600)}" for caveat in remarks)
    return [f"{origin}.", *([f"Keep in mind:\n\n{caveats}"] if caveats else [])]
