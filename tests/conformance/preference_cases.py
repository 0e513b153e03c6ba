"""What customers prefer, and where they are: goods, price bands, moments, habits, places."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import narwhals as nw

from crmlib.features import (
    choices,
    favourites,
    habits,
    moments,
    places,
    price_bands,
    purchases,
)
from crmlib.periods import Window
from tests.conformance.tables import AS_OF_DAY

Frames = Mapping[str, nw.LazyFrame]
YEAR = Window(AS_OF_DAY - 365, AS_OF_DAY)
BANDS = ("low", "middle", "high")


def food(t: Frames) -> nw.LazyFrame:
    """All lines in one category, so that there are price bands."""
    return t["transactions"].with_columns(nw.lit("Food").alias("category"))


def branded(t: Frames) -> nw.LazyFrame:
    return t["products"].with_columns(nw.col("category").alias("brand"))


def described(t: Frames, **options: bool) -> nw.LazyFrame:
    return purchases.described_lines(food(t), branded(t), window=YEAR, **options)


def by_category(t: Frames) -> nw.LazyFrame:
    return purchases.described_lines(t["transactions"], t["products"], window=YEAR)


def timed(t: Frames) -> nw.LazyFrame:
    return purchases.timed_lines(t["transactions"], window=YEAR, zone="Europe/Berlin")


def cells(t: Frames, *, by_half: bool = True) -> nw.LazyFrame:
    """Each product as a category of its own."""
    lines = t["transactions"].with_columns(nw.col("product_id").alias("category"))
    described = purchases.described_lines(lines, None, window=YEAR)
    return favourites.category_cells(described, by_half=by_half)


def people(t: Frames) -> nw.LazyFrame:
    """Members of the club as a table of customers, with their tier as region."""
    club = t["memberships"].filter(nw.col("programme") == "Club")
    tier = nw.when(nw.col("tier") != "none").then(nw.col("tier"))
    return club.select(
        "customer_id", tier.alias("region"), nw.col("joined_day").alias("first_contact_day")
    )


def bare(t: Frames) -> nw.LazyFrame:
    return t["transactions"].drop("region")


def shops(t: Frames) -> nw.LazyFrame:
    return t["transactions"].rename({"region": "store_id"})


def members(t: Frames) -> nw.LazyFrame:
    return places.place_customers(t["transactions"], people(t), window=YEAR)


CASES: dict[str, tuple[Callable[..., nw.LazyFrame], Callable[[Frames], nw.LazyFrame]]] = {
    "with_local_time": (
        moments.with_local_time,
        lambda t: moments.with_local_time(t["transactions"], zone="Europe/Berlin", window=YEAR),
    ),
    "price_bands": (
        price_bands.price_bands,
        lambda t: price_bands.price_bands(food(t), None, as_of_day=AS_OF_DAY),
    ),
    "described_lines": (purchases.described_lines, by_category),
    "described_lines, with bands": (
        purchases.described_lines,
        lambda t: described(t, with_bands=True),
    ),
    "timed_lines": (purchases.timed_lines, timed),
    "count_orders": (
        purchases.count_orders,
        lambda t: purchases.count_orders(by_category(t), "customer_id", "category"),
    ),
    "value_sizes": (
        purchases.value_sizes,
        lambda t: purchases.value_sizes(described(t), value="brand"),
    ),
    "choices of price bands": (
        choices.choices,
        lambda t: choices.choices(described(t, with_bands=True), aspect="price_band", values=BANDS),
    ),
    "choices of brands": (
        choices.choices,
        lambda t: choices.choices(
            described(t, with_bands=True), aspect="brand", values=["Bread", "Ärmel"]
        ),
    ),
    "choices of weekdays": (
        choices.choices,
        lambda t: choices.choices(timed(t), aspect="weekday", values=list("0123456")),
    ),
    "category_cells": (favourites.category_cells, cells),
    "favourite_categories": (
        favourites.favourite_categories,
        lambda t: favourites.favourite_categories(cells(t, by_half=False)),
    ),
    "bought_later": (favourites.bought_later, lambda t: favourites.bought_later(cells(t))),
    "favourite_mix": (favourites.favourite_mix, lambda t: favourites.favourite_mix(cells(t))),
    "habits_by_half": (habits.habits_by_half, lambda t: habits.habits_by_half(timed(t))),
    "customer_places": (
        places.customer_places,
        lambda t: places.customer_places(t["transactions"], people(t), as_of_day=AS_OF_DAY),
    ),
    "customer_places, shops": (
        places.customer_places,
        lambda t: places.customer_places(shops(t), None, as_of_day=AS_OF_DAY),
    ),
    "customer_places, nothing known": (
        places.customer_places,
        lambda t: places.customer_places(
            bare(t), people(t).select("customer_id"), as_of_day=AS_OF_DAY
        ),
    ),
    "customers_without_place": (
        places.customers_without_place,
        lambda t: places.customers_without_place(t["transactions"], people(t), window=YEAR),
    ),
    "place_customers": (places.place_customers, members),
    "place_customers, shops": (
        places.place_customers,
        lambda t: places.place_customers(shops(t), None, window=YEAR, recent_days=30),
    ),
    "place_totals": (places.place_totals, lambda t: places.place_totals(members(t))),
    "place_categories": (
        places.place_categories,
        lambda t: places.place_categories(t["transactions"], t["products"], people(t), window=YEAR),
    ),
}
