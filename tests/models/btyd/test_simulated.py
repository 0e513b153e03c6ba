"""Customers whose rates are known: parameters come back, intervals hold them, futures agree."""

import numpy as np
import pandas as pd
import pytest

from crmlib.models.btyd import BetaGeo, BetaGeoBetaBinomial, ModifiedBetaGeo, ParetoNBD
from tests.models.btyd.simulated import (
    BETA_BINOMIAL,
    BETA_GEO,
    PARETO,
    occasions,
    purchase_times,
    summary_of,
)

CASES = {
    "after a repeat": (BetaGeo, BETA_GEO),
    "after any": (ModifiedBetaGeo, BETA_GEO),
    "any time": (ParetoNBD, PARETO),
}


def watched(kind: str, n: int, seed: int, *, ahead: float = 0.0):
    """Summary of simulated customers and how often each bought in the time after it."""
    rng = np.random.RandomState(seed)
    seen = rng.uniform(20, 80, size=n)
    customers, times = purchase_times(kind, CASES[kind][1], n, 80 + ahead, rng)
    after = times - seen[customers]
    later = np.bincount(customers[(after >= 0) & (after < ahead)], minlength=n)
    return summary_of(customers, times, seen), later


@pytest.mark.parametrize("kind", CASES)
def test_parameters_come_back_and_forecasts_are_unbiased(kind):
    model, params = CASES[kind]
    summary, later = watched(kind, 20_000, 1, ahead=40.0)
    fitted = model().fit(summary)
    assert fitted.converged_
    distance = np.log(fitted.params_ / pd.Series(params)) / (
        fitted.standard_errors_ / fitted.params_
    )
    assert distance.abs().max() < 3.5
    expected = fitted.conditional_expected_purchases(summary, 40.0)
    assert expected.sum() == pytest.approx(later.sum(), rel=0.03)
    groups = pd.qcut(expected, 5)
    means = pd.DataFrame({"expected": expected, "later": later}).groupby(groups).mean()
    np.testing.assert_allclose(means["expected"], means["later"], rtol=0.2)


def test_bg_bb_parameters_come_back():
    fitted = BetaGeoBetaBinomial().fit(
        occasions(BETA_BINOMIAL, 20_000, 8, np.random.RandomState(1))
    )
    inside = fitted.confidence_intervals(level=0.999)
    truth = pd.Series(BETA_BINOMIAL)
    assert ((inside["lower"] < truth) & (truth < inside["upper"])).all()


@pytest.mark.parametrize("kind", CASES)
def test_drawn_futures_agree_with_the_formulas(kind):
    """The drawing behind intervals of values has the mean of the conditional expectation."""
    model, params = CASES[kind]
    fitted = model.from_params(params)
    summary = pd.DataFrame(
        {"btyd_frequency": [0, 3, 12], "btyd_recency": [0.0, 20.0, 29.0], "btyd_T": 30}
    )
    many = summary.loc[np.repeat([0, 1, 2], 60_000)]
    future = fitted._simulate(fitted._histories(many), 26, 0.0, np.random.RandomState(5))
    drawn = future.n.reshape(3, -1)
    error = 4 * drawn.std(axis=1) / np.sqrt(drawn.shape[1])
    expected = fitted.conditional_expected_purchases(summary, 26)
    assert (np.abs(drawn.mean(axis=1) - expected) < error).all()
    np.testing.assert_array_equal(future.discounted, future.n)


def test_bootstrap_and_observed_information_agree_where_the_model_holds():
    summary, _ = watched("after a repeat", 3000, 2)
    fitted = BetaGeo().fit(summary)
    drawn = fitted.bootstrap_params(summary, n_replicates=100, random_state=1)
    assert len(drawn) == 100
    again = fitted.bootstrap_params(summary, n_replicates=100, random_state=1)
    pd.testing.assert_frame_equal(drawn, again, check_exact=True)
    ratio = drawn.std() / fitted.standard_errors_
    assert ratio.between(0.75, 1.35).all()


def covered(kind: str, n_repetitions: int) -> pd.DataFrame:
    """Whether 95 % intervals hold the truth: each parameter, and an expectation."""
    model, params = CASES[kind]
    truth = model.from_params(params)
    found = []
    for seed in range(n_repetitions):
        fitted = model().fit(watched(kind, 2000, 100 + seed)[0])
        inside = fitted.confidence_intervals().assign(truth=pd.Series(params))
        asked = fitted.interval(lambda one: one.expected_purchases(52.0))
        asked = asked.assign(truth=float(truth.expected_purchases(52.0)))
        both = pd.concat([inside, asked.set_axis(["expected"])])
        found.append(both["truth"].between(both["lower"], both["upper"]))
    return pd.DataFrame(found)


def test_intervals_hold_the_truth():
    """Small version: 60 repetitions, limits four standard errors of a share wide."""
    share = covered("after a repeat", 60).mean()
    assert share.between(0.84, 1.0).all()


@pytest.mark.slow
@pytest.mark.parametrize("kind", CASES)
def test_intervals_hold_the_truth_in_95_percent(kind):
    share = covered(kind, 400).mean()
    assert share.between(0.917, 0.983).all(), share  # three standard errors about 95 %
