"""Proof from the bytes of a text file: whole, UTF-8, no NUL, last line ended."""

from __future__ import annotations

import codecs
import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np

from crmlib.schema import TABLES
from crmlib.sources.base import Problem
from crmlib.sources.quoting import shown

__all__ = ["AGAIN", "DELIMITERS", "Scan", "opened", "scan_text"]

DELIMITERS = (",", ";", "\t", "|")
"""What may stand between the fields of a line."""

AGAIN = "Export the file again."
"""The remedy for a damaged file."""

_CHUNK_BYTES = 1 << 20


@dataclass
class Scan:
    """What the bytes of a file say before they are read as a table.

    Parameters
    ----------
    open_ended
        Delimiters with which some line ends.
    """

    n_bytes: int = 0
    n_newlines: int = 0
    last_byte: bytes = b""
    open_ended: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)


def scan_text(path: Path) -> Scan:
    """Read the bytes once: whole, UTF-8, no NUL, last line ended."""
    scan = Scan()
    file = path.name
    try:
        with opened(path) as stream:
            _scan_stream(stream, scan, file)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        scan.problems.append(Problem(file, f"the gzip data are cut or damaged: {error}", AGAIN))
        return scan
    if scan.problems:
        return scan
    if scan.n_bytes == 0 or not scan.last_byte:
        table = path.name.split(".")[0]
        scan.problems.append(
            Problem(file, "the file is empty", f"Expected columns: {_expected(table)}.")
        )
    elif scan.last_byte not in b"\r\n":
        scan.problems.append(
            Problem(
                file,
                "the last line has no line end, so the file may be cut off (truncated)",
                "Export the file again, or end the last line if it is complete.",
            )
        )
    return scan


def _scan_stream(stream: BinaryIO, scan: Scan, file: str) -> None:
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    tail = b""
    while True:
        chunk = stream.read(_CHUNK_BYTES)
        start = scan.n_bytes - len(decoder.getstate()[0])
        try:
            if not chunk.isascii() or decoder.getstate()[0] or not scan.n_bytes:
                decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            says = f"byte {start + error.start:,} is not UTF-8 text"
            byte = error.object[error.start : error.start + 1]
            example = f"the byte {byte!r}, which is {shown(byte.decode('latin-1'))} in Latin-1"
            advice = "Save the file as UTF-8."
            scan.problems.append(Problem(file, says, advice, examples=(example,)))
            return
        if not chunk:
            return
        position = chunk.find(b"\0")
        if position >= 0:
            says = f"byte {scan.n_bytes + position:,} is a NUL, so the file is not text"
            scan.problems.append(Problem(file, says, AGAIN))
            return
        scan.open_ended |= _line_ends(tail + chunk)
        tail = chunk[-1:]
        scan.n_newlines += chunk.count(b"\n")
        scan.n_bytes += len(chunk)
        scan.last_byte = chunk[-1:]


def _line_ends(text: bytes) -> set[str]:
    """Find the delimiters with which some line ends."""
    values = np.frombuffer(text, dtype=np.uint8)
    ends = np.flatnonzero((values == ord("\n")) | (values == ord("\r")))
    last = {chr(value) for value in np.unique(values[ends[ends > 0] - 1])}
    return last & set(DELIMITERS)


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Open plain or gzip bytes."""
    if path.suffix == ".gz":
        with gzip.open(path, "rb") as packed:
            yield cast(BinaryIO, packed)
    else:
        with path.open("rb") as plain:
            yield plain


def _expected(table: str) -> str:
    names = TABLES[table].columns
    return ", ".join(column.name if column.required else f"[{column.name}]" for column in names)
