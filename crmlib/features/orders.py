"""Orders and order days of known customers."""

from __future__ import annotations

import narwhals as nw

from crmlib.schema import require_columns

__all__ = [
    "customer_lines",
    "days_since",
    "distinct",
    "order_days",
    "orders",
    "unknown_count",
    "whole",
]

_NEEDED = ("transaction_id", "customer_id", "occurred_day", "quantity", "net_cents")


def whole(*names: str) -> nw.Expr:
    """Give sums back as 64-bit integers; engines widen them in different ways."""
    return nw.col(*names).cast(nw.Int64)


def distinct(frame: nw.LazyFrame, *names: str) -> nw.LazyFrame:
    """Give each combination of the values of some columns once.

    By groups, a third of the time that `unique` takes, which numbers all rows by a window.
    """
    return frame.group_by(*names).agg(nw.len().alias("_n_rows")).select(*names)


def unknown_count() -> nw.Expr:
    """Give a whole number that nobody knows; plain pandas has no such thing but by a condition."""
    return nw.when(nw.lit(value=False)).then(nw.lit(0))


def days_since(day: str, *, as_of_day: int) -> nw.Expr:
    """Days from the day in column `day` to `as_of_day`; 0 = on that day, null where it is."""
    return as_of_day - nw.col(day)


def customer_lines(lines: nw.LazyFrame, *, as_of_day: int) -> nw.LazyFrame:
    """Keep the lines of known customers up to and including `as_of_day`.

    Raises
    ------
    SchemaError
        If a column of the contract is missing.
    """
    require_columns(lines.collect_schema().names(), _NEEDED, what="The table of order lines")
    return lines.filter(~nw.col("customer_id").is_null(), nw.col("occurred_day") <= as_of_day)


def orders(lines: nw.LazyFrame, *, as_of_day: int) -> nw.LazyFrame:
    """Add up the lines of each transaction; it is an order unless all of its lines are returns.

    Guards against returns that count as orders and keep a silent customer alive.

    Returns
    -------
    narwhals.LazyFrame
        One row per transaction of a known customer: `customer_id`, `transaction_id`,
        `occurred_day` (the first day, should it span midnight), `net_cents`, `n_lines`,
        `is_order` (1, or 0 for mere returns), `return_cents` (part of `net_cents` in lines of
        returns, as a rule not above 0).
    """
    is_return = nw.col("quantity") < 0
    return (
        customer_lines(lines, as_of_day=as_of_day)
        .with_columns(
            nw.when(is_return).then(0).otherwise(1).alias("is_order"),
            nw.when(is_return).then(nw.col("net_cents")).otherwise(0).alias("return_cents"),
        )
        .group_by("customer_id", "transaction_id")
        .agg(
            nw.col("occurred_day").min(),
            nw.col("net_cents", "return_cents").sum(),
            nw.len().alias("n_lines"),
            nw.col("is_order").max(),
        )
        .with_columns(whole("net_cents", "return_cents", "is_order"))
    )


def order_days(lines: nw.LazyFrame, *, as_of_day: int) -> nw.LazyFrame:
    """List the days on which each customer ordered, with the silence before each.

    A day with nothing but returns is none.

    Returns
    -------
    narwhals.LazyFrame
        One row per customer and day: `customer_id`, `occurred_day`, `gap_days` (days since the
        customer's order day before; null on the first one).
    """
    bought = customer_lines(lines, as_of_day=as_of_day).filter(~(nw.col("quantity") < 0))
    days = distinct(bought, "customer_id", "occurred_day")
    before = nw.col("occurred_day").shift(1).over("customer_id", order_by="occurred_day")
    return days.with_columns((nw.col("occurred_day") - before).alias("gap_days"))
