"""Parquet files: native types, read where they lie."""

# ruff: noqa: S608 - names and values in SQL are quoted by crmlib.sources.quoting
from __future__ import annotations

from pathlib import Path

import duckdb

from crmlib.sources.base import ROW, Problem, RawFile, reserved_problem
from crmlib.sources.quoting import file_literal, identifier, shown

__all__ = ["parquet_relation", "read_parquet_file"]

_ENGINE_ROW = "file_row_number"
"""Name under which the engine counts rows."""


def parquet_relation(path: Path) -> str:
    """Return SQL that reads one Parquet file with its row number, and nothing else beside it."""
    return f"read_parquet({file_literal(path)}, hive_partitioning = false, file_row_number = true)"


def read_parquet_file(
    connection: duckdb.DuckDBPyConnection, path: Path, *, relation: str
) -> RawFile:
    """Lay a Parquet file open as a view, or say why it cannot be trusted."""
    again = "Export the file again."
    file = path.name
    if path.stat().st_size == 0:
        return RawFile(file, problems=(Problem(file, "the file is empty", again),))
    try:
        schema = connection.execute(f"select name from parquet_schema({file_literal(path)})")
        stored = {name for (name,) in schema.fetchall()}
        if _ENGINE_ROW in {name.casefold() for name in stored}:
            problem = Problem(file, f"a column is named {_ENGINE_ROW}", "Rename the column.")
            return RawFile(file, problems=(problem,))
        described = connection.execute(f"describe from {parquet_relation(path)}").fetchall()
    except duckdb.Error as error:
        reason = shown(str(error).splitlines()[0], limit=160)
        problem = Problem(file, f"the Parquet file is cut (truncated) or damaged: {reason}", again)
        return RawFile(file, problems=(problem,))
    columns = {name: kind for name, kind, *_ in described if name != _ENGINE_ROW}
    twice = sorted(set(columns) - stored)
    if twice:
        says = f"the file names a column twice; the second one reads as {shown(twice[0])}"
        problem = Problem(file, says, "Give every column its own name.")
        return RawFile(file, problems=(problem,))
    reserved = reserved_problem(file, columns)
    if reserved:
        return RawFile(file, problems=(reserved,))
    selected = ", ".join(identifier(name) for name in columns)
    connection.execute(
        f"""create or replace temp view {identifier(relation)} as
        select file_row_number + 1 as {ROW}, {selected} from {parquet_relation(path)}"""
    )
    return RawFile(file, relation, columns)
