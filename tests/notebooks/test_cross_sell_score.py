"""Which category next: offers only from scores in use, with what they promise."""

import pytest

from tests.notebooks.score_checks import is_frozen, verdict_of

CHAPTER = "54_cross_sell_score"
pytestmark = pytest.mark.notebooks


def holds_together(run, *, horizon_days: int) -> None:
    summary = run.table(f"{CHAPTER}/summary").set_index("category")
    scores, offers = run.table(f"{CHAPTER}/scores"), run.table(f"{CHAPTER}/offers")
    checks = run.table(f"{CHAPTER}/checks")
    assert list(checks["verdict"]) == [verdict_of(row) for _, row in checks.iterrows()]
    failed = set(checks.loc[checks["verdict"] == "FAIL", "category"])
    assert failed == set(summary.index[summary["verdict"] == "FAIL"])
    usable = summary[summary["verdict"] != "FAIL"]
    assert set(scores["category"]) == set(usable.index)
    assert set(offers["category"]) <= set(usable.index)
    for category, part in scores.groupby("category"):
        is_frozen(run, part, quantity=f"purchase of {category}", horizon_days=horizon_days)
        assert part["predicted"].sum() == pytest.approx(usable.loc[category, "expected_buyers"])
    assert offers["customer_id"].is_unique
    best = scores.merge(offers, on="customer_id", suffixes=("", "_offered"))
    likely = best[best["predicted"] >= offers["predicted"].min()]
    assert (likely["likely_amount"] <= likely["likely_amount_offered"] + 1e-9).all()
    sentences = [sentence.replace("\\", "") for sentence in run.headline(CHAPTER)]
    top = usable["likely_amount"].idxmax()
    assert sentences[0].startswith(f"{top} promises most")
    assert sentences[1].startswith(f"{len(offers):,} customers")
    assert f"${offers['likely_amount'].sum():,.0f}" in sentences[1]
    for category in failed:
        assert "Withheld" in sentences[-1]
        assert category in sentences[-1]


@pytest.mark.xdist_group("complete_journey")
def test_complete_journey(complete_journey):
    holds_together(complete_journey, horizon_days=56)


@pytest.mark.xdist_group("company_run")
def test_company(company_run):
    holds_together(company_run, horizon_days=91)
