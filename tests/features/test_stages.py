"""Lifecycle stages: one customer per stage by hand, and what must not matter."""

import pandas as pd
import pytest

from crmlib.errors import ParameterError, SchemaError
from crmlib.features.collect import collect
from crmlib.features.orders import order_days, orders
from crmlib.features.stages import STAGES, customer_stages, silences
from crmlib.periods import day_number, parse_day
from tests.conftest import order_lines

AS_OF = day_number(parse_day("2024-03-31"))
LIMITS = {"active_days": 10, "lapse_days": 30, "known_since_day": AS_OF - 300}


@pytest.fixture
def lines() -> pd.DataFrame:
    return order_lines(
        [
            ("1", "new", "2024-03-30", 5.0),
            ("2", "active", "2024-02-10", 1.0),
            ("3", "active", "2024-03-05", 1.0),
            ("4", "active", "2024-03-31", 1.0),
            ("5", "returned", "2024-01-01", 2.0),
            ("6", "returned", "2024-03-25", 2.0),
            ("7", "lapsing", "2024-01-05", 3.0),
            ("8", "lapsing", "2024-03-20", 3.0),
            ("9", "lapsed", "2024-02-29", 4.0),
            ("9", "lapsed", "2024-02-29", 4.5),
            ("10", "later", "2024-04-01", 9.0),
            ("11", None, "2024-03-31", 7.0),
        ]
    )


def stages(frame, lazy, as_of_day=AS_OF):
    result = customer_stages(lazy(frame), as_of_day=as_of_day, **LIMITS)
    return collect(result, by=("customer_id",)).set_index("customer_id")


def test_every_customer_is_at_the_stage_it_is_named_after(lines, lazy):
    found = stages(lines, lazy)
    assert found["stage"].to_dict() == {name: name for name in STAGES}
    assert found.loc["lapsed", ["silence_days", "n_orders", "net_cents"]].tolist() == [31, 1, 850]


def test_rows_after_as_of_change_nothing(lines, lazy):
    cut = lines[lines["occurred_day"] <= AS_OF]
    pd.testing.assert_frame_equal(stages(lines, lazy), stages(cut, lazy))


def test_row_order_does_not_matter(lines, lazy):
    pd.testing.assert_frame_equal(stages(lines, lazy), stages(lines.iloc[::-1], lazy))


def test_a_day_earlier_the_lapsed_one_is_only_lapsing(lines, lazy):
    assert stages(lines, lazy, AS_OF - 1).loc["lapsed", "stage"] == "lapsing"


def test_limits_in_the_wrong_order_are_refused(lines, lazy):
    with pytest.raises(ParameterError, match=r"active_days=30 and lapse_days=30.*smaller"):
        customer_stages(lazy(lines), as_of_day=AS_OF, **{**LIMITS, "active_days": 30})


def test_a_missing_column_is_named(lines, lazy):
    with pytest.raises(SchemaError, match=r"lacks the column\(s\) \['net_cents'\]"):
        orders(lazy(lines.drop(columns="net_cents")), as_of_day=AS_OF)


def test_lines_of_one_order_are_added_up(lines, lazy):
    found = collect(orders(lazy(lines), as_of_day=AS_OF), by=("customer_id", "transaction_id"))
    nine = found[found["transaction_id"] == "9"].iloc[0]
    assert (nine["net_cents"], nine["n_lines"], len(found)) == (850, 2, 9)


def test_gaps_between_order_days(lines, lazy):
    found = collect(order_days(lazy(lines), as_of_day=AS_OF), by=("customer_id", "occurred_day"))
    gaps = found[found["customer_id"] == "active"]["gap_days"].tolist()
    assert pd.isna(gaps[0])
    assert gaps[1:] == [24, 26]


def test_silences_longer_than_the_limit_and_how_many_ended(lines, lazy):
    found = collect(silences(lazy(lines), as_of_day=AS_OF, lapse_days=30)).iloc[0]
    # returned (84 days) and lapsing (75 days) came back, lapsed (31 days) has not
    assert (found["n_long_silences"], found["n_ended"]) == (3, 2)


def test_nobody_is_new_at_the_start_of_the_data(lines, lazy):
    limits = {**LIMITS, "known_since_day": AS_OF - 29}
    found = collect(customer_stages(lazy(lines), as_of_day=AS_OF, **limits))
    assert "new" not in set(found["stage"])


def test_a_return_is_no_order_and_wakes_nobody(lazy):
    lines = order_lines(
        [
            ("t1", "a", "2024-01-01", 10.0),
            ("t2", "a", "2024-06-28", -10.0),
            ("t3", "b", "2024-06-28", -4.0),
        ]
    )
    lines.loc[lines["net_cents"] < 0, "quantity"] = -1.0
    day = day_number(parse_day("2024-06-30"))
    found = collect(
        customer_stages(
            lazy(lines), as_of_day=day, known_since_day=day - 900, active_days=28, lapse_days=90
        )
    ).set_index("customer_id")
    assert found["n_orders"].to_dict() == {"a": 1, "b": 0}
    assert found["silence_days"].to_dict() == {"a": 181, "b": 2}
    assert found.loc["a", ["stage", "net_cents"]].tolist() == ["lapsed", 0]
