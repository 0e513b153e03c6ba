"""What every chapter about a score has to keep: its card, its table of scores, its ledger."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tests.notebooks.runs import PublishedRun

WORST = ("FAIL", "REVIEW", "PASS")


def verdict_of(check: pd.Series) -> str:
    """Judge a check by its limits: the larger the better where `review_limit` is the larger."""
    sign = 1 if check["fail_limit"] < check["review_limit"] else -1
    found, review, fail = (
        sign * check[name] for name in ("found", "review_limit", "fail_limit")
    )  # fmt: skip
    return "PASS" if found >= review else "REVIEW" if found >= fail else "FAIL"


def card_of(run: PublishedRun, chapter: str) -> str:
    """Hold each check to its limits and the headline to the card; give the verdict."""
    checks = run.table(f"{chapter}/checks")
    assert list(checks["verdict"]) == [verdict_of(row) for _, row in checks.iterrows()]
    verdict = next(one for one in WORST if one in set(checks["verdict"]))
    headline = run.headline(chapter)
    if verdict == "FAIL":
        assert "withheld from every other chapter" in headline[0]
    else:
        points = np.average(checks["points"], weights=checks["weight"])
        assert f"Health card: {verdict} ({points:.0f} of 100 points)" in headline[-1]
        assert not any("withheld" in sentence for sentence in headline)
    return verdict


def ledger_of(run: PublishedRun, quantity: str) -> pd.DataFrame:
    """Read the predictions of one quantity."""
    ledger = pd.read_parquet(run.folder / "ledger" / "predictions.parquet")
    return ledger[ledger["quantity"] == quantity].set_index("subject_id")


def is_frozen(run: PublishedRun, scores: pd.DataFrame, *, quantity: str, horizon_days: int) -> None:
    """Every score stands in the ledger with its horizon and interval, and nothing else does."""
    frozen = ledger_of(run, quantity)
    assert len(scores) > 0
    assert frozen.index.is_unique
    expected = scores.set_index("customer_id")[["predicted", "low", "high"]]
    found = frozen.loc[expected.index, ["predicted", "low", "high"]]
    np.testing.assert_allclose(found.to_numpy(), expected.to_numpy(), rtol=1e-12)
    assert len(frozen) == len(scores)
    assert set(frozen["horizon_days"]) == {horizon_days}
    assert set(frozen["level"]) == {0.95}
    assert set(frozen["unit"]) == {"probability"}
    assert (frozen["low"] <= frozen["predicted"]).all()
    assert (frozen["predicted"] <= frozen["high"]).all()
    assert frozen["low"].min() >= 0
    assert frozen["high"].max() <= 1


def beats_simpler_ways(run: PublishedRun, chapter: str) -> None:
    """No score in use ranks worse than a simpler way, and the headline tells the same shares."""
    ways = run.table(f"{chapter}/comparison").set_index("way")
    assert ways.loc["naive rate", "auc"] == 0.5
    assert ways["ahead_share"].drop("score").min() > -0.001
    told = next(one for one in run.headline(chapter) if "ranks the right one higher" in one)
    score = ways.loc["score"]
    assert f"{100 * score['auc']:.1f} %" in told
    assert f"{100 * score['low']:.1f} % to {100 * score['high']:.1f} %" in told
