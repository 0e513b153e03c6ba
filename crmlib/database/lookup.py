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
    """Name the snapshot that deliveries are merged with."""
    entry = _read(snapshots, _DATABASE)
    return entry["snapshot"] if entry else None


def set_current_database(snapshots: Path, name: str) -> None:
    """Make a snapshot the one that the next delivery is merged with, in one step."""
    _write(snapshots, _DATABASE, {"snapshot": name})


def _source_key(source_name: str) -> str:
    return f"source-{hashlib.sha256(source_name.encode()).hexdigest()[:32]}"


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
