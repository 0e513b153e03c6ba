"""A file of unknown form laid open: what reads it, and what that form was proved to be."""

# ruff: noqa: S608 - names and values in SQL are quoted by crmlib.sources.quoting
from __future__ import annotations

import codecs
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from crmlib.errors import DataRejectedError
from crmlib.sources.base import ROW, RawFile
from crmlib.sources.json_lines import read_json_lines
from crmlib.sources.parquet_files import parquet_relation
from crmlib.sources.proofs import prove_delimiter, records
from crmlib.sources.quoting import identifier, shown
from crmlib.sources.spreadsheets import read_excel
from crmlib.sources.text_scan import opened
from crmlib.sources.text_table import TextTable, name_problems

__all__ = ["ENDINGS", "Opened", "open_file"]

_TEXT = (".csv", ".tsv", ".txt")
_JSON = (".jsonl", ".ndjson")
_BOOKS = (".xlsx", ".xlsm")
ENDINGS = (*_TEXT, *_JSON, *_BOOKS, ".parquet")
"""Files a mapping can read; text and JSON lines may be packed (.gz)."""

_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class Opened:
    """A file in the engine.

    Parameters
    ----------
    relation, columns
        Where its rows are, with a row number, and its own column names.
    options
        What a mapping says beside `read`.
    proved, unsure
        Sentences about its form.
    """

    relation: str
    columns: tuple[str, ...]
    options: dict[str, Any] = field(default_factory=dict)
    proved: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()


def open_file(connection: duckdb.DuckDBPyConnection, path: Path, *, relation: str) -> Opened:
    """Read the whole file into the engine, by its ending.

    Raises
    ------
    DataRejectedError
        If it cannot be read; the message lists every reason.
    """
    ending = path.name.lower().removesuffix(".gz")
    if ending.endswith(_BOOKS):
        raw = _readable(read_excel(connection, path, relation=relation))
        return Opened(relation, tuple(raw.columns), proved=raw.notes)
    if ending.endswith(_JSON):
        raw = _readable(read_json_lines(connection, path, relation=relation))
        return Opened(relation, tuple(raw.columns), proved=raw.notes)
    if ending.endswith(".parquet"):
        return _open_parquet(connection, path, relation)
    return _open_text(connection, path, relation)


def _readable(raw: RawFile) -> RawFile:
    if raw.problems:
        listed = "\n".join(f"- {problem}" for problem in raw.problems)
        raise DataRejectedError(f"Nothing can be suggested for a file that is not whole.\n{listed}")
    return raw


def _open_parquet(connection: duckdb.DuckDBPyConnection, path: Path, relation: str) -> Opened:
    try:
        connection.execute(
            f"""create or replace temp view {identifier(relation)} as
            select file_row_number + 1 as {ROW}, * exclude (file_row_number)
            from {parquet_relation(path)}"""
        )
        described = connection.execute(f"describe {identifier(relation)}").fetchall()
    except duckdb.Error as error:
        reason = shown(str(error).splitlines()[0], limit=160)
        raise DataRejectedError(
            f"{path.name} is cut or damaged: {reason}. Export the file again."
        ) from error
    names = tuple(name for name, *_ in described)[1:]
    return Opened(relation, names, proved=("Parquet brings its own types",))


def _open_text(connection: duckdb.DuckDBPyConnection, path: Path, relation: str) -> Opened:
    form: dict[str, Any] = {}
    encoding, proved, unsure = _encoding(path)
    if encoding != "utf-8":
        form["encoding"] = encoding
    proof = prove_delimiter(path, encoding=encoding)
    if not proof.form:
        raise DataRejectedError(
            f"{path.name}: {proof.says}. State the delimiter and quotes in a mapping by hand."
        )
    form["delimiter"] = proof.form
    proved.append(f"every record has the same number of fields with the delimiter {proof.form!r}")
    with records(path, proof.form, encoding=encoding) as reader:
        names = next(reader, [])
        problems = name_problems(path.name, names)
        _readable(RawFile(path.name, problems=tuple(problems)))
        table = TextTable(connection, relation, names)
        for number, fields in enumerate(filter(None, reader), start=1):
            table.add(number, [field or None for field in fields])
    table.flush()
    return Opened(relation, tuple(names), {"csv": form}, tuple(proved), tuple(unsure))


def _encoding(path: Path) -> tuple[str, list[str], list[str]]:
    """Prove UTF-8 by reading all bytes, or say what is assumed instead and from which byte on."""
    decoder, n_bytes = codecs.getincrementaldecoder("utf-8")(), 0
    with opened(path) as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            if n_bytes == 0 and chunk[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
                return "utf-16", ["the file begins with the mark of UTF-16"], []
            before = n_bytes - len(decoder.getstate()[0])
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                bad = error.object[error.start : error.start + 1]
                readings = " or ".join(
                    f"{shown(bad.decode(name, errors='replace'))} in {name}"
                    for name in ("cp1252", "cp1250", "mac_roman")
                )
                says = (
                    f"byte {before + error.start:,} is not UTF-8; it is {readings}; cp1252 is taken"
                )
                return "cp1252", [], [says]
            n_bytes += len(chunk)
    return "utf-8", ["all bytes are UTF-8"], []
