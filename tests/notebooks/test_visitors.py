"""The chapter on visitors: the planted funnel, terms and sources of a company with known truth."""

from __future__ import annotations

import pandas as pd
import pytest

CHAPTER = "24_visitors"


@pytest.mark.notebooks
@pytest.mark.xdist_group("complete_journey")
def test_a_shop_without_visits_and_prospects_says_so(complete_journey):
    sentences = complete_journey.headline(CHAPTER)
    assert [s.split("`")[1] for s in sentences] == ["visits", "prospects"]
    for name in ("sources", "steps", "ways", "unmet_terms", "prospect_sources", "actions"):
        assert complete_journey.table(f"{CHAPTER}/{name}").empty


@pytest.mark.notebooks
@pytest.mark.xdist_group("company_run")
class TestCompanyWithTruth:
    """6,000 simulated customers, their visits and the prospects beside them."""

    def test_every_step_of_every_source_is_covered(self, company_run):
        """18 intervals of 95 %: at least 16 hold the truth, and none is far off."""
        truth = company_run.truth("funnel").set_index("source")
        found = company_run.table(f"{CHAPTER}/steps_by_source")
        goes_on = {"enter": "view", "view": "basket", "basket": "buy"}
        expected = pd.Series(
            [truth.loc[row.source, goes_on[row.step]] for row in found.itertuples()]
        )
        inside = (found["low_rate"] <= expected) & (expected <= found["high_rate"])
        assert len(found) == 18
        assert inside.sum() >= 16
        assert (found["success_rate"] - expected).abs().max() < 0.09

    def test_purchases_by_source_are_covered(self, company_run):
        truth = company_run.truth("funnel").set_index("source")["success"]
        for table in ("sources", "new_customers"):
            found = company_run.table(f"{CHAPTER}/{table}").set_index("source")
            found = found[found["n_trials"] >= 100]
            expected = truth.loc[found.index]
            inside = (found["low_rate"] <= expected) & (expected <= found["high_rate"])
            assert inside.sum() >= len(found) - 1
        new = found
        assert new.loc["social media", "verdict"] == "lower"
        assert new.loc["comparison site", "verdict"] == "higher"

    def test_unmet_terms_are_those_planted_and_no_others(self, company_run):
        truth = company_run.truth("unmet_terms").set_index("term")["share"]
        found = company_run.table(f"{CHAPTER}/unmet_terms").set_index("term")
        assert set(found.index) == set(truth.index)
        assert found["kind"].eq("search").all()
        assert (found["n_unmet"] == found["n_visits"]).all()
        expected = truth.loc[found.index]
        inside = (found["low_share"] <= expected) & (expected <= found["high_share"])
        assert inside.sum() >= 4

    def test_what_searches_in_vain_cost_holds_the_truth(self, company_run):
        """Who found something buys at the planted rates; who found nothing never does."""
        events = pd.read_parquet(company_run.source / "visit_events.parquet")
        visits = pd.read_parquet(company_run.source / "visits.parquet").set_index("visit_id")
        kinds = events.groupby("visit_id")["kind"].agg(set)
        searched = kinds[kinds.map(lambda one: {"search", "view"} <= one)].index
        funnel = company_run.truth("funnel").set_index("source")
        rate = (funnel["basket"] * funnel["buy"]).loc[visits.loc[searched, "source"]].mean()
        found = company_run.table(f"{CHAPTER}/unmet_terms")
        per_search = found["missed_amount"].sum() / found["n_unmet"].sum()
        assert per_search / rate == pytest.approx(42, rel=0.15)  # an order of a visit
        assert (found["low_amount"] < found["missed_amount"]).all()
        assert (found["missed_amount"] < found["high_amount"]).all()

    def test_prospects_by_source_are_covered(self, company_run):
        """The truth depends on the kind of prospect; that of a source is its mixture."""
        truth = company_run.truth("prospect_sources").set_index("source")
        prospects = pd.read_parquet(company_run.source / "prospects.parquet")
        chance = [truth.loc[row.source, row.kind] for row in prospects.itertuples()]
        expected = prospects.assign(chance=chance).groupby("source")["chance"].mean()
        found = company_run.table(f"{CHAPTER}/prospect_sources").set_index("source")
        expected = expected.loc[found.index]
        inside = (found["low_rate"] <= expected) & (expected <= found["high_rate"])
        assert inside.sum() >= 3
        assert found["n_trials"].sum() == len(prospects)
        assert found.loc["referral", "verdict"] == "higher"
        assert found.loc["trade fair", "verdict"] == "lower"

    def test_where_nothing_is_planted_nothing_is_found(self, company_run):
        """What is looked at is drawn by lot: no category drives away, no pair goes together."""
        items = company_run.table(f"{CHAPTER}/items")
        assert (items["verdict"] == "as the rest").all()
        assert company_run.table(f"{CHAPTER}/item_pairs").empty

    def test_ways_add_up_to_all_visits(self, company_run):
        ways = company_run.table(f"{CHAPTER}/ways")
        sources = company_run.table(f"{CHAPTER}/sources")
        steps = company_run.table(f"{CHAPTER}/steps")
        assert ways["n_visits"].sum() == sources["n_trials"].sum() == steps["n_visits"].iloc[0]
        assert ways["n_bought"].sum() == sources["n_successes"].sum()
        assert ways["way"].iloc[0] == "enter > view > leave"

    def test_lists_to_act_on_hold_who_they_should(self, company_run):
        left = company_run.table(f"{CHAPTER}/left_baskets")
        waiting = company_run.table(f"{CHAPTER}/open_prospects")
        prospects = pd.read_parquet(company_run.source / "prospects.parquet")
        prospects = prospects.set_index("prospect_id").loc[waiting["prospect_id"]]
        assert prospects["converted_at"].isna().all()
        assert waiting["age_days"].max() <= 60
        assert len(left) > 10
        assert left["customer_id"].is_unique
        actions = company_run.table(f"{CHAPTER}/actions")
        assert actions["n_customers"].tolist()[0] == len(left)
