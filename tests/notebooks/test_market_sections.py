"""Sections of the market: amounts, decisions and sentences agree; growth against raw lines."""

import pandas as pd
import pytest

CHAPTER = "40_market_sections"
pytestmark = pytest.mark.notebooks


def quadrant(row: pd.Series) -> str:
    if row["attractiveness"] >= 50:
        return "keep" if row["position"] >= 50 else "invest"
    return "harvest" if row["position"] >= 50 else "watch"


def holds_together(run) -> None:
    """Each section has one decision, the decisions add up, and the headline says the same."""
    decided = run.table(f"{CHAPTER}/sections")
    measured = run.table(f"{CHAPTER}/all_sections")
    totals = run.table(f"{CHAPTER}/decisions").set_index("decision")
    assert decided["section"].is_unique
    assert set(decided["section"]) == set(measured["section"]) - {"all other sections"}
    assert measured["net_share"].sum() == pytest.approx(1)
    assert list(decided["decision"]) == [quadrant(row) for _, row in decided.iterrows()]
    sums = decided.groupby("decision")["net_amount"].agg(["size", "sum"])
    for decision, row in sums.iterrows():
        assert totals.loc[decision, "n_sections"] == row["size"]
        assert totals.loc[decision, "net_amount"] == pytest.approx(row["sum"])
    first, *_, last = run.headline(CHAPTER)
    assert f"{len(decided)} sections" in first
    assert f"${decided['net_amount'].sum():,.0f}" in first
    for decision, row in totals.iterrows():
        assert f"{decision} {row['n_sections']:.0f} (${row['net_amount']:,.0f})" in first
    firm = int((decided["same_decision_share"] >= 0.8).sum())
    assert last.startswith(f"{firm} of {len(decided)} decisions")
    actions = run.table(f"{CHAPTER}/actions")
    assert actions["net_amount"].sum() == pytest.approx(decided["net_amount"].sum())


@pytest.mark.xdist_group("complete_journey")
def test_complete_journey(complete_journey):
    holds_together(complete_journey)
    measured = complete_journey.table(f"{CHAPTER}/all_sections")
    assert measured["margin_rate"].isna().all()  # the source names no costs


@pytest.mark.xdist_group("company_run")
class TestCompany:
    def test_amounts_decisions_and_sentences_agree(self, company_run):
        holds_together(company_run)

    def test_sales_and_growth_are_those_of_the_lines(self, company_run):
        """Half a year and the half before, counted anew from the delivered files."""
        lines = pd.read_parquet(company_run.source / "transactions.parquet")
        people = pd.read_parquet(company_run.source / "customers.parquet")
        goods = pd.read_parquet(company_run.source / "products.parquet")
        home = lines[lines["currency"].isna()]
        known = home.merge(
            people[["customer_id", "kind", "region"]], on="customer_id", suffixes=("_line", "")
        )
        known = known.merge(goods[["product_id", "category"]], on="product_id")
        known["section"] = known["kind"] + " | " + known["region"] + " | " + known["category"]
        day = known["occurred_at"].astype("str").str[:10]
        now = known[day > "2024-07-02"].groupby("section")["net_amount"].sum().astype(float)
        half = (day > "2024-01-02") & (day <= "2024-07-02")
        before = known[half].groupby("section")["net_amount"].sum().astype(float)
        decided = company_run.table(f"{CHAPTER}/sections").set_index("section")
        found = decided["net_amount"]
        assert (found / now[found.index]).to_numpy() == pytest.approx(1, abs=0.05)
        growth = now[found.index] / before[found.index] - 1
        assert (decided["growth_rate"] - growth).abs().max() < 0.05
        inside = growth.between(decided["growth_low_rate"], decided["growth_high_rate"])
        assert inside.all()

    def test_weights_decide_little_where_scores_are_far_from_the_middle(self, company_run):
        decided = company_run.table(f"{CHAPTER}/sections")
        distance = (decided[["attractiveness", "position"]] - 50).abs().min(axis=1)
        assert distance.corr(decided["same_decision_share"], method="spearman") > 0.7
        assert decided["same_decision_share"].between(0, 1).all()
