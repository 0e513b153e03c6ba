"""What may keep customers from buying an item: complaints, places, prices, offers never made."""

from __future__ import annotations

import narwhals as nw

from crmlib.features.campaigns import CONTROL
from crmlib.features.orders import customer_lines, distinct, whole
from crmlib.features.preferences import main_value
from crmlib.periods import Window
from crmlib.schema import require_columns

__all__ = [
    "PLACES",
    "campaign_offers",
    "complained_items",
    "customers_offered",
    "discount_habits",
    "items_on_offer",
    "main_places",
    "place_items",
]

PLACES = ("store_id", "region", "channel")
"""Columns of the order lines that say where or how something is bought."""


def place_items(
    lines: nw.LazyFrame, *, window: Window, place: str, item: str = "category"
) -> nw.LazyFrame:
    """Count the customers who bought each item in each place.

    Returns
    -------
    narwhals.LazyFrame
        One row per place and item sold there: `place`, `item`, `n_customers`; rows with an empty
        `item` count all customers of the place.

    Raises
    ------
    SchemaError
        If a column is missing.
    """
    require_columns(lines.collect_schema().names(), (place, item), what="The table of order lines")
    bought = _bought(lines, window=window).filter(~nw.col(place).is_null())
    named = bought.select("customer_id", nw.col(place).alias("place"), nw.col(item).alias("item"))
    each = distinct(named, "customer_id", "place", "item")
    nothing = nw.when(nw.col("customer_id").is_null()).then(nw.col("item"))
    everybody = distinct(each.with_columns(nothing.alias("item")), "customer_id", "place", "item")
    return (
        nw.concat([each.filter(~nw.col("item").is_null()), everybody], how="vertical")
        .group_by("place", "item")
        .agg(nw.len().alias("n_customers"))
        .with_columns(whole("n_customers"))
    )


def main_places(lines: nw.LazyFrame, *, window: Window, place: str) -> nw.LazyFrame:
    """Name the place of most of each customer's purchases; of ties the first by code point.

    Returns
    -------
    narwhals.LazyFrame
        One row per customer: `customer_id`, `place`, null where no purchase tells.
    """
    return main_value(_bought(lines, window=window), value=place, main="place")


def discount_habits(
    lines: nw.LazyFrame, *, window: Window, by: str = "customer_id"
) -> nw.LazyFrame:
    """Count how many purchases were made at a discount, by customer or by item.

    Returns
    -------
    narwhals.LazyFrame
        One row per value of `by`: `by`, `n_lines`, `n_discounted`; no discount is known where the
        lines have neither `discount_amount` nor `list_amount`, and then none is counted.
    """
    present = lines.collect_schema().names()
    if "discount_cents" in present:
        given = nw.col("discount_cents")
    elif "list_cents" in present:
        given = nw.col("list_cents") - nw.col("net_cents")
    else:
        given = nw.lit(0)
    is_less = nw.when(given > 0).then(1).otherwise(0)
    return (
        _bought(lines, window=window)
        .filter(~nw.col(by).is_null())
        .with_columns(is_less.alias("n_discounted"))
        .group_by(by)
        .agg(nw.len().alias("n_lines"), nw.col("n_discounted").sum())
        .with_columns(whole("n_lines", "n_discounted"))
    )


def complained_items(
    complaints: nw.LazyFrame, products: nw.LazyFrame, *, as_of_day: int
) -> nw.LazyFrame:
    """List which customers complained about a product of which category.

    Returns
    -------
    narwhals.LazyFrame
        One row per customer and category: `customer_id`, `item`, `n_complaints`; none where
        complaints name no product.
    """
    if "product_id" not in complaints.collect_schema().names():
        complaints = complaints.with_columns(nw.lit(None, dtype=nw.String).alias("product_id"))
    named = _categories(products)
    return (
        complaints.filter(nw.col("opened_day") <= as_of_day)
        .join(named, on="product_id", how="inner")
        .group_by("customer_id", "item")
        .agg(nw.len().alias("n_complaints"))
        .with_columns(whole("n_complaints"))
    )


def items_on_offer(offers: nw.LazyFrame, products: nw.LazyFrame, *, window: Window) -> nw.LazyFrame:
    """List the categories of which anything was on offer in a window, and the offers.

    An offer without days counts as open all the time.

    Returns
    -------
    narwhals.LazyFrame
        One row per offer and category: `offer_id`, `item`.
    """
    present = offers.collect_schema().names()
    if "valid_from_day" in present:
        starts = nw.col("valid_from_day")
        offers = offers.filter(starts.is_null() | (starts <= window.last_day))
    if "valid_to_day" in present:
        ends = nw.col("valid_to_day")
        offers = offers.filter(ends.is_null() | (ends >= window.first_day))
    parts = []
    if "category" in present:
        parts.append(offers.select("offer_id", nw.col("category").alias("item")))
    if "product_id" in present:
        named = offers.select("offer_id", "product_id")
        joined = named.join(_categories(products), on="product_id", how="inner")
        parts.append(joined.select("offer_id", "item"))
    return nw.concat(parts, how="vertical").filter(~nw.col("item").is_null()).unique()


def campaign_offers(campaigns: nw.LazyFrame) -> nw.LazyFrame:
    """List the offers that campaigns carry: not everybody gets these.

    Returns
    -------
    narwhals.LazyFrame
        One row per campaign with an offer: `campaign_id`, `offer_id`.
    """
    if "offer_id" not in campaigns.collect_schema().names():
        campaigns = campaigns.with_columns(nw.lit(None, dtype=nw.String).alias("offer_id"))
    return campaigns.select("campaign_id", "offer_id").filter(~nw.col("offer_id").is_null())


def customers_offered(
    assignments: nw.LazyFrame,
    campaigns: nw.LazyFrame,
    on_offer: nw.LazyFrame,
    *,
    as_of_day: int,
) -> nw.LazyFrame:
    """List which customers got which categories offered by a campaign; the held out did not.

    Parameters
    ----------
    assignments, campaigns
        Contracts `crmlib.schema.ASSIGNMENTS` and `CAMPAIGNS`.
    on_offer
        From `items_on_offer`.

    Returns
    -------
    narwhals.LazyFrame
        One row per customer and category: `customer_id`, `item`, `n_offers`; none where campaigns
        name no offer.
    """
    return (
        assignments.filter(nw.col("assigned_day") <= as_of_day, nw.col("arm") != CONTROL)
        .join(campaign_offers(campaigns), on="campaign_id", how="inner")
        .join(on_offer, on="offer_id", how="inner")
        .group_by("customer_id", "item")
        .agg(nw.len().alias("n_offers"))
        .with_columns(whole("n_offers"))
    )


def _bought(lines: nw.LazyFrame, *, window: Window) -> nw.LazyFrame:
    """Keep what known customers bought in the window."""
    known = customer_lines(lines, as_of_day=window.last_day)
    return known.filter(nw.col("occurred_day") >= window.first_day, ~(nw.col("quantity") < 0))


def _categories(products: nw.LazyFrame) -> nw.LazyFrame:
    """Give the category of each product, where the master names one."""
    if "category" not in products.collect_schema().names():
        products = products.with_columns(nw.lit(None, dtype=nw.String).alias("category"))
    named = products.select("product_id", nw.col("category").alias("item"))
    return named.filter(~nw.col("item").is_null())
