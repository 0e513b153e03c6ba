"""One form of result for every method, and what holds for all of them."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from crmlib.errors import NotEnoughDataError, ParameterError
from crmlib.evaluation.experiments import (
    Comparison,
    always_valid_interval,
    compare_means,
    compare_proportions,
    compare_ratios,
    compare_spend,
    cuped,
    difference_in_differences,
    group_sequential_interval,
    overlap_weighted_comparison,
    post_stratify,
)

N = 300


def arms(rng, lift):
    return rng.gamma(0.8, 10, N) + lift, rng.gamma(0.8, 10, N)


def of_shares(a, b, rng):
    return compare_proportions(a > 12, b > 12)


def of_spend(a, b, rng):
    return compare_spend(a, b, rng=rng, n_resamples=499)


def of_ratios(a, b, rng):
    return compare_ratios((a, np.full(N, 2.0)), (b, np.full(N, 2.0)))


def with_before(a, b, rng):
    return cuped(
        a, b, treatment_before=a + rng.normal(0, 9, N), control_before=b + rng.normal(0, 9, N)
    )


def by_strata(a, b, rng):
    strata = np.arange(N) % 3
    return post_stratify(a, b, treatment_strata=strata, control_strata=strata)


def at_any_time(a, b, rng):
    return always_valid_interval(compare_means(a, b), planned_n=2 * N)


def at_a_look(a, b, rng):
    return group_sequential_interval(compare_means(a, b), looks=[0.5, 0.9])


def of_changes(a, b, rng):
    panel = pd.DataFrame({1: np.tile(1.0, 2 * N), 2: np.concatenate([a, b])})
    return difference_in_differences(panel, is_treated=np.arange(2 * N) < N, first_period=2)


def weighted(a, b, rng):
    covariates = pd.DataFrame({"size": rng.normal(0, 1, 2 * N)})
    both = np.concatenate([a, b])
    return overlap_weighted_comparison(both, is_treated=np.arange(2 * N) < N, covariates=covariates)


METHODS = [
    of_shares, of_spend, of_ratios, with_before, by_strata, at_any_time, at_a_look, of_changes,
    weighted,
]  # fmt: skip


@pytest.mark.parametrize("method", METHODS)
def test_p_value_and_interval_say_the_same(method):
    """Over effects from nothing to clear: p below .05 exactly if 0 lies outside the interval."""
    verdicts = []
    for k in range(25):
        rng = np.random.default_rng(k)
        found = method(*arms(rng, 0.12 * k), rng)
        assert found.low <= found.estimate <= found.high
        outside = not found.low <= 0 <= found.high
        verdicts.append(outside)
        assert outside == (found.p_value < 0.05), found
    assert len(set(verdicts)) == 2  # both verdicts were put to the test


@pytest.mark.parametrize("method", METHODS)
def test_one_row_with_the_same_columns(method):
    rng = np.random.default_rng(1)
    row = method(*arms(rng, 2), rng).to_frame()
    assert row.shape == (1, len(dataclasses.fields(Comparison)))
    assert row.loc[0, "n_treatment"] == N
    assert isinstance(row.loc[0, "method"], str)


def test_randomised_or_not_is_said():
    rng = np.random.default_rng(1)
    for method in METHODS:
        found = method(*arms(rng, 2), rng)
        assert found.is_randomised == (method not in (of_changes, weighted))
        assert bool(found.assumptions) == (not found.is_randomised)


def test_a_missing_number_is_refused():
    found = compare_means([1, 2, 3], [1, 2, 4])
    with pytest.raises(NotEnoughDataError, match=r"no finite interval from 3 and 3 customers"):
        dataclasses.replace(found, low=np.nan)


@pytest.mark.parametrize("level", [0, 1, 95, np.nan])
def test_a_level_outside_0_and_1_is_refused(level):
    rng = np.random.default_rng(1)
    for compare in (compare_means, compare_proportions):
        with pytest.raises(ParameterError, match=r"level=.*between 0 and 1"):
            compare([1, 0, 1], [1, 0, 0], level=level)
    with pytest.raises(ParameterError, match=r"level=.*between 0 and 1"):
        compare_spend(rng.random(30), rng.random(30), rng=rng, level=level)
