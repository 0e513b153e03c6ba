"""Cross-selling about 2,469 households: the published rule, the negative control, slow sellers."""

import pytest

pytestmark = [pytest.mark.notebooks, pytest.mark.xdist_group("complete_journey")]

CHAPTER = "18_cross_selling"


def test_hot_dogs_bring_buns(complete_journey):
    """Baskets with at least one product of the master; categories as the master names them."""
    rules = complete_journey.table(f"{CHAPTER}/rules").set_index(["antecedent", "consequent"])
    rule = rules.loc[("HOT DOGS", "BAKED BREAD/BUNS/ROLLS")]
    assert round(rule["confidence_share"], 4) == 0.6957
    assert round(rule["lift"], 4) == 3.1818
    assert rule["n_both"] == 4411
    assert rule["confidence_low_share"] < 0.6957 < rule["confidence_high_share"]


def test_rules_are_beyond_chance(complete_journey):
    for name in ("rules", "product_rules"):
        rules = complete_journey.table(f"{CHAPTER}/{name}")
        assert len(rules) > 100
        assert (rules["q_value"] <= 0.05).all()
        assert (rules["lift_low"] > 1).all()


def test_what_follows_is_reported_with_interval_and_nothing_is_claimed(complete_journey):
    pairs = complete_journey.table(f"{CHAPTER}/followers")
    assert len(pairs) > 2_000
    assert (
        pairs["effect_share"].between(pairs["effect_low_share"], pairs["effect_high_share"]).all()
    )
    assert not pairs["is_found"].any()
    assert any("taste, not effect" in one for one in complete_journey.headline(CHAPTER))


def test_negative_control_is_nil(complete_journey):
    pairs = complete_journey.table(f"{CHAPTER}/followers")
    off = (pairs["placebo_low_share"] > 0) | (pairs["placebo_high_share"] < 0)
    assert abs(pairs["placebo_share"].mean()) < 0.005
    assert off.mean() < 0.08


def test_slow_sellers_are_named_with_their_baskets(complete_journey):
    slow = complete_journey.table(f"{CHAPTER}/slow_sellers")
    assert len(slow) > 100
    assert (slow["excess_low_amount"] > 0).all()
    assert slow["subcategory"].notna().mean() > 0.9
