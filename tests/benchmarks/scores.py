"""A million customers scored: features of four days and five scores, in bounded memory."""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
from pathlib import Path

from crmlib.database import load
from crmlib.decisions import loss_score
from crmlib.features.activity import orders_after
from crmlib.features.category_use import category_sales, category_use
from crmlib.features.score_features import FEATURE_WORDS, SCORE_TABLES, score_features
from crmlib.models.scoring import hold_score, loss_rules, purchase_rules, score_days
from crmlib.models.scoring.cross_sell import chosen_categories, hold_category_scores
from crmlib.periods import window_before
from crmlib.run.tables import Tables
from crmlib.settings import Settings
from crmlib.simulation.company import simulate_company

HORIZON = 91
TRAIN_CUSTOMERS = 50_000


def score_everybody(tables: Tables) -> dict[str, float]:
    """Make the features of every customer once, and five scores: purchase, loss, categories."""
    seconds = {}
    began = time.perf_counter()

    def lap(name: str) -> None:
        nonlocal began
        now = time.perf_counter()
        seconds[name], began = now - began, now

    days = score_days(tables.as_of_day, known=tables.known, horizon_days=HORIZON)
    part = {"customers": tables.sample_customers(TRAIN_CUSTOMERS)}
    then = tables.on_days(score_features, *SCORE_TABLES, days=days.past, **part)
    ordered = tables.on_days(
        orders_after, "transactions", days=days.past, horizon_days=HORIZON, **part
    )
    lap("features to learn from")
    everyone = tables.on_days(score_features, *SCORE_TABLES, days=[days.now])[days.now]
    lap("features of everybody")
    options = {"words": FEATURE_WORDS}
    scores = [hold_score(days, then, ordered, everyone, rules=purchase_rules, **options)]
    active = loss_score.still_active(then, active_days=182)
    quiet = loss_score.went_quiet(active, ordered)
    scores.append(hold_score(days, active, quiet, everyone, rules=loss_rules, **options))
    lap("two scores")
    both = ("transactions", "products")
    window = window_before(tables.as_of_day, n_days=182)
    sold = tables.collect(category_sales(*(tables.table(name) for name in both), window=window))
    names = chosen_categories(sold, n_categories=3, most_share=1.0)
    part |= {"categories": names, "before_days": 182}
    used = tables.on_days(category_use, *both, days=days.past, **part)
    began_to = tables.on_days(category_use, *both, days=days.past, after_days=HORIZON, **part)
    used |= tables.on_days(category_use, *both, days=[days.now], **(part | {"customers": None}))
    frames = {"used": used, "began": began_to, "everyone": everyone}
    held = hold_category_scores(days, then, categories=names, words=FEATURE_WORDS, **frames)
    lap("three scores of categories")
    scores += [one.score for one in held]
    seconds["customers scored"] = float(sum(len(one.scores) for one in scores))
    seconds["customers"] = float(len(everyone))
    return seconds


def main(folder: Path) -> None:
    """Simulate a million customers, or take those in CRM_BENCH_COMPANY, and score them."""
    source = os.environ.get("CRM_BENCH_COMPANY", "")
    if not source:
        source = str(folder / "company")
        simulate_company(Path(source), n_customers=1_000_000, n_months=15, seed=3)
    snapshot = load(Settings(folder=folder, source=source))
    tables = Tables(snapshot, as_of_day=_last(snapshot))
    before = time.perf_counter()
    found = score_everybody(tables)
    total = time.perf_counter() - before
    for name, value in found.items():
        sys.stdout.write(f"{name:<46} {value:,.1f}\n")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(f"{'all, seconds':<46} {total:,.1f}; peak {peak:,.0f} MB with the intake\n")


def _last(snapshot: object) -> int:
    from crmlib.periods import day_number, parse_day

    return day_number(parse_day(snapshot.report.last_day))  # type: ignore[attr-defined]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        main(Path(name))
