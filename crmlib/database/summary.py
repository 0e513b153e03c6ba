"""The intake report as small tables for the data quality notebook."""

from __future__ import annotations

import pandas as pd

from crmlib.database.report import IntakeReport
from crmlib.schema import TABLES

__all__ = ["missing_tables", "n_broken", "rows_by_table", "totals_frame"]


def rows_by_table(report: IntakeReport) -> pd.DataFrame:
    """List rows in, used, quarantined and deduplicated, one row per `table` of the source.

    Customers derived from the sales are no table of the source.
    """
    derived = [table.name for table in report.tables if table.is_derived]
    return report.tables_frame().drop(index=derived).reset_index()


def n_broken(report: IntakeReport, *, table: str, column: str, kind: str) -> int:
    """Count the rows of a table that break one kind of rule in one column."""
    return sum(
        finding.n_rows
        for finding in report.findings
        if (finding.table, finding.column, finding.kind) == (table, column, kind)
    )


def totals_frame(report: IntakeReport) -> pd.DataFrame:
    """Hold the totals of the source against those of the rows used, to the cent.

    Returns
    -------
    pandas.DataFrame
        `measure`, `source`, `used`, `difference`; sales in account currency.
    """
    before, after = report.totals_in, report.totals_used
    rows = [
        ("customers", before.n_customers, after.n_customers),
        ("orders", before.n_orders, after.n_orders),
        (f"sales, {report.currency}", before.net_cents / 100, after.net_cents / 100),
    ]
    frame = pd.DataFrame(rows, columns=["measure", "source", "used"]).astype(
        {"source": float, "used": float}
    )
    return frame.assign(difference=(frame["used"] - frame["source"]).round(2))


def missing_tables(report: IntakeReport) -> pd.DataFrame:
    """List the tables the source did not bring, with what a reader would learn from each.

    Returns
    -------
    pandas.DataFrame
        `table`, `teaches`.
    """
    present = {table.name for table in report.tables if not table.is_derived}
    lacking = [(name, table.teaches) for name, table in TABLES.items() if name not in present]
    return pd.DataFrame(lacking, columns=["table", "teaches"])
