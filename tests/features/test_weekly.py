"""Weeks and parts counted by hand; parts that add up; what the largest parts leave over."""

from __future__ import annotations

import pandas as pd
import pytest

from crmlib.errors import ParameterError
from crmlib.features.collect import collect
from crmlib.features.dimensions import NOT_KNOWN, with_dimensions
from crmlib.features.weekly import OTHERS, weekly_history

LAST = 1_013  # the last week has the days 1,007 to 1,013


@pytest.fixture
def lines() -> pd.DataFrame:
    rows = [
        # order, customer, product, day, quantity, cents, margin
        ("1", "a", "p", 1_013, 1.0, 500, 100.0),
        ("1", "a", "q", 1_013, 2.0, 300, None),
        ("2", "a", "p", 1_007, 1.0, 500, 100.0),
        ("3", None, "r", 1_008, 1.0, 900, 50.0),
        ("4", "b", "q", 1_006, 1.0, 150, None),  # one order over midnight: of its first day
        ("4", "b", "q", 1_007, 1.0, 150, None),
        ("5", "b", "p", 1_010, -1.0, -500, -100.0),  # a mere return is no order
        ("6", "c", "p", 999, 1.0, 70, 7.0),
    ]
    names = ["transaction_id", "customer_id", "product_id", "occurred_day", "quantity"]
    return pd.DataFrame(rows, columns=[*names, "net_cents", "margin_cents"])


@pytest.fixture
def products() -> pd.DataFrame:
    return pd.DataFrame({"product_id": ["p", "q"], "category": ["Tea", "Wine"]})


def history(lazy, lines, products=None, **options):
    master = None if products is None else lazy(products)
    found = weekly_history(lazy(lines), master, **{"last_day": LAST, "n_weeks": 3} | options)
    return collect(found).set_index(["dimension", "part", "weeks_ago"]).sort_index()


def test_weeks_counted_by_hand(lazy, lines):
    found = history(lazy, lines)
    assert found.loc[("total", "all", 0)].tolist() == [3, 1, 1700, 150, 1400]
    assert found.loc[("total", "all", 1)].tolist() == [1, 1, 300, 0, 0]
    assert found.loc[("total", "all", 2)].tolist() == [1, 1, 70, 7, 70]
    assert len(history(lazy, lines, n_weeks=1)) == 1


def test_parts_add_up_and_the_smaller_ones_are_one(lazy, lines, products):
    found = history(lazy, lines, products, by=["category"], n_parts=1)
    sales = found["net_cents"].groupby(["dimension", "weeks_ago"]).sum()
    assert sales.loc["category"].tolist() == sales.loc["total"].tolist()
    parts = {part for dimension, part, _week in found.index if dimension == "category"}
    assert parts == {"Wine", OTHERS}  # Wine 600, Tea 570; unknown is never by itself


def test_a_dimension_without_a_column_has_no_row(lazy, lines, products):
    found = history(lazy, lines, products, by=["category", "account_manager"])
    assert set(found.index.unique("dimension")) == {"total", "category"}


def test_order_of_the_rows_does_not_matter(lazy, lines, products):
    shuffled = lines.sample(frac=1, random_state=1)
    once, again = (history(lazy, one, products, by=["category"]) for one in (lines, shuffled))
    pd.testing.assert_frame_equal(once, again)


def test_refusal(lazy, lines):
    with pytest.raises(ParameterError, match="n_weeks=0, n_parts=5"):
        history(lazy, lines, n_weeks=0)


def test_what_nobody_knows_is_called_so(lazy):
    lines = pd.DataFrame(
        {"customer_id": ["a", None], "product_id": ["p", "q"], "channel": [None, "shop"]}
    )
    people = pd.DataFrame({"customer_id": ["a"], "account_manager": ["Zoë"]})
    sides = ["category", "channel", "account_manager"]
    found = collect(with_dimensions(lazy(lines), None, lazy(people), by=sides))
    rows = found.sort_values("product_id")[sides].to_numpy().tolist()
    assert rows == [[NOT_KNOWN, NOT_KNOWN, "Zoë"], [NOT_KNOWN, "shop", NOT_KNOWN]]
