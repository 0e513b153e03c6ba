"""Growth, lifecycle, margin and key accounts of a company whose truth is known."""

from __future__ import annotations

import pandas as pd
import pytest

pytestmark = [pytest.mark.notebooks, pytest.mark.xdist_group("company_run")]


@pytest.fixture(scope="module")
def customers(company_run) -> pd.DataFrame:
    """Lifecycle of each customer beside what is true."""
    found = company_run.table("11_customer_lifecycle/customers")
    return found.merge(company_run.truth("customers"), on="customer_id", validate="one_to_one")


def test_every_table_passes(company_run):
    health = company_run.table("00_data_quality/table_health")
    assert len(health) == 19
    assert set(health["verdict"]) == {"PASS"}


def test_prices_were_never_changed_and_none_is_found(company_run):
    """No price is planted to move; the split must not find one, whatever the mix does."""
    factors = company_run.table("10_customer_base/growth_by_factor").set_index("factor")
    assert factors.loc["prices of the same products", "now"] == pytest.approx(1, abs=0.005)
    change = company_run.table("10_customer_base/sales_change").iloc[0]
    total = change["now_amount"] - change["before_amount"]
    assert factors["effect_amount"].sum() == pytest.approx(total, abs=0.05)
    assert factors.loc["returns", "effect_amount"] < 0


def test_lost_have_left_and_maintained_have_not(customers):
    gone = (~customers["is_customer_on_last_day"]).groupby(customers["stage"]).mean()
    assert gone["lost"] > 0.75
    assert 0.2 < gone["leaving"] < 0.5
    assert gone[["won", "developing", "maintained"]].max() < 0.06


def test_stages_tell_how_much_is_still_to_come(customers):
    """Expected orders of the next 90 days, which no analysis has seen, fall along the stages."""
    expected = customers.groupby("stage")["expected_orders_90_days"].mean()
    assert expected["lost"] < 0.2 < expected["leaving"] < 1.2
    assert expected[["won", "developing", "maintained"]].min() > 1.6
    assert expected[["developing", "maintained"]].min() > expected["won"]


def test_few_are_called_developing_where_nobody_is_made_to_develop(company_run):
    """Rates of purchase are constant until the customer leaves, so chance alone may mark any."""
    stages = company_run.table("11_customer_lifecycle/stages").set_index("stage")["n_customers"]
    compared = stages[["developing", "maintained"]].sum()
    assert stages["developing"] / compared < 0.10


def test_margin_is_that_of_the_lines(company_run):
    classes = company_run.table("12_concentration_and_risk/customer_classes")
    lines = pd.read_parquet(company_run.source / "transactions.parquet")
    year = lines[(lines["occurred_at"] >= "2024-01-02") & lines["customer_id"].notna()]
    home = year[year["currency"].isna()].groupby("customer_id")["margin_amount"].sum()
    found = classes.set_index("customer_id")["margin_amount"]
    only_home = found.index.difference(year.loc[year["currency"].notna(), "customer_id"])
    pd.testing.assert_series_equal(
        found[only_home], home.reindex(only_home).astype(float), check_names=False, rtol=1e-9
    )


def test_the_share_of_wallet_on_the_sheet_is_near_the_truth(company_run):
    accounts = company_run.table("13_key_accounts/account_details").dropna(subset=["wallet_share"])
    both = accounts.merge(
        company_run.truth("customers")[["customer_id", "wallet_share"]],
        on="customer_id", suffixes=("", "_true"),
    )  # fmt: skip
    assert len(both) >= 20
    assert both["wallet_share"].corr(both["wallet_share_true"], method="spearman") > 0.6


def test_accounts_with_warning_signs_are_those_that_leave(company_run):
    accounts = company_run.table("13_key_accounts/account_details")
    truth = company_run.truth("customers").set_index("customer_id")["is_customer_on_last_day"]
    stays = accounts["customer_id"].map(truth).groupby(accounts["risk"]).mean()
    assert stays["low"] > 0.95
    assert stays["high"] < stays["raised"] < stays["low"]
