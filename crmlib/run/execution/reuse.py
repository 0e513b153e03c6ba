"""When a notebook need not run again: its key, and what published runs hold for it."""

from __future__ import annotations

import hashlib
import importlib.metadata
import platform
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import crmlib
from crmlib.run.planning.notebooks import Notebook
from crmlib.run.planning.parameters import Value
from crmlib.run.publication.files import digest, file_record
from crmlib.run.publication.manifest import Run
from crmlib.settings import Settings

__all__ = [
    "Environment",
    "belongs_to",
    "copy_published",
    "current_environment",
    "difference",
    "key_of",
    "key_parts",
]

_LIBRARIES = (
    "pandas",
    "numpy",
    "duckdb",
    "matplotlib",
    "seaborn",
    "scikit-learn",
    "statsmodels",
    "nbconvert",
    "typst",
)
# Settings that decide where, when and how fast, but not what stands in a report.
_NEUTRAL_SETTINGS = {
    "as_of",
    "cell_timeout_seconds",
    "engine",
    "folder",
    "max_quarantined_share",
    "memory_limit",
    "out",
    "parameters",
    "source",
    "workers",
}
_RESULT_FOLDERS = ("tables", "figures", "models", "ledger")


@dataclass(frozen=True)
class Environment:
    """What every result depends on beside notebook, parameters and data."""

    code: str
    libraries: dict[str, str]
    settings: dict[str, Any]

    @property
    def parts(self) -> dict[str, Any]:
        """The same as plain values."""
        return {"code": self.code, "libraries": self.libraries, "settings": self.settings}


def current_environment(settings: Settings) -> Environment:
    """Hash the library's own source, and note library versions and the settings that show."""
    folder = Path(crmlib.__file__).parent
    code = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            code.update(path.relative_to(folder).as_posix().encode() + b"\0")
            code.update(path.read_bytes() + b"\0")
    libraries = {"python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            libraries[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            libraries[name] = "not installed"
    shown = settings.model_dump(mode="json", exclude=_NEUTRAL_SETTINGS)
    return Environment(code.hexdigest(), libraries, shown)


def key_parts(
    notebook: Notebook,
    *,
    parameters: Mapping[str, Value],
    inputs: Mapping[str, str],
    environment: Environment,
) -> dict[str, Any]:
    """Collect what the results of a notebook follow from.

    The name of the snapshot is left out: the hashes of the tables it reads stand for it, so that
    a notebook is not run again because of a table it does not read.
    """
    cells = [(cell.kind, cell.source, cell.tags) for cell in notebook.cells]
    return {
        "cells": digest(cells),
        "parameters": {name: v for name, v in parameters.items() if name != "snapshot"},
        "inputs": dict(inputs),
        "environment": digest(environment.parts),
    }


def key_of(parts: Mapping[str, Any]) -> str:
    """Return the key of a notebook from its parts."""
    return digest(parts)


def difference(parts: Mapping[str, Any], published: Mapping[str, Any] | None) -> str:
    """Say in one phrase why a notebook has to run, or return an empty text if it has not."""
    if published is None:
        return "no run of this day has it"
    if parts["cells"] != published["cells"]:
        return "the notebook was edited"
    for what in ("parameters", "inputs"):
        ours, theirs = parts[what], published[what]
        names = sorted(name for name in {*ours, *theirs} if ours.get(name) != theirs.get(name))
        if names and what == "inputs":
            return f"its input {', '.join(names)} changed"
        if names:
            return ", ".join(f"{name} {theirs.get(name)!r} -> {ours.get(name)!r}" for name in names)
    if parts["environment"] != published["environment"]:
        return "the library, a package version or a setting changed"
    return ""


def belongs_to(path: str, notebook: str) -> bool:
    """Tell whether a file of a run folder is a result of a notebook; its page is none."""
    folder, _, rest = path.partition("/")
    if folder == "notebooks":
        return rest in (f"{notebook}.ipynb", f"{notebook}.json")
    return folder in _RESULT_FOLDERS and rest.startswith(f"{notebook}/")


def copy_published(notebook: str, key: str, runs: Iterable[Run], staging: Path) -> Run | None:
    """Copy a notebook's files from the newest published run that holds the same key.

    Files are copied, not linked: runs stay independent of each other, so that damage to one never
    reaches another. Each copy is hashed and compared with the manifest.

    Returns
    -------
    Run or None
        The run they came from; nothing if no run has them unharmed.
    """
    for run in runs:
        published = run.manifest["notebooks"].get(notebook)
        if published is None or published["key"] != key:
            continue
        records = {
            name: record
            for name, record in run.manifest["files"].items()
            if belongs_to(name, notebook)
        }
        if _copy_whole(records, run.folder, staging):
            return run
    return None


def _copy_whole(records: Mapping[str, Any], source: Path, staging: Path) -> bool:
    """Copy files, or none of them if one is not as recorded."""
    copied: list[Path] = []
    for name, record in records.items():
        target = staging / name
        target.parent.mkdir(parents=True, exist_ok=True)
        copied.append(target)
        try:
            shutil.copyfile(source / name, target)
            sound = file_record(target) == record
        except FileNotFoundError:
            sound = False
        if not sound:
            for path in copied:
                path.unlink(missing_ok=True)
            return False
    return bool(records)
