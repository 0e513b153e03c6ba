"""Hashes of files and writing that either happens or does not."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

__all__ = [
    "canonical",
    "digest",
    "file_record",
    "files_below",
    "flush_entry",
    "flush_folder",
    "write_whole",
]


def canonical(value: Any) -> str:
    """Return JSON that is the same for equal values.

    Examples
    --------
    >>> canonical({"b": 1, "a": [True, "ä"]})
    '{"a":[true,"ä"],"b":1}'
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest(value: Any) -> str:
    """Return the sha256 of the canonical JSON of a value."""
    return hashlib.sha256(canonical(value).encode("utf-8", "surrogatepass")).hexdigest()


def file_record(path: Path) -> dict[str, Any]:
    """Return sha256 and size in bytes of a file."""
    with path.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
        return {"sha256": sha256, "size": stream.tell()}


def files_below(folder: Path) -> dict[str, Path]:
    """Return every file below a folder by its relative path with `/`, sorted."""
    paths = sorted(path for path in folder.rglob("*") if not path.is_dir() or path.is_symlink())
    return {path.relative_to(folder).as_posix(): path for path in paths}


def write_whole(path: Path, text: str) -> None:
    """Replace a file by one with new text in a single step; readers see the old or the new one."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def flush_folder(folder: Path) -> None:
    """Make sure that every file and folder below, and the folder itself, is on the disk."""
    folders = sorted(path for path in folder.rglob("*") if path.is_dir())
    for path in [*files_below(folder).values(), *folders, folder]:
        flush_entry(path)


def flush_entry(path: Path) -> None:
    """Make sure that one file or one folder is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
