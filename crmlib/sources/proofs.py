"""What a file is proved to be from all its values; nothing is guessed from its first lines."""

# ruff: noqa: S608 - names and values in SQL are quoted by crmlib.sources.quoting
from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from crmlib.sources.base import ROW
from crmlib.sources.quoting import identifier, shown
from crmlib.sources.text_scan import DELIMITERS, opened
from crmlib.sources.value_forms import DATE_FORMATS, NUMBER_FORMS, NumberForm, date_sql, number_sql

if TYPE_CHECKING:
    from _csv import Reader as _Reader

__all__ = [
    "LONGEST_LINE_BYTES",
    "Proof",
    "prove_date_format",
    "prove_delimiter",
    "prove_number_form",
    "records",
]

LONGEST_LINE_BYTES = 1 << 24
"""Lines that are longer are refused."""

_SAMPLE_ROWS = 2048
_MOST_EXAMPLES = 3


@dataclass(frozen=True)
class Proof:
    """The one form in which all values are written, or why that cannot be said.

    Parameters
    ----------
    form
        The form proved; empty if there is no proof.
    says
        Why there is none.
    examples
        Values that stand against it, with their rows.
    candidates
        Forms in which every value reads; several where they read some values differently.
    n_values
        Filled values.
    """

    form: str = ""
    says: str = ""
    examples: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()
    n_values: int = 0


def prove_date_format(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    text: str,
    *,
    formats: Sequence[str] = DATE_FORMATS,
) -> Proof:
    """Find the one date format in which every value of a column reads.

    Guards against 03/04/2011: two formats that read every value and do not agree prove nothing.

    Parameters
    ----------
    relation
        View or table with a row number.
    text
        SQL of the column as text.

    Examples
    --------
    >>> connection = duckdb.connect()
    >>> _ = connection.execute('''create table raw as select * from
    ...     (values (1, '03/04/2011'), (2, '01/02/2011')) as _ ("crm:row", sold)''')
    >>> proof = prove_date_format(connection, "raw", "sold")
    >>> proof.candidates, proof.examples
    (('%d/%m/%Y', '%m/%d/%Y'), ("'03/04/2011' is 2011-04-03 or 2011-03-04",))
    >>> _ = connection.execute("insert into raw values (3, '25/12/2011')")
    >>> prove_date_format(connection, "raw", "sold").form
    '%d/%m/%Y'
    """
    readings = {one: date_sql("text", one) for one in formats}
    return _prove(connection, relation, text, readings)


def prove_number_form(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    text: str,
    *,
    forms: Sequence[NumberForm] = NUMBER_FORMS,
) -> tuple[NumberForm | None, Proof]:
    """Find the one way of writing numbers in which every value of a column reads.

    Examples
    --------
    >>> connection = duckdb.connect()
    >>> _ = connection.execute('''create table raw as select * from
    ...     (values (1, '1.234'), (2, '17')) as _ ("crm:row", paid)''')
    >>> prove_number_form(connection, "raw", "paid")[1].examples
    ("'1.234' is 1.234 or 1234",)
    >>> _ = connection.execute("insert into raw values (3, '0,50')")
    >>> print(prove_number_form(connection, "raw", "paid")[0])
    decimal "," thousands "."
    """
    by_name = {str(form): form for form in forms}
    readings = {name: number_sql("text", form) for name, form in by_name.items()}
    proof = _prove(connection, relation, text, readings)
    return by_name.get(proof.form), proof


def _prove(
    connection: duckdb.DuckDBPyConnection, relation: str, text: str, readings: Mapping[str, str]
) -> Proof:
    """Leave out every form that fails on some of the first values, then try the rest on all."""
    values = f"select {ROW}, {text} as text from {identifier(relation)} where {text} is not null"
    first = f"{values} limit {_SAMPLE_ROWS}"
    n_first, *n_read = _row(connection, ["text", *readings.values()], first)
    if not n_first:
        return Proof(form=next(iter(readings)), candidates=tuple(readings))
    most = max(n_read)
    if not most:
        says = "no known form reads its values"
        return Proof(says=says, examples=_examples(connection, values, "true"))
    left = {name: readings[name] for name, n in zip(readings, n_read, strict=True) if n == most}
    best, best_sql = next(iter(left.items()))
    differ = [f"case when ({sql}) <> ({best_sql}) then 1 end" for sql in left.values()]
    n_values, *counts = _row(connection, ["text", *left.values(), *differ], values)
    n_all, n_differ = counts[: len(left)], counts[len(left) :]
    whole = [name for name, n in zip(left, n_all, strict=True) if n == n_values]
    if not whole:
        best = max(zip(n_all, reversed(range(len(left))), left, strict=True))[2]
        says = f"{best} reads {max(n_all):,} of {n_values:,} values, no form reads all"
        examples = _examples(connection, values, f"({left[best]}) is null")
        return Proof(says=says, examples=examples, n_values=n_values)
    return _agree(connection, values, left, whole, dict(zip(left, n_differ, strict=True)), n_values)


def _agree(
    connection: duckdb.DuckDBPyConnection,
    values: str,
    readings: Mapping[str, str],
    whole: Sequence[str],
    n_differ: Mapping[str, int],
    n_values: int,
) -> Proof:
    """Take the forms that read every value, unless they read some value differently."""
    first = readings[whole[0]]
    if whole[0] != next(iter(readings)):  # the differences counted are those from another form
        checks = [f"case when ({readings[name]}) <> ({first}) then 1 end" for name in whole]
        n_differ = dict(zip(whole, _row(connection, checks, values), strict=True))
    other = next((name for name in whole if n_differ[name]), None)
    if other is None:
        return Proof(form=whole[0], candidates=tuple(whole), n_values=n_values)
    second = readings[other]
    rows = connection.execute(
        f"""select text, {first}, {second} from ({values})
        where ({first}) <> ({second}) order by {ROW} limit 1"""
    ).fetchall()
    examples = tuple(f"{shown(text)} is {one} or {two}" for text, one, two in rows)
    says = f"every value reads both as {whole[0]} and as {other}, which is not the same"
    return Proof(says=says, examples=examples, candidates=tuple(whole), n_values=n_values)


def _row(
    connection: duckdb.DuckDBPyConnection, expressions: Sequence[str], values: str
) -> tuple[int, ...]:
    counts = ", ".join(f"count({sql})" for sql in expressions)
    return connection.execute(f"select {counts} from ({values})").fetchone() or ()


def _examples(
    connection: duckdb.DuckDBPyConnection, values: str, condition: str
) -> tuple[str, ...]:
    rows = connection.execute(
        f"""select {ROW}, text from ({values}) where {condition}
        order by {ROW} limit {_MOST_EXAMPLES}"""
    ).fetchall()
    return tuple(f"row {row}: {shown(text)}" for row, text in rows)


@contextmanager
def records(
    path: Path,
    delimiter: str,
    *,
    encoding: str = "utf-8",
    quote: str = '"',
    strict: bool = False,
) -> Iterator[_Reader]:
    """Split a text file (plain or gzip) into records with the standard library."""
    limit = csv.field_size_limit(LONGEST_LINE_BYTES)
    try:
        with opened(path) as stream:
            name = "utf-8-sig" if encoding.lower() in ("utf-8", "utf8") else encoding
            with io.TextIOWrapper(stream, encoding=name, newline="") as text:
                yield csv.reader(
                    text,
                    delimiter=delimiter,
                    quotechar=quote or None,
                    quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
                    strict=strict,
                )
    finally:
        csv.field_size_limit(limit)


def prove_delimiter(path: Path, *, encoding: str = "utf-8", quote: str = '"') -> Proof:
    r"""Find the one delimiter that splits every record into the same number of fields.

    A delimiter that does not occur in the first record splits it into one field, so only those
    that do are tried on the whole file. A file in which none occurs has one column.

    Parameters
    ----------
    encoding
        Encoding in which the file has been proved to be readable.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.csv"
    >>> _ = path.write_text("id;paid,net\n1;2,50\n")
    >>> prove_delimiter(path).says
    "both ',' and ';' split every record into the same number of fields"
    >>> _ = path.write_text("id;paid,net\n1;2\n")
    >>> prove_delimiter(path).form
    ';'
    """
    wide = []
    for delimiter in DELIMITERS:
        with records(path, delimiter, encoding=encoding, quote=quote) as reader:
            try:
                wide += [delimiter] if len(next(reader, [])) > 1 else []
            except csv.Error:
                continue
    if len(wide) < 2:
        return Proof(form=wide[0] if wide else ",", candidates=tuple(wide))
    whole = [one for one in wide if _is_even(path, one, encoding=encoding, quote=quote)]
    names = " and ".join(shown(one) for one in whole or wide)
    if len(whole) == 1:
        return Proof(form=whole[0], candidates=tuple(whole))
    if whole:
        says = f"both {names} split every record into the same number of fields"
    else:
        says = f"neither {names} splits every record into the same number of fields"
    return Proof(says=says, candidates=tuple(whole))


def _is_even(path: Path, delimiter: str, *, encoding: str, quote: str) -> bool:
    with records(path, delimiter, encoding=encoding, quote=quote, strict=True) as reader:
        try:
            width = len(next(reader, []))
            return all(len(fields) in (0, width) for fields in reader)
        except csv.Error:
            return False
