"""A source that a mapping describes: its files become our tables without a loop over rows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from crmlib.errors import ParameterError
from crmlib.schema import TABLES
from crmlib.settings import Settings
from crmlib.sources.base import Problem, RawTable, SourceNote
from crmlib.sources.folder import hash_files
from crmlib.sources.mapping.loading import load_mapping
from crmlib.sources.mapping.model import Mapping
from crmlib.sources.mapping.opening import Opener
from crmlib.sources.mapping.places import files_of, readings_of
from crmlib.sources.mapping.tables import lay_table
from crmlib.sources.quoting import shown

if TYPE_CHECKING:
    from crmlib.sources.sql_tables import SqlSnapshot

__all__ = ["MappingSource", "open_mapping"]

_NOT_THE_FILE = (
    duckdb.OutOfMemoryException,
    duckdb.InterruptException,
    duckdb.BinderException,
    duckdb.CatalogException,
    duckdb.ParserException,
)
"""What the engine raises for other reasons than a damaged file."""


def open_mapping(file: Path, *, folder: Path | None = None, settings: Settings) -> MappingSource:
    """Open a source that a mapping describes; nothing is read as data yet.

    Parameters
    ----------
    file
        The mapping.
    folder
        Where its files lie; by default the `folder` it names, or its own.

    Raises
    ------
    ParameterError
        If the mapping cannot be used, or the folder is missing.
    """
    mapping = load_mapping(file)
    place = folder or file.parent / (mapping.folder or "")
    if not place.is_dir():
        raise ParameterError(
            f"There is no folder {place} with the files of the mapping {file.name}. Name it: "
            f"crm intake FOLDER --mapping {file.name}, or write `folder:` into the mapping."
        )
    return MappingSource(mapping, file=file, folder=place.resolve(), settings=settings)


class MappingSource:
    """Files, sheets and database tables, turned into our tables by a mapping.

    Parameters
    ----------
    mapping
        The mapping, checked.
    file
        Where it stands; its name without the ending is the name of the source.
    folder
        Where the files lie.
    """

    no_sales: Problem | None = None
    """A mapping without sales is welcome: prospects, visits or complaints alone."""

    def __init__(self, mapping: Mapping, *, file: Path, folder: Path, settings: Settings) -> None:
        self.name = file.stem
        self._mapping = mapping
        self._file = file
        self._folder = folder
        self._zone = mapping.time_zone or settings.time_zone
        self._settings = settings
        self.note = SourceNote(
            title=mapping.title or file.stem,
            provider=mapping.provider,
            terms=mapping.terms,
            is_simulated=mapping.is_simulated,
            caveats=mapping.caveats,
            wording=mapping.wording,
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """Nothing is left aside that the mapping does not say."""
        return ()

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Amounts of another currency in tables that are not converted."""
        currency = self._mapping.currency
        if currency in (None, self._settings.currency):
            return ()
        with_money = [
            name
            for name, parts in self._mapping.tables.items()
            if "currency" not in TABLES[name].names
            and any(
                TABLES[name][one].kind == "amount"
                for part in parts
                for one in part.columns
                if one in TABLES[name].names
            )
        ]
        if not with_money:
            return ()
        says = f"amounts are in {currency}, and the account currency is {self._settings.currency}"
        advice = f"Set currency: {currency} in the settings; only order lines are converted."
        return (Problem(self._file.name, f"{says} (in {', '.join(with_money)})", advice),)

    def fingerprint(self) -> str:
        """Hash the mapping, every file that is read, and the rows of database tables."""
        files = files_of(self._mapping, self._folder)
        total = hash_files({"mapping": self._file, **{f"file {k}": v for k, v in files.items()}},
                           also=(self._zone,))  # fmt: skip
        with self._database() as database:
            if database is None:
                return total
            hashes = {
                database.fingerprint(table=one.table, query=one.query)
                for one in readings_of(self._mapping)
                if one.table or one.query
            }
        return hashlib.sha256(" ".join([total, *sorted(hashes)]).encode()).hexdigest()

    @contextmanager
    def _database(self) -> Iterator[SqlSnapshot | None]:
        """Open one state of the database, if the mapping reads from one."""
        variable = self._mapping.database
        if not variable or not any(one.table or one.query for one in readings_of(self._mapping)):
            yield None
            return
        from crmlib.sources.sql_tables import database_url, sql_snapshot

        with sql_snapshot(database_url(variable)) as database:
            yield database

    def tables(self, connection: duckdb.DuckDBPyConnection) -> dict[str, RawTable]:
        """Lay our tables open, made from the files; every problem of every file is found."""
        with self._database() as database:
            opener = Opener(
                connection,
                self._mapping,
                mapping_file=self._file.name,
                folder=self._folder,
                database=database,
            )
            currency = self._mapping.currency
            foreign = currency if currency != self._settings.currency else None
            tables: dict[str, RawTable] = {}
            said: set[Problem] = set()
            for name, parts in self._mapping.tables.items():
                try:
                    raw = lay_table(
                        connection,
                        opener,
                        name,
                        parts,
                        naive_time_zone=self._zone,
                        currency=foreign,
                    )
                except _NOT_THE_FILE:
                    raise
                except duckdb.Error as error:
                    raw = RawTable(name, self.name, problems=(_damaged(name, error),))
                # a file that feeds several tables is refused once
                tables[name] = replace(
                    raw, problems=tuple(one for one in raw.problems if one not in said)
                )
                said |= set(raw.problems)
            opener.close()
            return tables


def _damaged(table: str, error: duckdb.Error) -> Problem:
    first = str(error).splitlines()[0]
    if "No space left" in first:
        raise OSError(first) from error
    says = f"a file is damaged and cannot be read to its end: {shown(first, limit=160)}"
    return Problem(f"the files of {table}", says, "Export them again.")
