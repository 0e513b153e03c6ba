"""Where a mapping reads: files by name, pattern or folder, found and sorted; nothing is opened."""

from __future__ import annotations

import glob
import gzip
import hashlib
import os.path
import zlib
from collections.abc import Iterator
from pathlib import Path

from crmlib.sources.base import Problem
from crmlib.sources.mapping.model import Mapping, Reading
from crmlib.sources.quoting import nearest, shown

__all__ = ["ENDINGS", "ending_of", "equal_files", "files_of", "find_files", "readings_of"]

ENDINGS = {
    ".csv": "text",
    ".tsv": "text",
    ".txt": "text",
    ".parquet": "parquet",
    ".jsonl": "json",
    ".ndjson": "json",
    ".json": "json",
    ".xlsx": "excel",
    ".xlsm": "excel",
}
"""Sort of file by the end of its name; text and JSON lines may be packed (.gz)."""


def ending_of(path: Path) -> str:
    """Return the sort of a file, or nothing if its name says none.

    Examples
    --------
    >>> ending_of(Path("Sales.CSV.gz")), ending_of(Path("sales.doc"))
    ('text', '')
    """
    return ENDINGS.get(Path(path.name.casefold().removesuffix(".gz")).suffix, "")


def readings_of(mapping: Mapping) -> Iterator[Reading]:
    """Give every place a mapping reads from, joined files included."""
    for parts in mapping.tables.values():
        for part in parts:
            yield part
            yield from part.join


def find_files(folder: Path, read: str) -> tuple[dict[str, Path], Problem | None]:
    """Find the file, the files of a pattern, or those of a folder, in the order of their names.

    Returns
    -------
    dict of str to Path
        By the name messages show: relative to the folder.
    Problem or None
        If there is none.
    """
    place = folder / read
    if not Path(os.path.normpath(place)).is_relative_to(os.path.normpath(folder)):
        advice = "Name files inside it, or another folder with `folder:` or on the command line."
        says = f"the path leaves the folder {shown(folder.name)}"
        return {}, Problem(shown(read), says, advice)
    if place.is_file():
        return {read: place}, None
    if place.is_dir():
        found = [one for one in place.iterdir() if ending_of(one)]
    else:
        found = [Path(one) for one in glob.glob(str(place), recursive=True)]
    files = {_name(one, folder): one for one in found if one.is_file() and one.name[0] != "."}
    if files:
        return dict(sorted(files.items())), None
    if place.is_dir():
        advice = f"Expected are files ending in {', '.join(ENDINGS)}."
        return {}, Problem(shown(read), "the folder holds no file that can be read", advice)
    if set(read) & set("*?["):
        advice = f"Correct the pattern; files are looked for in the folder {shown(folder.name)}."
        return {}, Problem(shown(read), "no file has a name of this pattern", advice)
    beside = [one.name for one in folder.iterdir()] if folder.is_dir() else []
    says = f"the file is missing{nearest(read, beside)}"
    advice = f"Put it into the folder {shown(folder.name)}, or name the folder of the files."
    return {}, Problem(shown(read), says, advice)


def _name(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.name


def files_of(mapping: Mapping, folder: Path) -> dict[str, Path]:
    """Find all files a mapping reads."""
    files: dict[str, Path] = {}
    for reading in readings_of(mapping):
        if reading.read is not None:
            files |= find_files(folder, reading.read)[0]
    return files


def equal_files(files: dict[str, Path]) -> list[tuple[str, str]]:
    """Return pairs of files with the same content, packed or not; each file counts once.

    Guards against a delivery that is saved twice and would be added up.
    """
    first: dict[str, str] = {}
    pairs = []
    for name, path in files.items():
        known = first.setdefault(_content(path), name)
        if known != name:
            pairs.append((known, name))
    return pairs


def _content(path: Path) -> str:
    """Hash what a file holds; one that cannot be unpacked is told apart by its path."""
    pack = gzip.open if path.name.casefold().endswith(".gz") else open
    try:
        with pack(path, "rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except (EOFError, gzip.BadGzipFile, zlib.error):
        return str(path)
