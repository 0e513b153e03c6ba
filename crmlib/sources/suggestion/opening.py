"""A file of unknown form laid open: what reads it, and what that form was proved to be."""

from __future__ import annotations

import codecs
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from crmlib.errors import DataRejectedError
from crmlib.sources.base import RawFile
from crmlib.sources.json_lines import read_json_lines
from crmlib.sources.mapping.places import ending_of
from crmlib.sources.parquet_files import read_parquet_file
from crmlib.sources.proofs import prove_delimiter
from crmlib.sources.quoting import shown
from crmlib.sources.spreadsheets import read_excel
from crmlib.sources.text_files import TextForm, read_text_file
from crmlib.sources.text_scan import opened

__all__ = ["Opened", "open_file"]

_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class Opened:
    """A file in the engine.

    Parameters
    ----------
    raw
        Where its rows are.
    options
        What a mapping says beside `read`.
    proved, unsure
        Sentences about its form.
    """

    raw: RawFile
    options: dict[str, Any] = field(default_factory=dict)
    proved: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()


def open_file(connection: duckdb.DuckDBPyConnection, path: Path, *, relation: str) -> Opened:
    """Read the whole file into the engine, by the end of its name.

    Raises
    ------
    DataRejectedError
        If it cannot be read; the message lists every reason.
    """
    sort = ending_of(path)
    if sort == "text":
        return _open_text(connection, path, relation)
    reader = {"excel": read_excel, "json": read_json_lines}.get(sort, read_parquet_file)
    raw = _readable(reader(connection, path, relation=relation))
    return Opened(raw, proved=raw.notes)


def _readable(raw: RawFile) -> RawFile:
    if raw.problems:
        listed = "\n".join(f"- {problem}" for problem in raw.problems)
        raise DataRejectedError(
            f"Nothing can be suggested for a file that cannot be read. Correct it first.\n{listed}"
        )
    return raw


def _open_text(connection: duckdb.DuckDBPyConnection, path: Path, relation: str) -> Opened:
    form: dict[str, Any] = {}
    encoding, proved, unsure = _encoding(path)
    if encoding != "utf-8":
        form["encoding"] = encoding
    proof = prove_delimiter(path, encoding=encoding)
    if not proof.form:
        raise DataRejectedError(
            f"{path.name}: {proof.says}. Write a mapping by hand that states csv: {{delimiter: …}}."
        )
    form["delimiter"] = proof.form
    stated = TextForm(proof.form, encoding="" if encoding == "utf-8" else encoding)
    raw = _readable(read_text_file(connection, path, relation=relation, form=stated))
    proved.append(f"{shown(proof.form)} splits every record into {len(raw.columns)} field(s)")
    return Opened(raw, {"csv": form}, (*proved, *raw.notes), tuple(unsure))


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
                place = f"byte {before + error.start:,} is not UTF-8"
                return "cp1252", [], [f"{place}; it is {readings}; cp1252 is taken"]
            n_bytes += len(chunk)
    return "utf-8", ["all bytes are UTF-8"], []
