"""Chapter on target groups, held against the groups that the simulated company was made of."""

import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from tests.notebooks.iterations import EARLIER, LATER

CHAPTER = "42_target_groups"
NOT_GROUPED = "in no group"
PARTS = ["invest", "keep", "harvest", "watch", "not_judged"]
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
    assert complete_journey.table(f"{CHAPTER}/in_sections").empty  # there is nothing to lay out


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

    def test_sales_inside_sections_are_those_of_the_lines(self, company_run):
        """Half a year, counted anew from the delivered files, by group and decision."""
        read = {
            name: pd.read_parquet(company_run.source / f"{name}.parquet")
            for name in ("transactions", "customers", "products")
        }
        lines = read["transactions"]
        lines = lines[
            lines["currency"].isna() & (lines["occurred_at"].astype("str") > "2024-07-03")
        ]
        people, goods = read["customers"], read["products"]
        known = lines.drop(columns="region", errors="ignore")
        known = known.merge(people[["customer_id", "kind", "region"]], on="customer_id")
        known = known.merge(goods[["product_id", "category"]], on="product_id")
        known["section"] = known["kind"] + " | " + known["region"] + " | " + known["category"]
        sections = company_run.table("40_market_sections/sections").set_index("section")
        known["decision"] = known["section"].map(sections["decision"]).fillna("not_judged")
        known["segment"] = known["customer_id"].map(members_of(company_run))
        known["net_amount"] = known["net_amount"].astype(float)
        sums = known.pivot_table(
            index="segment", columns="decision", values="net_amount", aggfunc="sum", fill_value=0.0
        )
        inside = company_run.table(f"{CHAPTER}/in_sections").set_index("segment")
        wide = sums.add_suffix("_amount").loc[inside.index]
        assert set(wide.columns) == {f"{name}_amount" for name in PARTS}
        rest = "not_judged_amount"  # with sales in other currencies
        judged = wide.drop(columns=rest)
        assert (judged - inside[judged.columns]).abs().max(axis=None) < 0.01
        assert (wide[rest] / inside[rest]).between(0.9, 1).all()

    def test_sales_inside_sections_add_up(self, company_run):
        """To the sales lately of each group, and over the groups to those of each decision."""
        inside = company_run.table(f"{CHAPTER}/in_sections").set_index("segment")
        parts = inside[[f"{name}_amount" for name in PARTS]]
        assert parts.sum(axis=1).to_numpy() == pytest.approx(inside["net_amount"].to_numpy())
        lately = company_run.table(f"{CHAPTER}/groups").set_index("segment")["recent_amount"]
        assert inside["net_amount"].to_dict() == pytest.approx(lately.to_dict())
        decided = company_run.table("40_market_sections/decisions").set_index("decision")
        for name in PARTS[:4]:
            expected = decided.loc[name, "net_amount"]
            assert parts[f"{name}_amount"].sum() == pytest.approx(expected, abs=0.05)
        most = inside.drop(index=NOT_GROUPED)["invest_amount"].idxmax()
        (said,) = (one for one in company_run.headline(CHAPTER) if "to invest in" in one)
        assert f"the group {most} carries most: ${inside.loc[most, 'invest_amount']:,.0f}" in said
        chosen = company_run.table("40_market_sections/sections").set_index("section")["decision"]
        named = inside["largest_sections"].str.split("; ").explode()
        assert set(chosen[named[named != ""]]) <= {"invest", "keep"}
        first = company_run.table(f"{CHAPTER}/actions")["who"].iloc[0]
        assert first.endswith(inside["largest_sections"].drop(NOT_GROUPED).iloc[0])

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
