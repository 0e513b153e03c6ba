"""Cross-selling about 6,000 simulated customers: the planted complements and nothing else."""

import pytest

pytestmark = [pytest.mark.notebooks, pytest.mark.xdist_group("company_run")]

CHAPTER = "18_cross_selling"


@pytest.fixture(scope="module")
def pairs(company_run):
    return company_run.table(f"{CHAPTER}/followers").set_index(["first", "second"])


@pytest.fixture(scope="module")
def planted(company_run):
    truth = company_run.truth("complements").set_index(["first", "second"])
    assert (truth["horizon_days"] == 60).all()
    return truth["next_order"]


def test_intervals_cover_the_planted_probabilities(pairs, planted):
    """Three intervals of 95 %: now and then one of them misses, by little."""
    found = pairs.loc[planted.index]
    covers = (found["gain_low_share"] <= planted) & (planted <= found["gain_high_share"])
    assert covers.sum() >= 2
    assert (found["gain_share"] - planted).abs().max() < 0.08


def test_planted_pairs_are_found_and_hardly_any_other(pairs, planted):
    found = pairs.index[pairs["is_found"]]
    strong = planted.index[planted >= 0.2]
    assert set(strong) <= set(found)
    assert len(set(found) - set(planted.index)) <= 1


def test_negative_control_of_planted_pairs_is_nil(pairs, planted):
    control = pairs.loc[planted.index]
    assert (control["placebo_low_share"] < 0.02).all()
    assert (control["placebo_high_share"] > -0.02).all()


def test_planted_pairs_are_bought_together_too(company_run, planted):
    rules = company_run.table(f"{CHAPTER}/rules").set_index(["antecedent", "consequent"])
    for pair in planted.index[planted >= 0.2]:
        assert rules.loc[pair, "lift_low"] > 1


def test_no_slow_seller_is_planted_and_hardly_any_found(company_run):
    assert len(company_run.table(f"{CHAPTER}/slow_sellers")) <= 2


def test_fresh_first_buyers_are_listed_with_what_follows(company_run, planted):
    offers = company_run.table(f"{CHAPTER}/customers_to_offer")
    fresh = offers[offers["basis"] == "follows a first purchase"]
    assert len(fresh) > 20
    assert ("Bread boxes", "Bread cutters") in set(
        zip(fresh["bought"], fresh["offer"], strict=True)
    )
