"""Regions: planted differences are covered, what a competitor took shows, shops serve as places."""

from __future__ import annotations

import pandas as pd
import pytest

CHAPTER = "16_regions"

pytestmark = pytest.mark.notebooks


@pytest.mark.xdist_group("complete_journey")
class TestCompleteJourney:
    def test_shops_are_compared_where_no_region_is_known(self, complete_journey):
        measures = complete_journey.table(f"{CHAPTER}/measures")
        assert measures["place"].nunique() == 21
        customers = measures[measures["measure"] == "amount per order"]["n_customers"]
        assert customers.sum() == 2_469
        assert "of 21 shops differ" in complete_journey.headline(CHAPTER)[0]

    def test_the_shop_with_the_largest_gap(self, complete_journey):
        regions = complete_journey.table(f"{CHAPTER}/regions")
        first = regions.iloc[0]
        assert (first["place"], first["n_customers"], first["is_below"]) == ("313", 40, True)
        assert first["gap_low_amount"] > 15_000
        assert first["gap_high_amount"] < 60_000


@pytest.mark.xdist_group("company_run")
class TestSimulatedCompany:
    def test_intervals_cover_the_planted_need(self, company_run):
        measures = company_run.table(f"{CHAPTER}/measures").set_index("measure")
        truth = company_run.truth("regions").set_index("region")
        hits = []
        for measure in ("orders per customer and year", "sales per customer and year"):
            rows = measures.loc[measure].set_index("place")
            need = truth["need_factor"].reindex(rows.index)
            whole = (need * rows["n_customers"]).sum() / rows["n_customers"].sum()
            index = 100 * need / whole
            hits += list(rows["low_index"].le(index) & rows["high_index"].ge(index))
        assert len(hits) == 12
        assert sum(hits) >= 11

    def test_order_of_the_regions_is_the_planted_one(self, company_run):
        measures = company_run.table(f"{CHAPTER}/measures")
        rows = measures[measures["measure"] == "orders per customer and year"].set_index("place")
        truth = company_run.truth("regions").set_index("region")["need_factor"]
        pair = pd.concat([rows["shrunk_index"], truth], axis=1).rank()
        assert pair.corr().iloc[0, 1] > 0.7

    def test_category_lost_to_a_competitor_is_found_and_little_else(self, company_run):
        event = company_run.truth("events").set_index("event").loc["competitor attack"]
        mix = company_run.table(f"{CHAPTER}/mix")
        sure = mix[mix["is_different"]].set_index(["place", "category"])
        assert (event["region"], event["category"]) in sure.index
        lost = sure.loc[(event["region"], event["category"])]
        assert lost["high_index"] < 100
        others = sure[(sure.index.get_level_values("place") != event["region"])]
        assert len(others) <= 2

    def test_category_lost_stands_in_the_table_to_act_on(self, company_run):
        regions = company_run.table(f"{CHAPTER}/regions").set_index("place")
        assert regions.loc["West", "weak_category"] == "Wine"
        assert (regions["gap_low_amount"] <= regions["gap_amount"]).all()
        assert (regions["gap_amount"] <= regions["gap_high_amount"]).all()
