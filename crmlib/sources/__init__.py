"""Where data come from: a folder of files, or a data set that ships as a package."""

from __future__ import annotations

from crmlib.errors import ParameterError
from crmlib.settings import Settings
from crmlib.sources.base import Problem, RawTable, Source, SourceNote
from crmlib.sources.complete_journey import CompleteJourneySource
from crmlib.sources.folder import FolderSource
from crmlib.sources.quoting import nearest

__all__ = ["Problem", "RawTable", "Source", "SourceNote", "open_source"]


def open_source(name: str, *, settings: Settings) -> Source:
    """Find a source by its name or folder; nothing is read as data yet.

    Parameters
    ----------
    name
        `complete-journey`, or a folder relative to the settings file.

    Raises
    ------
    ParameterError
        If there is no such source.
    """
    if name == CompleteJourneySource.name:
        return CompleteJourneySource()
    folder = settings.path(name)
    if folder.is_dir():
        return FolderSource(folder, time_zone=settings.time_zone)
    prefix = name.removesuffix(folder.name)
    beside = [f"{prefix}{entry.name}" for entry in sorted(folder.parent.glob("[!.]*/"))]
    known = [CompleteJourneySource.name, *beside]
    what = "is a file, not a folder" if folder.is_file() else "is unknown"
    hint = nearest(name, known) or "."
    raise ParameterError(
        f"The source {name!r} {what}{hint} Known are {', '.join(known[:20])}; "
        "any other is a folder, relative to the settings file, with a file transactions.csv or "
        "transactions.parquet."
    )
