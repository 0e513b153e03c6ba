"""The chapter on satisfaction: silent without a survey, right about a company with known truth."""

import pytest

CHAPTER = "28_satisfaction"
pytestmark = pytest.mark.notebooks


@pytest.mark.xdist_group("complete_journey")
def test_without_a_survey_one_sentence_says_what_is_missing(complete_journey):
    (sentence,) = complete_journey.headline(CHAPTER)
    assert "brings no `surveys`" in sentence
    assert complete_journey.table(f"{CHAPTER}/gaps").empty


@pytest.mark.xdist_group("company_run")
class TestCompany:
    @pytest.fixture
    def truth(self, company_run):
        return company_run.truth("drivers").set_index("attribute")

    def test_gaps_are_those_planted(self, company_run, truth):
        """Of eight 95 % intervals one or two may miss; none by more than 0.15 points."""
        found = company_run.table(f"{CHAPTER}/gaps").set_index("attribute")
        planted = -truth["gap"].reindex(found.index)
        covered = (found["low_points"] <= planted) & (planted <= found["high_points"])
        assert covered.sum() >= 6
        assert (found["gap_points"] - planted).abs().max() < 0.15
        assert found.index[:2].tolist() == ["delivery time", "price"]

    def test_derived_importance_is_the_planted_weight_and_not_the_stated_one(
        self, company_run, truth
    ):
        """Attributes are independent here, so shares are squared weights over their sum."""
        drivers = company_run.table(f"{CHAPTER}/drivers")
        found = drivers[drivers["outcome"] == "overall satisfaction"].set_index("attribute")
        assert found.index[:4].tolist() == [
            "friendliness", "freshness and quality", "delivery time", "range of goods",
        ]  # fmt: skip
        weight = truth["weight"].reindex(found.index)
        share = weight**2 / (weight**2).sum()
        assert ((found["low_share"] <= share) & (share <= found["high_share"])).sum() >= 6
        scaled = weight * found["weight"].sum() / weight.sum()
        covered = (found["low_weight"] <= scaled) & (scaled <= found["high_weight"])
        assert covered.sum() >= 6
        assert truth["stated"].idxmax() == "price"
        assert found.index.get_loc("price") >= 5

    def test_staying_has_no_planted_driver_and_none_is_found(self, company_run):
        drivers = company_run.table(f"{CHAPTER}/drivers")
        assert not drivers.loc[drivers["outcome"] == "ordering again", "is_driver"].any()

    def test_delivery_time_is_to_be_mended_first(self, company_run):
        top = company_run.table(f"{CHAPTER}/priorities").set_index("attribute")
        assert top.index[0] == "delivery time"
        words = {"delivery time": "mend first", "freshness and quality": "keep up",
                 "price": "of little weight", "cleanliness": "no need"}  # fmt: skip
        assert top.loc[list(words), "priority"].to_dict() == words
        sales = company_run.table(f"{CHAPTER}/sales_below").iloc[0]
        assert sales["low_share"] < sales["below_share"] < sales["high_share"]
        assert sales["projected_amount"] < sales["all_amount"]
        below = company_run.table(f"{CHAPTER}/below_expectation")
        assert below["net_amount"].is_monotonic_decreasing
        assert len(below) == sales["n_below"]

    def test_employees_see_what_was_planted(self, company_run, truth):
        found = company_run.table(f"{CHAPTER}/employees").set_index("attribute")
        planted = (truth["employees"] - truth["gap"]).reindex(found.index)
        covered = (found["low_points"] <= planted) & (planted <= found["high_points"])
        assert covered.sum() >= 7
        assert found.loc[["delivery time", "cleanliness"], "is_different"].all()

    def test_who_answered_adds_up(self, company_run):
        who = company_run.table(f"{CHAPTER}/who_answered")
        totals = who.groupby("dimension")[["n_customers", "n_answered"]].sum()
        assert (totals == totals.iloc[0]).all(axis=None)
        lapsed = who[who["group"] == "lapsed"].iloc[0]
        assert lapsed["is_different"]
        assert lapsed["answered_rate"] < who["answered_rate"].iloc[0]
