"""What a run is going to do, worked out before anything is started or written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from crmlib.run.execution.reuse import (
    Environment,
    belongs_to,
    current_environment,
    difference,
    key_of,
    key_parts,
)
from crmlib.run.planning.data import Data, inputs_of
from crmlib.run.planning.notebooks import Notebook, read_notebooks
from crmlib.run.planning.overrides import Override, resolve_parameters
from crmlib.run.planning.parameters import Value
from crmlib.run.planning.place import check_out
from crmlib.run.planning.sequence import levels, select, sequence
from crmlib.run.publication.earlier import earlier_files, earlier_run
from crmlib.run.publication.manifest import Run, verify
from crmlib.schema import TABLES
from crmlib.settings import Settings

__all__ = ["Plan", "PlannedNotebook", "foresee", "make_plan", "unchanged_run"]


@dataclass(frozen=True)
class Plan:
    """Everything a run follows from except the data: notebooks in order, parameters, versions."""

    settings: Settings
    notebooks: Mapping[str, Notebook]
    parameters: Mapping[str, Mapping[str, Value]]
    environment: Environment = field(repr=False)
    is_complete: bool = True

    @property
    def waits_for(self) -> dict[str, tuple[str, ...]]:
        """Notebooks each notebook waits for."""
        return {name: one.notebooks_read for name, one in self.notebooks.items()}

    def values(self, name: str, *, as_of: str, data: Data) -> dict[str, Value]:
        """Return the parameters of one notebook for a day and a snapshot."""
        return {**self.parameters[name], "as_of": as_of, "snapshot": data.name}

    def earlier(self, runs: Sequence[Run], *, as_of: str) -> dict[str, Any]:
        """Return records of the files of the iteration before; none if there was none."""
        company = str(self.environment.settings["company"])
        return earlier_files(earlier_run(runs, as_of=as_of, company=company))

    def parts(
        self, name: str, *, as_of: str, data: Data, files: Mapping[str, Mapping[str, Any]]
    ) -> dict[str, Any]:
        """Collect what the results of one notebook follow from; see `reuse.key_parts`."""
        return key_parts(
            self.notebooks[name],
            parameters=self.values(name, as_of=as_of, data=data),
            inputs=inputs_of(self.notebooks[name], data, files),
            environment=self.environment,
        )


@dataclass(frozen=True)
class PlannedNotebook:
    """One line of a plan."""

    notebook: str
    level: int
    parameters: dict[str, Value]
    action: str
    reason: str


def make_plan(
    settings: Settings, *, overrides: Sequence[Override] = (), only: Sequence[str] = ()
) -> Plan:
    """Read the notebooks of the project and check everything that needs no data.

    Raises
    ------
    ParameterError
        If a notebook, its order, a parameter or the place of the reports is wrong.
    """
    check_out(settings)
    found = read_notebooks(settings.path("notebooks"))
    order = sequence(found, tables=TABLES)
    chosen = select(found, only)
    values = resolve_parameters(found.values(), overrides)
    return Plan(
        settings=settings,
        notebooks={name: found[name] for name in order if name in chosen},
        parameters={name: values[name] for name in order if name in chosen},
        environment=current_environment(settings),
        is_complete=len(chosen) == len(found),
    )


def unchanged_run(
    plan: Plan, runs: Sequence[Run], *, as_of: str, data: Data, title: str
) -> Run | None:
    """Return the newest run of this day if running again would give the same, and it is sound."""
    wanted = set(plan.notebooks)
    same = (run for run in runs if run.manifest["as_of"] == as_of)
    run = next((run for run in same if set(run.manifest["notebooks"]) == wanted), None)
    if run is None or run.is_complete != plan.is_complete:
        return None
    published = run.manifest["notebooks"]
    head = (run.manifest["title"], run.manifest["data"]["source_note"])
    if head != (title, data.source_note):
        return None
    files = run.manifest["files"] | plan.earlier(runs, as_of=as_of)
    for name in plan.notebooks:
        parts = plan.parts(name, as_of=as_of, data=data, files=files)
        if key_of(parts) != published[name]["key"]:
            return None
    return None if verify(run.folder) else run


def foresee(
    plan: Plan, runs: Sequence[Run], *, as_of: str, data: Data | None, fresh: bool
) -> list[PlannedNotebook]:
    """Say for each notebook whether it will be executed, and why.

    Parameters
    ----------
    data
        The data of the run; nothing if they have not been taken in yet.
    """
    files: dict[str, Any] = plan.earlier(runs, as_of=as_of)
    executed: set[str] = set()
    lines = []
    for level, names in enumerate(levels(plan.notebooks), start=1):
        for name in names:
            latest = _latest(runs, name, as_of)
            action, reason = "execute", "--fresh"
            if data is None:
                reason = "the data have not been taken in yet"
            elif not fresh:
                parts = plan.parts(name, as_of=as_of, data=data, files=files)
                same = next((run for run in runs if _key(run, name) == key_of(parts)), None)
                known = latest.manifest["notebooks"][name]["parts"] if latest else None
                waiting = sorted(executed.intersection(plan.notebooks[name].notebooks_read))
                latest = same or latest
                action, reason = _action("" if same else difference(parts, known), waiting)
            if action != "reuse":
                executed.add(name)
            if latest:
                own = latest.manifest["files"].items()
                files |= {path: record for path, record in own if belongs_to(path, name)}
            snapshot = data.name if data else "not taken in yet"
            values = {**plan.parameters[name], "as_of": as_of, "snapshot": snapshot}
            lines.append(PlannedNotebook(name, level, values, action, reason))
    return lines


def _latest(runs: Sequence[Run], name: str, as_of: str) -> Run | None:
    """Return the newest run of a day that holds a notebook."""
    of_day = (run for run in runs if run.manifest["as_of"] == as_of)
    return next((run for run in of_day if name in run.manifest["notebooks"]), None)


def _key(run: Run, name: str) -> str | None:
    record = run.manifest["notebooks"].get(name)
    return str(record["key"]) if record else None


def _action(reason: str, waiting: Sequence[str]) -> tuple[str, str]:
    if reason:
        return "execute", reason
    if waiting:
        return "execute if needed", f"only if the tables of {', '.join(waiting)} change"
    return "reuse", ""
