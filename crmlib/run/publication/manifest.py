"""The manifest of a run: what it was made from, and the hash of every file in its folder.

A manifest carries a seal, the hash of its own content, so that a changed manifest is told from a
changed file. A folder without a sound manifest is no run.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crmlib.errors import ParameterError, PublicationError
from crmlib.reporting import text
from crmlib.run.publication.files import digest, file_record, files_below, write_whole

__all__ = [
    "FORMAT",
    "Differences",
    "Run",
    "compare",
    "find_run",
    "is_run_folder",
    "next_run_id",
    "published_runs",
    "read_manifest",
    "verify",
    "write_manifest",
]

FORMAT = 1
_FILE = "manifest.json"
_RUN_ID = re.compile(r"(\d{4}-\d{2}-\d{2})-r(\d{3,})")


@dataclass(frozen=True)
class Run:
    """One published run: its folder and its manifest."""

    folder: Path
    manifest: dict[str, Any]

    @property
    def run_id(self) -> str:
        """Identifier, `<as_of>-r<number>`."""
        return self.folder.name

    @property
    def number(self) -> int:
        """Number of the run, over all days."""
        return run_number(self.run_id)

    @property
    def seal(self) -> str:
        """Hash of the manifest, and by it of everything in the folder."""
        return str(self.manifest["seal"])

    @property
    def is_complete(self) -> bool:
        """Whether every notebook of the project is part of it."""
        return bool(self.manifest["complete"])

    @property
    def company(self) -> str:
        """Company named in the settings; empty if the data were those of another source."""
        return str(self.manifest["settings"]["company"])

    @property
    def source(self) -> str:
        """What the source of the data calls itself."""
        return str(self.manifest["data"].get("title", ""))

    @property
    def whose(self) -> str:
        """Company and data, as the head of the report names them."""
        return text.whose(self.company, self.source)

    @property
    def is_simulated(self) -> bool:
        """Whether no customer in the data exists; older manifests say so only in words."""
        data = self.manifest["data"]
        return bool(data.get("is_simulated", "simulated" in data["source_note"].lower()))


@dataclass(frozen=True)
class Differences:
    """What is not as the manifest says."""

    changed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.changed or self.missing or self.extra)

    def __str__(self) -> str:
        kinds = (("changed", self.changed), ("missing", self.missing), ("extra", self.extra))
        return "; ".join(f"{kind}: {', '.join(names)}" for kind, names in kinds if names)


def run_number(run_id: str) -> int:
    """Return the number in a run id.

    Examples
    --------
    >>> run_number("2024-12-31-r012")
    12
    """
    match = _RUN_ID.fullmatch(run_id)
    return int(match.group(2)) if match else 0


def is_run_folder(folder: Path) -> bool:
    """Tell whether a folder is, or by its name and manifest claims to be, a published run."""
    return bool(_RUN_ID.fullmatch(folder.name)) and os.path.lexists(folder / _FILE)


def next_run_id(out: Path, as_of: str) -> str:
    """Return the id of the next run: one more than the highest number in `out`."""
    numbers = [run_number(path.name) for path in out.iterdir()] if out.is_dir() else []
    return f"{as_of}-r{max(numbers, default=0) + 1:03d}"


def write_manifest(folder: Path, content: dict[str, Any]) -> None:
    """Seal a manifest and write it; `files` must already list every other file."""
    sealed = {"format": FORMAT, **content}
    sealed["seal"] = digest(sealed)
    text = json.dumps(sealed, indent=1, sort_keys=True, ensure_ascii=False)
    write_whole(folder / _FILE, text + "\n")


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read the manifest of a run folder.

    Raises
    ------
    PublicationError
        If it is missing, unreadable, of another format, of another run, or was changed.
    """
    try:
        content = json.loads((folder / _FILE).read_text(encoding="utf-8"))
        version, seal = content["format"], content.pop("seal", None)
        own_seal = digest(content)
    except FileNotFoundError as error:
        raise PublicationError(f"{folder.name} has no {_FILE}: it is not a whole run.") from error
    except RecursionError as error:
        raise PublicationError(
            f"{folder.name}/{_FILE} is not readable: it is nested too deeply."
        ) from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise PublicationError(f"{folder.name}/{_FILE} is not readable: {error}") from error
    if version != FORMAT:
        raise PublicationError(
            f"{folder.name} has manifest format {version!r}, this program reads {FORMAT}. "
            "Use the program version that made it."
        )
    if seal != own_seal:
        raise PublicationError(f"{folder.name}/{_FILE} was changed after publication.")
    if content.get("run_id") != folder.name:
        raise PublicationError(f"{folder.name} is a copy or part of run {content.get('run_id')}.")
    return {**content, "seal": seal}


def published_runs(out: Path) -> tuple[list[Run], dict[str, str]]:
    """Find the runs in a folder.

    Returns
    -------
    tuple
        Whole runs, newest first; and the folders that look like a run and are none, each with its
        reason.
    """
    runs: list[Run] = []
    refused: dict[str, str] = {}
    folders = [path for path in out.iterdir() if path.is_dir()] if out.is_dir() else []
    for folder in sorted(folders, key=lambda path: (run_number(path.name), path.name)):
        if not _RUN_ID.fullmatch(folder.name):
            continue
        try:
            run = Run(folder, read_manifest(folder))
            _check_sizes(run)
            runs.insert(0, run)
        except PublicationError as error:
            refused[folder.name] = str(error)
    return runs, refused


def _check_sizes(run: Run) -> None:
    """Refuse a run of which files are missing or cut, without reading them."""
    for name, record in run.manifest["files"].items():
        path = run.folder / name
        size = path.stat().st_size if path.is_file() else None
        if size != record["size"]:
            state = "is missing" if size is None else f"has {size} bytes, not {record['size']}"
            raise PublicationError(f"{run.run_id} is not whole: {name} {state}.")


def find_run(out: Path, name: str) -> Path:
    """Return the folder of a run by its id or `latest`.

    Raises
    ------
    ParameterError
        If there is no such run; the message names those there are.
    """
    folder = (out / "latest").resolve() if name == "latest" else out / name
    if (name == "latest" or _RUN_ID.fullmatch(name)) and folder.is_dir():
        return folder
    known = sorted(
        (path.name for path in out.glob("*-r*") if _RUN_ID.fullmatch(path.name)), key=run_number
    )
    listed = ", ".join(reversed(known[-5:])) or "none yet"
    raise ParameterError(f"There is no run {name!r} in {out}; newest runs: {listed}.")


def verify(folder: Path) -> Differences:
    """Hash every file of a run again and compare with its manifest.

    Raises
    ------
    PublicationError
        If the manifest itself cannot be trusted.
    """
    return compare(folder, read_manifest(folder)["files"])


def compare(folder: Path, expected: Mapping[str, Any]) -> Differences:
    """Hash the files of a folder and compare with the records of a manifest."""
    present = files_below(folder)
    present.pop(_FILE, None)
    changed = [
        name
        for name, record in expected.items()
        if name in present and (present[name].is_symlink() or file_record(present[name]) != record)
    ]
    return Differences(
        changed=tuple(sorted(changed)),
        missing=tuple(sorted(set(expected) - set(present))),
        extra=tuple(sorted(set(present) - set(expected))),
    )
