"""What is bought together, what follows, and what customers lack."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import narwhals as nw

from crmlib.features import baskets, companions, first_purchases
from crmlib.periods import Window
from tests.conformance.tables import AS_OF_DAY

Frames = Mapping[str, nw.LazyFrame]
DAY = {"as_of_day": AS_OF_DAY}
YEAR = Window(AS_OF_DAY - 365, AS_OF_DAY)

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
            t["transactions"], [("p1", "p3"), ("p4", "p1")], window=YEAR, item="product_id"
        ),
    ),
}
