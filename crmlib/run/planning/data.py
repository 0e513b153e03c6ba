"""The data of an iteration as the runner needs them: name, hashes, days, where they come from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from crmlib.errors import CrmlibError, DataRejectedError, ParameterError, PublicationError
from crmlib.periods import parse_day
from crmlib.run.planning.notebooks import EARLIER, Notebook
from crmlib.run.publication.files import digest
from crmlib.run.publication.manifest import Run
from crmlib.settings import DATABASE, Settings

if TYPE_CHECKING:
    from crmlib.database import IntakeReport, Snapshot

__all__ = [
    "Data",
    "check_snapshot",
    "choose_day",
    "existing_data",
    "inputs_of",
    "load_data",
    "refuse_changed_source",
    "remembered_data",
]

_REPORT_ACCESS = ".snapshot"
_NO_MATTER_FOR_INTAKE = {
    "as_of",
    "cell_timeout_seconds",
    "company",
    "engine",
    "folder",
    "memory_limit",
    "out",
    "parameters",
    "workers",
}


@dataclass(frozen=True)
class Data:
    """A database snapshot: its name, the hash of each table, its days and its origin.

    `name` is the hash of the intake report, which holds everything else. `title` is what the source
    calls itself.
    """

    name: str
    tables: Mapping[str, str]
    first_day: str
    last_day: str
    source_note: str
    fingerprint: str
    taken_in_with: Mapping[str, Any] = field(default_factory=dict)
    title: str = ""
    is_simulated: bool = False


def load_data(
    settings: Settings,
    *,
    accept_drop: str = "",
    on_progress: Callable[[str], None] | None = None,
) -> Data:
    """Take the data in, or find the snapshot of the same data.

    Raises
    ------
    DataRejectedError
        If the data are not fit to be used.
    """
    from crmlib import database

    snapshot = database.load(settings, accept_drop=accept_drop, progress=on_progress)
    return _data_of(snapshot, settings)


def existing_data(settings: Settings) -> Data | None:
    """Find the snapshot the source has already become; write nothing.

    Raises
    ------
    DataRejectedError
        If the source cannot be taken in, as far as its folder shows.
    """
    from crmlib.database import load, open_snapshot, snapshots_of
    from crmlib.database.lookup import find_snapshot, lookup_key
    from crmlib.sources import open_source

    if settings.source == DATABASE:
        return _data_of(load(settings), settings)
    source = open_source(settings.source, settings=settings)
    problems = [*source.problems, *filter(None, [source.no_sales])]
    if problems:
        raise DataRejectedError("\n".join(str(problem) for problem in problems))
    folder = snapshots_of(settings)
    key = lookup_key(source.name, source.fingerprint(), settings)
    today = datetime.now(ZoneInfo(settings.time_zone)).date()
    name = find_snapshot(folder, key, received_on=today)
    if name is None or not (folder / name).is_dir():
        return None
    return _data_of(open_snapshot(folder / name), settings)


def _data_of(snapshot: Snapshot, settings: Settings) -> Data:
    report = snapshot.report
    note = report.note
    provider = f", {note.provider}" if note.provider else ""
    simulated = " Simulated data: no real customer." if note.is_simulated else ""
    return Data(
        name=snapshot.name,
        tables={table.name: table.sha256 for table in report.tables},
        first_day=report.first_day or "",
        last_day=report.last_day or "",
        source_note=f"{note.title}{provider}.{simulated}",
        fingerprint=report.fingerprint,
        taken_in_with=_intake_settings(settings),
        title=note.title,
        is_simulated=note.is_simulated,
    )


def _intake_settings(settings: Settings) -> dict[str, Any]:
    return settings.model_dump(mode="json", exclude=_NO_MATTER_FOR_INTAKE)


def remembered_data(settings: Settings, runs: Iterable[Run], *, code: str) -> Data | None:
    """Return what the newest run knew of the same data, without loading the database.

    Only a source with the same fingerprint, taken in by the same code with the same settings,
    is the same.
    """
    from crmlib.database import fingerprint

    now = fingerprint(settings)
    for run in runs:
        data = Data(**run.manifest["data"])
        same_way = data.taken_in_with == _intake_settings(settings)
        if same_way and data.fingerprint == now and run.manifest["crmlib"]["code"] == code:
            return data
    return None


def refuse_changed_source(settings: Settings, data: Data) -> None:
    """Refuse to publish results of data that have been replaced meanwhile.

    Raises
    ------
    PublicationError
        If the source is not what it was when the run began.
    """
    from crmlib.database import fingerprint

    if fingerprint(settings) != data.fingerprint:
        raise PublicationError(
            f"The source {settings.source} changed during the run. Nothing was published. "
            "Run again when the data are complete."
        )


def check_snapshot(settings: Settings, data: Data) -> IntakeReport:
    """Prove once more that the notebooks read what the reports name, and return what intake found.

    Raises
    ------
    PublicationError
        If the snapshot changed or vanished during the run.
    """
    from crmlib.database import open_snapshot, snapshots_of

    try:
        return open_snapshot(snapshots_of(settings) / data.name).report
    except (CrmlibError, OSError) as error:
        raise PublicationError(
            f"The snapshot {data.name} changed or vanished during the run. Nothing was published. "
            f"{error}"
        ) from error


def choose_day(wanted: str, data: Data) -> tuple[str, str]:
    """Work out the day of the iteration.

    Parameters
    ----------
    wanted
        A day, or `last` for the last day with a transaction.

    Returns
    -------
    tuple of str
        The day, and a remark if the data end before it.

    Raises
    ------
    ParameterError
        If no transaction falls on or before the day.

    Examples
    --------
    >>> data = Data("0", {}, "2024-01-01", "2024-12-30", "", "")
    >>> choose_day("last", data)
    ('2024-12-30', '')
    """
    if not data.last_day:
        raise ParameterError(
            "The data hold no transaction, and a run needs sales. Merge them: crm intake SALES "
            "--merge, then crm intake THIS --merge, and set `source: database`."
        )
    if wanted == "last":
        return data.last_day, ""
    day = parse_day(wanted).isoformat()
    if day < data.first_day:
        raise ParameterError(
            f"as_of={day}: no transaction on or before that day. The data reach from "
            f"{data.first_day} to {data.last_day}; choose a day in between."
        )
    if day > data.last_day:
        return day, f"The data end on {data.last_day}, before {day}: the last days are empty."
    return day, ""


def inputs_of(
    notebook: Notebook, data: Data, files: Mapping[str, Mapping[str, object]]
) -> dict[str, str]:
    """Hash everything a notebook reads.

    Parameters
    ----------
    files
        Records of the files of the run folder, which hold the tables of other notebooks, and of
        the iteration before.
    """
    inputs = {"set of tables": digest(sorted(data.tables))}
    for name in notebook.reads:
        if name.startswith(EARLIER):
            wanted = name.removeprefix(EARLIER)
            stems = tuple(f"{EARLIER}{folder}/{wanted}." for folder in ("tables", "models"))
            hashes = {path: files[path]["sha256"] for path in files if path.startswith(stems)}
            inputs[name] = digest(hashes)
        elif "/" in name:
            stem = f"tables/{name}."
            hashes = {path: files[path]["sha256"] for path in files if path.startswith(stem)}
            inputs[name] = digest(hashes)
        else:
            inputs[name] = data.tables.get(name, "absent")
    if any(_REPORT_ACCESS in cell.source for cell in notebook.cells if cell.kind == "code"):
        inputs["intake report"] = data.name
    return inputs
