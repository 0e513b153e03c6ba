"""Who reacts: a score that failed its card is nowhere to be found behind it."""

import pandas as pd
import pytest

from tests.notebooks.score_checks import card_of, is_frozen, ledger_of

CHAPTER = "56_response_score"
pytestmark = pytest.mark.notebooks


def holds_together(run, *, horizon_days: int) -> None:
    """A score in use is frozen and listed; one that failed is withheld, and the report says so."""
    scores = run.table(f"{CHAPTER}/scores")
    if card_of(run, CHAPTER) != "FAIL":
        is_frozen(run, scores, quantity="reaction", horizon_days=horizon_days)
        return
    assert scores.empty
    assert ledger_of(run, "reaction").empty
    checks = run.table(f"{CHAPTER}/checks")
    failed = list(checks.loc[checks["verdict"] == "FAIL", "check"])
    said = run.headline(CHAPTER)[0]
    assert all(check in said for check in failed[:3])
    if len(failed) > 3:
        assert f"and {len(failed) - 3} more" in said
    html = (run.folder / "report.html").read_text(encoding="utf-8")
    assert all(check in html for check in failed), "the health card names them all"
    assert "The score of a reaction is withheld from every other chapter" in html


@pytest.mark.xdist_group("complete_journey")
def test_complete_journey(complete_journey):
    holds_together(complete_journey, horizon_days=28)


@pytest.mark.xdist_group("company_run")
class TestCompany:
    def test_card_ledger_and_sentences_agree(self, company_run):
        holds_together(company_run, horizon_days=28)

    def test_no_action_rests_on_a_withheld_score(self, company_run):
        targets = company_run.table(f"{CHAPTER}/targets")
        actions = company_run.table(f"{CHAPTER}/actions")
        if company_run.table(f"{CHAPTER}/scores").empty:
            listed = targets.dropna(subset=["effect"])
            assert len(listed) == len(targets)
            assert actions["net_amount"].sum() <= targets["order_amount"].sum()
        else:
            assert set(targets["customer_id"]) <= set(
                company_run.table(f"{CHAPTER}/scores")["customer_id"]
            )

    def test_campaigns_are_counted_as_delivered(self, company_run):
        campaigns = company_run.table(f"{CHAPTER}/campaigns").set_index("campaign_id")
        given = pd.read_parquet(company_run.source / "assignments.parquet")
        given = given[given["campaign_id"].isin(campaigns.index)]
        is_control = given["arm"] == "control"
        counts = given[is_control].groupby("campaign_id")["customer_id"].nunique()
        treated = given[~is_control].groupby("campaign_id")["customer_id"].nunique()
        for campaign, row in campaigns.iterrows():
            assert row["n_control"] == counts.get(campaign, 0)
            assert row["n_treated"] == treated[campaign]
            assert row["reaction_rate"] == pytest.approx(row["n_reacted"] / row["n_treated"])
        randomised = given.groupby("campaign_id")["randomised"].all()
        assert campaigns["is_randomised"].to_dict() == randomised[campaigns.index].to_dict()
