"""How much of time and of the master data the sales cover."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import narwhals as nw
import pandas as pd

from crmlib.features.collect import collect
from crmlib.features.orders import whole
from crmlib.schema import TABLES

__all__ = ["daily_rows", "daily_sales", "days_of_tables", "filled_shares", "line_counts"]


def daily_sales(lines: nw.LazyFrame, *, as_of_day: int) -> nw.LazyFrame:
    """Add up all sales of each day, anonymous ones included.

    Returns
    -------
    narwhals.LazyFrame
        One row per day with a sale: `occurred_day`, `n_customers`, `n_orders`, `net_cents`.
    """
    return (
        lines.filter(nw.col("occurred_day") <= as_of_day)
        .group_by("occurred_day")
        .agg(
            nw.col("customer_id").n_unique().alias("n_customers"),
            nw.col("transaction_id").n_unique().alias("n_orders"),
            nw.col("net_cents").sum(),
        )
        .with_columns(whole("net_cents"))
    )


def daily_rows(table: nw.LazyFrame, *, day: str) -> nw.LazyFrame:
    """Count the rows of a table by day.

    Parameters
    ----------
    day
        Column of day numbers; rows in which it is empty are left out.

    Returns
    -------
    narwhals.LazyFrame
        One row per day with a row: `day`, `n_rows`.
    """
    dated = table.filter(~nw.col(day).is_null()).select(nw.col(day).alias("day"))
    return dated.group_by("day").agg(nw.len().alias("n_rows"))


def days_of_tables(tables: Mapping[str, nw.LazyFrame[Any]]) -> pd.DataFrame:
    """Count the rows of several tables by the day on which each became known.

    Parameters
    ----------
    tables
        Lazy frames by table name.

    Returns
    -------
    pandas.DataFrame
        One row per table and day with a row: `table`, `day`, `n_rows`; tables without such a day
        have no row.
    """
    parts = [
        collect(daily_rows(table, day=day), by=["day"]).assign(table=name)
        for name, table in tables.items()
        if (day := TABLES[name].known_column) in table.collect_schema().names()
    ]
    names = ["table", "day", "n_rows"]
    return pd.concat(parts, ignore_index=True)[names] if parts else pd.DataFrame(columns=names)


def filled_shares(tables: Mapping[str, nw.LazyFrame[Any]]) -> pd.DataFrame:
    """Say for every column of some tables in how many rows it is filled.

    Parameters
    ----------
    tables
        Lazy frames by table name.

    Returns
    -------
    pandas.DataFrame
        One row per table and column: `table`, `column`, `n_rows`, `n_filled`, `filled_share`
        (0-1); tables without rows and the integer companions of days and amounts are left out.
    """
    parts = []
    for name, table in tables.items():
        columns = table.collect_schema().names()
        shown = [column for column in columns if not column.endswith(("_day", "_cents"))]
        counts = collect(table.select(nw.len().alias("n_rows"), nw.col(*shown).count())).iloc[0]
        if not counts["n_rows"]:
            continue
        part = pd.DataFrame({"column": shown, "n_filled": counts[shown].to_numpy(dtype="int64")})
        parts.append(part.assign(table=name, n_rows=int(counts["n_rows"])))
    names = ["table", "column", "n_rows", "n_filled"]
    filled = pd.concat(parts, ignore_index=True)[names] if parts else pd.DataFrame(columns=names)
    return filled.assign(filled_share=filled["n_filled"] / filled["n_rows"])


def line_counts(lines: nw.LazyFrame, *, as_of_day: int) -> nw.LazyFrame:
    """Count lines, orders, customers and what is odd among the lines.

    Returns
    -------
    narwhals.LazyFrame
        One row: `n_lines`, `n_orders`, `n_customers`, `net_cents`, `n_anonymous_lines`,
        `n_zero_quantity_lines`, `n_return_lines`.
    """

    def counted(condition: nw.Expr, name: str) -> nw.Expr:
        return nw.when(condition).then(1).otherwise(0).sum().fill_null(0).cast(nw.Int64).alias(name)

    known = lines.filter(nw.col("occurred_day") <= as_of_day)
    anonymous = nw.col("customer_id").is_null()
    named = known.filter(~anonymous).select(
        nw.col("customer_id").n_unique().fill_null(0).alias("n_customers")
    )
    return known.select(
        nw.len().alias("n_lines"),
        nw.col("transaction_id").n_unique().alias("n_orders"),
        nw.col("net_cents").sum().cast(nw.Int64),
        counted(anonymous, "n_anonymous_lines"),
        counted(nw.col("quantity") == 0, "n_zero_quantity_lines"),
        counted(nw.col("quantity") < 0, "n_return_lines"),
    ).join(named, how="cross")
