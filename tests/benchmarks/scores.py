"""A million customers scored by the chapters a user runs, in bounded time and memory."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from crmlib.simulation.company import simulate_company
from tests.benchmarks.measure import run_command

PROJECT = Path(__file__).resolve().parents[2]
CRM = str(Path(sys.executable).parent / "crm")
CHAPTERS = ("50_purchase_score", "52_loss_score", "54_cross_sell_score", "56_response_score",
            "58_prospect_score")  # fmt: skip
LIMIT_SECONDS, LIMIT_MEGABYTES = 360, 3_000


def main(folder: Path) -> None:
    """Simulate a million customers, or take those in CRM_BENCH_COMPANY, and score them."""
    source = os.environ.get("CRM_BENCH_COMPANY", "")
    if not source:
        source = str(folder / "company")
        simulate_company(Path(source), n_customers=1_000_000, n_months=15, seed=3)
    (folder / "notebooks").symlink_to(PROJECT / "notebooks")
    (folder / "crm.yaml").write_text(f"company: Simulated\nsource: {source}\n", encoding="utf-8")
    (folder / "data").mkdir()
    taken = run_command([CRM, "intake"], cwd=folder)
    _say("intake, once per delivery", taken.seconds, taken.megabytes)
    only = [part for name in CHAPTERS for part in ("--only", name)]
    cost = run_command([CRM, "run", "--fresh", *only], cwd=folder)
    within = cost.seconds <= LIMIT_SECONDS and cost.megabytes <= LIMIT_MEGABYTES
    limits = f"limits {LIMIT_SECONDS} s and {LIMIT_MEGABYTES:,} MB"
    name = "five chapters of scores, two at a time"
    _say(name, cost.seconds, cost.megabytes, f"{limits}: {'within' if within else 'BEYOND'}")


def _say(name: str, seconds: float, megabytes: float, more: str = "") -> None:
    sys.stdout.write(f"{name:<46} {seconds:8.1f} s {megabytes:8,.0f} MB  {more}\n")
    sys.stdout.flush()
