"""Parquet files: native types, read where they lie."""

# ruff: noqa: S608 - names and values in SQL are quoted by crmlib.sources.quoting
from __future__ import annotations

from pathlib import Path

import duckdb

from crmlib.sources.base import SOURCE_ROW, Problem, RawTable
from crmlib.sources.quoting import identifier, literal, shown

__all__ = ["parquet_relation", "read_parquet_file"]


def parquet_relation(path: Path) -> str:
    """Return SQL that reads one Parquet file with its row number, and nothing else beside it."""
    return f"read_parquet({literal(str(path))}, hive_partitioning = false, file_row_number = true)"


def read_parquet_file(
    connection: duckdb.DuckDBPyConnection, path: Path, *, table: str, naive_time_zone: str
) -> RawTable:
    """Lay a Parquet file open as a view, or say why it cannot be trusted."""
    again = "Export the file again."
    file, relation = path.name, f"raw_{table}"
    if path.stat().st_size == 0:
        return RawTable(table, file, problems=(Problem(file, "the file is empty", again),))
    try:
        described = connection.execute(f"describe from {parquet_relation(path)}").fetchall()
        stored = connection.execute(
            f"select name from parquet_schema({literal(str(path))})"
        ).fetchall()
    except duckdb.Error as error:
        reason = shown(str(error).splitlines()[0], limit=160)
        problem = Problem(file, f"the Parquet file is cut (truncated) or damaged: {reason}", again)
        return RawTable(table, file, problems=(problem,))
    columns = {name: kind for name, kind, *_ in described if name != "file_row_number"}
    twice = sorted(set(columns) - {name for (name,) in stored})
    if twice:
        says = f"the file names a column twice; the second one reads as {shown(twice[0])}"
        problem = Problem(file, says, "Give every column its own name.")
        return RawTable(table, file, problems=(problem,))
    kept = {name: kind for name, kind in columns.items() if name != SOURCE_ROW}
    selected = ", ".join(identifier(name) for name in kept)
    connection.execute(
        f"""create temp view {identifier(relation)} as
        select file_row_number + 1 as {SOURCE_ROW}, {selected} from {parquet_relation(path)}"""
    )
    notes = () if len(kept) == len(columns) else (f"{file}: column {SOURCE_ROW} is left out.",)
    return RawTable(table, file, relation, kept, naive_time_zone, notes=notes)
