"""Sales in one window, and in two that follow each other, by customer and by product."""

from __future__ import annotations

import narwhals as nw

from crmlib.features.orders import customer_lines, orders, whole
from crmlib.periods import Window

__all__ = ["customer_sales", "product_sales_in_two_windows", "sales_in_two_windows"]


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
        One row per customer with an order or a return in either: `customer_id`, `n_orders`,
        `net_cents`, `return_cents` (the part of `net_cents` in lines of returns) and the same of
        the window before, with the ending `_before`.
    """
    found = orders(lines, as_of_day=current.last_day).with_columns(n_orders=nw.col("is_order"))
    names = ("n_orders", "net_cents", "return_cents")
    return _in_two_windows(found, names, by="customer_id", current=current).with_columns(
        whole(*names, *(f"{name}_before" for name in names))
    )


def product_sales_in_two_windows(lines: nw.LazyFrame, *, current: Window) -> nw.LazyFrame:
    """Add up the units and sales of each product in `current` and in the window before.

    Only lines of known customers with more than nought units count: a line without a known number
    of units tells no price, and a return is no sale.

    Returns
    -------
    narwhals.LazyFrame
        One row per product sold in either: `product_id`, `quantity` (units), `net_cents`, and the
        same of the window before, with the ending `_before`.
    """
    sold = customer_lines(lines, as_of_day=current.last_day).filter(nw.col("quantity") > 0)
    names = ("quantity", "net_cents")
    return _in_two_windows(sold, names, by="product_id", current=current).with_columns(
        whole("net_cents", "net_cents_before")
    )


def _in_two_windows(
    frame: nw.LazyFrame, names: tuple[str, ...], *, by: str, current: Window
) -> nw.LazyFrame:
    """Add up columns by window; rows before the two windows are left out."""
    in_current = nw.col("occurred_day") >= current.first_day
    sums = {name: nw.when(in_current).then(nw.col(name)).otherwise(0) for name in names}
    sums |= {f"{n}_before": nw.when(in_current).then(0).otherwise(nw.col(n)) for n in names}
    return (
        frame.filter(nw.col("occurred_day") >= current.before().first_day)
        .select(by, **sums)
        .group_by(by)
        .agg(nw.col(*sums).sum())
    )
