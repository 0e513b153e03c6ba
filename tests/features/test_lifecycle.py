"""Spending by period: periods end on the snapshot day, and nothing after it counts."""

import pandas as pd
import pytest

from crmlib.errors import ParameterError
from crmlib.features.collect import collect
from crmlib.features.lifecycle import spending_by_period
from crmlib.periods import day_number, parse_day
from tests.conftest import order_lines

AS_OF = day_number(parse_day("2024-03-31"))
LENGTHS = {"as_of_day": AS_OF, "period_days": 10, "n_periods": 2, "lapse_days": 15}


@pytest.fixture
def lines() -> pd.DataFrame:
    frame = order_lines(
        [
            ("1", "a", "2024-03-31", 3.0),
            ("1", "a", "2024-03-31", 4.0),
            ("2", "a", "2024-03-22", 5.0),  # the first day of the last period
            ("3", "a", "2024-03-21", 1.0),  # the last day of the one before
            ("4", "a", "2024-02-01", 9.0),
            ("5", "a", "2024-01-01", 9.0),
            ("6", "b", "2024-03-30", -2.0),
            ("7", "c", "2024-04-01", 8.0),
            ("8", None, "2024-03-31", 8.0),
        ]
    )
    frame.loc[frame["customer_id"] == "b", "quantity"] = -1.0
    return frame


def found(frame, lazy) -> pd.DataFrame:
    query = spending_by_period(lazy(frame), **LENGTHS)
    return collect(query, by=["customer_id", "periods_back"]).set_index(
        ["customer_id", "periods_back"]
    )


def test_periods_are_counted_back_and_all_before_is_one(lines, lazy):
    table = found(lines, lazy)
    assert table.index.tolist() == [("a", 0), ("a", 1), ("a", 2), ("b", 0)]
    assert table["n_orders"].tolist() == [2, 1, 2, 0]
    assert table["net_cents"].tolist() == [1200, 100, 1800, -200]
    assert table["square_sum"].tolist() == [700**2 + 500**2, 100**2, 2 * 900**2, 200**2]


def test_days_of_orders_and_of_coming_back(lines, lazy):
    table = found(lines, lazy)
    days = table.loc[("a", 0), ["first_day", "last_day"]].tolist()
    assert days == [AS_OF - 9, AS_OF]
    assert table.loc[("a", 1), "back_day"] == AS_OF - 10  # after 49 days of silence
    assert pd.isna(table.loc[("a", 0), "back_day"])
    assert pd.isna(table.loc[("b", 0), "last_day"])  # a return is no order


def test_rows_after_as_of_change_nothing(lines, lazy):
    cut = lines[lines["occurred_day"] <= AS_OF]
    pd.testing.assert_frame_equal(found(lines, lazy), found(cut, lazy))


def test_a_period_of_no_days_is_refused(lines, lazy):
    with pytest.raises(ParameterError, match=r"period_days=0.*at least 1"):
        spending_by_period(lazy(lines), **{**LENGTHS, "period_days": 0})
