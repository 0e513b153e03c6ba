"""The snapshot day `as_of`, day numbers and windows that end on it."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from crmlib.errors import ParameterError

__all__ = [
    "Window",
    "day_number",
    "day_text",
    "last_complete_month",
    "parse_day",
    "window_before",
]

_EPOCH = datetime.date(1970, 1, 1)


def parse_day(text: str, *, name: str = "as_of") -> datetime.date:
    """Read an ISO calendar day, and nothing else.

    Raises
    ------
    ParameterError
        If `text` is not `YYYY-MM-DD` or the day does not exist.

    Examples
    --------
    >>> parse_day("2024-02-29")
    datetime.date(2024, 2, 29)
    """
    try:
        day = datetime.date.fromisoformat(text)
    except (TypeError, ValueError):
        day = None
    if day is None or day.isoformat() != text:
        raise ParameterError(
            f"{name}={text!r} is not a calendar day. Write it as YYYY-MM-DD, such as 2024-02-29; "
            "29 February exists in leap years only."
        )
    return day


def day_number(day: datetime.date) -> int:
    """Days since 1970-01-01, the form in which all day arithmetic is done.

    Examples
    --------
    >>> day_number(datetime.date(1970, 1, 2))
    1
    """
    return (day - _EPOCH).days


def day_text(number: int) -> str:
    """ISO text of a day number.

    Examples
    --------
    >>> day_text(0)
    '1970-01-01'
    """
    return (_EPOCH + datetime.timedelta(days=int(number))).isoformat()


def last_complete_month(as_of_day: int) -> int:
    """Give the last month that is over at the end of `as_of_day`, as 12 x year + month - 1.

    Examples
    --------
    >>> divmod(last_complete_month(day_number(datetime.date(2024, 2, 29))), 12)
    (2024, 1)
    >>> divmod(last_complete_month(day_number(datetime.date(2024, 2, 28))), 12)
    (2024, 0)
    """
    tomorrow = _EPOCH + datetime.timedelta(days=int(as_of_day) + 1)
    return 12 * tomorrow.year + tomorrow.month - 2


@dataclass(frozen=True)
class Window:
    """Days `first_day` to `last_day`, both included, as day numbers."""

    first_day: int
    last_day: int

    @property
    def n_days(self) -> int:
        """Length in days."""
        return self.last_day - self.first_day + 1

    def lies_in(self, known: Window, *, tolerance_days: int = 3) -> bool:
        """Say whether the window is covered by the days `known`, but for a closed day or two.

        Examples
        --------
        >>> Window(10, 16).lies_in(Window(0, 15)), Window(10, 16).lies_in(Window(14, 99))
        (True, False)
        """
        starts = self.first_day >= known.first_day - tolerance_days
        return starts and self.last_day <= known.last_day + tolerance_days

    def before(self) -> Window:
        """Return the window of the same length that ends the day before this one starts."""
        return Window(self.first_day - self.n_days, self.first_day - 1)

    def __str__(self) -> str:
        return f"{day_text(self.first_day)} to {day_text(self.last_day)}"


def window_before(as_of_day: int, *, n_days: int) -> Window:
    """Return the last `n_days` days up to and including `as_of_day`.

    Raises
    ------
    ParameterError
        If `n_days` is below 1.

    Examples
    --------
    >>> window_before(9, n_days=7), window_before(9, n_days=7).before()
    (Window(first_day=3, last_day=9), Window(first_day=-4, last_day=2))
    """
    if n_days < 1:
        raise ParameterError(f"n_days={n_days}: a window needs at least one day.")
    return Window(as_of_day - n_days + 1, as_of_day)
