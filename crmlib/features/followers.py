"""What customers bought on which of their order days, as whole numbers that are quick to count."""

from __future__ import annotations

from collections.abc import Sequence

import narwhals as nw

from crmlib.features.orders import customer_lines, whole
from crmlib.schema import require_columns

__all__ = ["OTHER_ITEMS", "item_totals", "visit_items"]

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
        .group_by("customer_id", "item")
        .agg(nw.col("occurred_day").n_unique().alias("n_order_days"), nw.col("net_cents").sum())
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
    buyers = bought.select("customer_id").unique().with_row_index("buyer", order_by="customer_id")
    return (
        bought.with_columns(code.alias("code"))
        .group_by("customer_id", "occurred_day", "code")
        .agg(nw.col("net_cents").sum())
        .join(buyers, on="customer_id", how="inner")
        .select(whole("buyer", "occurred_day", "code", "net_cents"))
    )


def _bought(lines: nw.LazyFrame, *, as_of_day: int, item: str) -> nw.LazyFrame:
    """Keep what known customers bought of known items."""
    require_columns(lines.collect_schema().names(), (item,), what="The table of order lines")
    known = customer_lines(lines, as_of_day=as_of_day)
    return known.filter(~(nw.col("quantity") < 0), ~nw.col(item).is_null()).select(
        "customer_id", "occurred_day", nw.col(item).alias("item"), "net_cents"
    )
