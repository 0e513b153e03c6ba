"""Where data come from: a folder of files, a mapping, or a data set that ships as a package."""

from __future__ import annotations

from crmlib.errors import ParameterError
from crmlib.settings import Settings
from crmlib.sources.base import Problem, RawTable, Source, SourceNote
from crmlib.sources.complete_journey import CompleteJourneySource
from crmlib.sources.folder import FolderSource
from crmlib.sources.mapping import MappingSource, open_mapping
from crmlib.sources.quoting import nearest

__all__ = [
    "MappingSource",
    "Problem",
    "RawTable",
    "Source",
    "SourceNote",
    "open_mapping",
    "open_source",
]

_MAPPINGS = (".yaml", ".yml")


def open_source(name: str, *, settings: Settings) -> Source:
    """Find a source by its name or folder; nothing is read as data yet.

    Parameters
    ----------
    name
        `complete-journey`, or a folder or mapping (`.yaml`) relative to the settings file; the
        files of a mapping lie in the folder `files` of the settings, if it is set.

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
    if folder.suffix in _MAPPINGS and folder.is_file():
        files = settings.path(settings.files) if settings.files else None
        return open_mapping(folder, folder=files, settings=settings)
    prefix = name.removesuffix(folder.name)
    folders = sorted(folder.parent.glob("[!.]*/"))
    beside = [f"{prefix}{entry.name}" for entry in folders if any(entry.glob("transactions.*"))]
    known = [CompleteJourneySource.name, *beside]
    what = "is a file, neither a folder nor a mapping" if folder.is_file() else "is unknown"
    hint = nearest(name, known) or "."
    raise ParameterError(
        f"The source {name!r} {what}{hint} Known are {', '.join(known[:20])}; "
        "any other is a folder, relative to the settings file, with a file transactions.csv or "
        "transactions.parquet, or a mapping (.yaml)."
    )
