"""Files, database tables and rows of the mapping opened once each, as one relation each."""

# ruff: noqa: S608 - names and values in SQL are quoted by crmlib.sources.quoting
from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Named
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from crmlib.sources.base import FILE, LINE, RESERVED, ROW, Problem, RawFile
from crmlib.sources.mapping.model import CsvForm, Mapping, Reading
from crmlib.sources.mapping.places import ENDINGS, ending_of, equal_files, find_files
from crmlib.sources.parquet_files import read_parquet_file
from crmlib.sources.quoting import identifier, literal, shown
from crmlib.sources.text_files import TextForm, read_text_file
from crmlib.sources.text_table import TextTable, name_problems
from crmlib.sources.value_forms import plain_number_sql

if TYPE_CHECKING:
    from crmlib.sources.sql_tables import SqlSnapshot

__all__ = ["Opened", "Opener", "source_name"]


_ONE_OF_TWO = "Keep one of them, so that nothing is counted twice."


def source_name(column: str) -> str:
    """Return the name under which a column of the source stands untouched.

    Examples
    --------
    >>> source_name("Invoice No")
    'crm:source:Invoice No'
    """
    return f"{RESERVED}source:{column}"


@dataclass(frozen=True)
class Opened:
    """What one place holds.

    Parameters
    ----------
    label
        Name for messages.
    relation
        View with row number, file and line; the columns stand under their `source_name`. Empty if
        something is wrong.
    columns
        Column name to the engine's type.
    floats
        Columns that hold floating-point numbers, in some file at least: how they are stored.
    files
        Each file with its own columns.
    """

    label: str
    relation: str = ""
    columns: Named[str, str] = field(default_factory=dict)
    floats: Named[str, str] = field(default_factory=dict)
    files: tuple[RawFile, ...] = ()
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def has_files(self) -> bool:
        """The rows stand in several files."""
        return len(self.files) > 1

    @property
    def has_line_numbers(self) -> bool:
        """Row n is line n + 1."""
        return len(self.files) == 1 and self.files[0].has_line_numbers


class Opener:
    """Opens what a mapping names; the same place is read once, whoever asks.

    Parameters
    ----------
    mapping_file
        Name of the mapping file, for rows that stand in it.
    folder
        Where files lie.
    database
        An open state of the database, if the mapping names one.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        mapping: Mapping,
        *,
        mapping_file: str,
        folder: Path,
        database: SqlSnapshot | None = None,
    ) -> None:
        self._connection = connection
        self._mapping = mapping
        self._mapping_file = mapping_file
        self._folder = folder
        self._database = database
        self._known: dict[str, Opened] = {}
        self._n_relations = 0

    def form_of(self, reading: Reading) -> CsvForm:
        """Return the form of text files that holds for a place."""
        return reading.csv or self._mapping.csv

    def open(self, reading: Reading) -> Opened:
        """Open a place, or say what is wrong with it."""
        key = Reading.model_validate(
            {name: getattr(reading, name) for name in reading.given(*Reading.model_fields)}
        ).model_dump_json()
        if key not in self._known:
            self._known[key] = self._open(reading)
        return self._known[key]

    def close(self, relations: list[str] | None = None) -> None:
        """Give the memory of some relations, or of everything opened, back to the engine."""
        names = self._connection.execute(
            """select table_name from duckdb_tables() where table_name like 'place~_%' escape '~'
            and (? is null or list_contains(?, table_name))""",
            [relations, relations],
        ).fetchall()
        for (name,) in names:
            self._connection.execute(f"drop table {identifier(name)}")

    def _open(self, reading: Reading) -> Opened:
        if reading.read is not None:
            files, problem = find_files(self._folder, reading.read)
            if problem:
                return Opened(reading.read, problems=(problem,))
            raw = [self._read(name, path, reading) for name, path in files.items()]
            label = reading.read if len(raw) > 1 else raw[0].file
            twice = equal_files(files) if len(raw) > 1 else []
            problems = [
                Problem(f"{one} and {other}", "the files hold the same", _ONE_OF_TWO)
                for one, other in twice
                if self._n_rows(raw[list(files).index(other)]) != 0
            ]
            if problems:
                raw = [*raw, RawFile(label, problems=tuple(problems))]
            return self._union(label, raw)
        if reading.rows:
            return self._union(self._mapping_file, [self._inline(reading)])
        if self._database is None:
            return Opened("the database")  # the fields of the mapping are checked before
        found = self._database.read(
            self._connection,
            relation=self._next(),
            table=reading.table,
            query=reading.query,
        )
        return self._union(found.file, [found])

    def _n_rows(self, raw: RawFile) -> int:
        """Return the number of the last row, or 0 of a file that is not readable."""
        if not raw.relation:
            return 0
        count = f"select coalesce(max({ROW}), 0) from {identifier(raw.relation)}"
        row = self._connection.execute(count).fetchone()
        return int(row[0]) if row else 0

    def _next(self) -> str:
        self._n_relations += 1
        return f"place_{self._n_relations}"

    def _read(self, name: str, path: Path, reading: Reading) -> RawFile:
        """Read one file by the end of its name."""
        sort, relation, connection = ending_of(path), self._next(), self._connection
        if reading.sheet is not None or reading.header_row is not None:
            sort = "excel"
        elif not sort and reading.csv:
            sort = "text"
        if sort == "text":
            form = self.form_of(reading)
            stated = TextForm(
                form.delimiter or "",
                form.quote,
                form.encoding or "",
                form.header,
                form.has_open_end,
            )
            raw = read_text_file(connection, path, relation=relation, form=stated)
        elif sort == "parquet":
            raw = read_parquet_file(connection, path, relation=relation)
        elif sort == "json":
            from crmlib.sources.json_lines import read_json_lines

            raw = read_json_lines(connection, path, relation=relation)
        elif sort == "excel":
            from crmlib.sources.spreadsheets import read_excel

            row = reading.header_row or 1
            raw = read_excel(
                connection, path, relation=relation, sheet=reading.sheet, header_row=row
            )
        else:
            says = "the end of the name does not say what sort of file it is"
            advice = f"Expected is one of {', '.join(ENDINGS)}; or state csv: {{…}} if it is text."
            return RawFile(name, problems=(Problem(shown(name), says, advice),))
        return raw

    def _inline(self, reading: Reading) -> RawFile:
        names = list(dict.fromkeys(name for row in reading.rows for name in row))
        problems = name_problems(self._mapping_file, names)
        if problems:
            return RawFile(self._mapping_file, problems=tuple(problems))
        relation = self._next()
        table = TextTable(self._connection, relation, names)
        for number, row in enumerate(reading.rows, start=1):
            table.add(number, [row.get(name) for name in names])
        table.flush()
        return RawFile(self._mapping_file, relation, dict.fromkeys(names, "VARCHAR"))

    def _kind(self, name: str, files: list[RawFile]) -> str:
        """Choose the type a column has in all files; none where numbers would be misread as text.

        Guards against 1.234 of a number column that is read as 1,234 among texts.
        """
        kinds = {one.columns[name] for one in files}
        if len(kinds) == 1:
            return kinds.pop()
        if "VARCHAR" not in kinds or not any(map(_is_float, kinds)):
            return "VARCHAR"
        column = identifier(name)
        for one in (one for one in files if one.columns[name] == "VARCHAR"):
            row = self._connection.execute(
                f"""select count(*) from {identifier(one.relation)}
                where nullif(trim({column}), '') is not null
                    and not regexp_full_match(trim({column}), '[+-]?\\d{{1,15}}')"""
            ).fetchone()
            if row and row[0]:
                return ""
        return "DOUBLE"

    def _union(self, label: str, raw: list[RawFile]) -> Opened:
        """Put the files one after the other; columns are matched by name."""
        problems = tuple(problem for one in raw for problem in one.problems)
        notes = [note for one in raw for note in one.notes]
        problems = (*problems, *_other_case(label, raw))
        if problems:
            return Opened(label, problems=problems, notes=tuple(notes))
        columns: dict[str, str] = {}
        mixed = []
        for name in dict.fromkeys(name for one in raw for name in one.columns):
            columns[name] = self._kind(name, [one for one in raw if name in one.columns])
            mixed += [] if columns[name] else [name]
        if mixed:
            return Opened(label, problems=tuple(_mixed(label, name) for name in mixed))
        for name in columns:
            without = [one.file for one in raw if name not in one.columns]
            if without:
                n_files = f"{len(without):,} of {len(raw):,} files, such as {without[0]}"
                notes.append(f"{label}: the column {shown(name)} is not in {n_files}.")
        offset, selects = 0, []
        for one in raw:
            cells = [
                f"{_cell(one, name, kind)} as {identifier(source_name(name))}"
                for name, kind in columns.items()
            ]
            selects.append(
                f"""select {ROW} + {offset} as {ROW}, {literal(one.file)} as {FILE},
                {ROW} as {LINE}, {", ".join(cells)} from {identifier(one.relation)}"""
            )
            offset += self._n_rows(one)
        relation = self._next()
        # a view of many files would be planned anew by every question
        sort = "table" if len(raw) > 1 else "view"
        self._connection.execute(
            f"create temp {sort} {identifier(relation)} as {' union all '.join(selects)}"
        )
        if len(raw) > 1:
            self.close([one.relation for one in raw])
        return Opened(label, relation, columns, _floats(raw), tuple(raw), notes=tuple(notes))


def _mixed(label: str, name: str) -> Problem:
    return Problem(
        label,
        "the column holds numbers in some files and texts that are no whole numbers in others",
        "Store it in one way in all files, or map the files one by one.",
        name,
    )


def _is_float(kind: str) -> bool:
    return kind in ("FLOAT", "DOUBLE") or (kind.startswith("DECIMAL") and not kind.endswith(",0)"))


def _floats(raw: list[RawFile]) -> dict[str, str]:
    """Say of every column that holds floating-point numbers how, and in which of many files."""
    found: dict[str, str] = {}
    for one in raw:
        native = {name: kind for name, kind in one.columns.items() if _is_float(kind)}
        for name, kind in {**native, **one.floats}.items():
            found.setdefault(name, f"{kind} in {one.file}" if len(raw) > 1 else kind)
    return found


def _cell(one: RawFile, name: str, kind: str) -> str:
    """Return SQL of a column of one file in the type that holds for all files."""
    if name not in one.columns:
        return f"null::{kind}"
    cell = f"{identifier(name)}::{kind}"
    is_text_of_float = one.columns[name] != kind and _is_float(one.columns[name])
    return plain_number_sql(cell) if is_text_of_float and kind == "VARCHAR" else cell


def _other_case(label: str, raw: list[RawFile]) -> Iterator[Problem]:
    """Refuse files whose column names differ in capitals only: the engine cannot part them."""
    first: dict[str, str] = {}
    for one in raw:
        for name in one.columns:
            known = first.setdefault(name.casefold(), name)
            if known != name:
                says = f"the column {shown(known)} is {shown(name)} in {one.file}"
                yield Problem(label, says, "Name the columns of all files alike.")
