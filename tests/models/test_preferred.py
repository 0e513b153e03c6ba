"""Preferences told from few choices: calibrated whichever way customers differ, silent in doubt."""

import numpy as np
import pandas as pd
import pytest
from scipy import special, stats

from crmlib.errors import DataRejectedError, NotEnoughDataError
from crmlib.models.preferred import (
    MAX_OPTIONS,
    PreferredOption,
    preference_chances,
    preference_shares,
    preferred_options,
)

N = 3_000
OPTIONS = ["mail", "phone", "shop"]


def draw(rng: np.random.Generator, shares: np.ndarray, *, mean: float = 3.0) -> pd.DataFrame:
    """Choices of customers with these shares of the options, at least one each."""
    n = 1 + rng.poisson(mean - 1, len(shares))
    counts = np.array([rng.multinomial(k, p) for k, p in zip(n, shares, strict=True)])
    index = pd.Index([f"C{k:05d}" for k in range(len(shares))], name="customer_id")
    return pd.DataFrame(counts, index=index, columns=OPTIONS)


def one_each(rng: np.random.Generator) -> np.ndarray:
    """Everybody has one preferred option and takes it in nine of ten cases."""
    preferred = rng.choice(3, N, p=[0.5, 0.3, 0.2])
    return np.where(np.arange(3) == preferred[:, None], 0.9, 0.05)


def shades(rng: np.random.Generator) -> np.ndarray:
    return rng.dirichlet([1.5, 1.0, 0.5], N)


def long(counts: pd.DataFrame) -> pd.DataFrame:
    melted = counts.reset_index().melt("customer_id", var_name="option", value_name="n_times")
    return melted[melted["n_times"] > 0]


@pytest.mark.parametrize(("world", "prior"), [(one_each, "one preferred"), (shades, "graded")])
def test_of_those_said_with_80_percent_about_80_percent_are_right(world, prior):
    rng = np.random.default_rng(4)
    shares = world(rng)
    counts = draw(rng, shares)
    model = PreferredOption().fit(counts)
    assert model.prior_ == prior
    told = model.probabilities(counts).to_numpy()
    assert told.sum(axis=1) == pytest.approx(np.ones(N))
    said, right = told.max(axis=1), told.argmax(axis=1) == shares.argmax(axis=1)
    for low, high in ((0.4, 0.6), (0.6, 0.75), (0.75, 0.85), (0.85, 0.95), (0.95, 1.01)):
        of = (said >= low) & (said < high)
        if of.sum() >= 50:
            reach = 3 * np.sqrt(0.25 / of.sum()) + 0.03
            assert right[of].mean() == pytest.approx(said[of].mean(), abs=reach)


def test_where_all_choose_alike_nobody_is_told_a_preference_of_his_own():
    """Half of all choices are mail for everybody: who chose the phone twice prefers mail too."""
    rng = np.random.default_rng(5)
    counts = draw(rng, np.tile([0.5, 0.4, 0.1], (N, 1)))
    told = PreferredOption().fit(counts).probabilities(counts)
    wrong = (told.max(axis=1) >= 0.8) & (told.to_numpy().argmax(axis=1) != 0)
    assert wrong.mean() < 0.01


def test_shares_of_the_population_are_covered():
    rng = np.random.default_rng(6)
    covered = 0
    for _ in range(20):
        shares = one_each(rng)[:800]
        truth = np.bincount(shares.argmax(axis=1), minlength=3) / 800
        chances = preference_chances(long(draw(rng, shares)), option="option")
        found = preference_shares(chances, option="option").set_index("option").loc[OPTIONS]
        covered += ((found["low_share"] <= truth) & (truth <= found["high_share"])).sum()
    assert covered / 60 > 0.9


def test_probability_of_the_largest_share_by_hand():
    """Two options, beta distributed: the first is larger where a beta variable exceeds 1/2."""
    counts = pd.DataFrame({"a": [3, 0, 1], "b": [0, 2, 1]})
    model = PreferredOption()
    model.prior_, model.options_ = "graded", counts.columns
    model.params_ = pd.Series([0.7, 0.4], counts.columns)
    expected = stats.beta.sf(0.5, 0.7 + counts["a"], 0.4 + counts["b"])
    assert model.probabilities(counts)["a"].to_numpy() == pytest.approx(expected, abs=2e-4)


def test_likelihood_of_the_graded_prior_by_hand():
    rng = np.random.default_rng(7)
    counts = draw(rng, shades(rng)[:200])
    model = PreferredOption().fit(counts)
    a, x = model.params_.to_numpy(), counts.to_numpy()
    total, n = a.sum(), x.sum(axis=1)
    by_hand = special.gammaln(total) - special.gammaln(total + n)
    by_hand = by_hand + (special.gammaln(a + x) - special.gammaln(a)).sum(axis=1)
    assert model.log_likelihoods_["graded"] == pytest.approx(by_hand.sum())
    for k in range(3):  # no better parameter nearby
        moved = a * np.exp(0.05 * (np.arange(3) == k))
        worse = special.gammaln(moved.sum()) - special.gammaln(moved.sum() + n)
        worse = worse + (special.gammaln(moved + x) - special.gammaln(moved)).sum(axis=1)
        assert worse.sum() < by_hand.sum()


def test_order_of_rows_and_options_changes_nothing():
    rng = np.random.default_rng(8)
    choices = long(draw(rng, one_each(rng)[:300]))
    first = preference_chances(choices, option="option")
    second = preference_chances(choices.sample(frac=1, random_state=1), option="option")
    pd.testing.assert_frame_equal(first, second)


def test_names_the_preferred_option_with_its_evidence():
    choices = pd.DataFrame(
        {
            "customer_id": ["a", "a", *(f"c{k}" for k in range(40))],
            "option": ["mail", "phone", *(["mail", "phone"] * 20)],
            "n_times": [4, 1, *([3] * 40)],
        }
    )
    found = preferred_options(preference_chances(choices, option="option"), option="option")
    first = found.iloc[0]
    assert first[["customer_id", "option", "n_times", "n_choices"]].tolist() == ["a", "mail", 4, 5]
    assert first["p_preferred"] > 0.8
    assert found["customer_id"].is_unique


def test_the_rare_ones_of_many_options_are_one():
    choices = pd.DataFrame(
        {
            "customer_id": [f"c{k}" for k in range(60) for _ in range(2)],
            "option": [f"o{(k * 7 + j) % 30:02d}" for k in range(60) for j in range(2)],
            "n_times": 2,
        }
    )
    options = set(preference_chances(choices, option="option")["option"])
    assert len(options) == MAX_OPTIONS + 1
    assert "other" in options


def test_too_few_repeaters_tell_nothing():
    choices = pd.DataFrame({"customer_id": list("abc"), "option": "x", "n_times": [1, 1, 2]})
    chances = preference_chances(choices, option="option")
    assert chances.empty
    assert preferred_options(chances, option="option").empty
    assert preference_shares(chances, option="option").empty
    with pytest.raises(NotEnoughDataError, match="have 1 customers with two choices, need 10"):
        PreferredOption().fit(pd.DataFrame({"x": [1, 1, 2]}))


def test_one_option_is_what_everybody_prefers():
    counts = pd.DataFrame({"mail": [2] * 12})
    assert PreferredOption().fit(counts).probabilities(counts)["mail"].eq(1).all()


@pytest.mark.parametrize(
    ("counts", "says"),
    [
        ({"a": [1.5] * 20}, "no whole numbers"),
        ({"a": [-1.0] * 20}, "no whole numbers"),
        ({"a": [2] * 20, "b": [0] * 20}, "Nobody chose"),
    ],
)
def test_counts_that_cannot_be_are_refused(counts, says):
    with pytest.raises(DataRejectedError, match=says):
        PreferredOption().fit(pd.DataFrame(counts))
