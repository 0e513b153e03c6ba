"""Proof from the bytes of a text file: whole, decodable, no NUL, last line ended."""

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

from crmlib.sources.base import Problem
from crmlib.sources.quoting import shown

__all__ = ["AGAIN", "DELIMITERS", "Scan", "copy_as_utf8", "opened", "scan_text"]

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


def scan_text(
    path: Path, *, delimiter: str = "", expected: str = "", has_open_end: bool = False
) -> Scan:
    """Read the bytes once: whole, UTF-8, no NUL, last line ended.

    Parameters
    ----------
    delimiter
        A delimiter beside the usual ones that may end lines.
    expected
        What an empty file should hold.
    has_open_end
        The last line is known to have no end.
    """
    scan = Scan()
    file = path.name
    try:
        with opened(path) as stream:
            _scan_stream(stream, scan, file, {*DELIMITERS, delimiter} - {""})
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        scan.problems.append(_cut(file, error))
        return scan
    if scan.problems:
        return scan
    if scan.n_bytes == 0 or not scan.last_byte:
        advice = f"Expected columns: {expected}." if expected else AGAIN
        scan.problems.append(Problem(file, "the file is empty", advice))
    elif scan.last_byte not in b"\r\n" and not has_open_end:
        scan.problems.append(
            Problem(
                file,
                "the last line has no line end, so the file may be cut off (truncated)",
                "Export the file again, or end the last line if it is complete (in a mapping: csv: "
                "{has_open_end: true}).",
            )
        )
    return scan


def _cut(file: str, error: Exception) -> Problem:
    return Problem(file, f"the gzip data are cut or damaged: {error}", AGAIN)


def _scan_stream(stream: BinaryIO, scan: Scan, file: str, delimiters: set[str]) -> None:
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    tail = b""
    while True:
        chunk = stream.read(_CHUNK_BYTES)
        start = scan.n_bytes - len(decoder.getstate()[0])
        try:
            if not chunk.isascii() or decoder.getstate()[0] or not scan.n_bytes:
                decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            scan.problems.append(_undecodable(file, error, start, "UTF-8"))
            return
        if not chunk:
            return
        position = chunk.find(b"\0")
        if position >= 0:
            says = f"byte {scan.n_bytes + position:,} is a NUL, so the file is not text"
            scan.problems.append(Problem(file, says, AGAIN))
            return
        scan.open_ended |= _line_ends(tail + chunk) & delimiters
        tail = chunk[-1:]
        scan.n_newlines += chunk.count(b"\n")
        scan.n_bytes += len(chunk)
        scan.last_byte = chunk[-1:]


def _line_ends(text: bytes) -> set[str]:
    """Find the characters with which some line ends."""
    values = np.frombuffer(text, dtype=np.uint8)
    ends = np.flatnonzero((values == ord("\n")) | (values == ord("\r")))
    return {chr(value) for value in np.unique(values[ends[ends > 0] - 1])}


def _undecodable(file: str, error: UnicodeDecodeError, start: int, encoding: str) -> Problem:
    says = f"byte {start + error.start:,} is not {encoding} text"
    byte = error.object[error.start : error.start + 1]
    example = f"the byte {byte!r}, which is {shown(byte.decode('latin-1'))} in Latin-1"
    advice = "Save the file as UTF-8, or state its encoding in a mapping, such as cp1252."
    return Problem(file, says, advice, examples=(example,))


def copy_as_utf8(path: Path, target: Path, *, encoding: str) -> Problem | None:
    """Copy a text file (plain or gzip) in another encoding as plain UTF-8, piece by piece.

    Guards against engines that know few encodings: every character stays what it is.

    Returns
    -------
    Problem or None
        The first byte that is not text in this encoding.
    """
    decoder = codecs.getincrementaldecoder(encoding)()
    n_bytes = 0
    try:
        with opened(path) as stream, target.open("wb") as copy:
            while True:
                chunk = stream.read(_CHUNK_BYTES)
                kept = decoder.getstate()[0]
                try:
                    copy.write(decoder.decode(chunk, final=not chunk).encode("utf-8"))
                except UnicodeError as error:
                    if not isinstance(error, UnicodeDecodeError):
                        return Problem(path.name, f"it is not {encoding} text: {error}", AGAIN)
                    return _undecodable(path.name, error, n_bytes - len(kept), encoding)
                n_bytes += len(chunk)
                if not chunk:
                    return None
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        return _cut(path.name, error)


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Open plain or gzip bytes."""
    if path.suffix == ".gz":
        with gzip.open(path, "rb") as packed:
            yield cast(BinaryIO, packed)
    else:
        with path.open("rb") as plain:
            yield plain
