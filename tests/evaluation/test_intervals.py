"""Intervals: published values, refusals, and coverage on simulated data with known truth."""

import numpy as np
import pytest

from crmlib.errors import ParameterError
from crmlib.evaluation import intervals
from crmlib.evaluation.inequality import gini, top_share
from crmlib.evaluation.intervals import bootstrap_interval, bootstrap_totals, wilson_interval


def test_wilson_against_a_published_table():
    # Newcombe (1998), Statistics in Medicine 17, 857-872, table I, method 3
    found = wilson_interval([81, 15, 0, 1], [263, 148, 20, 29]).round(4)
    assert found["low"].tolist() == [0.2553, 0.0624, 0.0000, 0.0061]
    assert found["high"].tolist() == [0.3662, 0.1605, 0.1611, 0.1718]


def test_no_trials_means_nothing_is_known():
    assert wilson_interval([0], [0]).iloc[0].tolist() == [0.0, 1.0]


def test_more_successes_than_trials_are_refused():
    with pytest.raises(ParameterError, match=r"1 of 2 counts.*3 of 2"):
        wilson_interval([1, 3], [2, 2])


def test_wilson_covers_a_small_proportion():
    rng = np.random.default_rng(7)
    hits = rng.binomial(50, 0.02, 4000)
    bounds = wilson_interval(hits, np.full(4000, 50))
    covered = ((bounds["low"] <= 0.02) & (bounds["high"] >= 0.02)).mean()
    # exact coverage of the Wilson interval at n = 50, p = .02 is .9216; the Wald interval has .635
    assert covered == pytest.approx(0.9216, abs=0.015)


def test_bootstrap_of_a_ratio_keeps_pairs_together():
    rng = np.random.default_rng(3)
    before = rng.gamma(1, 100, 400)
    low, high = bootstrap_interval(
        lambda now, then: now.sum() / then.sum(), 1.1 * before, before, rng=rng
    )
    assert low == pytest.approx(1.1)
    assert high == pytest.approx(1.1)


@pytest.mark.parametrize("sample", [[], [1.0]])
def test_bootstrap_needs_two_customers(sample):
    with pytest.raises(ParameterError, match=rf"have {len(sample)} customers, need 2"):
        bootstrap_interval(np.sum, sample, rng=np.random.default_rng(1))


def test_samples_of_different_length_are_refused():
    with pytest.raises(ParameterError, match=r"lengths \[2, 3\]"):
        bootstrap_interval(np.dot, [1, 2], [1, 2, 3], rng=np.random.default_rng(1))


def covered_share(statistic, draw, truth, *, n_repetitions):
    rng = np.random.default_rng(11)
    hits = 0
    for _ in range(n_repetitions):
        low, high = bootstrap_interval(statistic, draw(rng), rng=rng, n_resamples=299)
        hits += low <= truth <= high
    return hits / n_repetitions


@pytest.mark.slow
def test_bootstrap_covers_gini_and_top_share_of_gamma_sales():
    def draw(rng):
        return rng.gamma(1.0, 50.0, 1000)

    # exponential sales: Gini 1/2; the best tenth brings .1 (1 + ln 10)
    assert covered_share(gini, draw, 0.5, n_repetitions=400) == pytest.approx(0.95, abs=0.03)
    truth = 0.1 * (1 + np.log(10))
    assert covered_share(top_share, draw, truth, n_repetitions=400) == pytest.approx(0.95, abs=0.03)


def test_bootstrap_covers_gini_in_a_small_run():
    def draw(rng):
        return rng.gamma(1.0, 50.0, 300)

    assert covered_share(gini, draw, 0.5, n_repetitions=100) > 0.88


def test_totals_of_few_customers_are_those_of_drawing_each():
    values = np.array([[1.0, 10.0], [2.0, 20.0], [4.0, 40.0]])
    found = bootstrap_totals(values, rng=np.random.default_rng(5), n_resamples=20)
    rng = np.random.default_rng(5)
    expected = [values[rng.integers(0, 3, 3)].sum(axis=0) for _ in range(20)]
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("columns", [1, 3])
def test_totals_of_many_customers_spread_as_those_of_drawing_each(monkeypatch, columns):
    """Heavy tail, dependent columns: means and covariances as in theory, ends as when drawn."""
    rng = np.random.default_rng(6)
    values = rng.lognormal(0, 1.5, (21_000, 1)) * (1 + rng.random((21_000, columns)))
    found = bootstrap_totals(values, rng=np.random.default_rng(7), n_resamples=4_000)
    spread = np.sqrt(len(values)) * values.std(axis=0)
    np.testing.assert_allclose(found.mean(axis=0), values.sum(axis=0), atol=5 * spread.max() / 60)
    np.testing.assert_allclose(found.std(axis=0), spread, rtol=0.05)
    monkeypatch.setattr(intervals, "MOST_DRAWN", len(values))
    each = bootstrap_totals(values, rng=np.random.default_rng(8), n_resamples=999)
    ends = np.percentile(found, [2.5, 97.5], axis=0)
    np.testing.assert_allclose(
        ends, np.percentile(each, [2.5, 97.5], axis=0), atol=0.25 * spread.max()
    )
