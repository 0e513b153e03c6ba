"""One iteration from settings to published run."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crmlib import __version__
from crmlib.errors import DataRejectedError, PublicationError
from crmlib.run.data import Data, choose_day, load_data, refuse_changed_source, remembered_data
from crmlib.run.execute import Outcome, execute, outcome_of
from crmlib.run.interrupts import Interrupts
from crmlib.run.lock import locked
from crmlib.run.manifest import Run, next_run_id, published_runs
from crmlib.run.plan import Plan, unchanged_run
from crmlib.run.progress import Console, RunProgress
from crmlib.run.publish import commit, record_files, remove_leftovers, repair, staging_folder
from crmlib.run.reports import ReportHead, index_page, index_stamp, report_order, write_reports
from crmlib.run.reuse import copy_published, key_of
from crmlib.run.schedule import run_in_order
from crmlib.settings import Settings

if TYPE_CHECKING:
    from crmlib.run.kernel import Kernels

__all__ = ["TITLE", "Published", "iterate"]

TITLE = "Customer report"
_QUALITY = "00_"
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


@dataclass
class _Iteration:
    """One run on its way: what it needs and what its notebooks have left so far."""

    plan: Plan
    data: Data
    as_of: str
    runs: Sequence[Run]
    staging: Path
    fresh: bool
    console: Console
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    parts: dict[str, dict[str, Any]] = field(default_factory=dict)
    kernels: Kernels | None = None
    guard: threading.Lock = field(default_factory=threading.Lock)

    @property
    def files(self) -> dict[str, dict[str, Any]]:
        """Records of all files of the finished notebooks."""
        finished = list(self.outcomes.values())
        return {name: record for one in finished for name, record in one.files.items()}

    def need_kernels(self) -> Kernels:
        """Load what starts kernels, the first time a notebook has to be executed."""
        with self.guard:
            if self.kernels is None:
                from crmlib.run.kernel import Kernels

                settings = self.plan.settings
                self.kernels = Kernels(
                    folder=settings.folder.resolve(),
                    environment=_kernel_environment(settings, self.staging),
                )
            return self.kernels

    def stop(self) -> None:
        """End every kernel."""
        if self.kernels is not None:
            self.kernels.kill_all()


def iterate(
    plan: Plan,
    *,
    console: Console,
    interrupts: Interrupts,
    fresh: bool = False,
    wait_seconds: float = 600,
) -> Published:
    """Take the data in, run or reuse the notebooks, write the reports and publish them.

    Nothing is published unless everything succeeded; earlier runs are never touched.

    Parameters
    ----------
    fresh
        Execute every notebook and publish a new run, whatever is there already.
    wait_seconds
        How long to wait for another run in the same output folder.

    Raises
    ------
    CrmlibError
        If anything fails; the class tells the exit status.
    """
    out = plan.settings.path(plan.settings.out)
    try:
        out.mkdir(parents=True, exist_ok=True)
        with locked(out, wait_seconds=wait_seconds, on_wait=console.note):
            return _iterate(plan, out, console, interrupts, fresh)
    except OSError as error:
        raise PublicationError(
            f"The run could not be written: {error}. Nothing was published, earlier runs are as "
            f"they were. Check free space and permissions of {out}."
        ) from error


def _iterate(
    plan: Plan, out: Path, console: Console, interrupts: Interrupts, fresh: bool
) -> Published:
    """Do the same under the lock."""
    code = plan.environment.code

    def put_right() -> None:
        with interrupts.shield():
            repair(
                out,
                stamp=lambda runs: index_stamp(runs, code),
                index_page=lambda runs: index_page(runs, code),
            )

    remove_leftovers(out)
    put_right()
    began = _now()
    runs, _ = published_runs(out)
    if not fresh and (same := _same_run(plan, runs)):
        return _published(same.folder, same.manifest, is_new=False)
    data = load_data(plan.settings, on_progress=console.live)
    as_of, remark = choose_day(plan.settings.as_of, data)
    if remark:
        console.note(remark, colour="yellow")
    run_id = next_run_id(out, as_of)
    with staging_folder(out, run_id) as staging:
        work = _Iteration(plan, data, as_of, runs, staging, fresh, console)
        _run_notebooks(work)
        manifest = _finish(work, run_id, began)
        with interrupts.shield():
            folder = commit(staging, out, manifest)
            put_right()
    return _published(folder, manifest, is_new=True)


def _same_run(plan: Plan, runs: Sequence[Run]) -> Run | None:
    """Find the run that would only be repeated, without loading data or notebook libraries."""
    data = remembered_data(plan.settings, runs, code=plan.environment.code)
    if data is None:
        return None
    as_of, _ = choose_day(plan.settings.as_of, data)
    return unchanged_run(plan, runs, as_of=as_of, data=data, title=TITLE)


def _run_notebooks(work: _Iteration) -> None:
    """Run or reuse every notebook, several at a time."""
    settings = work.plan.settings
    progress = RunProgress(
        work.console,
        n_cells={name: one.n_code_cells for name, one in work.plan.notebooks.items()},
        seconds_before=_seconds_before(work.runs),
        workers=settings.workers,
    )

    def step(name: str) -> Outcome:
        return _run_or_reuse(work, name, progress)

    def done(name: str, outcome: Outcome) -> None:
        work.outcomes[name] = outcome
        progress.done(name, outcome)
        if name.startswith(_QUALITY) and outcome.status == "FAIL":
            reasons = " ".join(outcome.headline) or "See its checks."
            raise DataRejectedError(
                f"The data quality notebook {name} ended with FAIL, nothing was published. "
                f"{reasons}"
            )

    run_in_order(
        work.plan.waits_for,
        step,
        workers=settings.workers,
        on_done=done,
        on_tick=progress.draw,
        stop=work.stop,
    )


def _run_or_reuse(work: _Iteration, name: str, progress: RunProgress) -> Outcome:
    """Bring the results of one notebook into the staging folder. Runs in a thread of its own."""
    plan = work.plan
    parts = plan.parts(name, as_of=work.as_of, data=work.data, files=work.files)
    work.parts[name] = parts
    if not work.fresh and (run := copy_published(name, key_of(parts), work.runs, work.staging)):
        before = run.manifest["notebooks"][name]
        return outcome_of(
            name,
            work.staging,
            state="reused",
            seconds=before["seconds"],
            warnings=before["warnings"],
        )
    return execute(
        plan.notebooks[name],
        plan.values(name, as_of=work.as_of, data=work.data),
        kernels=work.need_kernels(),
        staging=work.staging,
        cell_timeout_seconds=plan.settings.cell_timeout_seconds,
        on_cell=lambda position: progress.cell(name, position),
    )


def _kernel_environment(settings: Settings, staging: Path) -> dict[str, str]:
    """Tell a notebook where it writes, and keep it from depending on the machine."""
    threads = str(max(1, (os.cpu_count() or 1) // settings.workers))
    return {
        "CRM_RUN_FOLDER": str(staging),
        "CRM_PROJECT_FOLDER": str(settings.folder.resolve()),
        "CRM_MEMORY_LIMIT": settings.memory_limit,
        "OMP_NUM_THREADS": threads,
        "OPENBLAS_NUM_THREADS": threads,
        "MKL_NUM_THREADS": threads,
        "PYTHONHASHSEED": "0",
        "PYTHONUTF8": "1",
        "TZ": "UTC",
    }


def _finish(work: _Iteration, run_id: str, began: str) -> dict[str, Any]:
    """Write the reports and put the manifest together."""
    plan, data = work.plan, work.data
    status = max((one.status for one in work.outcomes.values()), key=_RANKS.index)
    head = ReportHead(TITLE, plan.settings.company, work.as_of, data.source_note, status)
    work.console.live("writing report.html and report.pdf")
    write_reports(work.staging, plan.notebooks, work.outcomes, head)
    files = record_files(work.staging, work.files)
    refuse_changed_source(plan.settings, data)
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
        "settings": plan.environment.settings,
        "libraries": plan.environment.libraries,
        "crmlib": {"version": __version__, "code": plan.environment.code},
        "started_at": began,
        "published_at": _now(),
        "files": files,
    }


def _record(work: _Iteration, name: str) -> dict[str, Any]:
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


def _seconds_before(runs: Sequence[Run]) -> dict[str, float]:
    """Return what each notebook took when it was last executed."""
    seconds: dict[str, float] = {}
    for run in reversed(runs):
        records: Mapping[str, Any] = run.manifest["notebooks"]
        seconds |= {name: record["seconds"] for name, record in records.items()}
    return seconds


def _published(folder: Path, manifest: Mapping[str, Any], *, is_new: bool) -> Published:
    return Published(
        run_id=str(manifest["run_id"]),
        folder=folder,
        as_of=str(manifest["as_of"]),
        status=str(manifest["status"]),
        headline=list(manifest["headline"]),
        is_new=is_new,
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
