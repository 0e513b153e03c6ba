"""Cell formats, from the unit suffixes of the columns."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from crmlib.reporting import text

__all__ = ["formatter", "formatters"]

_PERCENT = frozenset(
    (
        *("auc", "cumulative_gain", "missing_before", "missing_now", "predicted", "rate"),
        *("p_channel", "p_day_part", "p_preferred", "q_value"),
    )
)
"""Shares and probabilities, without a suffix that says so, that a reader takes in per cent."""
_POINTS = re.compile(r"(ahead|difference|effect|gap|other|placebo)(_low|_high)?_share")
"""Differences of two shares: points, or a reader takes them for changes in per cent."""
_ENDS = re.compile(r"low|high|\w+_(low|high)")
_P_VALUES = ("p_adjusted", "p_changes", "p_value")
_COUNTS = ("expected_buyers", "high_buyers", "hits", "low_buyers", "n")
_RATIOS = ("cumulative_lift", "lift", "top_tenth_lift")
_LEAST_P = 0.001


def formatter(name: str) -> Callable[[float], str]:
    """Give the function that writes a number of the column `name`.

    Examples
    --------
    >>> formatter("net_share")(0.25), formatter("net_amount")(1234.5), formatter("n_orders")(7.0)
    ('25.0 %', '1,234', '7')
    """
    if _POINTS.fullmatch(name):
        return _points
    if name.endswith(("_share", "_rate")) or name in _PERCENT:
        return text.percent
    if name.endswith(("_amount", "_days", "_index")) or name.startswith(("n_", "rows_")):
        return text.count
    if name in _COUNTS:
        return text.count
    if name.endswith(("_points", "_ratio")) or name in _RATIOS:
        return _two_digits
    return _p_value if name in _P_VALUES else _number


def formatters(names: Sequence[str]) -> list[Callable[[float], str]]:
    """Give a function for each column of a table; an end of an interval is written as its value.

    Guards against `87.5 %` with ends `0.8575` and `0.8899`.

    Examples
    --------
    >>> [write(0.8575) for write in formatters(["way", "auc", "low", "high"])][1:]
    ['85.8 %', '85.8 %', '85.8 %']
    """
    found: list[Callable[[float], str]] = []
    for name in names:
        of_points = name in ("low_share", "high_share") and found[-1:] == [_points]
        is_end = bool(found) and (of_points or _ENDS.fullmatch(name) is not None)
        found.append(found[-1] if is_end else formatter(name))
    return found


def _points(value: float) -> str:
    """Write a difference of two shares in points, the unit of its heading."""
    return text.points(value).removesuffix(" points")


def _p_value(value: float) -> str:
    """Write a p value as far as it says anything."""
    return f"{value:.3f}" if value >= _LEAST_P else f"< {_LEAST_P}"


def _two_digits(value: float) -> str:
    """Write points of a scale, their difference, or a ratio."""
    return f"{value:,.2f}"


def _number(value: float) -> str:
    """Write a number without a known unit with as many digits as a reader can use."""
    if value == round(value) and abs(value) < 1e15:
        return f"{value:z,.0f}"
    return f"{value:,.2f}" if abs(value) >= 1 else f"{value:.4g}"
