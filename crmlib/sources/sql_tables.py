"""Tables and queries of a SQL database, streamed into the engine as exact text."""

# ruff: noqa: S608 - names are quoted by the dialect, queries are the reader's own
from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import duckdb

from crmlib.errors import ParameterError
from crmlib.sources.base import Problem, RawFile
from crmlib.sources.quoting import nearest, shown
from crmlib.sources.sql_connection import (
    Database,
    SqlError,
    database_url,
    reading,
    refusal,
    sqlalchemy,
)
from crmlib.sources.text_table import TextTable, name_problems

__all__ = ["SqlSnapshot", "database_url", "read_sql", "sql_fingerprint", "sql_snapshot"]

_ROWS_PER_FETCH = 5_000
_SELECT = re.compile(r"(\s|--[^\n]*\n|/\*.*?\*/)*(select|with|values|table)\b", re.I | re.S)
_HASH_BYTES = 32


def read_sql(
    connection: duckdb.DuckDBPyConnection,
    url: str,
    *,
    relation: str,
    table: str | None = None,
    query: str | None = None,
) -> RawFile:
    """Load a table or the result of a SELECT as text, in bounded memory and without writing.

    Guards against drivers that round or shift: numbers keep their digits, moments with a zone are
    given in UTC with their offset, those without as they stand.

    Parameters
    ----------
    url
        Address of the database, see `database_url`; it appears in no message.
    table
        Name of a table or view, with its schema where needed (`sales.orders`).
    query
        One SELECT instead of a table.

    Raises
    ------
    ParameterError
        If not exactly one of `table` and `query` is given, or the address is unfit.
    SqlError
        If the database does not answer.
    """
    with sql_snapshot(url) as snapshot:
        return snapshot.read(connection, relation=relation, table=table, query=query)


def sql_fingerprint(url: str, *, table: str | None = None, query: str | None = None) -> str:
    """Hash names and rows of a table or query, whatever their order; the address does not count.

    Raises
    ------
    ParameterError, SqlError
        As `read_sql`.
    """
    with sql_snapshot(url) as snapshot:
        return snapshot.fingerprint(table=table, query=query)


@contextmanager
def sql_snapshot(url: str) -> Iterator[SqlSnapshot]:
    """Open one state of a database from which several tables can be read that fit together.

    Raises
    ------
    ParameterError, SqlError
        As `read_sql`.
    """
    with reading(url) as database:
        yield SqlSnapshot(database)


@dataclass(frozen=True)
class _Chosen:
    """What is read: its name for messages, SQL of its rows, and what speaks against it."""

    label: str
    sql: str = ""
    problems: tuple[Problem, ...] = ()


class SqlSnapshot:
    """One state of a database, see `sql_snapshot`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection = database.connection
        self._dialect = self._connection.dialect
        self._is_sqlite = self._dialect.name == "sqlite"

    def read(
        self,
        connection: duckdb.DuckDBPyConnection,
        *,
        relation: str,
        table: str | None = None,
        query: str | None = None,
    ) -> RawFile:
        """Load a table or query into a temporary table of the engine; see `read_sql`."""
        chosen = self._choose(table, query)
        if chosen.problems:
            return RawFile(chosen.label, problems=chosen.problems)
        try:
            with self._connection.begin_nested():  # so that another table can be read after a fault
                return self._load(connection, chosen, relation)
        except sqlalchemy().exc.SQLAlchemyError as error:
            says = f"the database refuses: {self._database.clean(error)}"
            advice = "Correct the query, or ask for the right to read."
        except UnicodeDecodeError:
            says = "a text is not in the encoding of the database"
            advice = "Correct the text, or leave its column out with a query."
        return RawFile(chosen.label, problems=(Problem(chosen.label, says, advice),))

    def _load(
        self, connection: duckdb.DuckDBPyConnection, chosen: _Chosen, relation: str
    ) -> RawFile:
        names = self._columns(chosen)
        problems = name_problems(chosen.label, names)
        if problems:
            return RawFile(chosen.label, problems=tuple(problems))
        target = TextTable(connection, relation, names)
        for number, row in enumerate(self._rows(chosen, names), start=1):
            target.add(number, row)
        target.flush()
        columns = dict.fromkeys(names, "VARCHAR")
        return RawFile(chosen.label, relation, columns, floats=self._floats(chosen, names))

    def _floats(self, chosen: _Chosen, names: list[str]) -> dict[str, str]:
        """Find columns with floating-point numbers, of which SQLite may store one in any column."""
        if not self._is_sqlite:
            return {}
        tests = ", ".join(f"max(typeof({self._quoted(name)}) = 'real')" for name in names)
        with self._execute(f"select {tests} from (\n{chosen.sql}\n) as crm_query") as result:
            found = result.fetchone()
        return {name: "REAL" for name, is_real in zip(names, found, strict=True) if is_real}

    def fingerprint(self, *, table: str | None = None, query: str | None = None) -> str:
        """Hash names and rows, whatever the order of the rows; see `sql_fingerprint`."""
        chosen = self._choose(table, query)
        total = 0
        try:
            names = [] if chosen.problems else self._columns(chosen)
            for row in self._rows(chosen, names) if names else ():
                digest = hashlib.blake2b(repr(row).encode(), digest_size=_HASH_BYTES).digest()
                total += int.from_bytes(digest, "big")
        except sqlalchemy().exc.DBAPIError as error:
            if error.connection_invalidated:
                raise
            says = self._database.clean(error)
            raise SqlError(refusal(chosen.label, says)) from None
        return hashlib.sha256(f"{names!r} {total:x}\n".encode()).hexdigest()

    def _choose(self, table: str | None, query: str | None) -> _Chosen:
        if (table is None) == (query is None):
            raise ParameterError("Name either a table or a query of the database, not both.")
        if query is not None:
            label = f"query of the database {shown(self._database.name)}"
            if _SELECT.match(query):
                return _Chosen(label, query.strip().rstrip(";"))
            problem = Problem(label, "it is not a SELECT", "Write one SELECT without a semicolon.")
            return _Chosen(label, problems=(problem,))
        return self._choose_table(table or "")

    def _choose_table(self, table: str) -> _Chosen:
        label = f"table {shown(table)} of the database {shown(self._database.name)}"
        schema, _, name = table.rpartition(".")
        inspector = sqlalchemy().inspect(self._connection)
        if schema and schema not in inspector.get_schema_names():
            known: list[str] = inspector.get_schema_names()
            hint = nearest(schema, known)
            advice = f"Its schemas are {', '.join(map(shown, known[:20]))}."
            problem = Problem(label, f"there is no schema {shown(schema)}{hint}", advice)
            return _Chosen(label, problems=(problem,))
        known = [
            *inspector.get_table_names(schema=schema or None),
            *inspector.get_view_names(schema=schema or None),
            *([] if self._is_sqlite else inspector.get_materialized_view_names(schema or None)),
        ]
        if name not in known:
            tables = ", ".join(map(shown, sorted(known)[:20])) or "none that this user may see"
            problem = Problem(
                label, f"there is no such table{nearest(name, known)}", f"There are {tables}."
            )
            return _Chosen(label, problems=(problem,))
        parts = [self._quoted(part) for part in (schema, name) if part]
        return _Chosen(label, f"select * from {'.'.join(parts)}")

    def _quoted(self, name: str) -> str:
        return str(self._dialect.identifier_preparer.quote_identifier(name))

    def _execute(self, sql: str) -> Any:
        """Run one statement with a cursor of the server; it is sent as it stands."""
        options = {"stream_results": True, "yield_per": _ROWS_PER_FETCH}
        return self._connection.exec_driver_sql(sql, execution_options=options)

    def _columns(self, chosen: _Chosen) -> list[str]:
        sql = f"select * from (\n{chosen.sql}\n) as crm_query limit 0"
        if self._is_sqlite:  # it would give new names to columns named twice; it computes lazily
            sql = chosen.sql
        with self._execute(sql) as result:
            return [str(column[0]) for column in result.cursor.description]

    def _rows(self, chosen: _Chosen, names: list[str]) -> Iterator[list[str | None]]:
        form = "{}" if self._is_sqlite else "cast({} as text)"
        columns = ", ".join(form.format(self._quoted(name)) for name in names)
        sql = f"select {columns} from (\n{chosen.sql}\n) as crm_query"
        with self._execute(sql) as result:
            for rows in result.partitions(_ROWS_PER_FETCH):
                for row in rows:
                    yield [None if value is None else _text(value) for value in row]


_WRITERS: dict[type, Callable[[Any], str]] = {
    str: str,
    float: repr,
    bytes: lambda value: "\\x" + value.hex(),
}


def _text(value: Any) -> str:
    """Write a value of the driver as text that holds all its digits."""
    return _WRITERS.get(type(value), str)(value)
