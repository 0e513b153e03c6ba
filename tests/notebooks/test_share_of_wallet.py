"""The chapter on share of wallet: a yardstick without answers, calibrated with them."""

import pandas as pd
import pytest
from scipy.stats import spearmanr

CHAPTER = "34_share_of_wallet"
pytestmark = pytest.mark.notebooks


@pytest.mark.xdist_group("complete_journey")
class TestCompleteJourney:
    def test_without_answers_the_money_is_called_a_yardstick(self, complete_journey):
        first, *_ = complete_journey.headline(CHAPTER)
        assert "2,303 customers" in first
        assert "yardstick, not the money customers have" in first
        wallets = complete_journey.table(f"{CHAPTER}/wallets")
        assert set(wallets["source"]) == {"frontier"}
        at_frontier = (wallets["won_share"] > 0.999).mean()
        assert at_frontier == pytest.approx(0.1, abs=0.03)  # the quantile of the frontier

    def test_amounts_add_up(self, complete_journey):
        total = complete_journey.table(f"{CHAPTER}/totals").iloc[0]
        wallets = complete_journey.table(f"{CHAPTER}/wallets")
        categories = complete_journey.table(f"{CHAPTER}/categories")
        assert wallets["not_won_amount"].sum() == pytest.approx(total["not_won_amount"], rel=1e-6)
        assert categories["spent_amount"].sum() == pytest.approx(total["spent_amount"], rel=1e-6)
        assert total["low_amount"] < total["not_won_amount"] < total["high_amount"]


@pytest.mark.xdist_group("company_run")
class TestCompany:
    def both(self, run):
        """Estimated beside true shares, needs and purchases."""
        needs = run.truth("wallets").groupby("customer_id", as_index=False)[
            ["needed_per_year", "bought_per_year"]
        ].sum()  # fmt: skip
        truth = run.truth("customers")[["customer_id", "wallet_share"]].merge(needs)
        return run.table(f"{CHAPTER}/wallets").merge(truth, on="customer_id")

    def test_shares_rank_as_the_true_ones(self, company_run):
        both = self.both(company_run)
        assert spearmanr(both["won_share"], both["wallet_share"]).statistic >= 0.6
        unasked = both[both["source"] == "estimated"]
        assert len(unasked) > 1_000
        assert spearmanr(unasked["won_share"], unasked["wallet_share"]).statistic >= 0.6
        alone = spearmanr(both["frontier_share"], both["wallet_share"]).statistic
        assert alone == pytest.approx(0.6, abs=0.05)

    def test_every_fifth_has_the_share_it_is_said_to_have(self, company_run):
        both = self.both(company_run)
        fifth = pd.qcut(both["won_share"].rank(method="first"), 5, labels=False) + 1
        truth = both.groupby(fifth)["wallet_share"].mean()
        bands = company_run.table(f"{CHAPTER}/bands").set_index("band")
        assert ((bands["low_share"] <= truth) & (truth <= bands["high_share"])).all()

    def test_the_share_of_the_money_lies_in_its_interval(self, company_run):
        both = self.both(company_run)
        total = company_run.table(f"{CHAPTER}/totals").iloc[0]
        true = both["bought_per_year"].sum() / both["needed_per_year"].sum()
        assert total["low_share"] < true < total["high_share"]

    def test_single_customers_lie_within_their_intervals(self, company_run):
        both = self.both(company_run)
        inside = (both["low_share"] <= both["wallet_share"]) & (
            both["wallet_share"] <= both["high_share"]
        )
        assert 0.87 < inside.mean() < 0.99  # 95 % but for the noise of what was bought by chance

    def test_estimates_agree_with_answers_that_they_have_not_seen(self, company_run):
        check = company_run.table(f"{CHAPTER}/check")
        off = (check["estimated_share"] - check["answered_share"]).abs()
        assert off.max() < 0.05

    def test_needs_by_category_rank_as_the_true_ones(self, company_run):
        """Customers to develop: the category named holds more true need not won than most."""
        develop = company_run.table(f"{CHAPTER}/to_develop").head(300)
        wallets = company_run.truth("wallets")
        wallets["missing"] = wallets["needed_per_year"] - wallets["bought_per_year"]
        wallets["place"] = wallets.groupby("customer_id")["missing"].rank(ascending=False)
        named = develop.merge(wallets, on=["customer_id", "category"])
        assert (named["place"] <= 3).mean() > 0.6  # of ten; three by chance would be 30 %
        assert develop["not_won_amount"].is_monotonic_decreasing
