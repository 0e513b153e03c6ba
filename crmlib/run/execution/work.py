"""The notebooks of one iteration on their way: run or reused, several at a time."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crmlib.errors import DataRejectedError
from crmlib.run.execution.execute import Outcome, execute, outcome_of
from crmlib.run.execution.reuse import copy_published, key_of
from crmlib.run.execution.schedule import run_in_order
from crmlib.run.planning.data import Data
from crmlib.run.planning.plan import Plan
from crmlib.run.progress import Console, RunProgress
from crmlib.run.publication.earlier import earlier_run
from crmlib.run.publication.manifest import Run
from crmlib.settings import Settings

if TYPE_CHECKING:
    from crmlib.run.execution.kernel import Kernels

__all__ = ["Work", "run_notebooks"]

_QUALITY = "00_"


@dataclass
class Work:
    """One run on its way: what it needs and what its notebooks have left so far."""

    plan: Plan
    data: Data
    as_of: str
    runs: Sequence[Run]
    staging: Path
    scratch: Path
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
                from crmlib.run.execution.kernel import Kernels

                settings = self.plan.settings
                company = self.plan.environment.settings["company"]
                before = earlier_run(self.runs, as_of=self.as_of, company=company)
                self.kernels = Kernels(
                    folder=settings.folder.resolve(),
                    scratch=self.scratch,
                    environment=_kernel_environment(settings, self.staging, self.scratch)
                    | {"CRM_EARLIER_RUN": str(before.folder) if before else ""},
                )
            return self.kernels

    def stop(self) -> None:
        """End every kernel."""
        if self.kernels is not None:
            self.kernels.kill_all()

    def close(self) -> None:
        """Let go of what starts kernels."""
        if self.kernels is not None:
            self.kernels.close()


def run_notebooks(work: Work) -> None:
    """Run or reuse every notebook, several at a time."""
    settings = work.plan.settings
    progress = RunProgress(
        work.console,
        n_cells={name: one.n_code_cells for name, one in work.plan.notebooks.items()},
        seconds_before=_seconds_before(work.runs),
        workers=settings.n_at_once,
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

    with contextlib.closing(work):
        run_in_order(
            work.plan.waits_for,
            step,
            workers=settings.n_at_once,
            on_done=done,
            on_tick=progress.draw,
            stop=work.stop,
        )


def _run_or_reuse(work: Work, name: str, progress: RunProgress) -> Outcome:
    """Bring the results of one notebook into the staging folder. Runs in a thread of its own."""
    plan = work.plan
    files = work.files | plan.earlier(work.runs, as_of=work.as_of)
    parts = plan.parts(name, as_of=work.as_of, data=work.data, files=files)
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


def _kernel_environment(settings: Settings, staging: Path, scratch: Path) -> dict[str, str]:
    """Tell a notebook where it writes and shares, and keep it from depending on the machine."""
    threads = str(max(1, (os.cpu_count() or 1) // settings.workers))
    return {
        "CRM_RUN_FOLDER": str(staging),
        "CRM_SHARED_FOLDER": str(scratch),
        "CRM_PROJECT_FOLDER": str(settings.folder.resolve()),
        "CRM_ENGINE": settings.engine,
        "CRM_MEMORY_LIMIT": settings.memory_limit,
        "OMP_NUM_THREADS": threads,
        "OPENBLAS_NUM_THREADS": threads,
        "MKL_NUM_THREADS": threads,
        "PYTHONHASHSEED": "0",
        "PYTHONUTF8": "1",
        "TZ": "UTC",
    }


def _seconds_before(runs: Sequence[Run]) -> dict[str, float]:
    """Return what each notebook took when it was last executed."""
    seconds: dict[str, float] = {}
    for run in reversed(runs):
        records: Mapping[str, Any] = run.manifest["notebooks"]
        seconds |= {name: record["seconds"] for name, record in records.items()}
    return seconds
