"""How every table of the database is doing: fresh, complete, linked, added up."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd

from crmlib.database.report import IntakeReport
from crmlib.periods import day_text
from crmlib.schema import TABLES

__all__ = [
    "MOST_UNKNOWN_SHARE",
    "column_coverage",
    "columns_of",
    "deliveries",
    "freshness",
    "gaps",
    "health",
    "references",
    "totals",
]

MOST_UNKNOWN_SHARE = 0.01
"""Share of rows with an id that refers to nothing, above which somebody should look."""

_STANDING = frozenset({"customers", "products", "offers", "campaigns", "assignments"})
"""Tables of what exists or was planned: nobody expects a new row every so often."""

_MIN_DAYS = 10


def freshness(days: pd.DataFrame, *, as_of_day: int, max_stale_days: int) -> pd.DataFrame:
    """Say from when to when each table has rows, and whether it has gone quiet.

    A table of events is quiet if its last row is older than `max_stale_days` and older than the
    longest silence between two of its rows so far. Guards against a feed that broke unnoticed,
    without crying wolf over tables that are filled once a quarter. With fewer than ten days with a
    row nothing can be said about its rhythm.

    Parameters
    ----------
    days
        From `features.coverage.days_of_tables`.

    Returns
    -------
    pandas.DataFrame
        One row per table with a row: `table`, `first_on`, `last_on` (ISO), `stale_days` (from the
        last row to `as_of_day`), `n_days` (with a row), `longest_gap_days`, `is_quiet`.
    """
    names = ["table", "first_on", "last_on", "stale_days", "n_days", "longest_gap_days", "is_quiet"]
    rows = []
    for table, group in days.groupby("table", sort=False):
        known = np.sort(group["day"].to_numpy(dtype="int64"))
        age, gap = as_of_day - int(known[-1]), int(np.diff(known).max(initial=0))
        is_judged = table not in _STANDING and len(known) >= _MIN_DAYS
        quiet = is_judged and age > max(max_stale_days, gap)
        rows.append((table, day_text(known[0]), day_text(known[-1]), age, len(known), gap, quiet))
    return pd.DataFrame(rows, columns=names)


def references(
    findings: pd.DataFrame, tables: pd.DataFrame, columns: Mapping[str, Collection[str]]
) -> pd.DataFrame:
    """Count the ids of each table that refer to nothing.

    Parameters
    ----------
    findings
        `IntakeReport.findings_frame()`.
    tables
        From `database.summary.rows_by_table`: `table`, `rows_in`.
    columns
        Names of the columns of these tables.

    Returns
    -------
    pandas.DataFrame
        One row per id column that refers to another table: `table`, `column`, `refers_to`,
        `n_rows`, `n_unknown`, `unknown_share` (both missing where the other table is not there, so
        that nobody can check), `what_happens` (to such rows).
    """
    broken = findings[findings["rule"] == "reference"].groupby(["table", "column"])["n_rows"].sum()
    rows_in = dict(zip(tables["table"], tables["rows_in"], strict=True))
    rows = []
    for name in rows_in:
        for column in TABLES[name].columns:
            target = column.reference.split(".")[0]
            if not target or column.name not in columns[name]:
                continue
            n_unknown = float(broken.get((name, column.name), 0)) if target in rows_in else np.nan
            kept = "used and counted" if column.orphan == "keep" else "refused"
            rows.append(
                (name, column.name, target, rows_in[name], n_unknown,
                 n_unknown / max(rows_in[name], 1),
                 kept if target in rows_in else f"not checked, the source brings no {target}")
            )  # fmt: skip
    names = ["table", "column", "refers_to", "n_rows", "n_unknown", "unknown_share", "what_happens"]
    return pd.DataFrame(rows, columns=names)


def health(
    tables: pd.DataFrame, fresh: pd.DataFrame, linked: pd.DataFrame, filled: pd.DataFrame
) -> pd.DataFrame:
    """Give one line per table: rows, age, what was refused, doubled or refers to nothing.

    Parameters
    ----------
    tables
        From `database.summary.rows_by_table`.
    fresh, linked
        From `freshness` and `references`.
    filled
        From `features.coverage.filled_shares`.

    Returns
    -------
    pandas.DataFrame
        One row per table of the source: `table`, `rows_in`, `rows_refused`, `n_duplicates`,
        `n_unknown` (ids that refer to nothing), `n_without_customer` (missing where the table has
        no customers), `last_on`, `stale_days`, `verdict` (PASS, REVIEW, FAIL) and `remark`.
    """
    found = tables[["table", "rows_in"]].copy()
    found["rows_refused"] = tables["rows_quarantined"] - tables["rows_excluded"]
    found["n_duplicates"] = tables["rows_deduplicated"]
    found["n_unknown"] = found["table"].map(linked.groupby("table")["n_unknown"].sum()).fillna(0)
    found["n_unknown"] = found["n_unknown"].astype("int64")
    customers = filled[filled["column"] == "customer_id"].set_index("table")
    found["n_without_customer"] = found["table"].map(customers["n_rows"] - customers["n_filled"])
    dated = fresh.set_index("table")
    found["last_on"] = found["table"].map(dated["last_on"])
    found["stale_days"] = found["table"].map(dated["stale_days"])
    worst = linked.groupby("table")["unknown_share"].max()
    remarks = {
        "rows do not add up": ~tables["reconciles"].astype(bool),
        "rows were refused": found["rows_refused"] > 0,
        "ids refer to nothing": found["table"].map(worst).fillna(0) > MOST_UNKNOWN_SHARE,
        "has gone quiet": found["table"].map(dated["is_quiet"]).eq(True),
    }
    flags = pd.DataFrame(remarks, index=found.index).to_numpy(dtype=bool)
    names = list(remarks)
    words = [", ".join(name for name, one in zip(names, row, strict=True) if one) for row in flags]
    found["verdict"] = np.select([flags[:, 0], flags.any(axis=1)], ["FAIL", "REVIEW"], "PASS")
    return found.assign(remark=words)


def columns_of(report: IntakeReport) -> dict[str, list[str]]:
    """Name the columns of each table of the source; customers derived from sales are none."""
    return {one.name: list(one.columns) for one in report.tables if not one.is_derived}


def column_coverage(columns: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Say which columns of the data model each table of the source lacks.

    Returns
    -------
    pandas.DataFrame
        One row per table that lacks any: `table`, `n_columns` (of the model), `n_brought`,
        `lacking` (their names).
    """
    rows = []
    for name, brought in columns.items():
        model = TABLES[name].names
        lacking = [column for column in model if column not in brought]
        if lacking:
            rows.append((name, len(model), len(model) - len(lacking), ", ".join(lacking)))
    return pd.DataFrame(rows, columns=["table", "n_columns", "n_brought", "lacking"])


def gaps(filled: pd.DataFrame) -> pd.DataFrame:
    """List the columns that are not filled in every row, the emptiest first.

    Parameters
    ----------
    filled
        From `features.coverage.filled_shares`.
    """
    lacking = filled[filled["n_filled"] < filled["n_rows"]]
    return lacking.sort_values(["filled_share", "table", "column"], ignore_index=True)


def deliveries(report: IntakeReport) -> pd.DataFrame:
    """List what the database was made of, the last delivery last.

    Returns
    -------
    pandas.DataFrame
        `delivery` (number), `source`, `first_day`, `last_day` (of its order lines, ISO, missing
        without any), `n_rows` (used, of all tables), `rows_refused`.
    """
    rows = [
        (number, one.source, one.first_day, one.last_day, sum(one.rows.values()), one.n_refused)
        for number, one in enumerate(report.deliveries, start=1)
    ]
    names = ["delivery", "source", "first_day", "last_day", "n_rows", "rows_refused"]
    return pd.DataFrame(rows, columns=names)


def totals(delivered: pd.DataFrame, counts: pd.Series) -> pd.DataFrame:
    """Put what the database holds up to the snapshot day beside the totals of the last delivery.

    The database is added up anew from what is stored, so that it can be held against what intake
    counted.

    Parameters
    ----------
    delivered
        From `database.summary.totals_frame`: customers, orders and sales, in this order.
    counts
        One row of `features.coverage.line_counts`.

    Returns
    -------
    pandas.DataFrame
        `measure`, `source`, `used`, `difference` (of the last delivery) and `database`.
    """
    stored = [counts["n_customers"], counts["n_orders"], counts["net_cents"] / 100]
    return delivered.assign(database=np.array(stored, dtype=float))
