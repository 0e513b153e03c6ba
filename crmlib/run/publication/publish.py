"""From staging folder to published run: check, rename once, then repair what is derived.

The rename is the publication. `latest` and `index.html` follow from the published folders and
are put right again at the next start, should a crash fall between.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from crmlib.errors import PublicationError
from crmlib.run.publication.files import (
    digest,
    file_record,
    files_below,
    flush_entry,
    flush_folder,
    write_whole,
)
from crmlib.run.publication.manifest import Run, compare, published_runs, write_manifest

__all__ = [
    "check_places",
    "commit",
    "record_files",
    "remove_leftovers",
    "repair",
    "scratch_folder",
    "staging_folder",
]

Runs = Sequence[Run]
_STAGING = ".staging-"
_READ_ONLY = 0o444


@contextlib.contextmanager
def staging_folder(out: Path, run_id: str) -> Iterator[Path]:
    """Give a new folder beside the published ones; whatever is still in it at the end is removed.

    The name is never used twice, so that a process left over from a killed run cannot write into
    the staging folder of its successor.
    """
    folder = out / f"{_STAGING}{run_id}-{secrets.token_hex(4)}"
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def scratch_folder(out: Path) -> Iterator[Path]:
    """Give an empty folder among the temporary files, short in name, for sockets of kernels.

    It is the same one for every run in the same output folder, so that `remove_leftovers` finds
    what a killed run left. Call it under the lock.
    """
    folder = _scratch(out)
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def remove_leftovers(out: Path) -> None:
    """Remove staging folders and part files of runs that were killed. Call it under the lock."""
    for folder in [*out.glob(f"{_STAGING}*"), _scratch(out)]:
        shutil.rmtree(folder, ignore_errors=True)
    for pattern in (".latest-*", ".index.html.*.part"):
        for path in out.glob(pattern):
            path.unlink(missing_ok=True)


def check_places(out: Path) -> None:
    """Refuse an output folder in which `latest` or `index.html` could not be put.

    Raises
    ------
    PublicationError
        If `latest` is no link, or `index.html` is a folder.
    """
    latest, index = out / "latest", out / "index.html"
    if latest.exists() and not latest.is_symlink():
        raise PublicationError(
            f"{latest} is not the link a run makes. Nothing was published. "
            "Move it away and run again."
        )
    if index.is_dir():
        raise PublicationError(
            f"{index} is a folder. Nothing was published. Move it away and run again."
        )


def _scratch(out: Path) -> Path:
    return Path(tempfile.gettempdir()) / f"crm-{os.getuid()}-{digest(str(out))[:8]}"


def record_files(staging: Path, known: Mapping[str, Any]) -> dict[str, Any]:
    """Hash every file of the staging folder and compare with what the notebooks left.

    Raises
    ------
    PublicationError
        If a file changed after its notebook had finished, or nobody answers for it.
    """
    records = {name: file_record(path) for name, path in files_below(staging).items()}
    odd = sorted(name for name, record in known.items() if records.get(name) != record)
    if odd:
        raise PublicationError(
            f"{', '.join(odd[:5])}: changed after its notebook had finished. Some notebook writes "
            "into the folder of another one."
        )
    derived = {"report.html", "report.pdf", "metrics.json", "ledger/predictions.parquet"}
    extra = sorted(
        name
        for name in set(records) - set(known) - derived
        if not (name.startswith("notebooks/") and name.endswith(".html"))
    )
    if extra:
        raise PublicationError(
            f"{', '.join(extra[:5])}: written by no notebook that declares it. Save results "
            "through the run context."
        )
    return records


def commit(staging: Path, out: Path, manifest: dict[str, Any]) -> Path:
    """Seal a finished staging folder and move it to its place in one step.

    Raises
    ------
    PublicationError
        If the files are not what the manifest says, or the place is taken.
    """
    target = out / str(manifest["run_id"])
    write_manifest(staging, manifest)
    flush_folder(staging)
    if wrong := compare(staging, manifest["files"]):
        raise PublicationError(f"Files changed while they were published: {wrong}.")
    if target.exists():
        raise PublicationError(f"{target} exists already. Move it away and run again.")
    for path in files_below(staging).values():
        path.chmod(_READ_ONLY)
    staging.rename(target)
    with contextlib.suppress(OSError):  # it is published; `repair` does this again
        flush_entry(out)
    return target


def repair(
    out: Path, *, stamp: Callable[[Runs, str], str], index_page: Callable[[Runs], str]
) -> None:
    """Point `latest` to the newest whole run and list the runs in `index.html`, if they do not.

    Both follow from the published folders. Neither is touched when it is right already.

    Parameters
    ----------
    stamp
        Gives the last line of the index from the runs and the lines above it, which tells
        whether a page is theirs and whole.
    index_page
        Makes the page.
    """
    runs, _ = published_runs(out)
    newest = next((run.run_id for run in runs if run.is_complete), None)
    link = out / "latest"
    if newest is None:
        if link.is_symlink():
            link.unlink()
    elif not link.is_symlink() or os.readlink(link) != newest:
        beside = out / f".latest-{secrets.token_hex(4)}"
        beside.symlink_to(newest, target_is_directory=True)
        try:
            beside.replace(link)
        except OSError:
            beside.unlink()
            raise
    index = out / "index.html"
    if runs and not _is_current(index, lambda above: stamp(runs, above)):
        write_whole(index, index_page(runs))
    flush_entry(out)


def _is_current(index: Path, stamp: Callable[[str], str]) -> bool:
    """Tell whether the last line of the page fits the runs and every line above it."""
    try:
        page = index.read_bytes().decode("utf-8")
    except (FileNotFoundError, UnicodeDecodeError):
        return False
    above, _, last = page.rstrip("\n").rpartition("\n")
    return f"{last}\n" == stamp(above) and page == f"{above}\n{last}\n"
