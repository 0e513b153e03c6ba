"""What is bought together, what follows, and what customers lack."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import narwhals as nw

from crmlib.features import baskets, companions, customer_items, first_purchases, hindrances
from crmlib.periods import Window
from tests.conformance.tables import AS_OF_DAY

Frames = Mapping[str, nw.LazyFrame]
DAY = {"as_of_day": AS_OF_DAY}
YEAR = Window(AS_OF_DAY - 365, AS_OF_DAY)


def offers(t: Frames) -> nw.LazyFrame:
    """Every product on offer, each in an offer of its own."""
    return t["products"].select(
        nw.col("product_id").alias("offer_id"), "product_id", nw.col("category")
    )


def pairs(t: Frames) -> nw.LazyFrame:
    """Every product beside the first one."""
    return (
        t["products"]
        .select(nw.lit("p1").alias("first"), nw.col("product_id").alias("second"))
        .filter(nw.col("second") != "p1")
    )


def campaigns(t: Frames) -> nw.LazyFrame:
    """Every campaign carries the offer of the first product."""
    return t["assignments"].select("campaign_id").unique().with_columns(offer_id=nw.lit("p1"))


CASES: dict[str, tuple[Callable[..., nw.LazyFrame], Callable[[Frames], nw.LazyFrame]]] = {
    "listed_categories": (
        baskets.listed_categories,
        lambda t: baskets.listed_categories(t["transactions"], t["products"]),
    ),
    "basket_companions": (
        companions.basket_companions,
        lambda t: companions.basket_companions(
            t["transactions"], window=YEAR, max_own_cents=10**12
        ),
    ),
    "basket_companions with margins": (
        companions.basket_companions,
        lambda t: companions.basket_companions(
            t["transactions"].with_columns((nw.col("net_cents") // 2).alias("margin_cents")),
            window=YEAR,
            max_own_cents=10**12,
        ),
    ),
    "item_totals": (
        first_purchases.item_totals,
        lambda t: first_purchases.item_totals(t["transactions"], **DAY, item="product_id"),
    ),
    "visit_items": (
        first_purchases.visit_items,
        lambda t: first_purchases.visit_items(
            baskets.listed_categories(t["transactions"], t["products"]), **DAY, items=["Bread"]
        ),
    ),
    "buyers_without": (
        first_purchases.buyers_without,
        lambda t: first_purchases.buyers_without(
            t["transactions"], pairs(t), window=YEAR, item="product_id"
        ),
    ),
    "customer_items": (
        customer_items.customer_items,
        lambda t: customer_items.customer_items(
            t["transactions"],
            window=Window(AS_OF_DAY - 200, AS_OF_DAY - 20),
            item="product_id",
            ahead_days=30,
        ),
    ),
    "place_items": (
        hindrances.place_items,
        lambda t: hindrances.place_items(
            t["transactions"], window=YEAR, place="channel", item="product_id"
        ),
    ),
    "main_places": (
        hindrances.main_places,
        lambda t: hindrances.main_places(t["transactions"], window=YEAR, place="region"),
    ),
    "discount_habits": (
        hindrances.discount_habits,
        lambda t: hindrances.discount_habits(t["transactions"], window=YEAR),
    ),
    "discount_habits of items": (
        hindrances.discount_habits,
        lambda t: hindrances.discount_habits(t["transactions"], window=YEAR, by="product_id"),
    ),
    "complained_items": (
        hindrances.complained_items,
        lambda t: hindrances.complained_items(
            t["complaints"].with_columns(nw.lit("p1").alias("product_id")), t["products"], **DAY
        ),
    ),
    "items_on_offer": (
        hindrances.items_on_offer,
        lambda t: hindrances.items_on_offer(offers(t), t["products"], window=YEAR),
    ),
    "campaign_offers": (
        hindrances.campaign_offers,
        lambda t: hindrances.campaign_offers(campaigns(t)),
    ),
    "customers_offered": (
        hindrances.customers_offered,
        lambda t: hindrances.customers_offered(
            t["assignments"],
            campaigns(t),
            hindrances.items_on_offer(offers(t), t["products"], window=YEAR),
            **DAY,
        ),
    ),
}
