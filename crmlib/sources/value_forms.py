"""How numbers and dates are written in files, as SQL that reads one form and nothing else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from crmlib.sources.quoting import literal

__all__ = [
    "DATE_FORMATS",
    "NUMBER_FORMS",
    "NumberForm",
    "date_sql",
    "format_problem",
    "has_clock",
    "is_utc",
    "number_sql",
    "plain_number",
    "plain_number_sql",
]


@dataclass(frozen=True)
class NumberForm:
    """What stands before the decimals and, where it is used, between groups of three digits.

    Examples
    --------
    >>> print(NumberForm(",", "."))
    decimal "," thousands "."
    """

    decimal: str = "."
    thousands: str = ""

    def __str__(self) -> str:
        groups = f' thousands "{self.thousands}"' if self.thousands else ""
        return f'decimal "{self.decimal}"{groups}'


NUMBER_FORMS = (
    NumberForm(".", ","),
    NumberForm(",", "."),
    NumberForm(".", " "),
    NumberForm(",", " "),
    NumberForm(".", "'"),
)
"""Ways of writing numbers among which a column is proved to use one; groups may be missing."""

_SPACES = "[ \u00a0\u202f]"

_DIRECTIVES = {
    "d": r"\d{1,2}",
    "m": r"\d{1,2}",
    "Y": r"\d{4}",
    "y": r"\d{2}",
    "b": "[A-Za-z]{3}",
    "B": "[A-Za-z]{3,9}",
    "H": r"\d{1,2}",
    "I": r"\d{1,2}",
    "M": r"\d{2}",
    "S": r"\d{2}",
    "f": r"\d{1,6}",
    "p": "[AaPp][Mm]",
}
_CLOCK = frozenset("HIMSfp")

_DAYS = (
    "%Y-%m-%d",
    "%d.%m.%Y",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%Y%m%d",
    "%d.%m.%y",
    "%d/%m/%y",
    "%m/%d/%y",
    "%y/%m/%d",
    "%d-%m-%y",
    "%m-%d-%y",
    "%y-%m-%d",
    "%d-%b-%Y",
    "%d-%b-%y",
    "%d %b %Y",
    "%b %d, %Y",
    "%d %B %Y",
    "%B %d, %Y",
)
_CLOCKS = ("", " %H:%M:%S", " %H:%M", "T%H:%M:%S", " %I:%M:%S %p", " %I:%M %p", " %H:%M:%S.%f")

DATE_FORMATS = tuple(day + clock for day in _DAYS for clock in _CLOCKS)
"""Formats among which a column is proved to use one; `%y` is 1969 to 2068."""


def number_sql(text: str, form: NumberForm) -> str:
    """Return SQL of a number with a decimal point and no groups, as text; null where it is not one.

    Guards against "1.234" becoming 1234 or 1.234 as it happens: groups are three digits and the
    first one does not begin with 0.

    Examples
    --------
    >>> import duckdb
    >>> sql = number_sql("text", NumberForm(",", "."))
    >>> values = "(values ('1.234,5'), ('0,5'), ('1.5')) as _ (text)"
    >>> duckdb.sql(f"select {sql} from {values}").fetchall()
    [('1234.5',), ('0.5',), (None,)]
    """
    point = re.escape(form.decimal)
    whole, bare = r"\d+", f"trim({text})"
    if form.thousands:
        group = _SPACES if form.thousands == " " else re.escape(form.thousands)
        whole = rf"(?:\d+|[1-9]\d{{0,2}}(?:{group}\d{{3}})+)"
        cleaned = f"regexp_replace({bare}, {literal(group)}, '', 'g')"
        if form.thousands != " ":
            cleaned = f"replace({bare}, {literal(form.thousands)}, '')"
    else:
        cleaned = bare
    if form.decimal != ".":
        cleaned = f"replace({cleaned}, {literal(form.decimal)}, '.')"
    pattern = rf"[+-]?(?:{whole}(?:{point}\d*)?|{point}\d+)(?:[eE][+-]?\d{{1,3}})?"
    return f"case when regexp_full_match({bare}, {literal(pattern)}) then {cleaned} end"


_PLAIN = r"^([+-]?\d+(?:\.\d*[1-9])?)\.?0*$"


def plain_number_sql(text: str) -> str:
    """Return SQL of a number's text without zeros after the last decimal: 1.0 and 1.00 are 1.

    Examples
    --------
    >>> import duckdb
    >>> values = "(values ('17850.0'), ('100'), ('2.50'), ('1.5e+20'), ('x')) as _ (text)"
    >>> duckdb.sql(f"select list({plain_number_sql('text')}) from {values}").fetchall()
    [(['17850', '100', '2.5', '1.5e+20', 'x'],)]
    """
    return f"regexp_replace({text}, {literal(_PLAIN)}, '\\1')"


def plain_number(text: str) -> str:
    """Return a number as `plain_number_sql` writes it, and any other text as it is.

    Examples
    --------
    >>> [plain_number(one) for one in ("1.0", "-999", "0.50", "100", "1e3", "x")]
    ['1', '-999', '0.5', '100', '1000', 'x']
    """
    if not re.fullmatch(r"[+-]?\d+(\.\d*)?([eE][+-]?\d{1,2})?", text, re.ASCII):
        return text
    number = Decimal(text)
    return f"{number.normalize():f}" if number else "0"


def has_clock(date_format: str) -> bool:
    """Say whether a date format holds a time of day.

    Examples
    --------
    >>> has_clock("%d.%m.%Y"), has_clock("%d.%m.%Y %H:%M")
    (False, True)
    """
    return any(f"%{one}" in date_format for one in _CLOCK)


_UTC = re.compile(r"\s*(Z|z|UTC|GMT|[+-]00(:?00)?)")
_ZONE = re.compile(r".*([+-]\d\d(:?\d\d)?|\b[A-Z]{3,4})", re.DOTALL)


def _after_clock(date_format: str) -> str:
    """Return the fixed text at the end of a date format whose last part is one of the clock."""
    *_, last, tail = re.split("(%.)", date_format) if "%" in date_format else ("", "", "")
    return tail if last[1:] in _CLOCK else ""


def is_utc(date_format: str) -> bool:
    """Say whether a date format ends in a fixed text that stands for UTC.

    Examples
    --------
    >>> is_utc("%Y-%m-%dT%H:%M:%SZ"), is_utc("%Y-%m-%d %H:%M"), is_utc("%H:%M Uhr")
    (True, False, False)
    """
    return bool(_UTC.fullmatch(_after_clock(date_format)))


def format_problem(date_format: str) -> str:
    """Say what is wrong with a date format, or nothing.

    Examples
    --------
    >>> format_problem("%d.%n.%Y")
    "'%d.%n.%Y' uses %n; known are %d %m %Y %y %b %B %H %I %M %S %f %p"
    >>> format_problem("%d.%m.%Y")
    ''
    """
    used = re.findall("%(.?)", date_format)
    unknown = [one for one in used if one not in _DIRECTIVES]
    if unknown:
        known = " ".join(f"%{one}" for one in _DIRECTIVES)
        return f"{date_format!r} uses {' '.join(f'%{one}' for one in unknown)}; known are {known}"
    missing = [one for one in ("d", "mbB", "Yy") if not set(one) & set(used)]
    if missing:
        return f"{date_format!r} does not hold a day, a month and a year"
    if len(set(used)) < len(used):
        return f"{date_format!r} uses a part twice"
    zone = _ZONE.fullmatch(_after_clock(date_format))
    if zone and not is_utc(date_format):
        return (
            f"{date_format!r} holds {zone[1]!r} as a fixed text, which is not read as a "
            "zone; leave it out of the values with strip, and state time_zone"
        )
    return ""


def date_sql(text: str, date_format: str, *, day_only: bool = False) -> str:
    """Return SQL of an ISO text of a day or moment in one format; null where it is not one.

    Guards against lenient readers: the digits of every part are counted, so "04-08-15" is no date
    with a year of four digits; a fixed Z at the end stays, so that the moment is one in UTC.

    Parameters
    ----------
    day_only
        Leave the time of day out.

    Examples
    --------
    >>> import duckdb
    >>> sql = date_sql("text", "%d.%m.%Y %H:%M")
    >>> duckdb.sql(f"select {sql} from (values ('3.4.2011 9:05'), ('31.4.2011 9:05')) as _ (text)"
    ...     ).fetchall()
    [('2011-04-03 09:05:00',), (None,)]
    """
    parts = re.split("(%.)", date_format)
    pattern = "".join(_DIRECTIVES[one[1]] if one.startswith("%") else re.escape(one)
                      for one in parts)  # fmt: skip
    shape = "%Y-%m-%d"
    if has_clock(date_format) and not day_only:
        shape += " %H:%M:%S.%f" if "%f" in date_format else " %H:%M:%S"
        shape += "Z" if is_utc(date_format) else ""
    bare = f"trim({text})"
    moment = f"try_strptime({bare}, {literal(date_format)})"
    if "%f" in date_format:  # its fraction may have any number of digits
        moment = f"{moment}::timestamp"
    return (
        f"case when regexp_full_match({bare}, {literal(pattern)}) "
        f"then strftime({moment}, {literal(shape)}) end"
    )
