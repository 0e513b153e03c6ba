"""How busy each customer was lately: orders and sales in windows of growing length."""

from __future__ import annotations

from collections.abc import Sequence

import narwhals as nw

from crmlib.errors import ParameterError
from crmlib.features.orders import customer_lines, whole

__all__ = ["ACTIVITY_DAYS", "orders_after", "recent_activity"]

ACTIVITY_DAYS = (28, 91, 182, 364)
"""Lengths of the windows: whole weeks, so that every window has each weekday equally often."""


def recent_activity(
    lines: nw.LazyFrame, *, as_of_day: int, windows_days: Sequence[int] = ACTIVITY_DAYS
) -> nw.LazyFrame:
    """Count each customer's orders and add up his net sales in the last days.

    Parameters
    ----------
    lines
        Order lines, contract `crmlib.schema.TRANSACTIONS` with companions.
    windows_days
        Lengths of the windows that end on `as_of_day`.

    Returns
    -------
    narwhals.LazyFrame
        One row per customer with a line: `customer_id`, and for each window of w days `n_orders_w`
        (orders with something bought) and `net_cents_w`.

    Raises
    ------
    ParameterError
        If a window has no day.
    """
    if min(windows_days, default=0) < 1:
        raise ParameterError(f"windows_days={list(windows_days)}: each needs at least one day.")
    known = customer_lines(lines, as_of_day=as_of_day)
    bought = nw.when(nw.col("quantity") < 0).then(0).otherwise(1)
    orders = (
        known.with_columns(bought.alias("_bought"))
        .group_by("customer_id", "transaction_id")
        .agg(
            nw.col("occurred_day").min(),
            nw.col("net_cents").sum(),
            nw.col("_bought").max(),
        )
    )
    names = {}
    for days in windows_days:
        inside = nw.col("occurred_day") > as_of_day - days
        names[f"n_orders_{days}"] = nw.when(inside).then(nw.col("_bought")).otherwise(0)
        names[f"net_cents_{days}"] = nw.when(inside).then(nw.col("net_cents")).otherwise(0)
    return (
        orders.with_columns(**names)
        .group_by("customer_id")
        .agg(nw.col(*names).sum())
        .with_columns(whole(*names))
    )


def orders_after(lines: nw.LazyFrame, *, as_of_day: int, horizon_days: int) -> nw.LazyFrame:
    """Say what each customer bought in the days after `as_of_day`: the outcome of a score.

    The only function of this room that looks beyond its day; nothing it gives may become a feature.

    Returns
    -------
    narwhals.LazyFrame
        One row per customer with an order in the window: `customer_id`, `n_orders_after`,
        `net_cents_after` (all lines of the window).

    Raises
    ------
    ParameterError
        If the horizon has no day.
    """
    if horizon_days < 1:
        raise ParameterError(f"horizon_days={horizon_days}: the outcome needs at least one day.")
    last = as_of_day + horizon_days
    later = customer_lines(lines, as_of_day=last).filter(nw.col("occurred_day") > as_of_day)
    bought = nw.when(nw.col("quantity") < 0).then(0).otherwise(1)
    orders = (
        later.with_columns(bought.alias("_bought"))
        .group_by("customer_id", "transaction_id")
        .agg(nw.col("_bought").max(), nw.col("net_cents").sum())
    )
    return (
        orders.group_by("customer_id")
        .agg(
            nw.col("_bought").sum().alias("n_orders_after"),
            nw.col("net_cents").sum().alias("net_cents_after"),
        )
        .with_columns(whole("n_orders_after", "net_cents_after"))
        .filter(nw.col("n_orders_after") > 0)
    )
