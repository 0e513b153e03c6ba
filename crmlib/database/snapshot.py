"""An immutable snapshot of the customer database: one Parquet file per table and a report."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import duckdb
import narwhals as nw
import pydantic

from crmlib.database.known import known_at
from crmlib.database.report import FORMAT_VERSION, IntakeReport, TableReport
from crmlib.errors import DataRejectedError, SchemaError
from crmlib.schema import TABLES
from crmlib.sources.quoting import file_literal

__all__ = [
    "REPORT_FILE",
    "Snapshot",
    "canonical",
    "hash_file",
    "name_of",
    "open_snapshot",
]

REPORT_FILE = "snapshot.json"
"""The report inside a snapshot folder; its hash is the name of the folder."""

_REMEDY = "Take the data in again (crm intake) or copy the whole folder again."


@dataclass(frozen=True)
class Snapshot:
    """A folder that never changes; any number of readers may use it at once.

    Parameters
    ----------
    name
        First 16 hexadecimal digits of the sha256 of `snapshot.json`.
    """

    folder: Path
    name: str
    report: IntakeReport

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the tables, in the order of the schema."""
        return tuple(table.name for table in self.report.tables)

    def path(self, table: str) -> Path:
        """Return the Parquet file of a table.

        Raises
        ------
        SchemaError
            If the snapshot does not hold the table.
        """
        return self.folder / self._report_of(table).file

    def quarantine_path(self, table: str) -> Path | None:
        """Return the Parquet file of the rows of a table that were set aside, if there are any."""
        stored = self._report_of(table)
        return self.folder / "quarantine" / stored.file if stored.quarantine_sha256 else None

    def relation(
        self, connection: duckdb.DuckDBPyConnection, table: str, *, as_of_day: int | None = None
    ) -> duckdb.DuckDBPyRelation:
        """Lay a table open on a connection, read when it is used.

        Parameters
        ----------
        as_of_day
            Last day number whose knowledge counts: rows that became known later are left out, and
            what became known later of the other rows, such as the answer to a complaint, is
            empty. Rows without such a day, and plans, are given in full.
        """
        path = file_literal(self.path(table))
        stored = connection.sql(f"from read_parquet({path}, hive_partitioning = false)")
        if as_of_day is None:
            return stored
        frame, model = nw.from_native(stored), TABLES[table]
        known = known_at(frame, table=model, as_of_day=as_of_day, keep_undated=True)
        found: duckdb.DuckDBPyRelation = known.to_native()
        return found

    def verify(self) -> None:
        """Hash every file again.

        Raises
        ------
        DataRejectedError
            If a file is missing or differs from the one intake wrote.
        """
        stored = (self.folder / REPORT_FILE).read_bytes()
        bad = [] if name_of(stored) == self.name else [REPORT_FILE]
        for table in self.report.tables:
            files = {table.file: table.sha256}
            if table.quarantine_sha256:
                files[f"quarantine/{table.file}"] = table.quarantine_sha256
            for file, expected in files.items():
                path = self.folder / file
                if not path.is_file():
                    bad.append(f"{file} (missing)")
                elif hash_file(path) != expected:
                    bad.append(file)
        if bad:
            raise DataRejectedError(
                f"The snapshot {self.folder} is incomplete or was changed: {', '.join(bad)}. "
                + _REMEDY
            )

    def _report_of(self, table: str) -> TableReport:
        for stored in self.report.tables:
            if stored.name == table:
                return stored
        raise SchemaError(
            f"The snapshot {self.name} holds no table {table!r}; it holds {list(self.tables)}."
        )


def open_snapshot(folder: Path) -> Snapshot:
    """Open a snapshot and prove that every file is the one intake wrote.

    Raises
    ------
    DataRejectedError
        If the folder is missing, half copied, renamed, changed, or of another format version.
    """
    file = folder / REPORT_FILE
    if not file.is_file():
        raise DataRejectedError(f"{folder} is not a snapshot: it has no {REPORT_FILE}. {_REMEDY}")
    stored = file.read_bytes()
    try:
        version = json.loads(stored)["format_version"]
        if version != FORMAT_VERSION:
            raise DataRejectedError(
                f"The snapshot {folder} has format version {version}, this program reads "
                f"{FORMAT_VERSION}. Take the data in again (crm intake)."
            )
        report = IntakeReport.model_validate_json(stored)
    except (ValueError, KeyError, TypeError, pydantic.ValidationError) as error:
        raise DataRejectedError(f"{file} is damaged: {error}. {_REMEDY}") from error
    snapshot = Snapshot(folder, folder.name, report)
    snapshot.verify()
    return snapshot


def canonical(report: IntakeReport) -> bytes:
    """Return the one spelling of a report that is stored and hashed."""
    fields = report.model_dump(mode="json")
    text = json.dumps(fields, sort_keys=True, indent=1, ensure_ascii=False)
    return (text + "\n").encode("utf-8", errors="surrogatepass")


def name_of(stored: bytes) -> str:
    """Name of the snapshot whose `snapshot.json` holds these bytes."""
    return hashlib.sha256(stored).hexdigest()[:16]


def hash_file(path: Path) -> str:
    """Return the sha256 of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
