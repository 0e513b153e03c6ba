"""Data quality, customer base, lifecycle, concentration and key accounts of 2,469 households."""

from __future__ import annotations

import pandas as pd
import pytest

pytestmark = [pytest.mark.notebooks, pytest.mark.xdist_group("complete_journey")]


def test_every_table_is_fresh_and_adds_up(complete_journey):
    health = complete_journey.table("00_data_quality/table_health").set_index("table")
    assert set(health["verdict"]) == {"PASS"}
    assert health.loc["offers", "n_duplicates"] == 4_872
    assert health.loc["transactions", ["rows_in", "n_unknown"]].tolist() == [1_469_307, 4_836]
    totals = complete_journey.table("00_data_quality/totals").set_index("measure")
    assert (totals["database"] == totals["used"]).all()
    assert totals.loc["sales, USD", "database"] == 4_596_039.58


def test_orphans_are_counted_per_reference(complete_journey):
    linked = complete_journey.table("00_data_quality/references")
    loose = linked[linked["n_unknown"] > 0].set_index(["table", "column"])["n_unknown"]
    assert loose.to_dict() == {("transactions", "product_id"): 4_836, ("offers", "product_id"): 16}


def test_four_factors_add_up_to_the_change_of_sales(complete_journey):
    factors = complete_journey.table("10_customer_base/growth_by_factor").set_index("factor")
    change = complete_journey.table("10_customer_base/sales_change").iloc[0]
    effect = factors["effect_amount"]
    total = change["now_amount"] - change["before_amount"]
    assert effect.sum() == pytest.approx(total, abs=0.05)
    assert len(factors) == 4  # nothing ever came back
    # customers and frequency as before the amount per order was split into basket and price
    assert effect.iloc[:2].tolist() == [4480.94, -26100.24]
    assert effect.iloc[2:].sum() == pytest.approx(65972.52, abs=0.02)
    assert ((factors["low_amount"] < effect) & (effect < factors["high_amount"])).all()


def test_fuel_in_odd_units_moves_no_price(complete_journey):
    """150 million units of fuel would swamp an amount per unit; the index moves by 0.4 %."""
    factors = complete_journey.table("10_customer_base/growth_by_factor").set_index("factor")
    assert factors.loc["prices of the same products", "now"] == pytest.approx(0.9961, abs=1e-4)


def test_every_household_is_at_one_lifecycle_stage(complete_journey):
    stages = complete_journey.table("11_customer_lifecycle/stages").set_index("stage")
    assert stages["n_customers"].to_dict() == {
        "won": 209, "developing": 142, "maintained": 1576, "leaving": 400, "lost": 142,
    }  # fmt: skip
    rates = complete_journey.table("11_customer_lifecycle/transitions")
    sums = rates.groupby("stage_before")["move_rate"].sum()
    assert sums.tolist() == pytest.approx([1.0] * len(sums))
    assert (rates["low_rate"] <= rates["move_rate"]).all()
    assert (rates["move_rate"] <= rates["high_rate"]).all()


def test_lapsed_and_lost_are_the_same_households(complete_journey):
    by_days = complete_journey.table("10_customer_base/customers")
    lifecycle = complete_journey.table("11_customer_lifecycle/customers")
    lapsed = set(by_days.loc[by_days["stage"] == "lapsed", "customer_id"])
    assert lapsed == set(lifecycle.loc[lifecycle["stage"] == "lost", "customer_id"])


def test_margin_is_said_to_be_missing_not_invented(complete_journey):
    measures = complete_journey.table("12_concentration_and_risk/measures")
    assert round(measures["value_share"].iloc[0], 4) == 0.3514
    assert len(measures) == 3
    page = (complete_journey.folder / "report.html").read_text(encoding="utf-8")
    assert "who is sold to at a loss" in page
    accounts = complete_journey.table("13_key_accounts/account_details")
    assert accounts[["margin_amount", "wallet_share", "n_contacts"]].isna().all(axis=None)


def test_the_report_has_the_sheets_of_the_first_accounts(complete_journey):
    accounts = complete_journey.table("13_key_accounts/key_accounts")
    assert len(accounts) == 100
    page = (complete_journey.folder / "report.html").read_text(encoding="utf-8")
    for name in accounts["customer_id"].head(3):
        assert f"Customer {name}</h3>" in page
    assert f"Customer {accounts['customer_id'].iloc[3]}</h3>" not in page
    quarters = complete_journey.table("13_key_accounts/account_quarters")
    sums = quarters.groupby("customer_id")["net_cents"].sum() / 100
    year = accounts.set_index("customer_id")["net_amount"]
    pd.testing.assert_series_equal(sums, year.sort_index(), check_names=False)
