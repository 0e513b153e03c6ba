"""Days, windows and months, by hand."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmlib.errors import ParameterError
from crmlib.periods import (
    Window,
    day_number,
    day_text,
    last_complete_month,
    parse_day,
    window_before,
)


def _day(text: str) -> int:
    return day_number(parse_day(text))


def test_a_leap_day_exists_in_leap_years_only():
    assert parse_day("2024-02-29") == datetime.date(2024, 2, 29)
    assert parse_day("2000-02-29").month == 2
    for text in ("2023-02-29", "1900-02-29"):
        with pytest.raises(ParameterError, match=f"as_of='{text}' is not a calendar day"):
            parse_day(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "last", "20241231", "2024-W01-1", "2024-1-1", "31.12.2024", "2024-12-31T00:00", None),
        *("2024-13-01", "2024-04-31", " 2024-12-31", "2024-12-31\n", "٢٠٢٤-12-31", "0000-01-01"),
    ],
)
def test_any_other_spelling_is_refused_by_name(text):
    with pytest.raises(ParameterError, match=r"^since=.* is not a calendar day\. Write it as YYYY"):
        parse_day(text, name="since")


def test_day_numbers_count_from_1970():
    assert _day("1970-01-01") == 0
    assert _day("1969-12-31") == -1
    assert _day("2024-03-01") - _day("2024-02-28") == 2
    assert _day("2023-03-01") - _day("2023-02-28") == 1


@given(st.dates())
def test_text_and_number_of_a_day_lead_to_each_other(day):
    assert day_text(day_number(day)) == day.isoformat()
    assert parse_day(day_text(day_number(day))) == day


@pytest.mark.parametrize(
    ("day", "year", "month"),
    [
        ("2024-02-28", 2024, 1),
        ("2024-02-29", 2024, 2),
        ("2023-02-28", 2023, 2),
        ("2024-12-30", 2024, 11),
        ("2024-12-31", 2024, 12),
        ("2025-01-01", 2024, 12),
        ("2025-01-30", 2024, 12),
    ],
)
def test_the_last_complete_month_ends_on_the_day_at_the_latest(day, year, month):
    assert divmod(last_complete_month(_day(day)), 12) == (year, month - 1)


def test_a_window_ends_on_its_day_and_the_one_before_touches_it():
    window = window_before(_day("2024-03-01"), n_days=7)
    assert str(window) == "2024-02-24 to 2024-03-01"
    assert window.n_days == 7
    assert str(window.before()) == "2024-02-17 to 2024-02-23"
    assert window_before(5, n_days=1) == Window(5, 5)


@given(st.integers(-9999, 99999), st.integers(1, 4000))
def test_windows_one_after_the_other_leave_no_day_out(day, n_days):
    window = window_before(day, n_days=n_days)
    assert window.before().last_day == window.first_day - 1
    assert window.before().n_days == window.n_days == n_days


@pytest.mark.parametrize("n_days", [0, -1])
def test_an_empty_window_is_refused(n_days):
    with pytest.raises(ParameterError, match=rf"n_days={n_days}: a window needs at least one day"):
        window_before(0, n_days=n_days)
