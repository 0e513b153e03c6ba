"""What each customer bought of each item, before a day and after it."""

from __future__ import annotations

import narwhals as nw

from crmlib.errors import ParameterError
from crmlib.features.orders import customer_lines, whole
from crmlib.periods import Window
from crmlib.schema import require_columns

__all__ = ["customer_items"]


def customer_items(
    lines: nw.LazyFrame, *, window: Window, item: str = "category", ahead_days: int = 0
) -> nw.LazyFrame:
    """Add up what each customer bought of each item in a window, and say what he bought after it.

    Parameters
    ----------
    lines
        Order lines, contract `crmlib.schema.TRANSACTIONS` with companions and the column `item`;
        returns are left out.
    window
        Days that count.
    item
        Column of items, such as `category` after
        `crmlib.features.baskets.listed_categories`.
    ahead_days
        Days after the window that are looked at, 0 for none.

    Returns
    -------
    narwhals.LazyFrame
        One row per customer and item bought in the window or the days after it: `customer_id`,
        `item` (null = not known), `n_lines`, `net_cents` and `value_cents` (margin where the lines
        have one, otherwise sales) in the window, `n_ahead` (lines after it).

    Raises
    ------
    SchemaError
        If a column is missing.
    ParameterError
        If `ahead_days` is below 0.
    """
    if ahead_days < 0:
        raise ParameterError(f"ahead_days={ahead_days}: it must not be below 0.")
    present = lines.collect_schema().names()
    require_columns(present, (item,), what="The table of order lines")
    known = customer_lines(lines, as_of_day=window.last_day + ahead_days).filter(
        nw.col("occurred_day") >= window.first_day, ~(nw.col("quantity") < 0)
    )
    value = "margin_cents" if "margin_cents" in present else "net_cents"
    inside = nw.col("occurred_day") <= window.last_day
    sums = {
        "n_lines": nw.when(inside).then(1).otherwise(0),
        "net_cents": nw.when(inside).then(nw.col("net_cents")).otherwise(0),
        "value_cents": nw.when(inside).then(nw.col(value)).otherwise(0),
        "n_ahead": nw.when(inside).then(0).otherwise(1),
    }
    return (
        known.select(
            "customer_id",
            nw.col(item).alias("item"),
            **{name: sum_.alias(name) for name, sum_ in sums.items()},
        )
        .group_by("customer_id", "item")
        .agg(nw.col(*sums).sum())
        .with_columns(whole(*sums))
    )
