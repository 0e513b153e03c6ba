"""The chapters of knowledge discovery: seconds and memory, small and on 10 million lines.

They run as they do in an iteration: `crm run --fresh --only ...`, two at a time, each in a kernel
of its own. Taking the data in comes before and is not counted; the report is.
"""

from __future__ import annotations

import os
import resource
import sys
from dataclasses import dataclass
from pathlib import Path

from crmlib.run.publication.manifest import published_runs
from crmlib.simulation.company import simulate_company
from tests.benchmarks.measure import run_command

PROJECT = Path(__file__).resolve().parents[2]
CRM = Path(sys.executable).with_name("crm")
N_CUSTOMERS = 335_000  # of 24 months, which makes ten million lines


@dataclass(frozen=True)
class Limits:
    """What a run may take at most."""

    seconds: float
    megabytes: float


@dataclass(frozen=True)
class Found:
    """What a run took: wall time by chapter and in all, processor time, memory of all processes."""

    chapters: dict[str, float]
    seconds: float
    processor_seconds: float
    megabytes: float

    def keeps(self, limits: Limits) -> bool:
        """Say whether it stayed within its limits."""
        return self.seconds <= limits.seconds and self.megabytes <= limits.megabytes

    def lines(self, title: str, limits: Limits) -> list[str]:
        """Word it, one line per chapter and the sum."""
        said = [f"{title}: {name:<30} {took:8.1f} s" for name, took in self.chapters.items()]
        verdict = "kept" if self.keeps(limits) else "NOT KEPT"
        said.append(
            f"{title}: all {self.seconds:,.1f} s wall, {self.processor_seconds:,.1f} s of "
            f"processor, {self.megabytes:,.0f} MB at most; limits {limits.seconds:,.0f} s and "
            f"{limits.megabytes:,.0f} MB {verdict}"
        )
        return said


SMALL = Limits(seconds=60, megabytes=2_000)
LARGE = Limits(seconds=300, megabytes=3_000)


def chapters() -> list[str]:
    """Name the notebooks of knowledge discovery, and that on data quality which they stand on."""
    names = sorted(path.stem for path in (PROJECT / "notebooks").glob("*.ipynb"))
    return [name for name in names if name[:2] == "00" or 10 <= int(name[:2]) < 40]


def project(folder: Path, source: str, **settings: str) -> Path:
    """Make a project with our notebooks and another source, and take its data in."""
    folder.mkdir(parents=True)
    (folder / "notebooks").symlink_to(PROJECT / "notebooks")
    lines = [f"{name}: {value}" for name, value in {"source": source, **settings}.items()]
    (folder / "crm.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    run_command([str(CRM), "intake"], cwd=folder)
    return folder


def measured(place: Path, names: list[str]) -> Found:
    """Run the chapters named in a project whose data are in, and say what each took."""
    only = [part for name in names for part in ("--only", name)]
    before = _processor_seconds()
    cost = run_command([str(CRM), "run", "--fresh", *only], cwd=place)
    spent = _processor_seconds() - before
    runs, _ = published_runs(place / "reports")
    records = runs[0].manifest["notebooks"]
    took = {name: float(records[name]["seconds"]) for name in sorted(records)}
    return Found(took, cost.seconds, spent, cost.megabytes)


def company_of_ten_million_lines(folder: Path) -> str:
    """Name the company in CRM_BENCH_COMPANY, or simulate one."""
    ready = os.environ.get("CRM_BENCH_COMPANY", "")
    if ready:
        return str(Path(ready).resolve())
    simulate_company(folder / "company", n_customers=N_CUSTOMERS, n_months=24, seed=5)
    return str(folder / "company")


def main(folder: Path) -> None:
    """Run the chapters on Complete Journey and on ten million lines."""
    zone = {"time_zone": "America/New_York"}
    place = project(folder / "journey", "complete-journey", **zone)
    _say("Complete Journey", measured(place, chapters()), SMALL)
    place = project(folder / "ten", company_of_ten_million_lines(folder))
    _say("10 million lines", measured(place, chapters()), LARGE)


def _say(title: str, found: Found, limits: Limits) -> None:
    for line in found.lines(title, limits):
        sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _processor_seconds() -> float:
    """Give the processor time of all children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
