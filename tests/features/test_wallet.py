"""Yearly purchases, categories side by side and answers: by hand, on both engines, refusals."""

import narwhals as nw
import pandas as pd
import pytest

from crmlib.errors import ParameterError
from crmlib.features.collect import collect
from crmlib.features.wallet import (
    category_purchases,
    category_totals,
    chosen_attributes,
    wallet_answers,
    yearly_purchases,
)

ROWS = [
    # order, customer, day, product, units, cents
    ("1", "a", 10, "p", 1.0, 1000),
    ("2", "a", 50, "p", 1.0, 500),
    ("3", "a", 90, "q", 2.0, 700),
    ("4", "a", 95, "q", -1.0, -350),  # a return takes money off and is no order
    ("5", "b", 80, "q", 1.0, 300),
    ("6", "b", 80, "p", 1.0, 200),  # another order of the first day
    ("7", "b", 99, "q", 1.0, 100),
    ("8", "c", 60, "p", -1.0, -100),  # only ever returned
    ("9", "a", 101, "p", 1.0, 9999),  # after the day
]
NAMES = ["transaction_id", "customer_id", "occurred_day", "product_id", "quantity", "net_cents"]
LINES = pd.DataFrame(ROWS, columns=NAMES)
PRODUCTS = pd.DataFrame({"product_id": ["p", "q"], "category": ["Bread", "Tea"]})
WINDOW = {"as_of_day": 100, "window_days": 60}


def test_orders_count_from_the_day_after_the_first_one_and_within_the_window(lazy):
    found = collect(yearly_purchases(lazy(LINES), lazy(PRODUCTS), **WINDOW)).set_index(
        "customer_id"
    )
    assert found.index.tolist() == ["a", "b"]
    assert found.loc["a"].tolist() == [10, 90, 60, 2, 850, 3, 1850, "Bread"]
    assert found.loc["b"].tolist() == [80, 99, 20, 1, 100, 3, 600, "Tea"]


def test_later_orders_change_nothing(lazy):
    cut = LINES[LINES["occurred_day"] <= 100]
    whole, early = (
        collect(yearly_purchases(lazy(part), lazy(PRODUCTS), **WINDOW)) for part in (LINES, cut)
    )
    pd.testing.assert_frame_equal(whole, early)


def test_categories_stand_side_by_side_and_add_up_to_all_sales(lazy):
    found = collect(
        category_purchases(lazy(LINES), lazy(PRODUCTS), **WINDOW, categories=["Tea"])
    ).set_index("customer_id")
    assert found.loc["a"].tolist() == [350, 500]
    assert found.loc["b"].tolist() == [400, 200]
    totals = collect(category_totals(lazy(LINES), lazy(PRODUCTS), **WINDOW))
    assert totals.to_dict("list") == {"category": ["Bread", "Tea"], "net_cents": [600, 750]}
    assert found.to_numpy().sum() == totals["net_cents"].sum()


def test_one_answer_per_customer_and_survey(lazy):
    rows = [
        ("s1", "a", "customer", 5, 0.4), ("s1", "a", "customer", 5, 0.4),
        ("s2", "a", "customer", 50, 0.5), ("s3", "a", "customer", 101, 0.9),
        ("s1", "e", "employee", 5, 0.7), ("s1", "b", "customer", 5, None),
    ]  # fmt: skip
    names = ["survey_id", "respondent_id", "respondent_kind", "answered_day", "wallet_share"]
    surveys = pd.DataFrame(rows, columns=names)
    found = collect(wallet_answers(lazy(surveys), as_of_day=100))
    assert found.to_numpy().tolist() == [["a", "s1", 0.4], ["a", "s2", 0.5]]
    bare = collect(wallet_answers(lazy(surveys.drop(columns="wallet_share")), as_of_day=100))
    assert bare.empty


def test_attributes_that_are_not_there_are_left_out(lazy):
    people = pd.DataFrame({"customer_id": ["a"], "kind": ["person"], "size": [3]})
    found = collect(chosen_attributes(lazy(people), attributes=["size", "region", "kind"]))
    assert found.to_dict("list") == {"customer_id": ["a"], "size": ["3"], "kind": ["person"]}


def test_a_window_without_a_day_is_refused():
    with pytest.raises(ParameterError, match=r"window_days=0"):
        yearly_purchases(nw.from_native(LINES).lazy(), as_of_day=9, window_days=0)
