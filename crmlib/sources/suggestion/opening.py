"""A file of unknown form laid open: what reads it, and what that form was proved to be."""

# ruff: noqa: S608 - names in SQL are quoted by crmlib.sources.quoting
from __future__ import annotations

import codecs
import glob
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb

from crmlib.errors import DataRejectedError
from crmlib.sources.base import RawFile
from crmlib.sources.json_lines import read_json_lines
from crmlib.sources.mapping.places import ending_of
from crmlib.sources.parquet_files import read_parquet_file
from crmlib.sources.proofs import prove_delimiter
from crmlib.sources.quoting import identifier, shown
from crmlib.sources.spreadsheets import filled_sheets, read_excel
from crmlib.sources.text_files import TextForm, read_text_file
from crmlib.sources.text_scan import opened

__all__ = ["Opened", "join_alike", "open_file"]

_CHUNK_BYTES = 1 << 20
_MOST_HEADER_ROWS = 10


@dataclass(frozen=True)
class Opened:
    """A file or sheet in the engine.

    Parameters
    ----------
    read
        File name or pattern for the mapping.
    relation, columns
        Where its rows are, with a row number, and its own column names.
    options
        What a mapping says beside `read`.
    proved, unsure
        Sentences about its form.
    pieces
        Relations of the single files, where several are put together.
    """

    read: str
    relation: str
    columns: tuple[str, ...]
    options: dict[str, Any] = field(default_factory=dict)
    proved: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()
    pieces: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Name the file and, where it has several, the sheet."""
        sheet = self.options.get("sheet")
        return f"{self.read}, sheet {shown(sheet)}" if sheet else self.read


def open_file(connection: duckdb.DuckDBPyConnection, path: Path, *, relation: str) -> list[Opened]:
    """Read a whole file into the engine, by the end of its name; a workbook sheet by sheet.

    Parameters
    ----------
    relation
        Begin of the names of the relations that are made.

    Raises
    ------
    DataRejectedError
        If it cannot be read; the message lists every reason.
    """
    sort = ending_of(path)
    if sort == "text":
        return [_open_text(connection, path, relation)]
    if sort == "excel":
        return _open_workbook(connection, path, relation)
    reader = read_json_lines if sort == "json" else read_parquet_file
    raw = _readable(reader(connection, path, relation=relation))
    return [Opened(path.name, relation, tuple(raw.columns), proved=raw.notes)]


def _readable(raw: RawFile, *others: RawFile) -> RawFile:
    if raw.problems:
        problems = [problem for one in (raw, *others) for problem in one.problems]
        listed = "\n".join(f"- {problem}" for problem in problems)
        raise DataRejectedError(
            f"Nothing can be suggested for a file that cannot be read. Correct it first.\n{listed}"
        )
    return raw


def _open_workbook(
    connection: duckdb.DuckDBPyConnection, path: Path, relation: str
) -> list[Opened]:
    """Read every visible sheet that holds something; leave out those that are no tables."""
    sheets = filled_sheets(path)
    opened, refused = [], []
    for number, sheet in enumerate(sheets):
        name = f"{relation}_{number}"
        raw, row = _below_header(connection, path, name, sheet)
        if raw.problems:
            refused.append(raw)
            continue
        options: dict[str, Any] = {"sheet": sheet} if len(sheets) > 1 else {}
        unsure: tuple[str, ...] = ()
        if row > 1:
            options["header_row"] = row
            unsure = (f"the column names of {raw.file} are taken from row {row}",)
        opened.append(Opened(path.name, name, tuple(raw.columns), options, raw.notes, unsure))
    if not opened:
        _readable(*(refused or [read_excel(connection, path, relation=relation)]))
    left_out = tuple(f"left out: {problem}" for raw in refused for problem in raw.problems)
    return [replace(opened[0], unsure=(*left_out, *opened[0].unsure)), *opened[1:]]


def _below_header(
    connection: duckdb.DuckDBPyConnection, path: Path, relation: str, sheet: str
) -> tuple[RawFile, int]:
    """Find the first row that can hold the column names of a sheet."""
    first = None
    for row in range(1, _MOST_HEADER_ROWS + 1):
        raw = read_excel(connection, path, relation=relation, sheet=sheet, header_row=row)
        if not raw.problems:
            return raw, row
        first = first or raw
    return first or RawFile(path.name), 1


def _open_text(connection: duckdb.DuckDBPyConnection, path: Path, relation: str) -> Opened:
    found = _scan(path)
    proof = prove_delimiter(path, encoding=found.encoding)
    if not proof.form:
        raise DataRejectedError(
            f"{path.name}: {proof.says}. Write a mapping by hand that states csv: {{delimiter: …}}."
        )
    form: dict[str, Any] = {"delimiter": proof.form}
    if found.encoding != "utf-8":
        form["encoding"] = found.encoding
    if found.has_open_end:
        form["has_open_end"] = True
    raw = _readable(read_text_file(connection, path, relation=relation, form=TextForm(**form)))
    proved, unsure = [*found.proved, *raw.notes], found.unsure
    columns = tuple(raw.columns)
    proved.append(f"{shown(proof.form)} splits every record into {len(columns)} field(s)")
    return Opened(path.name, relation, columns, {"csv": form}, tuple(proved), tuple(unsure))


def join_alike(
    connection: duckdb.DuckDBPyConnection, opened: Sequence[Opened], *, folder: Path
) -> list[Opened]:
    """Put files of one form, such as those of single days, together under one pattern.

    They are put together only if the pattern takes in these files of the folder and no other.
    """
    groups: dict[str, list[Opened]] = {}
    for one in opened:
        groups.setdefault(repr((sorted(one.columns), one.options)), []).append(one)
    joined = []
    for group in groups.values():
        names = [one.read for one in group]
        pattern = _pattern_of(names)
        if len(group) == 1 or {file.name for file in folder.glob(pattern)} != set(names):
            joined += group
            continue
        relation = f"{group[0].relation}_joined"
        selects = (f"select * from {identifier(one.relation)}" for one in group)
        connection.execute(
            f"create temp view {identifier(relation)} as {' union all by name '.join(selects)}"
        )
        proved = (f"{len(group):,} files have the same columns", *group[0].proved)
        unsure = tuple(dict.fromkeys(text for one in group for text in one.unsure))
        joined.append(
            replace(
                group[0],
                read=pattern,
                relation=relation,
                proved=proved,
                unsure=unsure,
                pieces=tuple(one.relation for one in group),
            )
        )
    return joined


def _pattern_of(names: Sequence[str]) -> str:
    """Write what names begin and end with, and a star for days and numbers between.

    Examples
    --------
    >>> _pattern_of(["sales-2011-01-01.csv", "sales-2011-01-02.csv"])
    'sales-*.csv'
    """
    begin = os.path.commonprefix(names)  # noqa: RUF071 - letters are meant, not folders
    turned = [name[len(begin) :][::-1] for name in names]
    end = os.path.commonprefix(turned)[::-1]  # noqa: RUF071
    begin, end = re.sub(r"\d[\d _.-]*$", "", begin), re.sub(r"^[\d _-]+", "", end)
    return f"{glob.escape(begin)}*{glob.escape(end)}"


@dataclass
class _Bytes:
    """What the bytes of a text file say."""

    encoding: str = "utf-8"
    has_open_end: bool = False
    proved: list[str] = field(default_factory=list)
    unsure: list[str] = field(default_factory=list)


def _scan(path: Path) -> _Bytes:
    """Prove UTF-8 by reading all bytes, or say what is assumed instead and from which byte on."""
    found, decoder = _Bytes(), codecs.getincrementaldecoder("utf-8")()
    n_bytes, last = 0, b""
    with opened(path) as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            if n_bytes == 0 and chunk[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
                found.encoding = "utf-16"
                found.proved.append("the file begins with the mark of UTF-16")
            before = n_bytes - len(decoder.getstate()[0])
            try:
                if found.encoding == "utf-8":
                    decoder.decode(chunk)
            except UnicodeDecodeError as error:
                found.encoding = "cp1252"
                bad = error.object[error.start : error.start + 1]
                found.unsure.append(_byte_in_encodings(before + error.start, bad))
            n_bytes += len(chunk)
            last = chunk[-2:].strip(b"\0")
    if found.encoding == "utf-8":
        found.proved.append("all bytes are UTF-8")
    if last[-1:] not in (b"\n", b"\r"):
        found.has_open_end = True
        found.unsure.append("the last line has no line end, so the file may be cut off")
    return found


def _byte_in_encodings(place: int, byte: bytes) -> str:
    readings = " or ".join(
        f"{shown(byte.decode(name, errors='replace'))} in {name}"
        for name in ("cp1252", "cp1250", "mac_roman")
    )
    return f"byte {place:,} is not UTF-8; it is {readings}; cp1252 is taken"
