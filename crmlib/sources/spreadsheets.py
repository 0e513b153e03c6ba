"""Excel workbooks: one sheet as exact text, with the sheet's own row numbers."""

# ruff: noqa: S608 - names in SQL are quoted by crmlib.sources.quoting
from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from crmlib.errors import ParameterError
from crmlib.sources.base import Problem, RawFile
from crmlib.sources.quoting import identifier, nearest, shown
from crmlib.sources.sheet_scan import CellTally, SheetScan, cell_name, scan_sheet
from crmlib.sources.text_table import TextTable, name_problems

__all__ = ["cell_text", "filled_sheets", "read_excel"]

_ENDINGS = (".xlsx", ".xlsm")
_INEXACT = 10**15
"""Excel keeps 15 digits: from here on a whole number may have lost its last ones."""

_NO_NAME = (
    "Name the columns in the header, or clear these cells. If the names stand below a title, say "
    "in which row of the sheet with `header_row:`."
)
_LIKE_A_DECIMAL = re.compile(
    r"[-+]?([€$£]|[A-Z]{3})?\s*[-+]?\d{1,3}([.,' \u00a0\u202f]?\d{3})*[.,]\d+\s*([€$£]|[A-Z]{3})?"
)


def read_excel(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    *,
    relation: str,
    sheet: str | None = None,
    header_row: int = 1,
) -> RawFile:
    """Load one sheet of a workbook (.xlsx, .xlsm) as text, or say why it cannot be trusted.

    Guards against what workbooks do to values: a whole number reads "17850" although Excel stores
    17850.0; other numbers have the 15 digits that Excel shows; days and moments are ISO texts;
    formulas give the value stored last. Numbers of 16 and more digits and error values such as
    #REF! are problems that name their cells. Hidden rows and columns are read, and said. A column
    of numbers with decimals stays one of numbers, whatever decimal sign texts are stated to have;
    where texts that look like such numbers stand between, nobody knows what they mean.

    Parameters
    ----------
    sheet
        Name of the sheet; it may be left out where only one visible sheet is filled.
    header_row
        Number of the row that holds the column names, from 1.

    Returns
    -------
    RawFile
        Row n is row n of the sheet; empty rows are left out.

    Raises
    ------
    ParameterError
        If the package that reads workbooks is not installed.
    """
    calamine = _calamine()
    file = path.name
    if not path.name.lower().endswith(_ENDINGS):
        advice = "Save the workbook as .xlsx."
        return _refused(file, f"only workbooks ending in {' or '.join(_ENDINGS)} are read", advice)
    try:
        with calamine.load_workbook(path) as book:
            return _read_book(connection, path, book, relation, sheet, header_row)
    except calamine.PasswordError:
        return _refused(file, "the workbook is protected by a password", "Save it without one.")
    except (calamine.CalamineError, OSError) as error:
        says = f"it is no workbook, or it is cut (truncated) or damaged: {shown(error, limit=120)}"
        return _refused(file, says, "Save the workbook again.")


def _read_book(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    book: Any,
    relation: str,
    sheet: str | None,
    header_row: int,
) -> RawFile:
    chosen = _choose(path.name, book, sheet)
    if isinstance(chosen, Problem):
        return RawFile(path.name, problems=(chosen,))
    label = f"{path.name}, sheet {shown(chosen.name)}"
    scan = scan_sheet(path, book.sheet_names.index(chosen.name))
    if not scan.is_whole:
        return _refused(label, "the sheet is cut or damaged", "Save the workbook again.")
    return _load(connection, label, chosen, scan, relation=relation, header_row=header_row)


def _calamine() -> Any:
    """Import the reader of workbooks where one is first needed."""
    try:
        import python_calamine
    except ImportError as error:
        raise ParameterError(
            "Workbooks need the package python-calamine, which is not installed. "
            "Install it (pip install python-calamine) or save the sheet as CSV."
        ) from error
    return python_calamine


def _refused(file: str, says: str, advice: str) -> RawFile:
    return RawFile(file, problems=(Problem(file, says, advice),))


def _choose(file: str, book: Any, name: str | None) -> Any:
    """Return the sheet of that name, or the only visible one that is filled."""
    names = list(book.sheet_names)
    if name is not None:
        if name in names:
            return book.get_sheet_by_name(name)
        says = f"there is no sheet {shown(name)}{nearest(name, names)}"
        return Problem(file, says, f"Its sheets are {', '.join(map(shown, names))}.")
    filled = _filled(book)
    if len(filled) == 1:
        return book.get_sheet_by_name(filled[0])
    if not filled:
        return Problem(file, "the workbook is empty", "Save it with its rows.")
    says = f"the workbook has {len(filled)} visible sheets with content"
    known = ", ".join(map(shown, names))
    return Problem(file, says, f"Name one with `sheet:`; its sheets are {known}.")


def _filled(book: Any) -> list[str]:
    """Name the visible sheets that hold something; only one of them is in memory at a time."""
    visible = [one.name for one in book.sheets_metadata if str(one.visible).endswith(".Visible")]
    return [name for name in visible if book.get_sheet_by_name(name).start is not None]


def filled_sheets(path: Path) -> list[str]:
    """Name the visible sheets of a workbook that hold something; none if it cannot be read.

    Raises
    ------
    ParameterError
        If the package that reads workbooks is not installed.
    """
    calamine = _calamine()
    try:
        with calamine.load_workbook(path) as book:
            return _filled(book)
    except (calamine.CalamineError, OSError):
        return []


def _load(
    connection: duckdb.DuckDBPyConnection,
    label: str,
    sheet: Any,
    scan: SheetScan,
    *,
    relation: str,
    header_row: int,
) -> RawFile:
    """Write the rows below the header into the engine, and collect what is wrong with them."""
    if sheet.start is None:
        return _refused(label, "the sheet is empty", "Name the sheet that holds the data.")
    left = sheet.start[1]
    rows = enumerate(sheet.iter_rows(), start=1)  # rows from the first of the sheet on
    header: list[Any] = next((cells for number, cells in rows if number == header_row), [])
    names = [cell_text(cell) or "" for cell in header]
    while names and not names[-1].strip():
        names.pop()
    problems = _header_problems(label, names, left=left, header_row=header_row, sheet=sheet)
    if problems:
        return RawFile(label, problems=tuple(problems))
    reading = _Reading(connection, relation, names, left=left)
    for number, cells in rows:
        reading.take(number, cells)
    problems = [*reading.problems(label), *_scan_problems(label, scan)]
    if not problems and not reading.n_rows:
        says = f"there is no row below the header in row {header_row}"
        problems = [Problem(label, says, "Export the rows too.")]
    if problems:
        return RawFile(label, problems=tuple(problems))
    reading.finish()
    notes = [f"{label}: {note}" for note in (*reading.notes(), *_notes(scan, sheet))]
    columns = dict.fromkeys(names, "VARCHAR") | dict.fromkeys(reading.numbers(), "DOUBLE")
    return RawFile(label, relation, columns, notes=tuple(notes))


def _header_problems(
    label: str, names: list[str], *, left: int, header_row: int, sheet: Any
) -> list[Problem]:
    advice = f"Name the row of the column names with `header_row:`, or fill row {header_row}."
    if not any(name.strip() for name in names):
        says = f"row {header_row}, where the column names should be, is empty"
        return [Problem(label, says, advice)]
    problems = [
        one if all(map(str.strip, names)) or "no name" not in one.says
        else replace(one, says=f"{one.says} in row {header_row}", advice=_NO_NAME)
        for one in name_problems(label, names)
    ]  # fmt: skip
    merged = [
        f"{cell_name(*first)}:{cell_name(*last)}"
        for first, last in sheet.merged_cell_ranges or ()
        if first[0] <= header_row - 1 <= last[0] and first[1] >= left
    ]
    if merged:
        says = f"cells of the header are merged: {', '.join(merged[:3])}"
        problems.insert(0, Problem(label, says, "Unmerge them and name every column."))
    return problems


class _Reading:
    """What was found while the rows of one sheet are read."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        relation: str,
        columns: list[str],
        *,
        left: int,
    ) -> None:
        self.n_rows = 0
        self._connection = connection
        self._relation = relation
        self._table = TextTable(connection, relation, columns)
        self._left = left
        self._n_empty = self._n_waiting = 0
        self._inexact = CellTally()
        self._beyond = CellTally()
        self._moments: set[int] = set()
        self._decimals: dict[int, CellTally] = {}
        self._texts: dict[int, CellTally] = {}
        self._others: set[int] = set()

    def take(self, number: int, cells: list[Any]) -> None:
        """Write one row of the sheet as texts."""
        width = len(self._table.columns)
        texts = [cell_text(cell) for cell in cells]
        if not any(texts):
            self._n_waiting += 1
            return
        self._n_empty, self._n_waiting = self._n_empty + self._n_waiting, 0
        for column, cell in enumerate(cells):
            kind = type(cell)
            if kind is float and abs(cell) >= _INEXACT:
                self._inexact.add(number - 1, self._left + column, texts[column])
            elif kind is datetime.datetime and column < width:
                self._moments.add(column)
            if column >= width and texts[column]:
                self._beyond.add(number - 1, self._left + column, texts[column])
            elif kind is float and not cell.is_integer():
                tally = self._decimals.setdefault(column, CellTally())
                tally.add(number - 1, self._left + column, texts[column])
            elif kind not in (float, int) and texts[column]:
                self._others.add(column)
                if kind is str and _LIKE_A_DECIMAL.fullmatch(cell.strip()):
                    tally = self._texts.setdefault(column, CellTally())
                    tally.add(number - 1, self._left + column, cell)
        self.n_rows += 1
        self._table.add(number, texts[:width])

    def problems(self, label: str) -> Iterator[Problem]:
        """Give the cells whose digits are lost and those without a column name."""
        if self._inexact.n_cells:
            yield Problem(
                label,
                f"numbers of 16 or more digits, of which Excel keeps 15, in "
                f"{self._inexact.n_cells:,} cell(s)",
                "Format the column as text and enter or export the ids again.",
                examples=self._inexact.examples,
            )
        if self._beyond.n_cells:
            yield Problem(
                label,
                f"{self._beyond.n_cells:,} cell(s) stand in columns without a name",
                _NO_NAME,
                examples=self._beyond.examples,
            )
        for column in sorted(self._decimals.keys() & self._texts.keys()):
            numbers, texts = self._decimals[column], self._texts[column]
            yield Problem(
                label,
                f"{numbers.n_cells:,} number(s) stand among {texts.n_cells:,} text(s) that look "
                "like numbers, whose decimal sign nobody can know",
                "Turn the texts into numbers in Excel, or format and enter all cells as text.",
                self._table.columns[column],
                examples=(*numbers.examples[:2], *texts.examples[:2]),
            )

    def numbers(self) -> list[str]:
        """Name the columns that hold numbers alone, some of them with decimals."""
        return [self._table.columns[one] for one in sorted(self._decimals.keys() - self._others)]

    def notes(self) -> Iterator[str]:
        """Say what was left out."""
        if self._n_empty:
            yield f"{self._n_empty:,} empty row(s) between the others are left out."
        mixed = sorted(self._decimals.keys() & self._others)
        if mixed:
            names = ", ".join(shown(self._table.columns[one]) for one in mixed)
            yield f"numbers stand among texts in {names}; they are written with a decimal point."

    def finish(self) -> None:
        """Write what waits; a day in a column of moments is its midnight.

        A number among texts such as 1.234 gets a zero more, so that no thousands are read into it.
        """
        self._table.flush()
        target = identifier(self._relation)
        for name in map(identifier, self.numbers()):
            self._connection.execute(f"alter table {target} alter {name} type double")
        for column in sorted(self._decimals.keys() & self._others):
            name = identifier(self._table.columns[column])
            self._connection.execute(
                f"""update {target} set {name} = {name} || '0'
                where regexp_full_match({name}, '[+-]?[1-9]\\d{{0,2}}\\.\\d{{3}}')"""
            )
        for column in sorted(self._moments):
            name = identifier(self._table.columns[column])
            self._connection.execute(
                f"""update {target} set {name} = {name} || 'T00:00:00'
                where regexp_full_match({name}, '\\d{{4}}-\\d\\d-\\d\\d')"""
            )


def _scan_problems(label: str, scan: SheetScan) -> Iterator[Problem]:
    for tally, says, advice in (
        (scan.errors, "hold an error instead of a value", "Correct the formulas, or clear them."),
        (
            scan.without_value,
            "hold a formula whose value was never computed",
            "Open the workbook in Excel or LibreOffice and save it again.",
        ),
    ):
        if tally.n_cells:
            says = f"{tally.n_cells:,} cell(s) {says}"
            yield Problem(label, says, advice, examples=tally.examples)


def _notes(scan: SheetScan, sheet: Any) -> Iterator[str]:
    if scan.n_hidden_rows:
        yield f"{scan.n_hidden_rows:,} hidden or filtered row(s) are read like the others."
    if scan.n_hidden_columns:
        yield "hidden columns are read like the others."
    if sheet.merged_cell_ranges:
        yield "cells are merged; only the first cell of each block holds its value."


def cell_text(cell: object) -> str | None:
    """Write the value of one cell as text, or nothing where it is empty.

    Examples
    --------
    >>> cell_text(17850.0), cell_text(0.1 + 0.2), cell_text(1e-7), cell_text("007"), cell_text("")
    ('17850', '0.3', '0.0000001', '007', None)
    >>> cell_text(datetime.date(2011, 4, 3)), cell_text(datetime.timedelta(hours=36))
    ('2011-04-03', '36:00:00')
    """
    return _WRITERS.get(type(cell), str)(cell) or None


def _number_text(value: float) -> str:
    if value == int(value):
        return str(int(value))
    return format(Decimal(format(value, ".15g")), "f")


def _duration_text(value: datetime.timedelta) -> str:
    seconds = round(value.total_seconds())
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


_WRITERS: dict[type, Callable[[Any], str]] = {
    str: str,
    float: _number_text,
    bool: lambda value: str(value).lower(),
    datetime.datetime: datetime.datetime.isoformat,
    datetime.date: datetime.date.isoformat,
    datetime.time: datetime.time.isoformat,
    datetime.timedelta: _duration_text,
}
