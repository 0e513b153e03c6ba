"""One iteration from settings to published run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from crmlib import __version__
from crmlib.errors import PublicationError
from crmlib.run.execution.interrupts import Interrupts
from crmlib.run.execution.reuse import key_of
from crmlib.run.execution.work import Work, run_notebooks
from crmlib.run.planning.data import (
    check_snapshot,
    choose_day,
    load_data,
    refuse_changed_source,
    remembered_data,
)
from crmlib.run.planning.plan import Plan, unchanged_run
from crmlib.run.progress import Console
from crmlib.run.publication.lock import locked
from crmlib.run.publication.manifest import Run, next_run_id, published_runs
from crmlib.run.publication.publish import (
    check_places,
    commit,
    record_files,
    remove_leftovers,
    repair,
    scratch_folder,
    staging_folder,
)
from crmlib.run.publication.reports import (
    ReportHead,
    index_page,
    index_stamp,
    report_order,
    write_reports,
)
from crmlib.run.remarks import remarks_of

__all__ = ["TITLE", "Published", "iterate"]

TITLE = "Customer report"
_RANKS = ("PASS", "REVIEW", "FAIL")


@dataclass(frozen=True)
class Published:
    """Where the result of an iteration lies, and what a manager must not miss."""

    run_id: str
    folder: Path
    as_of: str
    status: str
    headline: list[str]
    is_new: bool
    company: str = ""
    source: str = ""
    is_simulated: bool = False
    remarks: Mapping[str, Any] = field(default_factory=dict)


def iterate(
    plan: Plan,
    *,
    console: Console,
    interrupts: Interrupts,
    fresh: bool = False,
    wait_seconds: float = 600,
    accept_drop: str = "",
) -> Published:
    """Take the data in, run or reuse the notebooks, write the reports and publish them.

    Nothing is published unless everything succeeded; earlier runs are never touched.

    Parameters
    ----------
    fresh
        Execute every notebook and publish a new run, whatever is there already.
    wait_seconds
        How long to wait for another run in the same output folder.
    accept_drop
        Reason why data less than half as large as before are right.

    Raises
    ------
    CrmlibError
        If anything fails; the class tells the exit status.
    """
    out = plan.settings.path(plan.settings.out)
    try:
        out.mkdir(parents=True, exist_ok=True)
        with locked(out, wait_seconds=wait_seconds, on_wait=console.note):
            return _iterate(plan, out, console, interrupts, fresh, accept_drop)
    except OSError as error:
        raise PublicationError(
            f"The run could not be written: {error}. Nothing was published, earlier runs are as "
            f"they were. Check free space and permissions of {out}."
        ) from error


def _iterate(
    plan: Plan, out: Path, console: Console, interrupts: Interrupts, fresh: bool, accept_drop: str
) -> Published:
    """Do the same under the lock."""
    code = plan.environment.code

    def put_right() -> None:
        repair(
            out,
            stamp=lambda runs, above: index_stamp(runs, code, above),
            index_page=lambda runs: index_page(runs, code),
        )

    check_places(out)
    remove_leftovers(out)
    put_right()
    began = _now()
    runs, _ = published_runs(out)
    if not fresh and (same := _same_run(plan, runs)):
        return _published(same, is_new=False)
    data = load_data(plan.settings, accept_drop=accept_drop, on_progress=console.live)
    as_of, remark = choose_day(plan.settings.as_of, data)
    if remark:
        console.note(remark, colour="yellow")
    run_id = next_run_id(out, as_of)
    with staging_folder(out, run_id) as staging, scratch_folder(out) as scratch:
        work = Work(plan, data, as_of, runs, staging, scratch, fresh, console)
        run_notebooks(work)
        manifest = _finish(work, run_id, began)
        with interrupts.shield():
            folder = commit(staging, out, manifest)
            try:
                put_right()
            except OSError as error:
                console.note(
                    f"Run {run_id} is published; the index could not be updated: {error}. The "
                    f"next run tries again. Check free space and permissions of {out}.",
                    colour="yellow",
                )
    return _published(Run(folder, manifest), is_new=True)


def _same_run(plan: Plan, runs: Sequence[Run]) -> Run | None:
    """Find the run that would only be repeated, without loading data or notebook libraries."""
    data = remembered_data(plan.settings, runs, code=plan.environment.code)
    if data is None:
        return None
    as_of, _ = choose_day(plan.settings.as_of, data)
    return unchanged_run(plan, runs, as_of=as_of, data=data, title=TITLE)


def _finish(work: Work, run_id: str, began: str) -> dict[str, Any]:
    """Write the reports and put the manifest together."""
    from crmlib.loop.ledger import write_ledger

    plan, data = work.plan, work.data
    status = max((one.status for one in work.outcomes.values()), key=_RANKS.index)
    head = ReportHead(
        TITLE,
        plan.settings.company,
        work.as_of,
        data.source_note,
        status,
        data=data.title,
        is_simulated=data.is_simulated,
    )
    work.console.live("writing report.html and report.pdf")
    write_reports(work.staging, plan.notebooks, work.outcomes, head)
    parts = [work.staging / name for name in sorted(work.files) if name.startswith("ledger/")]
    write_ledger(work.staging / "ledger", parts, run_id=run_id, as_of=work.as_of)
    files = record_files(work.staging, work.files)
    refuse_changed_source(plan.settings, data)
    remarks = remarks_of(check_snapshot(plan.settings, data))
    order = report_order(list(work.outcomes))
    return {
        "run_id": run_id,
        "as_of": work.as_of,
        "title": TITLE,
        "status": status,
        "complete": plan.is_complete,
        "headline": work.outcomes[order[0]].headline,
        "notebooks": {name: _record(work, name) for name in sorted(work.outcomes)},
        "data": asdict(data),
        "remarks": remarks,
        "settings": plan.environment.settings,
        "libraries": plan.environment.libraries,
        "crmlib": {"version": __version__, "code": plan.environment.code},
        "started_at": began,
        "published_at": _now(),
        "files": files,
    }


def _record(work: Work, name: str) -> dict[str, Any]:
    """Describe one notebook in the manifest."""
    outcome, parts = work.outcomes[name], work.parts[name]
    return {
        "title": work.plan.notebooks[name].title,
        "state": outcome.state,
        "key": key_of(parts),
        "parts": parts,
        "parameters": work.plan.values(name, as_of=work.as_of, data=work.data),
        "status": outcome.status,
        "headline": outcome.headline,
        "seconds": outcome.seconds,
        "warnings": outcome.warnings,
    }


def _published(run: Run, *, is_new: bool) -> Published:
    manifest = run.manifest
    return Published(
        run_id=run.run_id,
        folder=run.folder,
        as_of=str(manifest["as_of"]),
        status=str(manifest["status"]),
        headline=list(manifest["headline"]),
        is_new=is_new,
        company=run.company,
        source=run.source,
        is_simulated=run.is_simulated,
        remarks=dict(manifest.get("remarks", {})),
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
