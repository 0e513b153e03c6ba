"""Purchases of known customers, each with what it was, when on local clocks, and in which half."""

from __future__ import annotations

import narwhals as nw

from crmlib.features.moments import with_local_time
from crmlib.features.orders import customer_lines, whole
from crmlib.features.price_bands import price_bands
from crmlib.features.snapshot import with_category
from crmlib.periods import Window

__all__ = ["DAY_PARTS", "HALVES", "count_orders", "described_lines", "timed_lines", "value_sizes"]

DAY_PARTS = {"night": 5, "morning": 11, "midday": 14, "afternoon": 18, "evening": 22}
"""Parts of the day of buying, and the hour at which each ends; night begins when evening ends."""
HALVES = ("first", "second")


def described_lines(
    lines: nw.LazyFrame, products: nw.LazyFrame | None, *, window: Window, with_bands: bool = False
) -> nw.LazyFrame:
    """Say of each purchase of a known customer which category and brand it was.

    Parameters
    ----------
    lines
        Order lines, contract `crmlib.schema.TRANSACTIONS` with companions; returns and negative
        corrections are left out.
    products
        Gives `category` and `brand` by `product_id`.
    window
        Days that count.
    with_bands
        Say the price band too; it takes a look at all products.

    Returns
    -------
    narwhals.LazyFrame
        `customer_id`, `transaction_id`, `cents`, `half` (`first` or `second` of the window),
        `category`, `brand`, and with bands `price_band` and `category_and_band`; null where
        nobody knows it.
    """
    known = with_category(_bought(lines, window=window), products)
    if products is not None and "brand" in products.collect_schema():
        known = known.join(products.select("product_id", "brand"), on="product_id", how="left")
    else:
        known = known.with_columns(nw.lit(None, dtype=nw.String).alias("brand"))
    names = ["customer_id", "transaction_id", "cents", "half", "category", "brand"]
    if with_bands:
        bands = price_bands(lines, products, as_of_day=window.last_day)
        known = known.join(bands.select("product_id", "price_band"), on="product_id", how="left")
        both = nw.concat_str("category", "price_band", separator=" / ")
        known = known.with_columns(both.alias("category_and_band"))
        names += ["price_band", "category_and_band"]
    return known.with_columns(nw.col("net_cents").alias("cents")).select(*names)


def timed_lines(lines: nw.LazyFrame, *, window: Window, zone: str) -> nw.LazyFrame:
    """Say of each purchase of a known customer on which weekday and in which part of the day.

    Returns
    -------
    narwhals.LazyFrame
        `customer_id`, `transaction_id`, `occurred_day`, `cents`, `half`, `weekday` (text, 0 =
        Monday), `hour`, `day_part` (null at midnight sharp, the mark of a day without a
        time).
    """
    name = nw.lit("night")
    for part, ends in reversed(DAY_PARTS.items()):
        name = nw.when(nw.col("hour") < ends).then(nw.lit(part)).otherwise(name)
    has_time = nw.col("minute_of_day") > 0
    return with_local_time(_bought(lines, window=window), zone=zone, window=window).select(
        "customer_id", "transaction_id", "occurred_day", nw.col("net_cents").alias("cents"), "half",
        nw.col("weekday").cast(nw.String), "hour", nw.when(has_time).then(name).alias("day_part"),
    )  # fmt: skip


def _bought(lines: nw.LazyFrame, *, window: Window) -> nw.LazyFrame:
    """Keep the purchases of known customers in the window, with the half they fall into."""
    middle = (window.first_day + window.last_day) // 2
    first = nw.when(nw.col("occurred_day") <= middle).then(nw.lit("first"))
    return (
        customer_lines(lines, as_of_day=window.last_day)
        .filter(
            nw.col("occurred_day") >= window.first_day,
            ~(nw.col("quantity") < 0),
            nw.col("net_cents") >= 0,
        )
        .with_columns(first.otherwise(nw.lit("second")).alias("half"))
    )


def count_orders(lines: nw.LazyFrame, *keys: str) -> nw.LazyFrame:
    """Count the orders and add up the cents of each combination of `keys`.

    In two steps of grouping: half as long as counting distinct orders, and in less memory.

    Returns
    -------
    narwhals.LazyFrame
        One row per combination: `keys`, `n` (orders), `cents`.
    """
    cents = nw.col("cents").sum()
    return (
        lines.group_by(*keys, "transaction_id")
        .agg(cents)
        .group_by(*keys)
        .agg(nw.len().alias("n"), cents)
        .with_columns(whole("n", "cents"))
    )


def value_sizes(lines: nw.LazyFrame, *, value: str) -> nw.LazyFrame:
    """Add up the sales of each value, such as each brand.

    Returns
    -------
    narwhals.LazyFrame
        One row per known value: `value`, `n_orders`, `cents`.
    """
    return (
        lines.filter(~nw.col(value).is_null())
        .group_by(nw.col(value).alias("value"))
        .agg(nw.col("transaction_id").n_unique().alias("n_orders"), nw.col("cents").sum())
        .with_columns(whole("n_orders", "cents"))
    )
