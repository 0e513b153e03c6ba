"""Sales of each customer in one window."""

from __future__ import annotations

import narwhals as nw

from crmlib.features.orders import orders, whole
from crmlib.periods import Window

__all__ = ["customer_sales"]


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
        .agg(nw.len().alias("n_orders"), nw.col("net_cents").sum())
        .with_columns(whole("net_cents"))
    )
