"""Forecast and controlling of the Complete Journey: what came out, win or not."""

from __future__ import annotations

import pandas as pd
import pytest

pytestmark = [pytest.mark.notebooks, pytest.mark.xdist_group("complete_journey")]


@pytest.fixture(scope="module")
def total(complete_journey) -> pd.DataFrame:
    past = complete_journey.table("36_forecast/held_out")
    return past[past["dimension"] == "total"].set_index("quantity")


def test_whole_weeks_add_up_to_the_published_total(complete_journey):
    """52 whole weeks; the first day of the year is left over and belongs to no whole week."""
    weeks = complete_journey.table("36_forecast/weeks")
    of_all = weeks[weeks["dimension"] == "total"]
    assert len(of_all) == 52
    assert 4_570_000 < of_all["net_amount"].sum() < 4_596_039.58


def test_last_eight_weeks_against_what_came(total):
    """Sales: the mean of the past wins against the naive forecast, -4.5 % against +6.3 %."""
    sales = total.loc["net_amount"]
    assert sales["actual"] == pytest.approx(734_735.69)
    assert sales["model"] == "mean_level"
    assert sales["error_share"] == pytest.approx(-0.045, abs=0.005)
    assert sales["naive_error_share"] == pytest.approx(0.063, abs=0.005)
    assert sales["is_inside"]


def test_where_nothing_beats_the_naive_forecast_it_is_used_and_said(complete_journey, total):
    """Orders: no rule saves 5 % of the error in most trials, so the naive forecast it is."""
    orders = total.loc["n_orders"]
    assert orders["model"] == "naive"
    assert orders["forecast"] == orders["naive"]
    trials = complete_journey.table("36_forecast/trials")
    used = trials[trials["is_used"]].set_index("quantity")["model"].to_dict()
    assert used == {"net_amount": "mean_level", "n_orders": "naive", "n_customers": "mean_level"}
    reason = trials.set_index("quantity").loc["margin_amount", "reason"]
    assert reason == "The costs of most sales are not known."


def test_week_by_week_the_forecast_was_nearer(complete_journey):
    weeks = complete_journey.table("36_forecast/held_out_weeks")
    sales = weeks[weeks["quantity"] == "net_amount"]
    error = (sales["forecast"] - sales["actual"]).abs().mean()
    naive = (sales["naive"] - sales["actual"]).abs().mean()
    assert error < 0.75 * naive


def test_intervals_held_in_the_trials(complete_journey):
    trials = complete_journey.table("36_forecast/trials")
    used = trials[trials["is_used"]]
    assert used["coverage_share"].between(0.9, 1).all()
    assert used["total_coverage_share"].between(0.8, 1).all()


def test_parts_add_up_and_no_category_is_called_a_surprise(complete_journey):
    parts = complete_journey.table("36_forecast/parts")
    sales = parts[parts["quantity"] == "sales"]
    totals = complete_journey.table("36_forecast/totals").set_index("quantity")
    sums = sales.groupby("dimension")["forecast"].sum()
    assert set(sums.index) == {"category", "income band"}
    assert sums.to_list() == pytest.approx([totals.loc["sales", "forecast"]] * 2, abs=5)
    assert complete_journey.table("36_forecast/surprises").empty


def test_forecasts_are_frozen_in_the_ledger(complete_journey):
    ledger = pd.read_parquet(complete_journey.folder / "ledger" / "predictions.parquet")
    made = ledger[ledger["model"].str.startswith("weekly forecast")]
    total = made[made["subject_kind"] == "total"].set_index("quantity")
    assert set(total.index) == {"net_amount", "orders", "active_customers"}
    assert total.loc["net_amount", "horizon_days"] == 56
    assert total.loc["net_amount", "unit"] == "USD"
    assert (made["subject_kind"] == "category").sum() == 15
    assert "all others" not in set(made["subject_id"])


def test_controlling_without_a_plan_compares_with_the_period_before(complete_journey):
    sentences = complete_journey.headline("38_sales_controlling")
    assert "against the 91 days before" in sentences[0]
    assert complete_journey.table("38_sales_controlling/against_plan").empty
    page = (complete_journey.folder / "report.html").read_text(encoding="utf-8")
    assert "whether sales are on plan, and which parts explain the difference" in page


def test_causes_of_the_change_leave_nothing_over(complete_journey):
    causes = complete_journey.table("38_sales_controlling/causes").set_index("dimension")
    total = causes.loc["total"]
    effects = [
        "new_customers_amount", "lost_customers_amount", "volume_amount", "mix_amount",
        "price_amount", "returns_amount",
    ]  # fmt: skip
    assert total[effects].sum() == pytest.approx(total["change_amount"], abs=0.05)
    assert total["change_amount"] == pytest.approx(44_353, abs=1)


def test_goods_of_the_season_run_ahead(complete_journey):
    """October to December against July to September: turkeys, candy and pies; no stone fruit."""
    before = complete_journey.table("38_sales_controlling/against_before").set_index("part")
    for part, sign in {"TURKEY": 1, "CANDY - PACKAGED": 1, "STONE FRUIT": -1, "MELONS": -1}.items():
        assert before.loc[part, "is_different"], part
        assert sign * before.loc[part, "own_deviation_amount"] > 1_000, part
