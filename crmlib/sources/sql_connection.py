"""Connections to a SQL database that can only read, and whose secrets appear in no message."""

from __future__ import annotations

import os
import re
import sqlite3
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from crmlib.errors import DataRejectedError, ParameterError
from crmlib.sources.quoting import shown

__all__ = ["Database", "SqlError", "database_url", "reading", "refusal", "sqlalchemy"]

_MISSING = (
    "Database tables need the packages sqlalchemy and psycopg, of which {name} is not installed. "
    "Install them (pip install sqlalchemy 'psycopg[binary]') or export the tables as files."
)
_MOST_SECONDS_TO_CONNECT = 10
_POSTGRESQL_OPTIONS = {
    "default_transaction_read_only": "on",
    "timezone": "UTC",
    "datestyle": "ISO",
    "intervalstyle": "iso_8601",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "synchronize_seqscans": "off",
}
_SECRET_OPTIONS = ("password", "passfile", "sslpassword", "sslkey", "host", "hostaddr")
_EXAMPLE = "postgresql://user:password@host/database or sqlite:////folder/file.db"


@dataclass(frozen=True)
class Database:
    """An open connection that can only read.

    Parameters
    ----------
    connection
        A SQLAlchemy connection inside its transaction.
    name
        Name of the database for messages.
    clean
        Takes password, host and address out of an error and leaves one short line.
    """

    connection: Any
    name: str
    clean: Callable[[Exception], str]


class SqlError(DataRejectedError):
    """A database cannot be reached or refuses a question; the message holds no secret."""


def database_url(variable: str) -> str:
    """Return the address of a database from an environment variable.

    Guards against passwords in files: a mapping names the variable, never the address.

    Raises
    ------
    ParameterError
        If the variable is not set.
    """
    url = os.environ.get(variable, "").strip()
    if not url:
        raise ParameterError(
            f"The environment variable {shown(variable)}, which holds the address of the "
            f"database, is not set. Set it to something like {_EXAMPLE}."
        )
    return url


def sqlalchemy() -> Any:
    """Import the package that talks to databases where one is first needed."""
    try:
        import sqlalchemy
    except ImportError as error:
        raise ParameterError(_MISSING.format(name="sqlalchemy")) from error
    return sqlalchemy


@contextmanager
def reading(url: str) -> Iterator[Database]:
    """Open a read-only transaction that sees one state of the database to its end.

    On PostgreSQL that is REPEATABLE READ READ ONLY with ISO texts in UTC; an SQLite file is opened
    for reading only.

    Yields
    ------
    Database
        The connection inside its transaction.

    Raises
    ------
    ParameterError
        If the address is not readable, of another kind of database, or a package is missing.
    SqlError
        If the database cannot be reached or refuses; host and password are not in the message.
    """
    alchemy = sqlalchemy()
    parsed = _parsed(alchemy, url)
    name = parsed.database.replace("\\", "/").split("/")[-1]
    clean, is_open = _cleaner(parsed, url), False
    options = {"poolclass": alchemy.pool.NullPool, "hide_parameters": True}
    try:
        engine = alchemy.create_engine(parsed, **_options(parsed), **options)
    except ImportError:
        raise ParameterError(_MISSING.format(name="psycopg")) from None
    try:
        with engine.connect() as connection:
            connection = connection.execution_options(postgresql_readonly=True, no_parameters=True)
            if engine.dialect.name == "sqlite":
                connection.exec_driver_sql("begin")
            is_open = True
            yield Database(connection, name, clean)
    except alchemy.exc.SQLAlchemyError as error:
        if is_open and not getattr(error, "connection_invalidated", False):
            raise SqlError(refusal(f"The database {shown(name)}", clean(error))) from None
        raise SqlError(
            f"The database {shown(name)} does not answer: {clean(error)}. "
            "Check the address and the user's rights."
        ) from None
    finally:
        engine.dispose()


def refusal(what: str, says: str) -> str:
    """Write what a database says against a question, which is not to be silent."""
    return f"{what}: the database refuses: {says}. Correct the query, or ask for the right to read."


def _parsed(alchemy: Any, url: str) -> Any:
    """Split the address, and name the driver that is meant."""
    try:
        parsed = alchemy.make_url(url)
    except (alchemy.exc.ArgumentError, ValueError):
        raise ParameterError(
            f"The address of the database is not readable. Write something like {_EXAMPLE}; "
            "write special characters of the password as %40 and the like."
        ) from None
    kind = parsed.drivername.split("+")[0]
    drivers = {"postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}
    if kind not in (*drivers, "sqlite") or not parsed.database:
        raise ParameterError(
            "The address of the database must begin with postgresql:// or sqlite:// and name a "
            f"database. Write something like {_EXAMPLE}, or export the tables as files."
        )
    if kind == "sqlite" and (parsed.username or parsed.password or parsed.host or parsed.port):
        raise ParameterError(
            "The address of an SQLite database names nothing but a file: no user, no password and "
            "no host. Write sqlite:////folder/file.db, with three strokes before the whole path."
        )
    return parsed.set(drivername=drivers.get(kind, "sqlite"))


def _options(parsed: Any) -> dict[str, Any]:
    if parsed.drivername == "sqlite":
        path = urllib.parse.quote(os.path.abspath(parsed.database))

        def opened() -> sqlite3.Connection:
            return sqlite3.connect(f"file:{path}?mode=ro", uri=True)

        return {"creator": opened}
    settings = " ".join(f"-c {name}={value}" for name, value in _POSTGRESQL_OPTIONS.items())
    arguments = {
        "connect_timeout": _MOST_SECONDS_TO_CONNECT,
        "client_encoding": "utf8",
        "application_name": "crmlib",
        "options": settings,
    }
    return {"connect_args": arguments, "isolation_level": "REPEATABLE READ"}


def _cleaner(parsed: Any, url: str) -> Callable[[Exception], str]:
    """Return a function that takes password, host and the address itself out of a message.

    The password goes wherever it stands, a host that is a number, path or full name as a whole
    word; the name of the user stays, since a short one would tear holes into words.
    """
    given, hosts = [url, parsed.password], [parsed.host]
    for name, values in parsed.query.items():
        if name in _SECRET_OPTIONS:
            group = hosts if name.startswith("host") else given
            group += [values] if isinstance(values, str) else values
    quoted = (str, urllib.parse.quote, urllib.parse.quote_plus)
    secrets = [form(text) for text in given if text for form in quoted]
    secrets.append(parsed.render_as_string(hide_password=False))
    forms = [re.escape(text) for text in sorted(set(secrets), key=len, reverse=True)]
    forms += [rf"(?<!\w){re.escape(text)}(?!\w)" for text in hosts if set(text or "") & set("./:")]
    secret = re.compile("|".join(forms))

    def clean(error: Exception) -> str:
        message = str(getattr(error, "orig", None) or error).strip()
        first = (message or "no reason given").splitlines()[0]
        return shown(secret.sub("***", first), limit=300)

    return clean
