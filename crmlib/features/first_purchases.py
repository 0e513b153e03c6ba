"""What customers bought on which of their order days, as whole numbers that are quick to count."""

from __future__ import annotations

from collections.abc import Sequence

import narwhals as nw

from crmlib.features.orders import customer_lines, distinct, whole
from crmlib.periods import Window
from crmlib.schema import require_columns

__all__ = ["OTHER_ITEMS", "buyers_without", "item_totals", "visit_items"]

OTHER_ITEMS = -1
"""Code of the items that are not among those looked at."""


def item_totals(
    lines: nw.LazyFrame, *, as_of_day: int, item: str, first_day: int = 0
) -> nw.LazyFrame:
    """Count customers and order days of each item, and add up its sales; returns are left out.

    Returns
    -------
    narwhals.LazyFrame
        One row per item: `item`, `n_customers`, `n_order_days` (of all customers together),
        `net_cents`.

    Raises
    ------
    SchemaError
        If a column is missing.
    """
    by_customer = (
        _bought(lines, as_of_day=as_of_day, item=item)
        .filter(nw.col("occurred_day") >= first_day)
        .group_by("customer_id", "item", "occurred_day")
        .agg(nw.col("net_cents").sum())
        .group_by("customer_id", "item")
        .agg(nw.len().alias("n_order_days"), nw.col("net_cents").sum())
    )
    return (
        by_customer.group_by("item")
        .agg(nw.len().alias("n_customers"), nw.col("n_order_days", "net_cents").sum())
        .with_columns(whole("n_customers", "n_order_days", "net_cents"))
    )


def visit_items(
    lines: nw.LazyFrame, *, as_of_day: int, items: Sequence[str], item: str = "category"
) -> nw.LazyFrame:
    """List what each customer bought on each day with an order, with codes in place of names.

    All orders of a customer on one day are one visit, since nothing says which came first.
    Guards against tables of names: customers and items are whole numbers here, so that the visits
    of ten million lines fit into memory to be counted.

    Parameters
    ----------
    lines
        Order lines, contract `crmlib.schema.TRANSACTIONS` with companions and the column `item`.
    as_of_day
        Last day that counts, a day number.
    items
        Items that get a code, some dozens; all others are one.
    item
        Column of items, such as `category` after `crmlib.features.snapshot.with_category`.

    Returns
    -------
    narwhals.LazyFrame
        One row per customer, day and code: `buyer` (from 0, in the order of `customer_id`),
        `occurred_day`, `code` (position in the sorted items, or -1 for all others), `net_cents`.

    Raises
    ------
    SchemaError
        If a column is missing.
    """
    bought = _bought(lines, as_of_day=as_of_day, item=item)
    code = nw.lit(OTHER_ITEMS)
    for position, name in enumerate(sorted(items)):
        code = nw.when(nw.col("item") == name).then(position).otherwise(code)
    buyers = distinct(bought, "customer_id").with_row_index("buyer", order_by="customer_id")
    return (
        bought.with_columns(code.alias("code"))
        .group_by("customer_id", "occurred_day", "code")
        .agg(nw.col("net_cents").sum())
        .join(buyers, on="customer_id", how="inner")
        .select(whole("buyer", "occurred_day", "code", "net_cents"))
    )


def buyers_without(
    lines: nw.LazyFrame,
    pairs: nw.LazyFrame,
    *,
    window: Window,
    item: str = "category",
) -> nw.LazyFrame:
    """List the customers who bought the first item of a pair within a window and the second never.

    Parameters
    ----------
    lines
        Order lines, contract `crmlib.schema.TRANSACTIONS` with companions and the column `item`.
    pairs
        `first` and `second` item, each pair once; without a pair the result has no row.
    window
        Days in which the first item was bought; the second was not bought up to its last day.
    item
        Column of items, such as `category` after `crmlib.features.snapshot.with_category`.

    Returns
    -------
    narwhals.LazyFrame
        One row per pair and customer: `first`, `second`, `customer_id`; of all his purchases of
        the first item up to the last day `first_day`, `last_day`, `n_order_days`, `net_cents`.

    Raises
    ------
    SchemaError
        If a column is missing.
    """
    day = nw.col("occurred_day")
    bought = _bought(lines, as_of_day=window.last_day, item=item)
    firsts = distinct(pairs, "first")
    seconds = distinct(pairs.rename({"second": "item"}), "item")
    have = distinct(bought.join(seconds, on="item", how="semi"), "customer_id", "item")
    return (
        bought.rename({"item": "first"})
        .join(firsts, on="first", how="semi")
        .group_by("customer_id", "first", "occurred_day")
        .agg(nw.col("net_cents").sum())
        .with_columns(day.alias("first_day"), day.alias("last_day"))
        .group_by("customer_id", "first")
        .agg(
            nw.col("first_day").min(),
            nw.col("last_day").max(),
            nw.len().alias("n_order_days"),
            nw.col("net_cents").sum(),
        )
        .filter(nw.col("last_day") >= window.first_day)
        .join(pairs, on="first", how="inner")
        .join(
            have,
            left_on=["customer_id", "second"],
            right_on=["customer_id", "item"],
            how="anti",
        )
        .select(
            "first",
            "second",
            "customer_id",
            whole("first_day", "last_day", "n_order_days", "net_cents"),
        )
    )


def _bought(lines: nw.LazyFrame, *, as_of_day: int, item: str) -> nw.LazyFrame:
    """Keep what known customers bought of known items."""
    require_columns(lines.collect_schema().names(), (item,), what="The table of order lines")
    known = customer_lines(lines, as_of_day=as_of_day)
    return known.filter(~(nw.col("quantity") < 0), ~nw.col(item).is_null()).select(
        "customer_id", "occurred_day", nw.col(item).alias("item"), "net_cents"
    )
