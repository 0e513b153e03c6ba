"""How much of time and of the master data the sales cover."""

from __future__ import annotations

import narwhals as nw

from crmlib.features.orders import whole

__all__ = ["daily_sales", "line_counts"]


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


def line_counts(lines: nw.LazyFrame, *, as_of_day: int) -> nw.LazyFrame:
    """Count lines, orders, customers and what is odd among the lines.

    Returns
    -------
    narwhals.LazyFrame
        One row: `n_lines`, `n_orders`, `n_customers`, `net_cents`, `n_anonymous_lines`,
        `n_zero_quantity_lines`, `n_return_lines`.
    """

    def counted(condition: nw.Expr, name: str) -> nw.Expr:
        return nw.when(condition).then(1).otherwise(0).sum().cast(nw.Int64).alias(name)

    known = lines.filter(nw.col("occurred_day") <= as_of_day)
    anonymous = nw.col("customer_id").is_null()
    named = known.filter(~anonymous).select(nw.col("customer_id").n_unique().alias("n_customers"))
    return known.select(
        nw.len().alias("n_lines"),
        nw.col("transaction_id").n_unique().alias("n_orders"),
        nw.col("net_cents").sum().cast(nw.Int64),
        counted(anonymous, "n_anonymous_lines"),
        counted(nw.col("quantity") == 0, "n_zero_quantity_lines"),
        counted(nw.col("quantity") < 0, "n_return_lines"),
    ).join(named, how="cross")
