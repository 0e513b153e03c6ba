"""What may keep customers from an item, by hand: places, discounts, complaints, offers."""

import narwhals as nw
import pandas as pd
import pytest

from crmlib.errors import ParameterError, SchemaError
from crmlib.features import hindrances
from crmlib.features.collect import collect
from crmlib.features.customer_items import customer_items
from crmlib.periods import Window

WINDOW = Window(10, 20)
ROWS = [
    # basket, customer, category, day, quantity, cents, discount, shop
    ("1", "a", "tea", 9, 1, 100, 0, "s1"),  # before the window
    ("2", "a", "tea", 10, 1, 100, 10, "s1"),
    ("2", "a", "jam", 10, 1, 300, None, "s1"),
    ("3", "a", "tea", 12, 1, 100, 0, "s2"),
    ("3", "a", "tea", 12, -1, -100, 0, "s2"),
    ("4", "b", "jam", 20, 1, 300, 30, "s2"),
    ("5", "b", None, 20, 1, 50, 0, None),
    ("6", "b", "tea", 22, 1, 100, 0, "s1"),  # after it
    ("7", None, "salt", 15, 1, 20, 0, "s1"),
]
NAMES = ["transaction_id", "customer_id", "category", "occurred_day", "quantity", "net_cents",
         "discount_cents", "store_id"]  # fmt: skip


def lazy(rows, names):
    return nw.from_native(pd.DataFrame(rows, columns=names)).lazy()


@pytest.fixture
def lines() -> nw.LazyFrame:
    return lazy(ROWS, NAMES)


PRODUCTS = (
    [("p", "tea"), ("q", "jam"), ("r", None)],
    ["product_id", "category"],
)


def rows_of(frame: nw.LazyFrame) -> list[list]:
    found = collect(frame)
    return found.astype(object).where(found.notna(), None).to_numpy().tolist()


def test_purchases_before_and_after_a_day(lines):
    found = rows_of(customer_items(lines, window=WINDOW, ahead_days=2))
    assert found == [
        ["a", "jam", 1, 300, 300, 0],
        ["a", "tea", 2, 200, 200, 0],
        ["b", "jam", 1, 300, 300, 0],
        ["b", "tea", 0, 0, 0, 1],
        ["b", None, 1, 50, 50, 0],
    ]
    with_margin = lines.with_columns((nw.col("net_cents") // 10).alias("margin_cents"))
    valued = collect(customer_items(with_margin, window=WINDOW))
    assert valued["value_cents"].tolist() == [30, 20, 30, 5]
    with pytest.raises(ParameterError, match="ahead_days=-1"):
        customer_items(lines, window=WINDOW, ahead_days=-1)


def test_who_bought_what_where(lines):
    found = rows_of(hindrances.place_items(lines, window=WINDOW, place="store_id"))
    assert found == [
        ["s1", "jam", 1], ["s1", "tea", 1], ["s1", None, 1],
        ["s2", "jam", 1], ["s2", "tea", 1], ["s2", None, 2],
    ]  # fmt: skip
    main = rows_of(hindrances.main_places(lines, window=WINDOW, place="store_id"))
    assert main == [["a", "s1"], ["b", "s2"]]
    with pytest.raises(SchemaError, match="region"):
        hindrances.place_items(lines, window=WINDOW, place="region")


def test_purchases_at_a_discount(lines):
    by_customer = rows_of(hindrances.discount_habits(lines, window=WINDOW))
    assert by_customer == [["a", 3, 1], ["b", 2, 1]]
    by_item = rows_of(hindrances.discount_habits(lines, window=WINDOW, by="category"))
    assert by_item == [["jam", 2, 1], ["tea", 2, 1]]
    nobody_knows = lines.drop("discount_cents")
    assert rows_of(hindrances.discount_habits(nobody_knows, window=WINDOW)) == [
        ["a", 3, 0], ["b", 2, 0],
    ]  # fmt: skip


def test_complaints_about_a_category():
    names = ["customer_id", "opened_day", "product_id"]
    complaints = lazy([("a", 5, "p"), ("a", 9, "p"), ("a", 99, "p"), ("b", 5, None)], names)
    products = lazy(*PRODUCTS)
    found = rows_of(hindrances.complained_items(complaints, products, as_of_day=20))
    assert found == [["a", "tea", 2]]
    unnamed = complaints.drop("product_id")
    assert rows_of(hindrances.complained_items(unnamed, products, as_of_day=20)) == []


def test_offers_in_the_window_and_who_got_them():
    offers = lazy(
        [("o1", "p", None, 1, 10), ("o2", None, "jam", 1, 9), ("o3", None, "salt", 21, 30),
         ("o4", "r", "ice", None, None)],
        ["offer_id", "product_id", "category", "valid_from_day", "valid_to_day"],
    )  # fmt: skip
    on_offer = hindrances.items_on_offer(offers, lazy(*PRODUCTS), window=WINDOW)
    assert rows_of(on_offer) == [["o1", "tea"], ["o4", "ice"]]
    campaigns = lazy([("m1", "o1"), ("m2", None)], ["campaign_id", "offer_id"])
    assert rows_of(hindrances.campaign_offers(campaigns)) == [["m1", "o1"]]
    names = ["campaign_id", "customer_id", "arm", "assigned_day"]
    assignments = lazy(
        [("m1", "a", "mail", 9), ("m1", "b", "control", 9), ("m1", "c", "mail", 25),
         ("m2", "a", "mail", 9)],
        names,
    )  # fmt: skip
    offered = hindrances.customers_offered(assignments, campaigns, on_offer, as_of_day=20)
    assert rows_of(offered) == [["a", "tea", 1]]
    unlinked = campaigns.drop("offer_id")
    none = hindrances.customers_offered(assignments, unlinked, on_offer, as_of_day=20)
    assert rows_of(none) == []
