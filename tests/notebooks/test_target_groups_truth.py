"""Chapter on target groups, held against the groups that the simulated company was made of."""

import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from tests.notebooks.iterations import EARLIER, LATER

CHAPTER = "42_target_groups"
NOT_GROUPED = "in no group"
pytestmark = pytest.mark.notebooks


def members_of(run) -> pd.Series:
    return run.table(f"{CHAPTER}/members").set_index("customer_id")["segment"]


def rand(run) -> float:
    members = members_of(run)
    grouped = members[members != NOT_GROUPED]
    assert len(grouped) > 2_000
    truth = run.truth("customers").set_index("customer_id")["segment"]
    return adjusted_rand_score(truth.loc[grouped.index], grouped)


def holds_together(run) -> None:
    """Sizes and sales of the groups are those of the list, and the headline says the same."""
    groups = run.table(f"{CHAPTER}/groups").set_index("segment")
    members = run.table(f"{CHAPTER}/members")
    sums = members.groupby("segment")["net_amount"].agg(["size", "sum"])
    assert set(sums.index) == set(groups.index)
    assert sums["size"].to_dict() == groups["n_customers"].to_dict()
    assert sums["sum"].to_dict() == pytest.approx(groups["net_amount"].to_dict())
    named = groups.drop(index=NOT_GROUPED)
    first = run.headline(CHAPTER)[0]
    assert first.startswith(f"{named['n_customers'].sum():,} customers")
    assert f"${named['net_amount'].sum():,.0f}" in first
    assert f"into {len(named)} target groups" in first
    trials = run.table(f"{CHAPTER}/trials").set_index("n_segments")
    assert trials.index[trials["is_chosen"]].tolist() == [len(named)]
    assert trials.loc[len(named), "mean_jaccard"] >= 0.75
    mix = run.table(f"{CHAPTER}/mix")
    assert mix.groupby("segment")["line_share"].sum().to_numpy() == pytest.approx(1)
    rules = run.table(f"{CHAPTER}/rules")
    assert set(rules["segment"]) <= set(named.index)
    assert rules["precision"].between(0, 1).all()


@pytest.mark.xdist_group("complete_journey")
def test_households_who_hardly_differ_are_not_divided(complete_journey):
    """Two halves come back, but are parts of one crowd: households buy much the same groceries."""
    (sentence,) = complete_journey.headline(CHAPTER)
    assert sentence.startswith("There are no target groups that last")
    assert "parts of one crowd" in sentence
    trials = complete_journey.table(f"{CHAPTER}/trials")
    assert not trials["is_chosen"].any()
    assert trials["separation"].max() < 0.4
    members = members_of(complete_journey)
    assert len(members) == 2_469
    assert set(members) == {NOT_GROUPED}
    assert complete_journey.table(f"{CHAPTER}/actions").empty


@pytest.mark.xdist_group("company_run")
class TestCompany:
    def test_planted_groups_are_recovered(self, company_run):
        assert rand(company_run) >= 0.8

    def test_groups_hold_all_customers_and_are_as_lasting_as_said(self, company_run):
        holds_together(company_run)
        groups = company_run.table(f"{CHAPTER}/groups").dropna(subset=["jaccard"])
        assert groups["jaccard"].mean() > 0.8
        assert company_run.table(f"{CHAPTER}/movers").empty
        assert "first iteration" in company_run.headline(CHAPTER)[-1]

    def test_names_stay_and_moves_are_told_apart(self, iterations):
        """Tastes are planted for ever: whoever moves does so by new lines, not by the model."""
        first, second = iterations[EARLIER], iterations[LATER]
        old, new = members_of(first), members_of(second)
        assert rand(second) >= 0.8
        assert set(old) <= set(new) or set(new) <= set(old)
        both = pd.concat({"old": old, "new": new}, axis=1, join="inner")
        counted = both.groupby(["old", "new"]).size()
        moves = second.table(f"{CHAPTER}/migration").set_index(["from_group", "to_group"])
        assert moves["n_customers"].to_dict() == counted.to_dict()
        split = second.table(f"{CHAPTER}/movers").set_index("movement")["n_customers"]
        assert split.sum() == len(both)
        stayed = split["in the same group"] + split["changed, and moved back by the model"]
        assert stayed == (both["old"] == both["new"]).sum()
        they, model = (split[f"moved because {who} changed"] for who in ("they", "the model"))
        assert they > 10 * model
        said = second.headline(CHAPTER)[-1]
        assert f"{they:,} of {len(both):,} customers" in said
        assert f"and {model:,} (" in said
