"""Which snapshot an unchanged source has already become."""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import re
from pathlib import Path

import duckdb

from crmlib.database.report import FORMAT_VERSION
from crmlib.periods import day_number
from crmlib.settings import Settings

__all__ = ["code_hash", "find_snapshot", "lookup_key", "remember_snapshot"]

_FOLDER = "lookup"
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
    try:
        stored = json.loads((snapshots / _FOLDER / f"{key}.json").read_text(encoding="utf-8"))
        name, latest_day = str(stored["snapshot"]), int(stored["latest_day"])
    except (OSError, ValueError, KeyError, TypeError):
        return None  # never written, or damaged: the source is read again
    if not _NAME.fullmatch(name):
        return None  # edited: it would lead out of the folder
    return name if latest_day <= day_number(received_on) else None


def remember_snapshot(snapshots: Path, key: str, name: str, *, latest_day: int) -> None:
    """Remember the snapshot of a key in one step.

    Parameters
    ----------
    latest_day
        Day number of the latest moment in the data; an earlier day of intake would refuse it.
    """
    folder = snapshots / _FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f".part-{os.getpid()}-{key}"
    text = json.dumps({"snapshot": name, "latest_day": latest_day})
    part.write_text(text, encoding="utf-8")
    os.replace(part, folder / f"{key}.json")
