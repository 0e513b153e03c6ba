"""What the reader of workbooks does not tell: error cells and hidden rows, from the sheet's XML."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from crmlib.sources.quoting import shown

__all__ = ["CellTally", "SheetScan", "cell_name", "scan_sheet"]

_CHUNK_BYTES = 1 << 20
_MOST_EXAMPLES = 3
_BOOK, _LINKS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"

_ATTRIBUTE = rb"""[^<>]*?\b%s\s*=\s*["']%s["'][^<>]*>"""
_SHEET = re.compile(rb"""<(?:\w+:)?sheet\s[^<>]*?\b\w+:id\s*=\s*["']([^"']+)["']""")
_LINK = re.compile(rb"<(?:\w+:)?Relationship\s[^<>]*>")
_ERROR = re.compile(
    rb"<(?:\w+:)?c\s(?="
    + _ATTRIBUTE % (b"t", b"e")
    + rb")([^<>]*)>(?:(?!<(?:\w+:)?v>|</(?:\w+:)?c>).)*"
    rb"(?:<(?:\w+:)?v>([^<]*))?",
    re.DOTALL,
)
_NO_VALUE = re.compile(
    rb"""<(?:\w+:)?c\s(?![^<>]*\bt\s*=\s*["']str)([^<>]*)>\s*<(?:\w+:)?f\b[^<>]*"""
    rb"(?:/>|>[^<]*</(?:\w+:)?f>)\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
_NAME = re.compile(rb"""\br\s*=\s*["']([A-Z]+[0-9]+)["']""")
_HIDDEN = {
    tag: re.compile(rb"<(?:\w+:)?" + tag + rb"\s" + _ATTRIBUTE % (b"hidden", b"(?:1|true)"))
    for tag in (b"row", b"col")
}


@dataclass
class CellTally:
    """How many cells have some fault, and the first of them by name."""

    n_cells: int = 0
    examples: tuple[str, ...] = ()

    def add(self, row: int, column: int, value: object) -> None:
        """Count the cell in this row and column, both from 0."""
        self.add_named(cell_name(row, column), value)

    def add_named(self, name: str, value: object) -> None:
        """Count a cell."""
        self.n_cells += 1
        if len(self.examples) < _MOST_EXAMPLES:
            self.examples = (*self.examples, f"{name}: {shown(value)}")


@dataclass
class SheetScan:
    """What the XML of one sheet says about its cells.

    Parameters
    ----------
    is_whole
        The sheet was found and could be unpacked to its end.
    errors
        Cells that hold #REF!, #N/A and their like, which the reader of workbooks gives as empty.
    without_value
        Formulas that were never computed, which it gives as empty too.
    """

    is_whole: bool = False
    errors: CellTally = field(default_factory=CellTally)
    without_value: CellTally = field(default_factory=CellTally)
    n_hidden_rows: int = 0
    n_hidden_columns: int = 0


def cell_name(row: int, column: int) -> str:
    """Name a cell as Excel does; row and column count from 0.

    Examples
    --------
    >>> cell_name(0, 0), cell_name(9, 27)
    ('A1', 'AB10')
    """
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{row + 1}"


def scan_sheet(path: Path, position: int) -> SheetScan:
    """Read the XML of the sheet at this position of the workbook, from 0, piece by piece."""
    scan = SheetScan()
    try:
        with zipfile.ZipFile(path) as archive:
            for piece in _pieces(archive, _part(archive, position)):
                _scan_piece(piece, scan)
    except (KeyError, IndexError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError):
        return scan
    scan.is_whole = True
    return scan


def _part(archive: zipfile.ZipFile, position: int) -> str:
    """Find the file of the archive that holds the sheet."""
    link = _SHEET.findall(archive.read(_BOOK))[position]
    for tag in _LINK.findall(archive.read(_LINKS)):
        fields = dict(re.findall(rb"""\b(\w+)\s*=\s*["']([^"']*)["']""", tag))
        if fields.get(b"Id") == link:
            target = fields[b"Target"].decode()
            return target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    raise KeyError(position)


def _pieces(archive: zipfile.ZipFile, part: str) -> Iterator[bytes]:
    """Unpack the sheet in pieces that end with a row."""
    rest = b""
    with archive.open(part) as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            rest += chunk
            end = rest.rfind(b"row>") + 4
            if end > 3:
                yield rest[:end]
                rest = rest[end:]
    yield rest


def _scan_piece(piece: bytes, scan: SheetScan) -> None:
    if b"hidden" in piece:
        scan.n_hidden_rows += len(_HIDDEN[b"row"].findall(piece))
        scan.n_hidden_columns += len(_HIDDEN[b"col"].findall(piece))
    if b'"e"' in piece or b"'e'" in piece:
        for fields, value in _ERROR.findall(piece):
            scan.errors.add_named(_cell(fields), value.decode("utf-8", "replace"))
    if b"f>" in piece or b"/><" in piece:
        for fields in _NO_VALUE.findall(piece):
            scan.without_value.add_named(_cell(fields), None)


def _cell(fields: bytes) -> str:
    named = _NAME.search(fields)
    return named[1].decode() if named else "a cell"
