"""Controlling of a simulated company: what was planted in its plan is found, and little else."""

from __future__ import annotations

import pandas as pd
import pytest

pytestmark = [pytest.mark.notebooks, pytest.mark.xdist_group("company_run")]


@pytest.fixture(scope="module")
def against_plan(company_run) -> pd.DataFrame:
    return company_run.table("38_sales_controlling/against_plan")


def test_categories_planned_too_high_or_low_are_found(company_run, against_plan):
    """Planned a quarter too high: sales fall short; a fifth too low: they run ahead."""
    truth = company_run.truth("plan").set_index("category")["ambition"]
    single = against_plan[against_plan["dimension"] == "category"].set_index("part")
    for category, ambition in truth[truth != 1].items():
        row = single.loc[category]
        assert row["is_different"], category
        assert (row["own_deviation_amount"] < 0) == (ambition > 1), category
    right = single.loc[truth.index[truth == 1]]
    assert not right["is_different"].drop("Wine").any()  # Wine: see the competitor's attack


def test_ambition_lies_in_the_interval(company_run, against_plan):
    """Actual over plan, against what moved all, is one over the ambition planted."""
    truth = company_run.truth("plan").set_index("category")["ambition"]
    single = (
        against_plan[against_plan["dimension"] == "category"].set_index("part").loc[truth.index]
    )
    moved = single["common_deviation_amount"] / single["reference_amount"] + 1
    low, high = (
        (single["reference_amount"] + single[name]) / single["reference_amount"] / moved
        for name in ("low_amount", "high_amount")
    )
    planted = 1 / truth
    covered = (low < planted) & (planted < high)
    assert covered.drop("Wine").mean() >= 0.8  # Wine: see the competitor's attack
    assert covered[["Tea", "Kitchen knives"]].all()


def test_the_attack_of_the_competitor_shows_where_it_was(company_run):
    """Wine in the West fell: against plan or before, its cell is off, and lower than all."""
    event = company_run.truth("events").set_index("event").loc["competitor attack"]
    cell = f"{event['category']} / {event['region']}"
    before = company_run.table("38_sales_controlling/against_before").set_index("part")
    assert before.loc[cell, "is_different"]
    assert before.loc[cell, "own_deviation_amount"] < 0


def test_regions_are_not_called_off(against_plan):
    regions = against_plan[against_plan["dimension"] == "region"]
    assert len(regions) == 6
    assert not regions["is_different"].any()


def test_causes_leave_nothing_over_in_any_part(company_run):
    causes = company_run.table("38_sales_controlling/causes")
    effects = [
        "new_customers_amount", "lost_customers_amount", "volume_amount", "mix_amount",
        "price_amount", "returns_amount",
    ]  # fmt: skip
    gap = causes[effects].sum(axis=1) - causes["change_amount"]
    assert gap.abs().max() < 0.05
    assert set(causes["dimension"]) == {
        "total", "category", "region", "channel", "account manager"
    }  # fmt: skip


def test_headline_actions_and_forecast_table(company_run):
    sentences = company_run.headline("38_sales_controlling")
    assert "against the plan" in sentences[0]
    actions = company_run.table("38_sales_controlling/actions")
    assert any("Tea" in recommendation for recommendation in actions["recommendation"])
    forecast = company_run.table("38_sales_controlling/against_forecast")
    assert {"total", "category", "region", "channel", "account manager"} <= set(
        forecast["dimension"]
    )


def test_margin_is_forecast_where_costs_are_known(company_run):
    totals = company_run.table("36_forecast/totals").set_index("quantity")
    assert totals.loc["contribution margin", "forecast"] > 0
    assert set(totals.index) == {
        "sales", "orders", "active customers per week", "contribution margin"
    }  # fmt: skip
