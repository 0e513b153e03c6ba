"""Sizes and power: the published number, an oracle, round trips, refusals."""

import numpy as np
import pytest
from statsmodels.stats.power import NormalIndPower

from crmlib.errors import NotEnoughDataError, ParameterError
from crmlib.evaluation.experiments import (
    Moments,
    compare_means,
    detectable_difference,
    detectable_rate,
    power_means,
    power_proportions,
    sample_size_means,
    sample_size_proportions,
)


def test_ten_against_twelve_per_cent():
    assert sample_size_proportions(0.10, 0.12, level=0.95, power=0.8) == (3835, 3835)


@pytest.mark.parametrize("ratio", [1.0, 9.0, 0.5])
def test_power_is_that_of_statsmodels(ratio):
    ours = power_means(
        0.3, standard_deviation=2, n_treatment=int(400 * ratio), n_control=400, level=0.9
    )
    theirs = NormalIndPower().power(0.15, nobs1=400, alpha=0.1, ratio=ratio)
    assert ours == pytest.approx(theirs, abs=1e-10)


@pytest.mark.parametrize("ratio", [1.0, 9.0])
def test_planned_size_gives_the_planned_power(ratio):
    n_1, n_0 = sample_size_proportions(0.02, 0.03, power=0.9, treatment_per_control=ratio)
    assert n_1 == pytest.approx(ratio * n_0, abs=ratio)
    reached = power_proportions(0.02, 0.03, n_treatment=n_1, n_control=n_0)
    assert reached == pytest.approx(0.9, abs=1e-3)
    n_1, n_0 = sample_size_means(1, standard_deviation=8, treatment_per_control=ratio)
    reached = power_means(1, standard_deviation=8, n_treatment=n_1, n_control=n_0)
    assert reached == pytest.approx(0.8, abs=1e-3)


def test_detectable_effects_are_seen_with_the_power_asked_for():
    sizes = {"n_treatment": 900, "n_control": 100}
    rate = detectable_rate(0.05, power=0.7, **sizes)
    assert power_proportions(0.05, rate, **sizes) == pytest.approx(0.7, abs=1e-4)  # other tail
    difference = detectable_difference(standard_deviation=3, power=0.7, **sizes)
    assert power_means(difference, standard_deviation=3, **sizes) == pytest.approx(
        0.7, abs=1e-4
    )  # other tail


def test_without_effect_power_is_the_rate_of_false_alarms():
    assert power_proportions(0.1, 0.1, n_treatment=50, n_control=70) == pytest.approx(0.05)


def test_power_is_reached_in_simulation():
    rng = np.random.default_rng(1)
    n_1, n_0 = sample_size_means(0.5, standard_deviation=1)
    seen = 0
    for _ in range(600):
        arms = [rng.normal(mean, 1, n) for mean, n in ((0.5, n_1), (0.0, n_0))]
        moments = [Moments(arm.mean(), arm.std(ddof=1), len(arm)) for arm in arms]
        seen += compare_means(*moments).low > 0
    assert seen / 600 == pytest.approx(0.8, abs=0.05)


def test_refusals():
    with pytest.raises(ParameterError, match=r"rate of 12 is not between 0 and 1"):
        sample_size_proportions(0.1, 12)
    with pytest.raises(ParameterError, match=r"effect of 0 cannot be shown"):
        sample_size_proportions(0.1, 0.1)
    with pytest.raises(ParameterError, match=r"power=80: a probability"):
        sample_size_proportions(0.1, 0.2, power=80)
    with pytest.raises(ParameterError, match=r"power=0.01 is not above"):
        sample_size_proportions(0.1, 0.2, power=0.01)
    with pytest.raises(ParameterError, match=r"treatment_per_control=0: it must"):
        sample_size_means(1, standard_deviation=1, treatment_per_control=0)
    for bad in (0, -1, np.nan, np.inf):
        with pytest.raises(ParameterError, match=r"standard_deviation=.*above 0"):
            sample_size_means(1, standard_deviation=bad)
        with pytest.raises(ParameterError, match=r"standard_deviation=.*above 0"):
            detectable_difference(standard_deviation=bad, n_treatment=5, n_control=5)
    with pytest.raises(NotEnoughDataError, match=r"have 0 and 5 customers, need 1"):
        power_means(1, standard_deviation=1, n_treatment=0, n_control=5)
    with pytest.raises(NotEnoughDataError, match=r"no share above 90.0% can be shown"):
        detectable_rate(0.9, n_treatment=10, n_control=10)
