"""Snapshots found again, put in their place in one step, and cleaned up after a crash."""

from __future__ import annotations

import datetime
import os
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from crmlib.database.lookup import find_snapshot
from crmlib.database.report import IntakeReport
from crmlib.database.snapshot import REPORT_FILE, Snapshot, canonical, name_of, open_snapshot
from crmlib.errors import DataRejectedError

__all__ = ["WORK_PREFIX", "known_snapshot", "publish", "sweep"]

WORK_PREFIX = ".intake-"
"""How work folders beside the snapshots begin."""

_STALE_SECONDS = 86_400
_READ_ONLY = 0o444


def known_snapshot(
    snapshots: Path,
    key: str,
    day: datetime.date,
    say: Callable[[str], None],
    *,
    expected: Mapping[str, str],
) -> Snapshot | None:
    """Open the snapshot an unchanged source has become, if it is there and whole.

    Parameters
    ----------
    expected
        What its report must say by field, such as the fingerprint: an entry may be copied or
        edited, so it is only a hint where to look.
    """
    name = find_snapshot(snapshots, key, received_on=day)
    if name is None or not (snapshots / name).is_dir():
        return None
    try:
        snapshot = open_snapshot(snapshots / name)
    except DataRejectedError as error:
        say(f"The stored snapshot cannot be used and is made again: {error}")
        return None
    if any(getattr(snapshot.report, field) != value for field, value in expected.items()):
        say(f"The snapshot {name} is not of this source and is passed over.")
        return None
    say(f"The source is unchanged: snapshot {name}.")
    return snapshot


def publish(
    report: IntakeReport, folder: Path, snapshots: Path, say: Callable[[str], None]
) -> Snapshot:
    """Rename the finished work folder to its content's name; an equal one is left alone."""
    stored = canonical(report)
    name = name_of(stored)
    (folder / REPORT_FILE).write_bytes(stored)
    target = snapshots / name
    if target.exists():
        try:
            return open_snapshot(target)
        except DataRejectedError as error:
            say(f"The stored snapshot is damaged and replaced: {error}")
            os.replace(target, folder.parent / "damaged")
    for file in folder.rglob("*"):
        if file.is_file():
            file.chmod(_READ_ONLY)
    try:
        os.replace(folder, target)
    except OSError:
        if not target.is_dir():
            raise
        return open_snapshot(target)  # another intake of the same data was faster
    say(f"Wrote snapshot {name}.")
    return Snapshot(target, name, report)


def sweep(snapshots: Path) -> None:
    """Remove work folders of intakes that were killed more than a day ago."""
    for folder in snapshots.glob(f"{WORK_PREFIX}*"):
        if time.time() - folder.stat().st_mtime > _STALE_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)
