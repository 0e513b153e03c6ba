"""The engines that read a snapshot, and connections to the one of every day, DuckDB."""

from __future__ import annotations

import contextlib
import math
import os
import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import duckdb
import narwhals as nw
import pandas as pd
import pyarrow as pa

from crmlib.database.emptiness import empty_query
from crmlib.database.snapshot import Snapshot
from crmlib.errors import EngineError, ParameterError
from crmlib.schema.columns import Table
from crmlib.settings import check_engine
from crmlib.sources.quoting import identifier, literal

__all__ = ["DuckDB", "Engine", "connect", "identifier", "literal", "open_engine"]

BYTES_PER_LINE = 70
"""Memory the customer snapshot takes per order line, measured by tests/benchmarks/features.py."""
_USABLE_SHARE = 0.7
_DUCKDB = "duckdb"


class Engine(Protocol):
    """What computes: it lays a table of a snapshot open as a narwhals lazy frame."""

    def table(self, snapshot: Snapshot, name: str, *, as_of_day: int) -> nw.LazyFrame[Any]:
        """Give a table as it was known at the end of a day, read when it is used."""

    def empty(self, table: Table) -> nw.LazyFrame[Any]:
        """Give a table of the data model without a row."""

    def given(self, frame: pd.DataFrame) -> nw.LazyFrame[Any]:
        """Lay a table of this process open beside those of a snapshot."""

    def kept(self, frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
        """Work a frame out once, so that several queries read the result."""

    def read(self, path: Path) -> nw.LazyFrame[Any]:
        """Lay a Parquet file of this program open."""

    def store(self, parts: Iterable[nw.LazyFrame[Any]], path: Path, *, by: str) -> None:
        """Work frames of the same columns out into one Parquet file, sorted by a column."""

    def buckets(self, n_lines: int) -> list[Callable[[nw.LazyFrame], nw.LazyFrame]]:
        """Give for each bucket of customers how to cut a table, so that each fits into memory."""

    def explaining(self) -> contextlib.AbstractContextManager[None]:
        """Turn the engine's own errors into ones that say what to do."""

    def close(self) -> None:
        """Let go of the connection."""


def open_engine(name: str = _DUCKDB, *, memory_limit: str = "1GB", threads: int = 2) -> Engine:
    """Open the engine of a name.

    Parameters
    ----------
    name
        `duckdb`; `local[N]` for Spark with N threads in this process; `spark://HOST:PORT` for a
        Spark cluster; `sc://HOST:PORT` for a Spark Connect server.
    memory_limit
        What DuckDB, or Spark's driver, may hold in memory, such as `1GB`.
    threads
        Threads of DuckDB.

    Raises
    ------
    ParameterError
        If there is no such engine, or what it needs is not installed.
    EngineError
        If it cannot be reached.
    """
    if name == _DUCKDB:
        return DuckDB(memory_limit=memory_limit, threads=threads)
    try:
        check_engine(name)
    except ValueError as error:
        raise ParameterError(f"engine={error}. Leave it out for duckdb.") from error
    from crmlib.database.spark import Spark

    return Spark(name, memory_megabytes=_megabytes(memory_limit))


class DuckDB:
    """DuckDB in this process: needs no cluster and gives what every engine gives."""

    def __init__(self, *, memory_limit: str = "1GB", threads: int = 2) -> None:
        self.memory_limit = memory_limit
        self.connection = connect(memory_limit=memory_limit, threads=threads)
        self._folder = Path(tempfile.gettempdir()) / f"crmlib-kept-{os.getpid()}-{id(self)}"
        self._remove = weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        self._n_kept = 0

    def table(self, snapshot: Snapshot, name: str, *, as_of_day: int) -> nw.LazyFrame[Any]:
        """Give a table as it was known at the end of a day."""
        return nw.from_native(snapshot.relation(self.connection, name, as_of_day=as_of_day))

    def empty(self, table: Table) -> nw.LazyFrame[Any]:
        """Give a table of the data model without a row."""
        return nw.from_native(self.connection.sql(empty_query(table)))

    def given(self, frame: pd.DataFrame) -> nw.LazyFrame[Any]:
        """Lay a table of this process open."""
        table = pa.Table.from_pandas(frame, preserve_index=False)
        return nw.from_native(self.connection.from_arrow(table))

    def kept(self, frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
        """Work a frame out into a file of its own, which takes no memory and is gone at the end."""
        self._n_kept += 1
        self._folder.mkdir(exist_ok=True)
        path = self._folder / f"{self._n_kept}.parquet"
        relation: duckdb.DuckDBPyRelation = frame.to_native()
        relation.write_parquet(str(path), compression="zstd")
        return nw.from_native(self.connection.read_parquet(str(path)))

    def read(self, path: Path) -> nw.LazyFrame[Any]:
        """Lay a Parquet file open."""
        return nw.from_native(self.connection.read_parquet(str(path)))

    def store(self, parts: Iterable[nw.LazyFrame[Any]], path: Path, *, by: str) -> None:
        """Work frames out one after the other, then sort them from file to file."""
        made: list[Path] = []
        for number, part in enumerate(parts):
            made.append(path.with_suffix(f".{number}"))
            part.to_native().write_parquet(str(made[-1]), compression="lz4")
        whole = self.connection.read_parquet([str(one) for one in made])
        whole.order(identifier(by)).write_parquet(str(path), compression="lz4")
        for one in made:
            one.unlink()

    def buckets(self, n_lines: int) -> list[Callable[[nw.LazyFrame], nw.LazyFrame]]:
        """Cut customers by a hash of their id into as many buckets as memory demands.

        Their number is n_lines x 70 bytes / (0.7 x memory limit), rounded up; the rest is for the
        readers and the result. The hash is DuckDB's own; which bucket a customer falls
        into shows in no result.
        """
        needed = n_lines * BYTES_PER_LINE / 1e6
        n = max(1, math.ceil(needed / (_USABLE_SHARE * _megabytes(self.memory_limit))))
        return [partial(_bucket, number=number, n=n) for number in range(n)]

    @contextlib.contextmanager
    def explaining(self) -> Iterator[None]:
        """Say what to do when memory runs out."""
        try:
            yield
        except duckdb.OutOfMemoryException as error:
            raise EngineError(
                f"A query needs more than memory_limit={self.memory_limit}: "
                f"{str(error).splitlines()[0]} Raise the limit (crm run --memory-limit 4GB)."
            ) from error

    def close(self) -> None:
        """Close the connection and remove what was kept."""
        self.connection.close()
        self._remove()


def _bucket(frame: nw.LazyFrame, *, number: int, n: int) -> nw.LazyFrame:
    """Keep the customers of one bucket; rows without a customer are in the first."""
    if n == 1:
        return frame
    chosen = f"coalesce(hash(customer_id) % {int(n)}, 0) = {int(number)}"
    return nw.from_native(nw.to_native(frame).filter(chosen))


def _megabytes(memory_limit: str) -> float:
    """Read a size such as `1.5 GB` or `500MB`."""
    return float(memory_limit[:-2]) * (1000 if memory_limit.endswith("GB") else 1)


def connect(
    *, memory_limit: str = "1GB", threads: int = 2, spill_folder: Path | None = None
) -> duckdb.DuckDBPyConnection:
    """Open a private in-memory connection that fetches nothing and answers the same everywhere.

    Parameters
    ----------
    memory_limit
        What the engine may hold in memory before it spills to disk, such as `1GB`.
    threads
        Number of threads.
    spill_folder
        Where it spills; without it a folder of this process among the temporary files.

    Returns
    -------
    duckdb.DuckDBPyConnection
        Time zone UTC, insertion order kept, extensions neither loaded nor installed.

    Examples
    --------
    >>> connect().execute("select current_setting('TimeZone')").fetchone()
    ('UTC',)
    """
    folder = spill_folder or Path(tempfile.gettempdir()) / f"crmlib-spill-{os.getpid()}"
    connection = duckdb.connect(
        config={
            "memory_limit": memory_limit,
            "threads": threads,
            "temp_directory": str(folder),
            "preserve_insertion_order": True,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
    )
    connection.execute("set TimeZone = 'UTC'")
    with contextlib.suppress(duckdb.InvalidInputException):  # a kernel without widgets has no bar
        connection.execute("set enable_progress_bar_print = false")
    return connection
