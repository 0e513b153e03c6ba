"""What the values of a column are, proved from every row of a file inside the engine."""

# ruff: noqa: S608 - names and values in SQL are quoted by crmlib.sources.quoting
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import duckdb

from crmlib.sources.base import ROW
from crmlib.sources.proofs import Proof, prove_date_format, prove_number_form
from crmlib.sources.quoting import identifier, literal
from crmlib.sources.value_forms import NUMBER_FORMS

__all__ = ["EMPTY_WORDS", "SIGNS", "ColumnFacts", "column_facts"]

EMPTY_WORDS = ("na", "n/a", "#n/a", "nan", "null", "none", "-", "?", "(null)", "k.a.")
"""What exports write where there is no value."""

_ISO = r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?( ?(Z|z|[+-]\d\d(:?\d\d)?))?)?"
_PATTERNS = {
    "is_whole": r"[+-]?\d+",
    "is_like_a_number": r"[-+0-9.,'eE \x{00a0}\x{202f}]+",
    "is_float_id": r"\d+\.0+",
    "is_iso": _ISO,
    "is_iso_day": r"\d{4}-\d\d-\d\d",
    "has_offset": r".*\d:\d\d.*(Z|z|[+-]\d\d(:?\d\d)?)",
    "is_like_a_date": r"(\d{1,4}[-./]\d{1,2}[-./]\d{1,4}|\d{1,2}[- ][A-Za-z]{3,9}[- ]\d{2,4}"
    r"|[A-Za-z]{3} \d{1,2}, \d{4}|\d{8})([ T].*)?",
    "has_no_space": r"\S{1,64}",
    "is_email": r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}",
    "is_currency": r"[A-Z]{3}",
    "is_flag": r"(?i)true|false|t|f|yes|no|y|n|0|1|ja|nein|j|wahr|falsch",
}
_MOST_VALUES = 20
_CLOCKS = {
    "%H:%M": r"([01]?\d|2[0-3]):[0-5]\d",
    "%H:%M:%S": r"([01]?\d|2[0-3]):[0-5]\d:[0-5]\d",
    "%I:%M %p": r"(0?[1-9]|1[0-2]):[0-5]\d [AaPp][Mm]",
    "%I:%M:%S %p": r"(0?[1-9]|1[0-2]):[0-5]\d:[0-5]\d [AaPp][Mm]",
}
SIGNS = {"€": "EUR", "EUR": "EUR", "$": "USD", "USD": "USD", "£": "GBP", "GBP": "GBP",
         "CHF": "CHF"}  # fmt: skip
"""What is written before or behind an amount, and the currency it stands for."""

_GAP, _SIGN = r"[ \x{00a0}\x{202f}]*", r"(?:€|\$|£|EUR|USD|GBP|CHF)"
_MONEY = rf"(?:[-+]?{_GAP}{_SIGN}{_GAP})?[-+]?\d?[0-9.,' \x{{00a0}}\x{{202f}}]*\d{_GAP}(?:{_SIGN})?"
_AFFIX = rf"{_GAP}{_SIGN}$|{_SIGN}{_GAP}"
_VALUES, _EMPTY = "crm_values", "crm_empty_words"


@dataclass(frozen=True)
class ColumnFacts:
    """What all values of one column have in common; an empty column has nothing.

    Parameters
    ----------
    n_filled, n_distinct
        Filled values, without the words of `EMPTY_WORDS`, and how many different ones.
    is_whole, is_float_id, is_iso, is_iso_day, has_offset, has_no_space, is_email
        Whether every filled value is of this form; likewise `is_currency` and `is_flag`.
    number, date
        How every value reads as a number, and as a day or moment, if it does.
    clock
        How every value reads as a time of day, if it does.
    values
        All values, the most frequent first, where there are at most 20.
    empty_words
        Words of `EMPTY_WORDS` that stand in the column, as written.
    signs
        Signs of currencies with the blanks beside them, without which every value is a number.
    """

    name: str
    n_rows: int
    n_filled: int = 0
    n_distinct: int = 0
    is_whole: bool = False
    is_like_a_number: bool = False
    is_float_id: bool = False
    is_iso: bool = False
    is_iso_day: bool = False
    has_offset: bool = False
    is_like_a_date: bool = False
    has_no_space: bool = False
    is_email: bool = False
    is_currency: bool = False
    is_flag: bool = False
    number: Proof = field(default=Proof())
    date: Proof = field(default=Proof())
    clock: str = ""
    values: tuple[str, ...] = ()
    empty_words: tuple[str, ...] = ()
    signs: tuple[str, ...] = ()

    @property
    def currencies(self) -> tuple[str, ...]:
        """Currencies whose signs stand beside the values."""
        return tuple(dict.fromkeys(SIGNS[sign.strip(" \u00a0\u202f")] for sign in self.signs))

    @property
    def is_number(self) -> bool:
        """Every filled value reads as a number, one way or the other, in one currency."""
        return bool(self.number.candidates) and len(self.currencies) < 2

    @property
    def is_date(self) -> bool:
        """Every filled value reads as a day or moment, one way or the other."""
        return self.is_iso or bool(self.date.candidates)

    @property
    def is_unique(self) -> bool:
        """Every row has a value of its own."""
        return self.n_rows > 0 and self.n_distinct == self.n_rows


def column_facts(
    connection: duckdb.DuckDBPyConnection, relation: str, names: Iterable[str]
) -> list[ColumnFacts]:
    """Look at every row of the columns of a relation that has a row number.

    Examples
    --------
    >>> connection = duckdb.connect()
    >>> _ = connection.execute('''create table t as
    ...     select 1 as "crm:row", '31.03.2011' as day, '1,5' as net''')
    >>> day, net = column_facts(connection, "t", ["day", "net"])
    >>> day.date.form, net.number.form
    ('%d.%m.%Y', 'decimal "," thousands "."')
    """
    return [_facts(connection, relation, name) for name in names]


def _facts(connection: duckdb.DuckDBPyConnection, relation: str, name: str) -> ColumnFacts:
    column = f"trim({identifier(name)}::varchar)"
    connection.execute(
        f"""create or replace temp table {_EMPTY} as
        select {column} as v from {identifier(relation)}
        where lower({column}) in ({", ".join(map(literal, EMPTY_WORDS))})"""
    )
    connection.execute(
        f"""create or replace temp table {_VALUES} as
        select min({ROW}) as {ROW}, {column} as v, count(*) as n from {identifier(relation)}
        where {column} <> '' and {column} not in (select v from {_EMPTY}) group by v"""
    )
    tests = ", ".join(
        f"coalesce(bool_and(regexp_full_match(v, {literal(pattern)})), false)"
        for pattern in (*_PATTERNS.values(), *_CLOCKS.values())
    )
    query = f"select coalesce(sum(n), 0)::bigint, count(*), {tests} from {_VALUES}"
    n_filled, n_distinct, *found = _one(connection, query)
    flags = dict(zip(_PATTERNS, found[: len(_PATTERNS)], strict=True))
    clocks = dict(zip(_CLOCKS, found[len(_PATTERNS) :], strict=True))
    (n_rows,) = _one(connection, f"select count(*) from {identifier(relation)}")
    number, signs = _number(connection, relation, name, is_like=flags["is_like_a_number"])
    may_be_dates = flags["is_like_a_date"] and not flags["is_iso"]
    date = prove_date_format(connection, _VALUES, "v") if may_be_dates else Proof()
    values = f"select v from {_VALUES} order by n desc, v limit {_MOST_VALUES}"
    return ColumnFacts(
        name, n_rows, n_filled, n_distinct, **flags, number=number, date=date,
        clock=next((form for form, fits in clocks.items() if fits), ""),
        values=_texts(connection, values) if n_distinct <= _MOST_VALUES else (),
        empty_words=_texts(connection, f"select distinct v from {_EMPTY} order by v limit 10"),
        signs=signs,
    )  # fmt: skip


def _number(
    connection: duckdb.DuckDBPyConnection, relation: str, name: str, *, is_like: bool
) -> tuple[Proof, tuple[str, ...]]:
    """Prove how numbers are written, without the signs of currencies that stand beside them."""
    query = f"select {identifier(name)} from {identifier(relation)} limit 0"
    kind = str(connection.execute(query).description[0][1])
    if is_like and kind == "NUMBER":  # of the engine, not of a text
        points = tuple(str(form) for form in NUMBER_FORMS if form.decimal == ".")
        return Proof(form=points[0], candidates=points), ()
    if is_like:
        return prove_number_form(connection, _VALUES, "v")[1], ()
    (is_money,) = _one(
        connection, f"select bool_and(regexp_full_match(v, {literal(_MONEY)})) from {_VALUES}"
    )
    if not is_money:
        return Proof(), ()
    affix = f"regexp_extract(v, {literal(_AFFIX)})"
    query = f"select distinct {affix} as one from {_VALUES} where one <> '' order by len(one) desc"
    signs = _texts(connection, f"{query}, one")
    text = "v"
    for sign in signs:
        text = f"replace({text}, {literal(sign)}, '')"
    return prove_number_form(connection, _VALUES, text)[1], signs


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    return connection.execute(query).fetchone() or ()


def _texts(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[str, ...]:
    return tuple(text for (text,) in connection.execute(query).fetchall())
