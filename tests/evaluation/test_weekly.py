"""Weeks without a gap, none cut, and the season of a year ago."""

import numpy as np
import pandas as pd
import pytest

from crmlib.evaluation.weekly import season_hint, weekly_series, with_past, without_last

SUMS = ["n_orders", "n_customers", "net_cents", "margin_cents", "margin_net_cents"]


def history(rows):
    """Rows of (dimension, part, weeks ago, cents)."""
    frame = pd.DataFrame(rows, columns=["dimension", "part", "weeks_ago", "net_cents"])
    return frame.assign(n_orders=1, n_customers=1, margin_cents=50.0, margin_net_cents=99)[
        ["dimension", "part", "weeks_ago", *SUMS]
    ]


ROWS = [
    ("total", "all", 3, 100),
    ("total", "all", 2, 200),
    ("total", "all", 0, 300),
    ("region", "North", 0, 300),
    ("region", "South", 2, 200),
    ("channel", "all others", 0, 300),
]


def series(rows=ROWS, **options):
    days = {"first_day": 1_000 - 7 * 3 + 1, "last_day": 1_000, "n_weeks": 9}
    return weekly_series(history(rows), **days | options)


def test_weeks_are_whole_and_without_a_gap():
    """Three whole weeks: of the fourth the data hold no day, a sale there is cut off."""
    total = series()[lambda t: t["dimension"] == "total"]
    assert total["net_amount"].tolist() == [2, 0, 3]
    assert total["n_orders"].tolist() == [1, 0, 1]
    assert total["week_ends_on"].tolist() == ["1972-09-13", "1972-09-20", "1972-09-27"]
    assert len(series(n_weeks=2)[lambda t: t["dimension"] == "total"]) == 2


def test_a_dimension_of_one_part_says_nothing_new():
    assert set(series()["dimension"]) == {"total", "region"}


def test_margin_is_known_only_if_that_of_nearly_all_sales_is():
    known = [("total", "all", 0, 100), ("total", "all", 1, 104)]
    assert series(known)["margin_amount"].tolist() == [0, 0.5, 0.5]
    assert series([("total", "all", 0, 200)])["margin_amount"].isna().all()


def test_no_sale_no_week():
    assert series([]).empty
    assert list(series([]).columns) == list(series().columns)


def weeks(values):
    ends = pd.date_range("2023-01-01", periods=len(values), freq="7D").strftime("%Y-%m-%d")
    return pd.DataFrame(
        {"dimension": "total", "part": "all", "week_ends_on": ends, "net_amount": values}
    )


def test_season_hint_compares_the_same_weeks_a_year_ago():
    values = np.full(60, 10.0)
    values[8:10] = 15  # the 2 weeks ahead, a year ago
    assert season_hint(weeks(values), horizon_weeks=2) == pytest.approx(0.5)
    assert np.isnan(season_hint(weeks(values[:53]), horizon_weeks=2))


def test_without_the_last_weeks():
    table = weeks(np.arange(5.0))
    assert without_last(table, n_weeks=2)["net_amount"].tolist() == [0, 1, 2]
    assert without_last(table, n_weeks=9).empty


def test_past_and_ahead_in_one_frame():
    table = weeks(np.arange(3.0))
    made = pd.DataFrame(
        {"quantity": "net_amount", "week_ends_on": ["2023-01-22"], "forecast": [7.0],
         "low": [5.0], "high": [9.0]}
    )  # fmt: skip
    both = with_past(table, made, quantity="net_amount")
    assert both["actual"].fillna(-1).tolist() == [0, 1, 2, -1]
    assert both["forecast"].fillna(-1).tolist() == [-1, -1, -1, 7]
