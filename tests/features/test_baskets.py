"""Pairs bought together, counted by hand; what a minimum must not lose."""

from __future__ import annotations

import pandas as pd
import pytest

from crmlib.errors import ParameterError, SchemaError
from crmlib.features.baskets import basket_pairs
from crmlib.features.collect import collect


@pytest.fixture
def lines() -> pd.DataFrame:
    baskets = {"1": "abb", "2": "ab", "3": "ac", "4": "c", "5": "abc", "6": "ab"}
    rows = [(order, item, 1.0, int(order)) for order, items in baskets.items() for item in items]
    rows += [("1", "c", -1.0, 1), ("2", None, 1.0, 2)]
    return pd.DataFrame(rows, columns=["transaction_id", "product_id", "quantity", "occurred_day"])


def pairs(lazy, lines, **options):
    found = basket_pairs(lazy(lines), **{"as_of_day": 5} | options)
    return [tuple(row) for row in collect(found, by=("item_a", "item_b")).to_numpy()]


def test_pairs_counted_by_hand(lines, lazy):
    expected = [("a", "b", 3, 4, 3, 5), ("a", "c", 2, 4, 3, 5), ("b", "c", 1, 3, 3, 5)]
    assert pairs(lazy, lines) == expected
    assert pairs(lazy, lines, first_day=3) == [
        *(("a", "b", 1, 2, 1, 3), ("a", "c", 2, 2, 3, 3), ("b", "c", 1, 1, 3, 3))
    ]


def test_a_minimum_leaves_out_nothing_above_it(lines, lazy):
    for least in (1, 2, 3, 4):
        kept = [pair for pair in pairs(lazy, lines) if pair[2] >= least]
        assert pairs(lazy, lines, min_baskets=least) == kept


def test_no_minimum_below_one_and_no_item_that_is_not_there(lines, lazy):
    with pytest.raises(ParameterError, match="min_baskets=0: it must be at least 1"):
        pairs(lazy, lines, min_baskets=0)
    with pytest.raises(SchemaError, match=r"\['category'\]"):
        pairs(lazy, lines, item="category")
