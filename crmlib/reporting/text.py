"""Numbers and customers' strings as text: one way to write each, the same in every output."""

from __future__ import annotations

import math
import re
import unicodedata

__all__ = [
    "UNKNOWN",
    "count",
    "days",
    "interval",
    "literal",
    "money",
    "number",
    "percent",
    "plain",
    "points",
    "whose",
]

_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}
_MARKUP = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$&:@^=\"'/])")


_MANY_TIMES = 100
UNKNOWN = "not known"
"""What stands where a number cannot be given, for want of data."""


def count(value: float) -> str:
    """Write a whole number with thousands separators.

    Examples
    --------
    >>> count(1469307), count(float("nan")), count(-0.2)
    ('1,469,307', 'not known', '0')
    """
    return f"{value:z,.0f}" if math.isfinite(value) else UNKNOWN


def money(value: float, currency: str, *, cents: bool = False) -> str:
    """Write an amount with its currency.

    Examples
    --------
    >>> money(4596039.58, "USD", cents=True), money(-1234.501, "CHF")
    ('$4,596,039.58', '-1,234 CHF')
    """
    if not math.isfinite(value):
        return UNKNOWN
    size = round(abs(value), 2)  # as tables do, so that both round a half to the same side
    digits = f"{size:,.2f}" if cents else f"{size:,.0f}"
    sign = "-" if value < 0 and digits.strip("0.,") else ""
    symbol = _SYMBOLS.get(currency)
    return f"{sign}{symbol}{digits}" if symbol else f"{sign}{digits} {currency}"


def percent(share: float, *, digits: int = 1, signed: bool = False) -> str:
    """Write a share (0-1) in per cent.

    Examples
    --------
    >>> percent(0.3514, digits=2), percent(0.031, signed=True), percent(-0.0002)
    ('35.14 %', '+3.1 %', '0.0 %')
    """
    if not math.isfinite(share):
        return UNKNOWN
    if abs(share) >= _MANY_TIMES:
        return f"more than {'+' if share > 0 else '-'}{100 * _MANY_TIMES:,.0f} %"
    return f"{100 * share:{'+' if signed else ''}z,.{digits}f} %"


def points(difference: float) -> str:
    """Write a difference of two shares (-1 to 1) in percentage points.

    Examples
    --------
    >>> points(0.031), points(-0.5)
    ('+3.1 points', '-50.0 points')
    """
    return f"{100 * difference:+z.1f} points" if math.isfinite(difference) else UNKNOWN


def days(value: float) -> str:
    """Write a number of days.

    Examples
    --------
    >>> days(1), days(90)
    ('1 day', '90 days')
    """
    return f"{value:,.0f} day{'' if round(value) == 1 else 's'}"


def number(value: float, one: str, many: str = "") -> str:
    """Write how many of a thing there are; the plural is made with an s unless it is given.

    Examples
    --------
    >>> number(1, "part"), number(1200, "part"), number(2, "look", "looks of them")
    ('1 part', '1,200 parts', '2 looks of them')
    """
    return f"{count(value)} {one if round(value) == 1 else many or f'{one}s'}"


def interval(low: str, high: str) -> str:
    """Write a 95 % interval from two formatted ends.

    Examples
    --------
    >>> interval("1.0 %", "2.0 %")
    '95 % interval 1.0 % to 2.0 %'
    """
    return f"95 % interval {low} to {high}"


def plain(value: object, *, limit: int = 120) -> str:
    r"""Make a customer's string printable on one line: controls and marks of direction shown.

    Examples
    --------
    >>> plain("a\x1b[31mb")
    'a�[31mb'
    >>> plain("x" * 200, limit=5)
    'xxxx…'
    """
    text = str(value)
    text = text if len(text) <= limit else text[: limit - 1] + "…"
    unseen = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    return "".join("\ufffd" if unicodedata.category(char) in unseen else char for char in text)


def literal(value: object, *, limit: int = 120) -> str:
    r"""Escape a customer's string so that Markdown shows it to the letter.

    Examples
    --------
    >>> print(literal("[a](b)"))
    \[a\]\(b\)
    """
    return _MARKUP.sub(r"\\\1", plain(value, limit=limit))


def whose(company: str, data: str) -> str:
    """Name a company and the data a report is made from; only once if they are called the same.

    Guards against figures read as those of a company whose data they are not.

    Examples
    --------
    >>> whose("Acme", "Web shop"), whose("", "Web shop"), whose("Acme", "acme")
    ('Acme — data: Web shop', 'Web shop', 'Acme')
    """
    if company and data and company.casefold() != data.casefold():
        return f"{company} — data: {data}"
    return company or data
