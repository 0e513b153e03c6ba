"""On whom a measure works: planted differences are found with their size, others are not."""

import numpy as np
import pandas as pd
import pytest

from crmlib.models.scoring.effect_groups import GROUP_COLUMNS, effect_by_group


def drawn(n: int, *, seed: int, lift: float, treated_share: float = 0.5):
    """Half of the customers are loyal; on them a measure adds `lift`, on the others nothing."""
    rng = np.random.default_rng(seed)
    features = pd.DataFrame(
        {
            "loyal": np.where(rng.random(n) < 0.5, "yes", "no"),
            "n_orders": rng.poisson(4, n),
            "region": rng.choice(["north", "south", "west"], n),
            "code": [str(k) for k in rng.integers(0, 900, n)],
            "same": 1,
        }
    )
    treated = rng.random(n) < treated_share
    rate = 0.1 + lift * treated * (features["loyal"] == "yes")
    return features, (rng.random(n) < rate).astype(int), treated


def test_the_planted_group_comes_first_with_the_true_effect_in_its_interval():
    found = effect_by_group(*drawn(20_000, seed=1, lift=0.08))
    assert list(found) == GROUP_COLUMNS
    first = found.iloc[0]
    assert (first["dimension"], first["part"]) == ("loyal", "yes")
    assert first["effect_low_share"] < 0.08 < first["effect_high_share"]
    assert first["other_low_share"] < 0 < first["other_high_share"]
    assert first["p_adjusted"] < 1e-6
    assert (found["p_adjusted"].iloc[1:] > 0.05).all()
    assert found["dimension"].is_unique
    assert "same" not in set(found["dimension"])
    assert found.set_index("dimension").loc["code", "part"].startswith("above")


def test_where_nothing_is_planted_a_group_is_named_in_at_most_one_of_ten_draws():
    alarms = [
        effect_by_group(*drawn(3_000, seed=seed, lift=0.0))["p_adjusted"].min() < 0.05
        for seed in range(60)
    ]
    assert np.mean(alarms) <= 0.1


def test_campaigns_that_treat_different_shares_are_compared_each_with_its_own_control_group():
    """Pooled, the campaign to loyal customers alone would pass its base rate off as an effect."""
    rng = np.random.default_rng(3)
    n = 20_000
    draw = rng.integers(0, 2, n)
    treated = rng.random(n) < np.where(draw == 1, 0.9, 0.2)
    outcome = (rng.random(n) < np.where(draw == 1, 0.5, 0.1)).astype(int)
    features = pd.DataFrame({"coin": rng.integers(0, 2, n)})
    one = effect_by_group(features, outcome, treated, draw=draw).iloc[0]
    assert one["effect_low_share"] < 0 < one["effect_high_share"]
    assert effect_by_group(features, outcome, treated).iloc[0]["effect_low_share"] > 0.2


@pytest.mark.parametrize("n", [0, 1, 2, 150])
def test_too_few_customers_have_no_groups(n):
    assert effect_by_group(*drawn(n, seed=2, lift=0.5)).empty


def test_all_treated_have_no_groups():
    features, outcome, _ = drawn(2_000, seed=4, lift=0.1)
    assert effect_by_group(features, outcome, np.ones(2_000, dtype=bool)).empty
