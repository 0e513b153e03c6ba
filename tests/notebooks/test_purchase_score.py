"""Who orders next: card, ledger and sentences; probabilities against the company's truth."""

import pytest
from scipy.stats import spearmanr

from tests.notebooks.score_checks import beats_simpler_ways, card_of, is_frozen

CHAPTER = "50_purchase_score"
pytestmark = pytest.mark.notebooks


def holds_together(run, *, horizon_days: int) -> None:
    assert card_of(run, CHAPTER) in {"PASS", "REVIEW"}
    scores, customers = run.table(f"{CHAPTER}/scores"), run.table(f"{CHAPTER}/customers")
    assert set(scores["customer_id"]) == set(customers["customer_id"])
    is_frozen(run, scores, quantity="purchase", horizon_days=horizon_days)
    beats_simpler_ways(run, CHAPTER)
    first, second, *_ = run.headline(CHAPTER)
    assert f"{scores['predicted'].sum():,.0f} of {len(scores):,} customers" in first
    assert f"${customers['likely_amount'].sum():,.0f}" in first
    chance = customers["chance"].value_counts()
    assert second.startswith(f"{chance['sure']:,} are almost sure")
    assert f"{chance['open']:,} could go either way" in second
    action = run.table(f"{CHAPTER}/actions").iloc[0]
    is_open = customers["chance"] == "open"
    assert action["n_customers"] == is_open.sum()
    assert action["net_amount"] == pytest.approx(
        customers.loc[is_open, "likely_amount"].sum(), abs=1
    )


@pytest.mark.xdist_group("complete_journey")
def test_complete_journey(complete_journey):
    holds_together(complete_journey, horizon_days=28)


@pytest.mark.xdist_group("company_run")
class TestCompany:
    def test_card_ledger_and_sentences_agree(self, company_run):
        holds_together(company_run, horizon_days=91)

    def test_probabilities_rank_as_the_true_expectations(self, company_run):
        """The truth knows rates and who has left; no analysis has seen the days to come."""
        scores = company_run.table(f"{CHAPTER}/scores")
        truth = company_run.truth("customers")[["customer_id", "expected_orders_90_days"]]
        both = scores.merge(truth, on="customer_id")
        assert spearmanr(both["predicted"], both["expected_orders_90_days"]).statistic > 0.75
        lowest, highest = both["predicted"] < 0.05, both["predicted"] > 0.9
        assert both.loc[lowest, "expected_orders_90_days"].mean() < 0.1
        assert both.loc[highest, "expected_orders_90_days"].mean() > 2.5

    def test_usual_orders_are_those_of_the_list(self, company_run):
        customers = company_run.table(f"{CHAPTER}/customers")
        likely = customers["predicted"] * customers["order_amount"]
        assert customers["likely_amount"].to_numpy() == pytest.approx(likely.to_numpy(), abs=0.011)
