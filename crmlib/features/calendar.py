"""Calendar months from day numbers, in integer arithmetic that no engine reads differently."""

from __future__ import annotations

import narwhals as nw

__all__ = ["with_month"]

_STEPS = ("_shifted", "_day_of_era", "_year_of_era", "_day_of_year")


def with_month(frame: nw.LazyFrame, *, day: str, month: str) -> nw.LazyFrame:
    """Add the calendar month of a day as a number: 12 x year + month - 1.

    Parameters
    ----------
    day
        Column of day numbers (days since 1970-01-01), not before 1970.
    month
        Name of the new column.

    References
    ----------
    H. Hinnant (2014), chrono-compatible low-level date algorithms, `civil_from_days`.
    """
    shifted, day_of_era, year_of_era, day_of_year = (nw.col(name) for name in _STEPS)
    years = day_of_era - day_of_era // 1_460 + day_of_era // 36_524 - day_of_era // 146_096
    days = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    march_month = (5 * day_of_year + 2) // 153
    return (
        frame.with_columns((nw.col(day) + 719_468).alias("_shifted"))  # days since 0000-03-01
        .with_columns((shifted % 146_097).alias("_day_of_era"))
        .with_columns((years // 365).alias("_year_of_era"))
        .with_columns(days.alias("_day_of_year"))
        .with_columns(
            (12 * (year_of_era + shifted // 146_097 * 400) + march_month + 2).alias(month)
        )
        .drop(*_STEPS)
    )
