"""Which snapshot an unchanged source has already become."""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import re
from pathlib import Path
from typing import Any

import duckdb

from crmlib.database.report import FORMAT_VERSION
from crmlib.errors import DataRejectedError
from crmlib.periods import day_number
from crmlib.settings import Settings

__all__ = [
    "code_hash",
    "current_database",
    "find_snapshot",
    "last_snapshot",
    "lookup_key",
    "remember_last_snapshot",
    "remember_snapshot",
    "set_current_database",
]

_FOLDER = "lookup"
_DATABASE = "database"
_NAME = re.compile("[0-9a-f]{16}")
_SETTINGS = ("time_zone", "currency", "max_quarantined_share")


def code_hash() -> str:
    """Hash the source code that decides what a snapshot holds."""
    total = hashlib.sha256(f"{FORMAT_VERSION} {duckdb.__version__}".encode())
    for package in ("database", "schema", "sources"):
        for file in sorted((Path(__file__).parents[1] / package).rglob("*.py")):
            total.update(file.name.encode() + file.read_bytes())
    return total.hexdigest()


def lookup_key(source_name: str, fingerprint: str, settings: Settings) -> str:
    """Hash everything the snapshot of a source depends on, but for the day of intake."""
    chosen = [getattr(settings, name) for name in _SETTINGS]
    parts = json.dumps([source_name, fingerprint, chosen, code_hash()])
    return hashlib.sha256(parts.encode()).hexdigest()[:32]


def find_snapshot(snapshots: Path, key: str, *, received_on: datetime.date) -> str | None:
    """Name the snapshot remembered for a key, unless the day of intake could change it."""
    entry = _read(snapshots, key)
    if entry is None or not isinstance(entry.get("latest_day"), int):
        return None  # never written, or damaged: the source is read again
    return entry["snapshot"] if entry["latest_day"] <= day_number(received_on) else None


def remember_snapshot(snapshots: Path, key: str, name: str, *, latest_day: int) -> None:
    """Remember the snapshot of a key in one step.

    Parameters
    ----------
    latest_day
        Day number of the latest moment in the data; an earlier day of intake would refuse it.
    """
    _write(snapshots, key, {"snapshot": name, "latest_day": latest_day})


def last_snapshot(snapshots: Path, source_name: str) -> str | None:
    """Name the snapshot that a source became the last time, whatever it held."""
    entry = _read(snapshots, _source_key(source_name))
    return entry["snapshot"] if entry else None


def remember_last_snapshot(snapshots: Path, source_name: str, name: str) -> None:
    """Remember what a source became, to compare its next delivery with."""
    _write(snapshots, _source_key(source_name), {"snapshot": name})


def current_database(snapshots: Path) -> str | None:
    """Name the snapshot that deliveries are merged with; nothing where none has been begun.

    Raises
    ------
    DataRejectedError
        If the entry is damaged, or is gone although deliveries have been merged: a new database
        would silently take the place of the old one.
    """
    file = snapshots / _FOLDER / f"{_DATABASE}.json"
    entry = _read(snapshots, _DATABASE)
    if entry:
        return str(entry["snapshot"])
    merged = _merged_snapshots(snapshots)
    if not file.exists() and not merged:
        return None
    what = "is damaged" if file.exists() else "is gone"
    known = f" Merged snapshots are: {', '.join(merged)}." if merged else ""
    raise DataRejectedError(
        f"The entry {file} that names the database {what}, so there is nothing to merge with."
        f'{known} Write it anew as {{"snapshot": "NAME"}}, or begin another database with '
        "--merge --new-database."
    )


def set_current_database(snapshots: Path, name: str) -> None:
    """Make a snapshot the one that the next delivery is merged with, in one step."""
    _write(snapshots, _DATABASE, {"snapshot": name})


def _merged_snapshots(snapshots: Path) -> list[str]:
    """Name the snapshots made of several deliveries, the newest first."""
    found = []
    for file in snapshots.glob("*/snapshot.json"):
        try:
            n_deliveries = len(json.loads(file.read_text(encoding="utf-8"))["deliveries"])
        except (OSError, ValueError, KeyError, TypeError):
            continue  # not a snapshot of ours, or half copied
        if n_deliveries > 1:
            found.append((-file.stat().st_mtime, file.parent.name))
    return [name for _, name in sorted(found)]


def _source_key(source_name: str) -> str:
    """Name a source, or all of them whose names differ in numbers only, such as 2024-12-31."""
    family = re.sub(r"\d+", "#", source_name)
    return f"source-{hashlib.sha256(family.encode()).hexdigest()[:32]}"


def _read(snapshots: Path, key: str) -> dict[str, Any] | None:
    """Read an entry that names a snapshot; one that is damaged or leads elsewhere is none."""
    try:
        entry = json.loads((snapshots / _FOLDER / f"{key}.json").read_text(encoding="utf-8"))
        return entry if _NAME.fullmatch(entry["snapshot"]) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write(snapshots: Path, key: str, entry: dict[str, Any]) -> None:
    """Write an entry in one step."""
    folder = snapshots / _FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f".part-{os.getpid()}-{key}"
    part.write_text(json.dumps(entry), encoding="utf-8")
    os.replace(part, folder / f"{key}.json")
