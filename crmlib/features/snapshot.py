"""The customer snapshot: 24 columns that say who a customer is at the end of a day."""

from __future__ import annotations

import narwhals as nw

from crmlib.errors import ParameterError
from crmlib.features.orders import customer_lines, days_since, distinct, whole
from crmlib.features.preferences import with_main
from crmlib.features.rhythm import gap_quartiles
from crmlib.schema import require_columns

__all__ = ["SNAPSHOT_COLUMNS", "customer_snapshot", "with_category"]

SNAPSHOT_COLUMNS: dict[str, str] = {
    "customer_id": "the customer",
    "recency_days": "days since the last order; 0 = ordered on the day; empty without an order",
    "frequency_orders": "orders, the first one included; mere returns are none",
    "monetary_amount": "net sales per order, returns taken off; account currency",
    "net_cents": "net sales, returns taken off; cents",
    "tenure_days": "days since the first order",
    "n_order_days": "days with an order",
    "gap_q25_days": "days between order days that a quarter of the gaps do not exceed",
    "gap_median_days": "the same for one half; empty with fewer than two order days",
    "gap_q75_days": "the same for three quarters",
    "basket_lines": "lines bought per order",
    "n_return_lines": "lines with a negative quantity",
    "return_cents": "money given back for returns; cents, positive",
    "return_share": "money given back as a share of purchases",
    "n_categories": "product categories bought",
    "main_category": "category of most lines bought; of ties the first by code point",
    "main_category_share": "share of the main category in the lines with a known category",
    "main_channel": "way of buying of most orders; of ties the first by code point",
    "main_region": "sales region of most orders; of ties the first by code point",
    "discount_share": "discounts as a share of purchases before discounts",
    "n_orders_recent": "orders in the last `recent_days` days",
    "n_orders_before": "orders in the `recent_days` days before these",
    "net_cents_recent": "net sales in the last `recent_days` days; cents",
    "net_cents_before": "net sales in the `recent_days` days before these; cents",
}
"""Names and meanings of the columns, in order."""

_NEEDED = ("product_id", "quantity")
_DISCOUNTS = ("discount_cents", "list_cents")
_WAYS = ("channel", "region")


def customer_snapshot(
    lines: nw.LazyFrame,
    products: nw.LazyFrame | None = None,
    *,
    as_of_day: int,
    recent_days: int = 90,
) -> nw.LazyFrame:
    """Describe each customer by what he bought up to and including `as_of_day`.

    An order is a transaction with at least one line that is not a return (negative quantity);
    recency, tenure and rhythm look at orders, money at all lines. What the source does not tell
    (categories, channel, region, discounts) is empty for everybody, never zero.

    Parameters
    ----------
    lines
        Order lines, contract `crmlib.schema.TRANSACTIONS` with companions.
    products
        Gives `category` by `product_id`, unless the lines have a column `category`.
    as_of_day
        Last day that counts, a day number.
    recent_days
        Length in days of the recent window and of the one before it.

    Returns
    -------
    narwhals.LazyFrame
        One row per customer with a line, columns `SNAPSHOT_COLUMNS`.

    Raises
    ------
    SchemaError
        If a column of the contract is missing.
    ParameterError
        If `recent_days` is below 1.

    References
    ----------
    A. M. Hughes (1994), Strategic Database Marketing, Probus (recency, frequency, monetary value).
    """
    if recent_days < 1:
        raise ParameterError(f"recent_days={recent_days}: a window needs at least one day.")
    known = customer_lines(lines, as_of_day=as_of_day)
    present = known.collect_schema().names()
    require_columns(present, _NEEDED, what="The table of order lines")
    bought = known.filter(~(nw.col("quantity") < 0))
    table = _sums(known, as_of_day=as_of_day, recent_days=recent_days)
    for part in (
        _orders(bought, as_of_day=as_of_day, recent_days=recent_days),
        gap_quartiles(distinct(bought, "customer_id", "occurred_day")),
        _categories(bought, products),
    ):
        table = table.join(part, on="customer_id", how="left")
    finished = _finished(table, as_of_day=as_of_day)
    if not set(_DISCOUNTS) & set(present):
        finished = finished.with_columns(nw.lit(None, dtype=nw.Float64).alias("discount_share"))
    return finished.select(*SNAPSHOT_COLUMNS)


def _sums(known: nw.LazyFrame, *, as_of_day: int, recent_days: int) -> nw.LazyFrame:
    """Add up what the lines of each customer can be added up to, without a look at orders."""
    recent, before = _windows(as_of_day=as_of_day, recent_days=recent_days)
    is_return, net = nw.col("quantity") < 0, nw.col("net_cents")
    parts = {
        "n_return_lines": nw.when(is_return).then(1).otherwise(0),
        "return_cents": nw.when(is_return).then(0 - net).otherwise(0),
        "net_cents_recent": nw.when(recent).then(net).otherwise(0),
        "net_cents_before": nw.when(before).then(net).otherwise(0),
        "_discount_cents": _discount(known.collect_schema().names(), is_return),
    }
    return (
        known.with_columns(**parts)
        .group_by("customer_id")
        .agg(nw.len().alias("_n_lines"), nw.col("net_cents", *parts).sum())
        .with_columns(whole("net_cents", *parts))
    )


def _windows(*, as_of_day: int, recent_days: int) -> tuple[nw.Expr, nw.Expr]:
    """Say whether a line lies in the recent window, and in the one before."""
    day = nw.col("occurred_day")
    recent = day > as_of_day - recent_days
    return recent, (day > as_of_day - 2 * recent_days) & ~recent


def _discount(present: list[str], is_return: nw.Expr) -> nw.Expr:
    """Discount of a line in cents, 0 where none is noted."""
    if "discount_cents" in present:
        given = nw.col("discount_cents")
    elif "list_cents" in present:
        given = nw.col("list_cents") - nw.col("net_cents")
    else:
        return nw.lit(0)
    return nw.when(~is_return & ~given.is_null()).then(given).otherwise(0)


def _orders(bought: nw.LazyFrame, *, as_of_day: int, recent_days: int) -> nw.LazyFrame:
    """Count the orders of each customer, by way of the few cells of channel and region."""
    present = bought.collect_schema().names()
    recent, before = _windows(as_of_day=as_of_day, recent_days=recent_days)
    orders = (
        bought.group_by("customer_id", "transaction_id")
        .agg(nw.col("occurred_day").min(), *(nw.col(way).min() for way in _WAYS if way in present))
        .with_columns(
            nw.when(recent).then(1).otherwise(0).alias("n_orders_recent"),
            nw.when(before).then(1).otherwise(0).alias("n_orders_before"),
            nw.col("occurred_day").alias("_first"),
            nw.col("occurred_day").alias("_last"),
            *(nw.lit(None, dtype=nw.String).alias(way) for way in _WAYS if way not in present),
        )
    )
    counts = ["n_orders_recent", "n_orders_before"]
    added = (nw.col(*counts).sum(), nw.col("_first").min(), nw.col("_last").max())
    cells = (
        orders.group_by("customer_id", *_WAYS)
        .agg(nw.len().alias("frequency_orders"), *added)
        .with_columns(whole(*counts))
    )
    times = {f"_{way}s": nw.col("frequency_orders").sum().over("customer_id", way) for way in _WAYS}
    cells = with_main(cells.with_columns(**times), {way: f"_{way}s" for way in _WAYS})
    counts.append("frequency_orders")
    mains = [nw.col(way).min().alias(f"main_{way}") for way in _WAYS]
    return (
        cells.group_by("customer_id")
        .agg(nw.col("frequency_orders").sum(), *added, *mains)
        .with_columns(whole(*counts))
    )


def with_category(lines: nw.LazyFrame, products: nw.LazyFrame | None) -> nw.LazyFrame:
    """Add the category of each line's product; null where nobody knows it."""
    if "category" in lines.collect_schema().names():
        return lines
    if products is None or "category" not in products.collect_schema().names():
        return lines.with_columns(nw.lit(None, dtype=nw.String).alias("category"))
    return lines.join(products.select("product_id", "category"), on="product_id", how="left")


def _categories(bought: nw.LazyFrame, products: nw.LazyFrame | None) -> nw.LazyFrame:
    """Count the categories a customer bought, and give the main one and its share."""
    counts = (
        with_category(bought, products)
        .filter(~nw.col("category").is_null())
        .group_by("customer_id", "category")
        .agg(nw.len().alias("_n"))
    )
    return (
        with_main(counts, {"category": "_n"})
        .group_by("customer_id")
        .agg(
            nw.len().alias("n_categories"),
            nw.col("_n").max().alias("_most"),
            nw.col("_n").sum().alias("_n_known"),
            nw.col("category").min().alias("main_category"),
        )
    )


def _share(part: nw.Expr, whole_: nw.Expr) -> nw.Expr:
    """Divide, where there is something to divide by."""
    return nw.when(whole_ > 0).then(part / whole_)


def _finished(table: nw.LazyFrame, *, as_of_day: int) -> nw.LazyFrame:
    """Turn counts and sums into the columns of the snapshot."""
    orders, returned, given = (
        nw.col(name) for name in ("frequency_orders", "return_cents", "_discount_cents")
    )
    counts = ("frequency_orders", "n_orders_recent", "n_orders_before")
    filled = table.with_columns(
        nw.col(*counts).fill_null(0),
        (nw.col("net_cents") + returned).alias("_bought_cents"),
        (nw.col("_n_lines") - nw.col("n_return_lines")).alias("_n_bought"),
    )
    paid = nw.col("_bought_cents")
    return filled.with_columns(
        days_since("_last", as_of_day=as_of_day).alias("recency_days"),
        days_since("_first", as_of_day=as_of_day).alias("tenure_days"),
        _share(nw.col("net_cents"), 100 * orders).alias("monetary_amount"),
        nw.when(orders > 0).then(nw.col("n_gaps").fill_null(0) + 1).otherwise(0)
        .alias("n_order_days"),
        _share(nw.col("_n_bought"), orders).alias("basket_lines"),
        _share(returned, paid).alias("return_share"),
        _share(nw.col("_most"), nw.col("_n_known")).alias("main_category_share"),
        _share(given, paid + given).alias("discount_share"),
    )  # fmt: skip
