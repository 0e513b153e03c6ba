"""Connections to the engine, set up the same way everywhere."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

import duckdb

from crmlib.sources.quoting import identifier, literal

__all__ = ["connect", "identifier", "literal"]


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
