"""JSON lines: one object per line, every value kept to the letter."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import duckdb

from crmlib.sources.base import Problem, RawFile
from crmlib.sources.quoting import shown
from crmlib.sources.text_scan import AGAIN, opened
from crmlib.sources.text_table import TextTable, name_problems

__all__ = ["read_json_lines"]

_LONGEST_LINE_BYTES = 1 << 24
_MOST_KEYS = 1000
_MOST_EXAMPLES = 3

_ADVICE = {
    "lines are not valid JSON": "Write one JSON object per line.",
    "lines are not a JSON object": 'Write one object such as {"id": "1"} per line.',
    "lines name a key twice": "Write every key once per object.",
    "lines are not UTF-8 text": "Save the file as UTF-8.",
    "lines hold a NUL or half a character": AGAIN,
    "lines are longer than 16 MB": "Write one JSON object per line.",
}


class _Number(str):
    """The digits of a number as they stand in the file."""

    __slots__ = ()


class _Float(_Number):
    """The digits of a number with a point or an exponent."""

    __slots__ = ()


class _LineError(ValueError):
    """A line that is refused; the message is one of `_ADVICE`."""


def read_json_lines(connection: duckdb.DuckDBPyConnection, path: Path, *, relation: str) -> RawFile:
    """Load a file of JSON objects, one per line (plain or gzip), as text to the letter.

    Guards against readers that turn numbers into floating point: 1.10 stays "1.10" and an id of
    19 digits keeps its digits. Keys become columns; a key that is missing in a line is empty there.
    Objects and lists inside a value stay JSON text.

    Returns
    -------
    RawFile
        Row n is line n of the file; empty lines are left out. Every bad line is a problem, and
        all of them are found in one pass.
    """
    reading = _Reading(path.name, TextTable(connection, relation, []))
    try:
        with opened(path) as stream:
            lines = iter(lambda: stream.readline(_LONGEST_LINE_BYTES + 1), b"")
            for number, line in _whole_lines(lines):
                reading.take(number, line)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        reading.stop(f"the gzip data are cut or damaged: {error}", AGAIN)
    return reading.result(relation)


def _whole_lines(pieces: Iterator[bytes]) -> Iterator[tuple[int, bytes]]:
    """Count the lines; one that is too long comes once, cut to its limit plus one byte."""
    number, inside = 0, False
    for piece in pieces:
        if not inside:
            number += 1
            yield number, piece
        inside = not piece.endswith(b"\n")


class _Reading:
    """What was found while the lines of one file are read."""

    def __init__(self, file: str, table: TextTable) -> None:
        self._file = file
        self._table = table
        self._decoder = json.JSONDecoder(
            parse_int=_Number,
            parse_float=_Float,
            parse_constant=_no_constant,
            object_pairs_hook=_once,
        )
        self._bad: dict[str, tuple[int, list[str]]] = {}
        self._stops: list[Problem] = []
        self._filled: dict[str, int] = {}
        self._nested: dict[str, int] = {}
        self._floats: set[str] = set()
        self._n_rows = self._n_empty = 0
        self._cut = False

    def take(self, number: int, line: bytes) -> None:
        """Read one line into the table, or note why it is refused."""
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        self._cut = False
        if not line.strip():
            self._n_empty += 1
            return
        try:
            record, nested = self._parse(line)
        except _LineError as error:
            count, examples = self._bad.get(str(error), (0, []))
            if len(examples) < _MOST_EXAMPLES:
                text = line[:200].decode("utf-8", errors="backslashreplace").strip()
                examples = [*examples, f"line {number}: {shown(text)}"]
            self._bad[str(error)] = (count + 1, examples)
            self._cut = not line.endswith(b"\n")
            return
        if not self._bad and not self._stops:
            self._add(number, record)
            for key in nested:
                self._nested[key] = self._nested.get(key, 0) + 1

    def _parse(self, line: bytes) -> tuple[dict[str, str | None], list[str]]:
        """Split a line into texts by key, and name the keys that hold objects or lists."""
        if len(line) > _LONGEST_LINE_BYTES:
            raise _LineError("lines are longer than 16 MB")
        try:
            text = line.decode("utf-8").strip(" \t\r\n")
        except UnicodeDecodeError as error:
            raise _LineError("lines are not UTF-8 text") from error
        if "\0" in text:
            raise _LineError("lines hold a NUL or half a character")
        try:
            record = self._decoder.decode(text)
            if not isinstance(record, dict):
                raise _LineError("lines are not a JSON object")
            if "\\u" in text and not _is_clean(record):
                raise _LineError("lines hold a NUL or half a character")
            self._floats |= {key for key in record if isinstance(record[key], _Float)}
            other = [key for key in record if not isinstance(record[key], str | None)]
            texts = record | {key: _json_text(record[key]) for key in other}
        except _LineError:
            raise
        except (ValueError, RecursionError) as error:
            raise _LineError("lines are not valid JSON") from error
        return texts, [key for key in other if not isinstance(record[key], bool)]

    def _add(self, number: int, record: dict[str, str | None]) -> None:
        self._n_rows += 1
        for key in record:
            if key not in self._filled:
                self._learn(key)
            self._filled[key] += 1
        if not self._stops:
            self._table.add(number, [record.get(key) for key in self._table.columns])

    def _learn(self, key: str) -> None:
        self._filled[key] = 0
        problems = name_problems(self._file, list(self._filled))
        if len(self._filled) > _MOST_KEYS:
            says = f"the objects have more than {_MOST_KEYS:,} different keys"
            advice = "Write what varies as values, not as names."
            problems.append(Problem(self._file, says, advice))
        if not problems:
            self._table.widen(key)
        self._stops += problems

    def stop(self, says: str, advice: str) -> None:
        """Note that the file as a whole cannot be read on."""
        self._stops.append(Problem(self._file, says, advice))

    def result(self, relation: str) -> RawFile:
        """Give the table, or what speaks against it."""
        problems = [
            Problem(self._file, says, _ADVICE[says], n_rows=count, examples=tuple(examples))
            for says, (count, examples) in self._bad.items()
        ]
        if self._cut:
            says = "the last line has no end, so the file may be cut off (truncated)"
            problems.append(Problem(self._file, says, AGAIN))
        problems += self._stops
        if not problems and not self._n_rows:
            says, advice = "the file holds no object", "Write one JSON object per line."
            problems.append(Problem(self._file, says, advice))
        if problems:
            return RawFile(self._file, problems=tuple(problems))
        self._table.flush()
        columns = dict.fromkeys(self._table.columns, "VARCHAR")
        return RawFile(
            self._file,
            relation,
            columns,
            floats=dict.fromkeys(self._floats, "numbers with a point"),
            notes=tuple(self._notes()),
        )

    def _notes(self) -> Iterator[str]:
        for key, n_lines in self._filled.items():
            missing = self._n_rows - n_lines
            if missing:
                yield (
                    f"{self._file}: {shown(key)} is missing in {missing:,} of {self._n_rows:,} "
                    "lines and empty there."
                )
        for key, n_lines in self._nested.items():
            yield (
                f"{self._file}: {shown(key)} holds objects or lists in {n_lines:,} lines; they "
                "stay JSON text."
            )
        if self._n_empty:
            yield f"{self._file}: {self._n_empty:,} empty line(s) are left out."


def _no_constant(name: str) -> NoReturn:
    """Refuse NaN and Infinity, which are not JSON."""
    raise _LineError("lines are not valid JSON")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object, in which no key comes twice."""
    made = dict(pairs)
    if len(made) < len(pairs):
        raise _LineError("lines name a key twice")
    return made


def _is_clean(value: Any) -> bool:
    r"""Say that no text holds a NUL or half a character, written as \u0000 or \ud800."""
    if isinstance(value, dict):
        return all(_is_clean(key) and _is_clean(one) for key, one in value.items())
    if isinstance(value, list):
        return all(map(_is_clean, value))
    return not isinstance(value, str) or not any(
        one == "\0" or "\ud800" <= one <= "\udfff" for one in value
    )


def _json_text(value: Any) -> str:
    """Write a value as JSON text with its numbers as they came."""
    if isinstance(value, dict):
        pairs = (
            f"{json.dumps(key, ensure_ascii=False)}: {_json_text(value[key])}" for key in value
        )
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_json_text, value)) + "]"
    return value if isinstance(value, _Number) else _quoted(value)


_quoted = json.JSONEncoder(ensure_ascii=False).encode
