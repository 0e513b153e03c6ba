"""Delimited text files: proof that a file is whole, then exact text of every field."""

# ruff: noqa: S608 - names and values in SQL are quoted by crmlib.sources.quoting
from __future__ import annotations

import csv
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from crmlib.sources.base import ROW, Problem, RawFile, reserved_problem
from crmlib.sources.proofs import LONGEST_LINE_BYTES, prove_delimiter, records
from crmlib.sources.quoting import file_literal, identifier, literal, shown
from crmlib.sources.text_scan import AGAIN, DELIMITERS, Scan, copy_as_utf8, scan_text

__all__ = ["TextForm", "read_text_file"]

_MOST_BAD_LINES = 1000
_STATE_IT = 'State it in the mapping, such as csv: {{delimiter: "{example}"}}.'


@dataclass(frozen=True)
class TextForm:
    """How a text file is written, as far as it is stated.

    Parameters
    ----------
    delimiter
        Empty: it is proved from the file.
    quote
        Empty: quotes mean nothing.
    encoding
        Empty: the file is proved to be UTF-8.
    header
        Names of the columns of a file without a header line.
    has_open_end
        The last line has no end, and is known to be complete.
    """

    delimiter: str = ""
    quote: str = '"'
    encoding: str = ""
    header: tuple[str, ...] = ()
    has_open_end: bool = False


_PLAIN = TextForm()


def read_text_file(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    *,
    relation: str,
    form: TextForm = _PLAIN,
    known: Collection[str] = (),
    expected: str = "",
) -> RawFile:
    """Load a CSV file (plain or gzip) as text, to the letter, or say why it cannot be trusted.

    A cut, misquoted or shifted line is never repaired.

    Parameters
    ----------
    form
        What is stated about the file. Another encoding than UTF-8 is copied beside the spill folder
        of the engine while it is read.
    known
        Names the header should hold: the delimiter is the one of `, ; tab |` that splits it into
        the most of them. Without them a delimiter that is not stated is proved from every record.
    expected
        What an empty file should hold, for the message.
    """
    if form.encoding in ("", "utf-8"):
        return _read(connection, path, relation, form, known, expected)
    with _work_folder(connection) as folder:
        copy = folder / path.name.removesuffix(".gz")
        problem = copy_as_utf8(path, copy, encoding=form.encoding)
        if problem:
            return RawFile(path.name, problems=(problem,))
        return replace(_read(connection, copy, relation, form, known, expected), file=path.name)


@contextmanager
def _work_folder(connection: duckdb.DuckDBPyConnection) -> Iterator[Path]:
    """Make a folder beside that in which the engine spills, if it exists."""
    row = connection.execute("select current_setting('temp_directory')").fetchone()
    beside = Path(row[0]).parent if row and row[0] else None
    place = beside if beside and beside.is_dir() else None
    with tempfile.TemporaryDirectory(dir=place, prefix="text-") as folder:
        yield Path(folder)


def _read(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    relation: str,
    form: TextForm,
    known: Collection[str],
    expected: str,
) -> RawFile:
    file = path.name
    scan = scan_text(
        path, delimiter=form.delimiter, expected=expected, has_open_end=form.has_open_end
    )
    if scan.problems:
        return RawFile(file, problems=tuple(scan.problems))
    delimiter = form.delimiter or (_most_known(path, form, known) if known else "")
    if not delimiter:
        proof = prove_delimiter(path, quote=form.quote)
        if not proof.form:
            advice = _STATE_IT.format(example=(*proof.candidates, ";")[0])
            return RawFile(file, problems=(Problem(file, proof.says, advice),))
        delimiter = proof.form
    form = replace(form, delimiter=delimiter)
    names = list(form.header) or _first_record(path, form)
    problem = _header_problem(file, names)
    if not problem and delimiter in scan.open_ended:
        problem = _count_fields(path, names, form)
    if problem:
        return RawFile(file, problems=(problem,))
    return _load(connection, path, relation, names, form, scan)


def _first_record(path: Path, form: TextForm) -> list[str]:
    with records(path, form.delimiter, quote=form.quote) as reader:
        try:
            return next(reader, [])
        except csv.Error:
            return []


def _most_known(path: Path, form: TextForm, known: Collection[str]) -> str:
    """Find the delimiter that makes most names of the header known."""

    def n_known(delimiter: str) -> int:
        return len(set(known) & set(_first_record(path, replace(form, delimiter=delimiter))))

    return max(DELIMITERS, key=n_known)


def _header_problem(file: str, header: list[str]) -> Problem | None:
    folded = [name.casefold() for name in header]
    twice = sorted({name for name in header if folded.count(name.casefold()) > 1})
    if twice:
        says = f"the header names a column twice: {', '.join(shown(name) for name in twice)}"
        return Problem(file, says, "Give every column its own name.")
    if not header or not all(name.strip() for name in header):
        return Problem(file, "the header has a column without a name", "Name every column.")
    return reserved_problem(file, header)


def _count_fields(path: Path, header: list[str], form: TextForm) -> Problem | None:
    """Count the fields of every row where some line ends with a delimiter.

    The engine accepts one empty field too many at the end of a line; this does not.
    """
    bad: list[str] = []
    n_bad = 0
    try:
        with records(path, form.delimiter, quote=form.quote, strict=True) as reader:
            for fields in reader:
                if fields and len(fields) != len(header):
                    n_bad += 1
                    if n_bad <= 3:
                        line = form.delimiter.join(fields)
                        bad.append(f"line {reader.line_num}: {shown(line)}")
    except csv.Error:
        return None  # the engine names the line
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
    relation: str,
    names: list[str],
    form: TextForm,
    scan: Scan,
) -> RawFile:
    """Read all fields as text in file order."""
    file, rejects = path.name, f"rejects_{relation}"
    types = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in names)
    quote = literal(form.quote)
    # the number of a row is its place in the file: insertion order is preserved
    query = f"""
        create or replace temp table {identifier(relation)} as
        select row_number() over () as {ROW}, {", ".join(map(identifier, names))}
        from read_csv({file_literal(path)}, columns = {{{types}}}, auto_detect = false,
            header = {not form.header}, delim = {literal(form.delimiter)}, quote = {quote},
            escape = {quote}, strict_mode = true, null_padding = false,
            hive_partitioning = false, max_line_size = {LONGEST_LINE_BYTES}, store_rejects = true,
            rejects_table = {literal(rejects)}, rejects_scan = {literal(rejects + "_scan")},
            rejects_limit = {_MOST_BAD_LINES})"""
    try:
        connection.execute(query)
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error as error:
        says = f"the file cannot be read as delimited text: {_first_line(error)}"
        problem = Problem(file, says, "Use one kind of line end and plain quotes.")
        return RawFile(file, problems=(problem,))
    problems = _rejected(connection, file, rejects, len(names))
    if problems:
        return RawFile(file, problems=tuple(problems))
    row = connection.execute(f"select count(*) from {identifier(relation)}").fetchone()
    n_rows = row[0] if row else 0
    n_lines = scan.n_newlines + (scan.last_byte not in b"\r\n")
    has_line_numbers = not form.header and n_lines == n_rows + 1
    return RawFile(file, relation, dict.fromkeys(names, "VARCHAR"), has_line_numbers)


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
                f"a line is longer than {LONGEST_LINE_BYTES >> 20} MB",
                "Look for a quote that is not closed.",
            ),
        }.get(sort, (f"a line cannot be read ({sort.lower()})", AGAIN))
        problems.append(Problem(file, says, advice, n_rows=count, examples=tuple(examples)))
    if fields[0]:
        problems.append(_field_problem(file, n_columns, *fields))
    return problems


def _first_line(error: Exception) -> str:
    return shown(str(error).splitlines()[0], limit=160)
