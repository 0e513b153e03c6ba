"""The customer snapshot: values worked out by hand, what must not matter, what is refused."""

from __future__ import annotations

import pandas as pd
import pytest

from crmlib.errors import ParameterError, SchemaError
from crmlib.features.collect import collect
from crmlib.features.rhythm import gap_quartiles
from crmlib.features.snapshot import SNAPSHOT_COLUMNS, customer_snapshot

AS_OF = 1000
PRODUCTS = pd.DataFrame({"product_id": ["p", "q", "r"], "category": ["Bread", "Milk", "Bread"]})
NAMES = [
    *("transaction_id", "customer_id", "product_id", "occurred_day", "quantity"),
    *("net_cents", "discount_cents", "channel", "region"),
]


@pytest.fixture
def lines() -> pd.DataFrame:
    rows = [
        ("1", "a", "p", 800, 1.0, 1000, 200, "shop", "North"),
        ("1", "a", "q", 800, 1.0, 500, 0, "shop", "North"),
        ("2", "a", "p", 810, 1.0, 1000, 0, "online", "North"),
        ("3", "a", "r", 830, 2.0, 400, 100, "online", "South"),
        ("4", "a", "p", 905, 1.0, 600, 0, "shop", "North"),
        ("5", "a", "q", 990, 1.0, 300, 0, "shop", "North"),
        ("5", "a", "q", 990, -1.0, -300, 0, "shop", "North"),
        ("6", "a", "p", 995, -1.0, -700, 0, "shop", "North"),
        ("7", "b", "p", 1000, 1.0, 0, 0, "shop", "West"),
        ("8", "c", "p", 950, -1.0, -50, 0, "shop", "West"),
        ("9", None, "p", 950, 1.0, 50, 0, "shop", "West"),
        ("10", "a", "p", 1001, 1.0, 9999, 0, "online", "East"),
    ]
    return pd.DataFrame(rows, columns=NAMES)


def snapshot(lazy, lines, products=PRODUCTS, **options) -> pd.DataFrame:
    options = {"as_of_day": AS_OF, "recent_days": 90} | options
    found = customer_snapshot(lazy(lines), None if products is None else lazy(products), **options)
    return collect(found, by=("customer_id",)).set_index("customer_id")


def test_it_has_the_24_columns_that_are_documented(lines, lazy):
    found = snapshot(lazy=lazy, lines=lines).reset_index()
    assert list(found.columns) == list(SNAPSHOT_COLUMNS)
    assert len(SNAPSHOT_COLUMNS) == 24
    assert found["customer_id"].tolist() == ["a", "b", "c"]


def test_values_of_one_customer_worked_out_by_hand(lines, lazy):
    found = snapshot(lazy, lines).loc["a"].to_dict()
    net = 1000 + 500 + 1000 + 400 + 600 + 300 - 300 - 700
    assert found == {
        "recency_days": 10,  # the return of day 995 is no order
        "frequency_orders": 5,
        "monetary_amount": pytest.approx(net / 5 / 100),
        "net_cents": net,
        "tenure_days": 200,
        "n_order_days": 5,
        "gap_q25_days": 10,  # gaps 10, 20, 75, 85
        "gap_median_days": 20,
        "gap_q75_days": 75,
        "basket_lines": 6 / 5,
        "n_return_lines": 2,
        "return_cents": 1000,
        "return_share": pytest.approx(1000 / 3800),
        "n_categories": 2,
        "main_category": "Bread",
        "main_category_share": pytest.approx(4 / 6),
        "main_channel": "shop",
        "main_region": "North",
        "discount_share": pytest.approx(300 / 4100),
        "n_orders_recent": 1,  # days 911 to 1000
        "n_orders_before": 2,  # days 821 to 910
        "net_cents_recent": -700,
        "net_cents_before": 1000,
    }


def test_who_only_returned_has_no_order_and_no_rhythm(lines, lazy):
    found = snapshot(lazy, lines).loc["c"]
    assert found[["frequency_orders", "n_order_days", "net_cents", "n_return_lines"]].tolist() == [
        *(0, 0, -50, 1)
    ]
    empty = ["recency_days", "tenure_days", "monetary_amount", "gap_median_days", "main_channel"]
    assert found[empty].isna().all()


def test_a_gift_is_an_order_without_shares(lines, lazy):
    found = snapshot(lazy, lines).loc["b"]
    assert found[["recency_days", "tenure_days", "frequency_orders"]].tolist() == [0, 0, 1]
    assert found["monetary_amount"] == 0
    assert found[["return_share", "discount_share"]].isna().all()


def test_what_the_source_does_not_tell_is_empty_not_zero(lines, lazy):
    bare = lines.drop(columns=["discount_cents", "channel", "region"])
    found = snapshot(lazy, bare, products=None)
    unknown = ["discount_share", "main_channel", "main_region", "main_category", "n_categories"]
    assert found[unknown].isna().all(axis=None)
    known = [name for name in found.columns if name not in {*unknown, "main_category_share"}]
    pd.testing.assert_frame_equal(found[known], snapshot(lazy, lines)[known])


def test_list_amounts_stand_in_for_discounts(lines, lazy):
    listed = lines.assign(list_cents=lines["net_cents"] + lines["discount_cents"])
    found = snapshot(lazy, listed.drop(columns="discount_cents"))
    assert found["discount_share"].equals(snapshot(lazy, lines)["discount_share"])


def test_ties_go_to_the_first_by_code_point(lazy):
    rows = [
        ("1", "a", "p", 1, 1.0, 1, 0, "shop", "Øst"),
        ("2", "a", "q", 2, 1.0, 1, 0, "Zoo", "West"),
    ]
    found = snapshot(lazy, pd.DataFrame(rows, columns=NAMES)).loc["a"]
    mains = ["main_channel", "main_region", "main_category"]
    assert found[mains].tolist() == ["Zoo", "West", "Bread"]


def test_lines_after_the_day_change_nothing(lines, lazy):
    cut = lines[lines["occurred_day"] <= AS_OF]
    pd.testing.assert_frame_equal(snapshot(lazy, lines), snapshot(lazy, cut))


def test_missing_column_and_empty_window_are_refused(lines, lazy):
    with pytest.raises(SchemaError, match=r"lacks the column\(s\) \['quantity'\]"):
        snapshot(lazy, lines.drop(columns="quantity"))
    with pytest.raises(ParameterError, match=r"recent_days=0: a window needs at least one day"):
        snapshot(lazy, lines, recent_days=0)


@pytest.mark.parametrize(
    ("gaps", "quartiles"),
    [([7], [7, 7, 7]), ([1, 9], [1, 1, 9]), ([3, 1, 2], [1, 2, 3]), ([1, 2, 3, 4, 5], [2, 3, 4])],
)
def test_quartiles_are_gaps_that_occurred(gaps, quartiles, lazy):
    days = pd.Series([0, *gaps]).cumsum()
    frame = pd.DataFrame({"customer_id": "a", "occurred_day": days})
    found = collect(gap_quartiles(lazy(frame))).iloc[0].tolist()
    assert found == ["a", len(gaps), *quartiles]
