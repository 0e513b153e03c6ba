"""The one call that turns settings into a snapshot."""

from __future__ import annotations

from collections.abc import Callable

from crmlib.database.intake import intake
from crmlib.database.snapshot import Snapshot
from crmlib.settings import Settings
from crmlib.sources import open_source

__all__ = ["load"]

_SNAPSHOTS = "data/snapshots"


def load(settings: Settings, *, progress: Callable[[str], None] | None = None) -> Snapshot:
    """Take in the source the settings name, or find the snapshot it has already become.

    Raises
    ------
    ParameterError
        If there is no such source.
    DataRejectedError
        If its data are not fit to be used.
    """
    source = open_source(settings.source, settings=settings)
    return intake(source, settings=settings, snapshots=settings.path(_SNAPSHOTS), progress=progress)
