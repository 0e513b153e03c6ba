"""What every source offers to intake: a note, a fingerprint and raw tables with our names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import duckdb

from crmlib.sources.quoting import identifier, shown

__all__ = [
    "FILE",
    "LINE",
    "RESERVED",
    "ROW",
    "SOURCE_FILE",
    "SOURCE_LINE",
    "SOURCE_ROW",
    "Problem",
    "RawFile",
    "RawTable",
    "Source",
    "SourceNote",
    "reserved_problem",
]

RESERVED = "crm:"
"""How internal columns begin; no column of a source may."""

SOURCE_ROW = f"{RESERVED}row"
"""Name of the column that counts the data rows of a source file from 1."""

ROW = identifier(SOURCE_ROW)
"""SQL of that column."""

SOURCE_FILE = f"{RESERVED}file"
"""Name of the column that names the file of each row, where a table is read from several."""

FILE = identifier(SOURCE_FILE)
"""SQL of that column."""

SOURCE_LINE = f"{RESERVED}line"
"""Name of the column that counts the data rows of that file from 1."""

LINE = identifier(SOURCE_LINE)
"""SQL of that column."""


@dataclass(frozen=True)
class SourceNote:
    """Where data come from and what must be known before they are believed.

    Parameters
    ----------
    wording
        What the provider says about the data, word for word, where the words matter.
    """

    title: str
    provider: str = ""
    terms: str = ""
    is_simulated: bool = False
    caveats: tuple[str, ...] = ()
    wording: str = ""


@dataclass(frozen=True)
class Problem:
    """One reason to refuse the data: where, what, how often, examples and the remedy."""

    file: str
    says: str
    advice: str
    column: str = ""
    n_rows: int | None = None
    examples: tuple[str, ...] = ()

    def __str__(self) -> str:
        where = f"{self.file}, column {self.column}" if self.column else self.file
        count = "" if self.n_rows is None else f" ({self.n_rows:,} row(s))"
        examples = f" For example {'; '.join(self.examples)}." if self.examples else ""
        says = f"{self.says}{count}"
        stop = "" if says.endswith("?") else "."
        return f"{where}: {says}{stop}{examples} {self.advice}"


@dataclass(frozen=True)
class RawFile:
    """One file, sheet or database table as it lies there: its own column names, nothing typed.

    Parameters
    ----------
    file
        File name as messages show it.
    relation
        View or table of the connection, with `SOURCE_ROW`; empty if the file is unreadable.
    columns
        Column name to the engine's type, without `SOURCE_ROW`.
    has_line_numbers
        Data row n is line n + 1 of a text file.
    floats
        Columns that are read as text and hold floating-point numbers nevertheless: how they are
        stored.
    problems, notes
        What reading found out; a problem refuses the whole source.
    """

    file: str
    relation: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    has_line_numbers: bool = False
    floats: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class RawTable:
    """One table as the source holds it: our column names, nothing typed or checked yet.

    Parameters
    ----------
    file
        File name or names, as messages show them.
    relation
        View or table of the connection, with `SOURCE_ROW`; empty if the file is unreadable.
    columns
        Column name to the engine's type, without `SOURCE_ROW`.
    naive_time_zone
        Zone in which times without an offset are read.
    has_line_numbers
        Data row n is line n + 1 of a text file.
    has_files
        The table is read from several files: the relation has `SOURCE_FILE` and `SOURCE_LINE`
        too, and `SOURCE_ROW` counts on from file to file.
    originals
        Where our columns are made from others: name of each column of the source to the column of
        the relation that holds it untouched. Whether two rows are equal is decided by these, and
        these are kept of a row that is set aside.
    exclusions
        Rows the mapping sets aside on purpose: SQL condition over the relation, and the reason.
    unmergeable
        Why rows of this delivery cannot be told from those of another, so that it must not be
        merged into a database; empty if they can.
    problems, notes
        What reading found out; a problem refuses the whole source.
    """

    table: str
    file: str
    relation: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    naive_time_zone: str = "UTC"
    has_line_numbers: bool = False
    has_files: bool = False
    originals: Mapping[str, str] = field(default_factory=dict)
    exclusions: tuple[tuple[str, str], ...] = ()
    unmergeable: str = ""
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()


class Source(Protocol):
    """A place data come from."""

    @property
    def name(self) -> str:
        """Name by which settings ask for it."""

    @property
    def note(self) -> SourceNote:
        """Origin, terms and caveats."""

    @property
    def notes(self) -> tuple[str, ...]:
        """Return what a reader should know about this delivery, such as files left aside."""

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Reasons to refuse the delivery as a whole."""

    @property
    def no_sales(self) -> Problem | None:
        """Say that order lines are missing, where the source cannot begin a database without."""

    def fingerprint(self) -> str:
        """Hash names and bytes of everything that is read, without reading it as data."""

    def tables(self, connection: duckdb.DuckDBPyConnection) -> dict[str, RawTable]:
        """Lay the raw tables open on a connection, by our table name."""


def reserved_problem(file: str, columns: Iterable[str]) -> Problem | None:
    """Refuse columns whose names are kept for this program."""
    taken = [shown(name) for name in columns if name.casefold().startswith(RESERVED)]
    if not taken:
        return None
    says = f"column names beginning with {RESERVED} are reserved: {', '.join(taken)}"
    return Problem(file, says, "Rename the column.")
