"""A folder of files named like our tables, with an optional note on where they come from."""

from __future__ import annotations

import hashlib
import os
import time
import zoneinfo
from pathlib import Path
from typing import Any

import duckdb
import pydantic
import yaml

from crmlib.errors import ParameterError
from crmlib.schema import TABLES
from crmlib.sources.base import Problem, RawTable, SourceNote
from crmlib.sources.parquet_files import read_parquet_file
from crmlib.sources.quoting import nearest, shown
from crmlib.sources.text_files import read_text_file

__all__ = ["NOTE_FILE", "FolderSource", "hash_files"]

NOTE_FILE = "source.yaml"
"""Where a folder says what it holds."""

_ENDINGS = (".csv", ".csv.gz", ".parquet")
_SETTLED_NANOSECONDS = 2_000_000_000
"""Age of a change from which on a further one has another time, on every file system."""

_DIGESTS: dict[tuple[int, ...], str] = {}
"""Hashes by device, file number, size and times of modification and of change."""

_SILENT = ("readme", "license", "licence", "copying", "notice", "truth")


class _NoteFile(pydantic.BaseModel):
    """The fields of `source.yaml`."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    title: str | None = None
    provider: str = ""
    terms: str = ""
    is_simulated: bool = False
    caveats: tuple[str, ...] = ()
    wording: str = ""
    time_zone: str | None = None

    @pydantic.field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str | None) -> str | None:
        if value is not None and value not in zoneinfo.available_timezones():
            raise ValueError(f"{value!r} is not a time zone such as Europe/Berlin")
        return value


def hash_files(files: dict[str, Path], *, also: tuple[str, ...] = ()) -> str:
    """Hash names and bytes of files, and further names; neither order nor folder counts."""
    total = hashlib.sha256()
    for name in sorted(files):
        total.update(f"{name!r} {_digest(files[name])}\n".encode())
    for name in sorted(also):
        total.update(f"{name!r}\n".encode())
    return total.hexdigest()


def _digest(path: Path) -> str:
    """Hash a file's bytes once for as long as the disk says that nobody has written to it.

    Guards against a file that changes while it is read: every write sets the time of change, which
    no program can set back, unlike the time of modification. A file written to moments before it
    was hashed is hashed again, as the clock of the disk is coarse.
    """
    with path.open("rb") as stream:
        status = os.fstat(stream.fileno())
        state = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns,
                 status.st_ctime_ns)  # fmt: skip
        if state in _DIGESTS:
            return _DIGESTS[state]
        is_settled = time.time_ns() - status.st_ctime_ns > _SETTLED_NANOSECONDS
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        if is_settled:
            _DIGESTS[state] = digest
        return digest


class FolderSource:
    """Files such as `transactions.csv`, `.csv.gz` or `.parquet` in one folder.

    Parameters
    ----------
    folder
        An existing folder.
    time_zone
        Zone of times without an offset, unless `source.yaml` names one.

    Raises
    ------
    ParameterError
        If `source.yaml` is not readable or holds an unknown field.
    """

    def __init__(self, folder: Path, *, time_zone: str) -> None:
        self._folder = folder
        self.name = folder.name
        given = _read_note(folder / NOTE_FILE)
        self._zone = (given.time_zone if given else None) or time_zone
        self.note = _note(given, folder.name)
        self._files: dict[str, list[str]] = {}
        self._unused: list[str] = []
        self._odd: list[str] = []
        for entry in sorted(folder.iterdir()):
            self._sort_in(entry)

    def _sort_in(self, entry: Path) -> None:
        name = entry.name
        if name.startswith(".") or name == NOTE_FILE or name.lower().startswith(_SILENT):
            return
        table, dot, ending = name.casefold().partition(".")
        if table not in TABLES or dot + ending not in _ENDINGS:
            self._unused.append(name)
        elif name == name.casefold() and entry.is_file():
            self._files.setdefault(table, []).append(name)
        else:
            self._odd.append(name)

    @property
    def notes(self) -> tuple[str, ...]:
        """Files left aside, and the zone of naive times."""
        return tuple(_unused_note(name) for name in self._unused)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Two files for one table, or names that only look like a table."""
        found = [
            Problem(" and ".join(names), f"two files for the table {table}", "Keep one of them.")
            for table, names in self._files.items()
            if len(names) > 1
        ]
        return (*found, *(self._odd_problem(name) for name in self._odd))

    @property
    def no_sales(self) -> Problem | None:
        """Say that the folder holds no order lines."""
        if "transactions" in self._files:
            return None
        required = ", ".join(TABLES["transactions"].required)
        hint = nearest("transactions", [name.split(".")[0] for name in self._unused])
        says = f"the folder {shown(self.name)} holds no transactions{hint}"
        advice = (
            f"Expected is transactions.csv or .parquet with the columns {required}; other tables "
            "alone can only be merged into a database (crm intake --merge)."
        )
        return Problem("transactions", says, advice)

    def _odd_problem(self, name: str) -> Problem:
        if not (self._folder / name).is_file():
            return Problem(shown(name), "it is not a file", "Put a plain file there, or rename it.")
        right = name.casefold()
        return Problem(shown(name), "the name is not in lower case", f"Rename it to {right}.")

    def fingerprint(self) -> str:
        """Hash every file that is read and the names of those left aside."""
        names = [name for names in self._files.values() for name in names]
        if (self._folder / NOTE_FILE).is_file():
            names.append(NOTE_FILE)
        files = {name: self._folder / name for name in names}
        return hash_files(files, also=(*self._unused, *self._odd, self._zone))

    def tables(self, connection: duckdb.DuckDBPyConnection) -> dict[str, RawTable]:
        """Lay the files open, by table; a table with two files is left out."""
        return {
            table: self._read(connection, table, names[0])
            for table, names in self._files.items()
            if len(names) == 1
        }

    def _read(self, connection: duckdb.DuckDBPyConnection, table: str, name: str) -> RawTable:
        path, relation = self._folder / name, f"raw_{table}"
        if name.endswith(".parquet"):
            raw = read_parquet_file(connection, path, relation=relation)
        else:
            known, expected = TABLES[table].names, _expected(table)
            raw = read_text_file(
                connection, path, relation=relation, known=known, expected=expected
            )
        return RawTable(
            table,
            raw.file,
            raw.relation,
            raw.columns,
            self._zone,
            has_line_numbers=raw.has_line_numbers,
            problems=raw.problems,
            notes=raw.notes,
        )


def _expected(table: str) -> str:
    names = TABLES[table].columns
    return ", ".join(column.name if column.required else f"[{column.name}]" for column in names)


def _read_note(file: Path) -> _NoteFile | None:
    if not file.is_file():
        return None
    try:
        fields = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
        return _NoteFile(**fields)
    except pydantic.ValidationError as error:
        reason = "; ".join(_explain(problem) for problem in error.errors())
    except (yaml.YAMLError, UnicodeDecodeError, TypeError) as error:
        reason = " ".join(str(error).split())
    known = ", ".join(_NoteFile.model_fields)
    raise ParameterError(
        f"{file} is not a source note: {reason}. Write `name: value` lines with {known}."
    )


def _explain(problem: Any) -> str:
    name = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        return f"unknown field {shown(name)}{nearest(name, _NoteFile.model_fields)}"
    return f"{name} = {shown(problem['input'])}: {problem['msg']}"


def _note(given: _NoteFile | None, folder_name: str) -> SourceNote:
    if given is None:
        return SourceNote(folder_name, caveats=("no source note given",))
    fields = given.model_dump(exclude={"title", "time_zone"})
    return SourceNote(given.title or folder_name, **fields)


def _unused_note(name: str) -> str:
    table = name.split(".", maxsplit=1)[0]
    if table in TABLES:
        return f"{shown(name)} is left aside: a table is one file ending in {', '.join(_ENDINGS)}."
    return f"{shown(name)} is left aside: no such table{nearest(table, TABLES)}"
