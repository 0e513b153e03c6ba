"""Calendar months from day numbers, in integer arithmetic that no engine reads differently."""

from __future__ import annotations

import narwhals as nw

__all__ = ["month_number", "month_text"]


def month_number(day: nw.Expr) -> nw.Expr:
    """Give the calendar month of a day as a number: 12 x year + month - 1.

    Parameters
    ----------
    day
        Day numbers (days since 1970-01-01), not before 1970.

    References
    ----------
    H. Hinnant (2014), chrono-compatible low-level date algorithms, `civil_from_days`.
    """
    shifted = day + 719_468  # days since 0000-03-01
    day_of_era = shifted % 146_097
    year_of_era = (
        day_of_era - day_of_era // 1_460 + day_of_era // 36_524 - day_of_era // 146_096
    ) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    march_month = (5 * day_of_year + 2) // 153
    return 12 * (year_of_era + shifted // 146_097 * 400) + march_month + 2


def month_text(number: int) -> str:
    """Write a month number as `YYYY-MM`.

    Examples
    --------
    >>> month_text(12 * 2024 + 1)
    '2024-02'
    """
    year, month = divmod(int(number), 12)
    return f"{year:04d}-{month + 1:02d}"
