"""Shares: published intervals, an oracle, exact coverage, refusals."""

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep

from crmlib.errors import NotEnoughDataError, ParameterError
from crmlib.evaluation.experiments import Counts, compare_proportions
from crmlib.evaluation.intervals import wilson_interval

# Newcombe (1998), Statistics in Medicine 17, 873-890, table II, method 10
TABLE_II = [
    (56, 70, 48, 80, 0.0524, 0.3339),
    (9, 10, 3, 10, 0.1705, 0.8090),
    (5, 56, 0, 29, -0.0381, 0.1926),
    (0, 10, 0, 20, -0.1611, 0.2775),
    (10, 10, 0, 20, 0.6791, 1.0000),
]


@pytest.mark.parametrize(("a", "n_a", "b", "n_b", "low", "high"), TABLE_II)
def test_newcombe_against_the_published_table(a, n_a, b, n_b, low, high):
    found = compare_proportions(Counts(a, n_a), Counts(b, n_b))
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)


def test_same_as_statsmodels():
    found = compare_proportions(Counts(17, 210), Counts(33, 190), level=0.9)
    theirs = confint_proportions_2indep(17, 210, 33, 190, method="newcomb", alpha=0.1)
    assert (found.low, found.high) == pytest.approx(theirs, abs=1e-12)


@pytest.mark.parametrize(
    ("arm", "outcome", "estimate", "low", "high"),
    [
        ("mens", "visit", 0.076590, 0.069953, 0.083226),
        ("mens", "conversion", 0.006805, 0.005000, 0.008610),
        ("womens", "visit", 0.045233, 0.038894, 0.051573),
        ("womens", "conversion", 0.003111, 0.001499, 0.004724),
    ],
)
def test_hillstrom_campaign(hillstrom, arm, outcome, estimate, low, high):
    """The published intervals are p +- 1.96 se; at 21,000 customers Newcombe's is near."""
    found = compare_proportions(hillstrom[arm][outcome], hillstrom["none"][outcome])
    assert found.estimate == pytest.approx(estimate, abs=5e-7)
    assert (found.low, found.high) == pytest.approx((low, high), abs=4e-5)


def exact_coverage(p_1, n_1, p_0, n_0):
    """Probability of all outcomes whose interval holds the true difference."""
    mass = np.outer(
        stats.binom.pmf(np.arange(n_1 + 1), n_1, p_1), stats.binom.pmf(np.arange(n_0 + 1), n_0, p_0)
    )
    total = 0.0
    for a, b in np.argwhere(mass > 1e-5):
        found = compare_proportions(Counts(int(a), n_1), Counts(int(b), n_0))
        total += mass[a, b] * (found.low <= p_1 - p_0 <= found.high)
    return total


@pytest.mark.parametrize(
    ("p_1", "n_1", "p_0", "n_0", "coverage"),
    [(0.02, 50, 0.02, 50, 0.998), (0.06, 50, 0.02, 50, 0.981), (0.02, 500, 0.02, 50, 0.958)],
)
def test_exact_coverage_at_two_per_cent_of_fifty(p_1, n_1, p_0, n_0, coverage):
    """Never below the nominal 95 %, where p +- 1.96 se has 64 % with 500 against 50."""
    assert exact_coverage(p_1, n_1, p_0, n_0) == pytest.approx(coverage, abs=0.001)


def test_one_share_at_n_50_covers_95_per_cent_on_average_about_two_per_cent():
    """At exactly 2 % only .922 and .982 can be reached: the counts 0-2 or 0-3 are in or out."""
    counts = np.arange(51)
    bounds = wilson_interval(counts, np.full(51, 50))

    def coverage(p):
        inside = (bounds["low"] <= p) & (p <= bounds["high"])
        return float(stats.binom.pmf(counts, 50, p)[inside].sum())

    attainable = stats.binom.cdf([2, 3], 50, 0.02)
    assert attainable == pytest.approx([0.9216, 0.9822], abs=1e-4)
    assert coverage(0.02) == pytest.approx(attainable[0])
    average = np.mean([coverage(p) for p in np.linspace(0.01, 0.03, 401)])
    assert 0.93 <= average <= 0.97


def test_zeros_and_ones_as_values():
    found = compare_proportions([True, False, True, False], [0, 0, 0, 1])
    counted = compare_proportions(Counts(2, 4), Counts(1, 4))
    assert found == counted


def test_nobody_reacted_still_gives_an_interval():
    found = compare_proportions(Counts(0, 30), Counts(0, 40))
    assert found.low < 0 < found.high
    assert found.p_value == 1


def test_overwhelming_difference_has_a_p_value_of_nought():
    assert compare_proportions(Counts(9000, 10_000), Counts(10, 10_000)).p_value < 1e-14


def test_refusals():
    with pytest.raises(NotEnoughDataError, match=r"control arm \(have 0 customers, need 1\)"):
        compare_proportions([1, 0], [])
    with pytest.raises(NotEnoughDataError, match=r"treatment arm \(have 0 customers, need 1\)"):
        compare_proportions(Counts(0, 0), Counts(1, 2))
    with pytest.raises(ParameterError, match=r"1 of 2 values of the treatment arm.*example 2"):
        compare_proportions([2, 0], [1, 0])
    with pytest.raises(ParameterError, match=r"control arm counts 3 of 2"):
        compare_proportions(Counts(1, 2), Counts(3, 2))
    with pytest.raises(ParameterError, match=r"give both alike"):
        compare_proportions(Counts(1, 2), [1, 0])
