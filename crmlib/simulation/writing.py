"""Tables written piece by piece, so that memory does not grow with the number of customers."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

__all__ = ["FileFormat", "TableFiles"]

FileFormat = Literal["parquet", "csv"]

_INSTANT = "%Y-%m-%dT%H:%M:%SZ"


class TableFiles:
    """One file per table in a folder, opened with the first rows and closed together.

    Parameters
    ----------
    file_format
        `parquet` with native types, or `csv` as the intake reads it.

    Attributes
    ----------
    rows
        Rows written so far, by table.
    """

    def __init__(self, folder: Path, *, file_format: FileFormat) -> None:
        self._folder = folder
        self._format = file_format
        self._writers: dict[str, pq.ParquetWriter | pyarrow.csv.CSVWriter] = {}
        self._open = ExitStack()
        self.rows: Counter[str] = Counter()

    def __enter__(self) -> TableFiles:
        return self

    def __exit__(self, *error: object) -> None:
        self._open.close()

    def write(self, name: str, table: pa.Table) -> None:
        """Append rows to a table."""
        if self._format == "csv":
            table = _as_text(table)
        if name not in self._writers:
            self._writers[name] = self._open.enter_context(self._writer(name, table.schema))
        self._writers[name].write_table(table)
        self.rows[name] += table.num_rows

    def _writer(self, name: str, schema: pa.Schema) -> pq.ParquetWriter | pyarrow.csv.CSVWriter:
        path = self._folder / f"{name}.{self._format}"
        if self._format == "csv":
            options = pyarrow.csv.WriteOptions(quoting_style="none")
            return pyarrow.csv.CSVWriter(path, schema, write_options=options)
        return pq.ParquetWriter(path, schema, compression="zstd", compression_level=1)


def _as_text(table: pa.Table) -> pa.Table:
    """Write moments as the intake expects them; no text needs quotes, or writing stops."""
    for position, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type):
            text = pc.strftime(table.column(position).cast(pa.timestamp("s", "UTC")), _INSTANT)
            table = table.set_column(position, field.name, text)
    return table
