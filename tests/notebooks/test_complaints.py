"""The chapter on complaints: silent without any, right about a company with known truth."""

import pandas as pd
import pytest

CHAPTER = "30_complaints"
pytestmark = pytest.mark.notebooks


@pytest.mark.xdist_group("complete_journey")
def test_without_complaints_one_sentence_says_what_is_missing(complete_journey):
    (sentence,) = complete_journey.headline(CHAPTER)
    assert "brings no `complaints`" in sentence
    assert complete_journey.table(f"{CHAPTER}/unanswered").empty


@pytest.mark.xdist_group("company_run")
class TestCompany:
    def table(self, run, name):
        return run.table(f"{CHAPTER}/{name}")

    def test_hazard_ratios_are_covered_and_only_the_unanswered_is_far_from_one(self, company_run):
        truth = company_run.truth("hazards").set_index("event")["hazard_ratio"]
        found = self.table(company_run, "hazard_ratios").set_index("event")
        events = {
            "complaint not answered yet": "unanswered",
            "answered": "answered",
            "answered and compensated": "compensated",
        }
        for name, planted in events.items():
            assert found.loc[name, "low"] < truth[planted] < found.loc[name, "high"]
        assert found.loc["complaint not answered yet", "low"] > 2

    def test_the_plain_comparison_hides_what_like_customers_show(self, company_run):
        """Who complains must stay to do so: as many complainers have left as others, yet."""
        raw = self.table(company_run, "leaving").iloc[0]
        assert raw["low_share"] < 0.05
        effects = self.table(company_run, "effects").set_index("comparison")
        first = effects.loc["all complaints against none"]
        assert first["high_share"] < 0
        assert first["p_adjusted"] < 0.05
        assert first["high_amount"] < 0
        late = effects.loc["late or no answer against answered in time"]
        assert late["difference_share"] < 0
        paradox = effects.loc["answered in time against no complaint"]
        assert paradox["low_share"] < 0  # no service paradox is planted

    def test_answers_take_as_long_as_planted(self, company_run):
        """72 % are ever answered, after 1 day and an exponential wait of 6: 47 % within 7 days."""
        times = self.table(company_run, "answer_times").iloc[0]
        assert times["low_share"] < 0.72 * (1 - 2.718281828 ** (-7 / 6)) + 0.03
        assert times["high_share"] > 0.72 * (1 - 2.718281828 ** (-7 / 6)) - 0.03
        curve = self.table(company_run, "answer_curve")
        last = curve[curve["days"] <= 90].iloc[-1]
        assert last["low_share"] < 0.72 < last["high_share"] + 0.03

    def test_complaints_come_with_orders_and_no_group_differs(self, company_run):
        """Nothing is planted by region, kind or channel."""
        rates = self.table(company_run, "rates")
        assert set(rates["dimension"]) == {"region", "kind", "channel"}
        assert not rates["is_different"].any()

    def test_lists_hold_open_late_complaints_of_customers_who_stay(self, company_run):
        waiting = self.table(company_run, "unanswered")
        source = pd.read_parquet(company_run.source / "complaints.parquet")
        open_ = set(source.loc[source["resolved_at"].isna(), "complaint_id"])
        left = set(pd.read_parquet(company_run.source / "departures.parquet")["customer_id"])
        assert set(waiting["complaint_id"]) <= open_
        assert not set(waiting["customer_id"]) & left
        assert (waiting["age_days"] > 7).all()
        assert waiting["net_amount"].is_monotonic_decreasing
        action = self.table(company_run, "actions").iloc[0]
        assert action["n_customers"] == waiting["customer_id"].nunique()

    def test_cost_is_the_effect_times_the_complaints(self, company_run):
        cost = self.table(company_run, "cost").iloc[0]
        effects = self.table(company_run, "effects").iloc[0]
        each = -effects["difference_amount"]
        assert cost["cost_amount"] == pytest.approx(cost["n_complaints"] * each, rel=0.01)
        assert cost["low_amount"] < cost["cost_amount"] < cost["high_amount"]
