"""The calls that turn settings into a snapshot."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from crmlib.database.intake import intake
from crmlib.database.lookup import current_database, set_current_database
from crmlib.database.snapshot import Snapshot, open_snapshot
from crmlib.errors import ParameterError
from crmlib.settings import DATABASE, Settings
from crmlib.sources import open_source

__all__ = ["fingerprint", "load", "merge", "snapshots_of"]

_SNAPSHOTS = "data/snapshots"


def snapshots_of(settings: Settings) -> Path:
    """Return the folder of all snapshots of a project."""
    return settings.path(_SNAPSHOTS)


def load(
    settings: Settings,
    *,
    accept_drop: str = "",
    progress: Callable[[str], None] | None = None,
) -> Snapshot:
    """Take in the source the settings name, or find the snapshot it has already become.

    The source `database` is what deliveries were merged into; nothing is taken in for it.

    Parameters
    ----------
    accept_drop
        Reason why a delivery less than half as large as the one before it is right.

    Raises
    ------
    ParameterError
        If there is no such source.
    DataRejectedError
        If its data are not fit to be used.
    """
    if settings.source == DATABASE:
        return _database(settings)
    return intake(
        open_source(settings.source, settings=settings),
        settings=settings,
        snapshots=snapshots_of(settings),
        accept_drop=accept_drop,
        progress=progress,
    )


def merge(
    settings: Settings,
    *,
    begin_anew: bool = False,
    accept_drop: str = "",
    progress: Callable[[str], None] | None = None,
) -> Snapshot:
    """Merge the source the settings name into the database; the first one begins it.

    Only one merge may run at a time; the caller sees to it.

    Parameters
    ----------
    begin_anew
        Begin another database with this delivery; the old one stays as a snapshot.
    accept_drop
        Reason why a delivery less than half as large as the one before it is right.

    Raises
    ------
    ParameterError
        If there is no such source.
    DataRejectedError
        If its data are not fit to be used; the database stays as it is.
    """
    if settings.source == DATABASE:
        raise ParameterError("The database cannot be merged with itself. Name a delivery.")
    folder = snapshots_of(settings)
    snapshot = intake(
        open_source(settings.source, settings=settings),
        settings=settings,
        snapshots=folder,
        base=None if begin_anew or not current_database(folder) else _database(settings),
        accept_drop=accept_drop,
        progress=progress,
    )
    set_current_database(folder, snapshot.name)
    return snapshot


def fingerprint(settings: Settings) -> str:
    """Hash what the source the settings name holds now, without reading it as data."""
    if settings.source == DATABASE:
        return _database(settings).report.fingerprint
    return open_source(settings.source, settings=settings).fingerprint()


def _database(settings: Settings) -> Snapshot:
    """Open the snapshot that deliveries are merged into."""
    folder = snapshots_of(settings)
    name = current_database(folder)
    if name is None:
        raise ParameterError(
            "There is no database yet. Begin it with the first delivery: crm intake SOURCE --merge."
        )
    return open_snapshot(folder / name)
