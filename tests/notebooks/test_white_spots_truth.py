"""White spots of simulated customers: needed and never bought here is what is found."""

import pytest

pytestmark = [pytest.mark.notebooks, pytest.mark.xdist_group("company_run")]

CHAPTER = "20_white_spots"


@pytest.fixture(scope="module")
def spots(company_run):
    """White spots with the need and what is bought of it, per year."""
    listed = company_run.table(f"{CHAPTER}/white_spots")
    wallets = company_run.truth("wallets").rename(columns={"category": "item"})
    return listed.merge(wallets, on=["customer_id", "item"], validate="one_to_one")


def test_white_spots_are_the_planted_ones_far_more_often_than_by_chance(spots, company_run):
    planted = (spots["bought_per_year"] == 0).mean()
    by_chance = (company_run.truth("wallets")["bought_per_year"] == 0).mean()
    assert planted > 2.5 * by_chance
    sure = spots[spots["expected_rate"] >= 0.8]
    assert (sure["bought_per_year"] == 0).mean() > 4 * by_chance


def test_potential_is_an_upper_end_near_the_true_need(spots):
    """The need of these customers is wherever they buy; the potential is what others buy here."""
    ratio = spots["potential_amount"].sum() / spots["needed_per_year"].sum()
    assert 0.5 < ratio < 1.3
    assert spots[["potential_amount", "needed_per_year"]].corr("spearman").iloc[0, 1] > 0.3


def test_what_was_foretold_came_true(company_run):
    bands = company_run.table(f"{CHAPTER}/gaps_closed")
    assert bands["bought_rate"].is_monotonic_increasing
    assert (bands["promised_rate"] - bands["bought_rate"]).abs().max() < 0.04
    against = company_run.table(f"{CHAPTER}/against_matched").iloc[0]
    assert against["low_share"] > 0


def test_reasons_come_from_the_offers(company_run):
    reasons = company_run.table(f"{CHAPTER}/reasons").set_index("reason")
    assert reasons.loc[["never offered", "no need seen"], "n_white_spots"].min() > 10
    assert reasons.loc["substitute owned", "n_white_spots"] == 0  # none is planted
    listed = company_run.table(f"{CHAPTER}/white_spots")
    assert set(listed["reason"]) <= set(reasons.index)
