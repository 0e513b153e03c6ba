"""Months from day numbers, cohorts, growth windows and coverage."""

import datetime

import pandas as pd
import pytest

from crmlib.features.calendar import with_month
from crmlib.features.cohorts import cohort_activity
from crmlib.features.collect import collect
from crmlib.features.coverage import daily_sales, days_of_tables, filled_shares, line_counts
from crmlib.features.sales import customer_sales, product_sales_in_two_windows, sales_in_two_windows
from crmlib.periods import Window, day_number, parse_day
from tests.conftest import order_lines


def number(text: str) -> int:
    return day_number(parse_day(text))


def test_month_of_every_day_from_1970_to_2100(lazy):
    days = pd.DataFrame({"day": range(day_number(datetime.date(2100, 12, 31)) + 1)})
    found = collect(with_month(lazy(days), day="day", month="month"), by=("day",))
    dates = [datetime.date(1970, 1, 1) + datetime.timedelta(days=int(d)) for d in found["day"]]
    assert found["month"].tolist() == [12 * date.year + date.month - 1 for date in dates]


@pytest.fixture
def lines() -> pd.DataFrame:
    return order_lines(
        [
            ("1", "a", "2024-01-31", 10.0),
            ("2", "a", "2024-02-29", 20.0),
            ("3", "a", "2024-02-29", 2.0),
            ("4", "b", "2024-01-01", 5.0),
            ("5", "b", "2024-03-01", -1.0),
            ("6", "c", "2024-02-10", 8.0),
            ("7", None, "2024-02-29", 3.0),
        ]
    )


def test_cohorts_count_customers_not_orders(lines, lazy):
    found = collect(
        cohort_activity(lazy(lines), as_of_day=number("2024-03-31")),
        by=("cohort_month", "months_since"),
    )
    january = 12 * 2024
    expected = [(january, 0, 2), (january, 1, 1), (january, 2, 1), (january + 1, 0, 1)]
    assert list(found.itertuples(index=False, name=None)) == expected


def test_two_windows_of_equal_length(lines, lazy):
    current = Window(number("2024-02-15"), number("2024-03-15"))  # 30 days; before: from 16 January
    found = collect(sales_in_two_windows(lazy(lines), current=current), by=("customer_id",))
    names = ["n_orders", "net_cents", "n_orders_before", "net_cents_before"]
    assert found.set_index("customer_id")[names].T.to_dict("list") == {
        "a": [2, 2200, 1, 1000],
        "b": [1, -100, 0, 0],
        "c": [0, 0, 1, 800],
    }
    assert found[["return_cents", "return_cents_before"]].to_numpy().sum() == 0  # no units back


def test_returns_are_told_apart_in_two_windows(lines, lazy):
    current = Window(number("2024-02-15"), number("2024-03-15"))
    returned = lines.assign(quantity=lines["quantity"].where(lines["net_cents"] > 0, -1.0))
    found = collect(sales_in_two_windows(lazy(returned), current=current), by=("customer_id",))
    assert found.set_index("customer_id")["return_cents"].to_dict() == {"a": 0, "b": -100, "c": 0}


def test_products_in_two_windows_leave_out_what_has_no_units(lines, lazy):
    current = Window(number("2024-02-15"), number("2024-03-15"))
    sold = lines.assign(product_id="p", quantity=2.0)
    sold.loc[sold["net_cents"] < 0, "quantity"] = 0.0
    found = collect(product_sales_in_two_windows(lazy(sold), current=current)).iloc[0]
    assert found["net_cents"] == 2200
    assert found[["quantity", "quantity_before", "net_cents_before"]].tolist() == [4, 4, 1800]


def test_sales_of_one_window(lines, lazy):
    window = Window(number("2024-02-29"), number("2024-02-29"))
    found = collect(customer_sales(lazy(lines), window=window))
    assert found.iloc[0].tolist() == ["a", 2, 2200]


def test_coverage_counts_anonymous_sales_but_not_as_a_customer(lines, lazy):
    found = collect(line_counts(lazy(lines), as_of_day=number("2024-03-31"))).iloc[0]
    assert found["n_lines"] == 7
    assert found["n_customers"] == 3
    assert found["n_anonymous_lines"] == 1
    assert found["net_cents"] == 4700
    daily = collect(daily_sales(lazy(lines), as_of_day=number("2024-02-29")), by=("occurred_day",))
    assert daily["net_cents"].tolist() == [500, 1000, 800, 2500]


def test_filled_shares_leave_out_companions_and_count_nulls(lazy):
    frame = pd.DataFrame({"customer_id": ["a", "b"], "region": ["N", None], "first_day": [1, 2]})
    found = filled_shares({"customers": lazy(frame)})
    assert found["column"].tolist() == ["customer_id", "region"]
    assert found["filled_share"].tolist() == [1.0, 0.5]
    assert filled_shares({}).empty


def test_rows_of_tables_are_counted_by_the_day_they_became_known(lazy):
    complaints = pd.DataFrame({"complaint_id": ["1", "2", "3"], "opened_day": [5, 5, 7]})
    plan = pd.DataFrame({"planned_cents": [1]})
    found = days_of_tables({"complaints": lazy(complaints), "sales_plan": lazy(plan)})
    assert found.to_dict("list") == {
        "table": ["complaints"] * 2, "day": [5, 7], "n_rows": [2, 1],
    }  # fmt: skip
    assert days_of_tables({}).empty
