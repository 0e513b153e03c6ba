"""Sales of each customer in one window, and in two that follow each other."""

from __future__ import annotations

import narwhals as nw

from crmlib.features.orders import orders, whole
from crmlib.periods import Window

__all__ = ["customer_sales", "sales_in_two_windows"]


def customer_sales(lines: nw.LazyFrame, *, window: Window) -> nw.LazyFrame:
    """Add up the orders of each customer within `window`.

    Returns
    -------
    narwhals.LazyFrame
        One row per customer with an order in the window: `customer_id`, `n_orders`, `net_cents`.
    """
    return (
        orders(lines, as_of_day=window.last_day)
        .filter(nw.col("occurred_day") >= window.first_day)
        .group_by("customer_id")
        .agg(nw.col("is_order").sum().alias("n_orders"), nw.col("net_cents").sum())
        .with_columns(whole("n_orders", "net_cents"))
    )


def sales_in_two_windows(lines: nw.LazyFrame, *, current: Window) -> nw.LazyFrame:
    """Add up each customer's orders and sales in `current` and in the window before.

    Returns
    -------
    narwhals.LazyFrame
        One row per customer with an order in either: `customer_id`, `n_orders`, `net_cents`,
        `n_orders_before`, `net_cents_before`.
    """
    before = current.before()
    in_current = nw.col("occurred_day") >= current.first_day
    both = orders(lines, as_of_day=current.last_day).filter(
        nw.col("occurred_day") >= before.first_day
    )
    split = both.select(
        "customer_id",
        nw.when(in_current).then(nw.col("is_order")).otherwise(0).alias("n_orders"),
        nw.when(in_current).then(nw.col("net_cents")).otherwise(0).alias("net_cents"),
        nw.when(in_current).then(0).otherwise(nw.col("is_order")).alias("n_orders_before"),
        nw.when(in_current).then(0).otherwise(nw.col("net_cents")).alias("net_cents_before"),
    )
    names = ("n_orders", "net_cents", "n_orders_before", "net_cents_before")
    return split.group_by("customer_id").agg(nw.col(*names).sum()).with_columns(whole(*names))
