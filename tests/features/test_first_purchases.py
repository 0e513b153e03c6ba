"""Visits as whole numbers, totals of items, and who lacks the other half of a pair."""

import narwhals as nw
import pandas as pd
import pytest

from crmlib.errors import SchemaError
from crmlib.features.baskets import NO_CATEGORY, listed_categories
from crmlib.features.collect import collect
from crmlib.features.first_purchases import buyers_without, item_totals, visit_items
from crmlib.periods import Window

ROWS = [
    # basket, customer, category, day, quantity, cents
    ("1", "b", "tea", 1, 1, 100),
    ("2", "b", "tea", 1, 1, 50),  # another order on the same day: the same visit
    ("2", "b", "salt", 1, 1, 20),
    ("3", "b", "tea", 9, 1, 100),
    ("4", "a", "jam", 5, 1, 300),
    ("5", "a", "tea", 6, -1, -100),
    ("6", "a", None, 6, 1, 70),
    ("7", None, "tea", 6, 1, 100),
    ("8", "a", "tea", 20, 1, 100),
]
NAMES = ["transaction_id", "customer_id", "category", "occurred_day", "quantity", "net_cents"]


@pytest.fixture
def lines() -> nw.LazyFrame:
    return nw.from_native(pd.DataFrame(ROWS, columns=NAMES)).lazy()


def paired(*pairs: tuple[str, str]) -> nw.LazyFrame:
    return nw.from_native(pd.DataFrame(pairs, columns=["first", "second"], dtype="str")).lazy()


def test_visits_by_hand(lines):
    found = collect(visit_items(lines, as_of_day=10, items=["tea", "jam"]))
    assert found.to_numpy().tolist() == [
        [0, 5, 0, 300],  # a: jam
        [1, 1, -1, 20],  # b: salt has no code
        [1, 1, 1, 150],
        [1, 9, 1, 100],
    ]


def test_totals_by_hand(lines):
    found = collect(item_totals(lines, as_of_day=20, item="category")).set_index("item")
    assert found.loc["tea"].tolist() == [2, 3, 350]
    assert found.loc["jam"].tolist() == [1, 1, 300]
    recent = collect(item_totals(lines, as_of_day=20, item="category", first_day=9))
    assert recent.set_index("item").loc["tea"].tolist() == [2, 2, 200]


def test_who_bought_the_one_and_never_the_other(lines):
    pairs = paired(("tea", "salt"), ("tea", "jam"), ("jam", "tea"))
    early = collect(buyers_without(lines, pairs, window=Window(0, 10)))
    assert early.to_numpy().tolist() == [
        ["jam", "tea", "a", 5, 5, 1, 300],
        ["tea", "jam", "b", 1, 9, 2, 250],
    ]
    late = collect(buyers_without(lines, pairs, window=Window(10, 20)))
    assert late[["first", "second", "customer_id"]].to_numpy().tolist() == [["tea", "salt", "a"]]


def test_without_a_pair_nobody_lacks_anything(lines):
    found = collect(buyers_without(lines, paired(), window=Window(0, 10)))
    assert found.empty
    assert "customer_id" in found


def test_products_listed_without_a_category_stay_in_the_whole():
    bought = pd.DataFrame({"product_id": ["p", "q", "r"]})
    products = pd.DataFrame({"product_id": ["p", "q"], "category": ["tea", None]})
    lazy = [nw.from_native(frame).lazy() for frame in (bought, products)]
    found = collect(listed_categories(*lazy), by=["product_id"])
    assert found["category"].tolist()[:2] == ["tea", NO_CATEGORY]
    assert pd.isna(found["category"].iloc[2])
    assert collect(listed_categories(lazy[0], None))["category"].isna().all()


def test_refusal(lines):
    with pytest.raises(SchemaError, match="product_id"):
        visit_items(lines, as_of_day=1, items=["tea"], item="product_id")
