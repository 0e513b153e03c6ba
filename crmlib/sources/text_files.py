"""Delimited text files: proof that a file is whole, then exact text of every field."""

# ruff: noqa: S608 - names and values in SQL are quoted by crmlib.sources.quoting
from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from crmlib.schema import TABLES
from crmlib.sources.base import ROW, Problem, RawTable, reserved_problem
from crmlib.sources.quoting import file_literal, identifier, literal, shown
from crmlib.sources.text_scan import AGAIN, DELIMITERS, Scan, opened, scan_text

if TYPE_CHECKING:
    from _csv import Reader as _Reader

__all__ = ["read_text_file"]

_LONGEST_LINE_BYTES = 1 << 24
_MOST_BAD_LINES = 1000


def read_text_file(
    connection: duckdb.DuckDBPyConnection, path: Path, *, table: str, naive_time_zone: str
) -> RawTable:
    """Load a CSV file (plain or gzip) as text, to the letter, or say why it cannot be trusted.

    A cut, misquoted or shifted line is never repaired. The delimiter is the one of `, ; tab |`
    that splits the header into the most known names.
    """
    file = path.name
    scan = scan_text(path)
    raw = RawTable(table, file, naive_time_zone=naive_time_zone)
    if scan.problems:
        return _refused(raw, *scan.problems)
    header, delimiter = _header(path, table)
    problem = _header_problem(file, header)
    if problem:
        return _refused(raw, problem)
    if delimiter in scan.open_ended:
        problem = _count_fields(path, header, delimiter)
        if problem:
            return _refused(raw, problem)
    return _load(connection, path, raw, header, delimiter, scan)


def _refused(raw: RawTable, *problems: Problem) -> RawTable:
    return RawTable(raw.table, raw.file, problems=problems)


@contextmanager
def _records(path: Path, delimiter: str, *, strict: bool = False) -> Iterator[_Reader]:
    """Split a file into records with the standard library, for headers and for counting."""
    with opened(path) as stream:
        text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
        with text:
            yield csv.reader(text, delimiter=delimiter, strict=strict)


def _header(path: Path, table: str) -> tuple[list[str], str]:
    """Names in the first line and the delimiter that makes most of them known."""
    known = set(TABLES[table].names)
    found: list[tuple[list[str], str]] = []
    for delimiter in DELIMITERS:
        with _records(path, delimiter) as records:
            try:
                names = next(records, [])
            except csv.Error:
                names = []
            found.append((names, delimiter))
    return max(found, key=lambda pair: len(known & set(pair[0])))


def _header_problem(file: str, header: list[str]) -> Problem | None:
    folded = [name.casefold() for name in header]
    twice = sorted({name for name in header if folded.count(name.casefold()) > 1})
    if twice:
        says = f"the header names a column twice: {', '.join(shown(name) for name in twice)}"
        return Problem(file, says, "Give every column its own name.")
    if not header or not all(name.strip() for name in header):
        return Problem(file, "the header has a column without a name", "Name every column.")
    return reserved_problem(file, header)


def _count_fields(path: Path, header: list[str], delimiter: str) -> Problem | None:
    """Count the fields of every row where some line ends with a delimiter.

    The engine accepts one empty field too many at the end of a line; this does not.
    """
    bad: list[str] = []
    n_bad = 0
    limit = csv.field_size_limit(_LONGEST_LINE_BYTES)
    try:
        with _records(path, delimiter, strict=True) as records:
            for fields in records:
                if fields and len(fields) != len(header):
                    n_bad += 1
                    if n_bad <= 3:
                        line = delimiter.join(fields)
                        bad.append(f"line {records.line_num}: {shown(line)}")
    except csv.Error:
        return None  # the engine names the line
    finally:
        csv.field_size_limit(limit)
    return _field_problem(path.name, len(header), n_bad, bad) if n_bad else None


def _field_problem(file: str, n_columns: int, n_bad: int, examples: list[str]) -> Problem:
    return Problem(
        file,
        f"lines whose number of fields is not the {n_columns} of the header",
        "Quote fields that hold the delimiter; if it is the last line, the file is cut off "
        "(truncated).",
        n_rows=n_bad,
        examples=tuple(examples[:3]),
    )


def _load(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    raw: RawTable,
    header: list[str],
    delimiter: str,
    scan: Scan,
) -> RawTable:
    """Read all fields as text in file order."""
    relation, rejects = f"raw_{raw.table}", f"rejects_{raw.table}"
    types = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in header)
    # the number of a row is its place in the file: insertion order is preserved
    query = f"""
        create temp table {identifier(relation)} as
        select row_number() over () as {ROW}, {", ".join(map(identifier, header))}
        from read_csv({file_literal(path)}, columns = {{{types}}}, auto_detect = false,
            header = true, delim = {literal(delimiter)}, quote = '"', escape = '"',
            strict_mode = true, null_padding = false, hive_partitioning = false,
            max_line_size = {_LONGEST_LINE_BYTES}, store_rejects = true,
            rejects_table = {literal(rejects)}, rejects_scan = {literal(rejects + "_scan")},
            rejects_limit = {_MOST_BAD_LINES})"""
    try:
        connection.execute(query)
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error as error:
        says = f"the file cannot be read as delimited text: {_first_line(error)}"
        return _refused(raw, Problem(raw.file, says, "Use one kind of line end and plain quotes."))
    problems = _rejected(connection, raw.file, rejects, len(header))
    if problems:
        return _refused(raw, *problems)
    row = connection.execute(f"select count(*) from {identifier(relation)}").fetchone()
    n_rows = row[0] if row else 0
    return RawTable(
        raw.table,
        raw.file,
        relation,
        dict.fromkeys(header, "VARCHAR"),
        raw.naive_time_zone,
        has_line_numbers=scan.n_newlines == n_rows + 1,
    )


def _rejected(
    connection: duckdb.DuckDBPyConnection, file: str, rejects: str, n_columns: int
) -> list[Problem]:
    """Turn the lines the engine could not split into problems, one per sort."""
    rows = connection.execute(
        f"""with bad as (
            select error_type::varchar as sort, line, min(left(csv_line, 200)) as text
            from {identifier(rejects)} group by sort, line
        )
        select sort, count(*), list(line order by line)[1:3], list(text order by line)[1:3]
        from bad group by sort order by sort"""
    ).fetchall()
    problems = []
    fields: tuple[int, list[str]] = (0, [])
    for sort, count, lines, texts in rows:
        examples = [f"line {n}: {shown(text)}" for n, text in zip(lines, texts, strict=True)]
        if sort in ("TOO MANY COLUMNS", "MISSING COLUMNS"):
            fields = (fields[0] + count, fields[1] + examples)
            continue
        says, advice = {
            "UNQUOTED VALUE": (
                "a quote is opened and not closed, or text follows a closing quote",
                'Write a quote inside a quoted field as "".',
            ),
            "LINE SIZE OVER MAXIMUM": (
                f"a line is longer than {_LONGEST_LINE_BYTES >> 20} MB",
                "Look for a quote that is not closed.",
            ),
        }.get(sort, (f"a line cannot be read ({sort.lower()})", AGAIN))
        problems.append(Problem(file, says, advice, n_rows=count, examples=tuple(examples)))
    if fields[0]:
        problems.append(_field_problem(file, n_columns, *fields))
    return problems


def _first_line(error: Exception) -> str:
    return shown(str(error).splitlines()[0], limit=160)
