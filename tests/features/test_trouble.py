"""Signs of trouble, moments before a loss, spans between purchases: by hand, on both engines."""

import narwhals as nw
import pandas as pd
import pytest

from crmlib.errors import ParameterError, SchemaError
from crmlib.features.category_stops import category_pauses, category_spans
from crmlib.features.collect import collect
from crmlib.features.order_moments import before_moment, changes_before, order_moments
from crmlib.features.trouble import complaint_days, trouble_signs

NAMES = ["transaction_id", "customer_id", "occurred_day", "product_id", "quantity", "net_cents"]
COMPLAINTS = pd.DataFrame(
    {
        "complaint_id": ["1", "2", "3", "4"],
        "customer_id": ["a", "a", "b", "a"],
        "opened_day": [10, 10, 20, 99],
        "reason": "late",
        "resolved_day": [15.0, None, 25.0, None],
        "compensation_cents": [None, None, 500.0, None],
    }
)


def test_signs_are_returns_complaints_and_problems_told(lazy):
    rows = [
        ("1", "a", 5, "p", -1.0, -100),
        ("1", "a", 5, "q", -1.0, -100),
        ("2", "a", 6, "p", 1.0, 9),
    ]
    contacts = pd.DataFrame(
        {
            "customer_id": ["a", "a", "b"],
            "occurred_day": [7, 8, 9],
            "direction": ["in", "in", "out"],
            "purpose": ["problem", "advice", "problem"],
        }
    )
    tables = (lazy(pd.DataFrame(rows, columns=NAMES)), lazy(COMPLAINTS), lazy(contacts))
    found = collect(trouble_signs(*tables, as_of_day=50))
    assert found.to_numpy().tolist() == [
        ["a", "complaint", 10], ["a", "problem", 7], ["a", "return", 5], ["b", "complaint", 20],
    ]  # fmt: skip


def test_of_complaints_of_one_day_an_open_one_keeps_the_day_open(lazy):
    found = collect(complaint_days(lazy(COMPLAINTS), as_of_day=50))
    assert found["customer_id"].tolist() == ["a", "b"]
    assert found["resolved_day"].isna().tolist() == [True, False]
    assert found["is_compensated"].tolist() == [0, 1]
    early = collect(complaint_days(lazy(COMPLAINTS), as_of_day=22))
    assert early["resolved_day"].isna().all()  # the answer of day 25 is not known yet


BASKETS = pd.DataFrame(
    [
        ("1", "a", 10, "p", 1.0, 100), ("1", "a", 10, "q", 2.0, 400), ("2", "a", 35, "p", 2.0, 260),
        ("3", "a", 38, "r", 1.0, 50), ("4", "a", 60, "p", 1.0, 999), ("5", "b", 40, "p", 1.0, 1),
    ],
    columns=NAMES,
)  # fmt: skip
GOODS = pd.DataFrame({"product_id": ["p", "q", "r"], "category": ["Tea", "Bread", "Tea"]})


def test_the_order_day_looked_at_and_those_before_it(lazy):
    places = pd.DataFrame({"customer_id": ["a", "b"], "place": [3, 2]})
    found = collect(order_moments(lazy(BASKETS), lazy(places), as_of_day=99, history_days=20))
    # a's third order day is 38: one more in the window, one in the window before; b has no second
    assert found.to_dict("list") == {
        "customer_id": ["a"], "moment_day": [38], "tenure_days": [28], "n_orders_before": [2],
        "n_recent": [2], "n_earlier": [1],
    }  # fmt: skip


def test_categories_and_prices_of_two_windows(lazy):
    moments = pd.DataFrame({"customer_id": ["a"], "moment_day": [38]})
    found = collect(
        changes_before(lazy(BASKETS), lazy(moments), lazy(GOODS), as_of_day=99, history_days=20)
    ).iloc[0]
    assert found["n_categories_recent"] == 1
    assert found["n_categories_earlier"] == 2
    # two units of p at 130 that used to cost 100; r was not bought before
    assert found["price_change"] == pytest.approx(0.3)


def test_both_together_are_one_row_per_customer(lazy):
    places = pd.DataFrame({"customer_id": ["a"], "place": [3]})
    found = collect(
        before_moment(lazy(BASKETS), lazy(places), lazy(GOODS), as_of_day=99, history_days=20)
    )
    assert len(found) == 1
    assert found["price_change"].iloc[0] == pytest.approx(0.3)
    assert found["n_recent"].iloc[0] == 2


def test_spans_and_pauses_by_hand(lazy):
    days = [0, 7, 49]  # weeks -7, -6 and 0 where day 49 is the last one
    rows = [(str(day), "a", day, "p", 1.0, 100) for day in days]
    rows += [("x", "a", 21, "q", 1.0, 50)]
    lines = pd.DataFrame(rows, columns=NAMES)
    options = {"as_of_day": 49, "window_weeks": 2}
    spans = collect(category_spans(lazy(lines), None, lazy(GOODS), **options))
    assert spans.to_numpy().tolist() == [
        ["all customers", "Bread", -4, 5, 1, 50], ["all customers", "Tea", -7, 1, 1, 100],
        ["all customers", "Tea", -6, 5, 1, 100], ["all customers", "Tea", 0, 5, 1, 100],
    ]  # fmt: skip
    pauses = collect(category_pauses(lazy(lines), None, lazy(GOODS), **options))
    # nothing at all after week -4 for longer than two weeks: within the span of tea from -6 it
    # begins two weeks on, too late to count; within that of bread at once
    assert pauses[["category", "week", "stop_week", "silent_weeks"]].to_numpy().tolist() == [
        ["Bread", -4, -4, 4], ["Tea", 0, 0, 5],
    ]  # fmt: skip


def test_refusals():
    lines = nw.from_native(BASKETS).lazy()
    with pytest.raises(SchemaError, match=r"place"):
        order_moments(lines, nw.from_native(BASKETS).lazy(), as_of_day=9)
    with pytest.raises(ParameterError, match=r"history_days=0"):
        changes_before(
            lines,
            nw.from_native(pd.DataFrame({"customer_id": ["a"], "moment_day": [1]})).lazy(),
            as_of_day=9,
            history_days=0,
        )
    with pytest.raises(ParameterError, match=r"window_weeks=0"):
        category_spans(lines, as_of_day=9, window_weeks=0)
