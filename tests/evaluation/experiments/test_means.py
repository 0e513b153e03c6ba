"""Means and ratios: published numbers, oracles, what must not matter, refusals."""

import numpy as np
import pytest
from scipy import stats

from crmlib.errors import DataRejectedError, NotEnoughDataError, ParameterError
from crmlib.evaluation.experiments import Counts, Moments, compare_means, compare_ratios

# Hillstrom's e-mail test, recomputed from the raw file; half a unit of the last digit given
PUBLISHED = [
    ("mens", "visit", 0.076590, 0.069953, 0.083226, 6),
    ("mens", "conversion", 0.006805, 0.005000, 0.008610, 6),
    ("mens", "spend", 0.7698, 0.4851, 1.0545, 4),
    ("womens", "visit", 0.045233, 0.038894, 0.051573, 6),
    ("womens", "conversion", 0.003111, 0.001499, 0.004724, 6),
    ("womens", "spend", 0.4244, 0.1690, 0.6799, 4),
]


@pytest.mark.parametrize(("arm", "outcome", "estimate", "low", "high", "digits"), PUBLISHED)
def test_hillstrom_campaign(hillstrom, arm, outcome, estimate, low, high, digits):
    found = compare_means(hillstrom[arm][outcome], hillstrom["none"][outcome])
    half_unit = 0.51 * 10**-digits
    assert found.estimate == pytest.approx(estimate, abs=half_unit)
    # published with 1.96, here Student's t: 4 in 100,000 wider
    assert found.low == pytest.approx(low, abs=2 * half_unit)
    assert found.high == pytest.approx(high, abs=2 * half_unit)
    assert (found.n_treatment, found.n_control) == (len(hillstrom[arm]), 21_306)


def test_hillstrom_without_mail(hillstrom):
    means = hillstrom["none"][["visit", "conversion", "spend"]].mean().round(6)
    assert means.tolist() == [0.106167, 0.005726, 0.652789]


def test_visit_lift_of_the_womens_mail_by_what_was_bought_before(hillstrom):
    lifts = []
    for past in (1, 0):
        arms = (hillstrom["womens"], hillstrom["none"])
        parts = [arm.loc[arm["womens"] == past, "visit"] for arm in arms]
        lifts.append(compare_means(*parts).estimate)
    assert lifts == pytest.approx([0.0731, 0.0111], abs=5e-5)


def test_welch_comparison_from_moments():
    found = compare_means(Moments(0.70, 6.2, 3461), Moments(0.41, 3.9, 3407))
    assert found.estimate == pytest.approx(0.29)
    assert (found.low, found.high) == pytest.approx((0.04538, 0.53462), abs=5e-6)
    assert found.p_value == pytest.approx(0.02016, abs=5e-6)


def test_moments_and_values_agree():
    rng = np.random.default_rng(1)
    arms = rng.gamma(2, 10, 300), rng.gamma(2, 9, 200)
    moments = [Moments(arm.mean(), arm.std(ddof=1), len(arm)) for arm in arms]
    one, other = compare_means(*arms), compare_means(*moments)
    assert (one.low, one.high, one.p_value) == pytest.approx((other.low, other.high, other.p_value))


def test_counts_and_zeros_and_ones_agree():
    values = [np.arange(300) < 20, np.arange(200) < 30]
    one, other = compare_means(*values), compare_means(Counts(20, 300), Counts(30, 200))
    for name in ("low", "high", "p_value", "skewness"):
        assert getattr(one, name) == pytest.approx(getattr(other, name))


def test_skewness_of_the_difference_is_that_of_simulated_experiments():
    rng = np.random.default_rng(8)
    gaps = rng.gamma(1, 1, (200_000, 30)).mean(axis=1) - rng.gamma(1, 1, (200_000, 5)).mean(axis=1)
    found = compare_means(Moments(1, 1, 30, 2.0), Moments(1, 1, 5, 2.0)).skewness
    assert found == pytest.approx(stats.skew(gaps), abs=0.03)


def test_same_as_scipy():
    rng = np.random.default_rng(2)
    arms = rng.normal(1, 3, 25), rng.normal(0, 1, 60)
    theirs = stats.ttest_ind(*arms, equal_var=False)
    interval = theirs.confidence_interval(0.9)
    found = compare_means(*arms, level=0.9)
    expected = (theirs.pvalue, interval.low, interval.high)
    assert (found.p_value, found.low, found.high) == pytest.approx(expected, rel=1e-10)


def test_swapped_arms_mirror_the_interval():
    rng = np.random.default_rng(3)
    arms = rng.gamma(1, 5, 50), rng.gamma(1, 4, 70)
    there, back = compare_means(*arms), compare_means(*arms[::-1])
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low))


def test_skewed_difference_is_remarked_and_a_balanced_one_is_not():
    rng = np.random.default_rng(4)
    amounts = np.where(rng.random(2000) < 0.05, rng.lognormal(4, 0.85, 2000), 0)
    remark = "compare_spend allows for it"
    assert remark in " ".join(compare_means(amounts[:1800], amounts[1800:]).remarks)
    assert not compare_means(amounts[:1000], amounts[1000:]).remarks


def test_ratio_of_customers_allows_for_their_orders_being_alike():
    """Every customer has ten orders of one size, so orders are not ten times as much evidence."""
    rng = np.random.default_rng(5)
    sizes = rng.normal(50, 10, 400)
    orders = np.full(200, 10.0)
    found = compare_ratios((10 * sizes[:200], orders), (10 * sizes[200:], orders))
    per_customer = compare_means(sizes[:200], sizes[200:])
    assert (found.low, found.high) == pytest.approx((per_customer.low, per_customer.high))


@pytest.mark.parametrize(
    "repetitions", [300, pytest.param(2000, marks=pytest.mark.slow)], ids=["few", "many"]
)
def test_ratio_covers_sales_per_order(repetitions):
    rng = np.random.default_rng(6)

    def arm(lift):
        orders = 1 + rng.poisson(2, 300)
        return orders * rng.gamma(4, (5 + lift) / 4, 300), orders

    found = [compare_ratios(arm(0.5), arm(0)) for _ in range(repetitions)]
    rate = np.mean([one.low <= 0.5 <= one.high for one in found])
    assert rate == pytest.approx(0.95, abs=0.04 if repetitions < 1000 else 0.02)


def test_constant_values_are_refused():
    with pytest.raises(DataRejectedError, match=r"All 3 values of the treatment arm are 0\.1"):
        compare_means([0.1, 0.1, 0.1], [1, 2])
    with pytest.raises(DataRejectedError, match=r"All 40 values of the control arm are 0"):
        compare_means(Counts(3, 360), Counts(0, 40))
    with pytest.raises(DataRejectedError, match=r"All 2 values of the treatment arm are 0"):
        compare_ratios(([1, 2], [1, 2]), ([3, 6], [3, 6]))


@pytest.mark.parametrize(("arm", "have"), [([], 0), ([5.0], 1)])
def test_empty_and_one_customer_arms_are_refused(arm, have):
    with pytest.raises(NotEnoughDataError, match=rf"control arm \(have {have} customers, need 2\)"):
        compare_means([1, 2, 3], arm)


def test_moments_no_arm_can_have_are_refused():
    with pytest.raises(DataRejectedError, match=r"treatment arm has mean nan"):
        compare_means(Moments(np.nan, 1, 5), Moments(0, 1, 5))
    with pytest.raises(NotEnoughDataError, match=r"control arm \(have 1 customers"):
        compare_means(Moments(0, 1, 5), Moments(0, 1, 1))
    with pytest.raises(ParameterError, match=r"give both alike"):
        compare_means(Moments(0, 1, 5), [1, 2])


def test_ratio_refusals():
    with pytest.raises(DataRejectedError, match=r"treatment arm add up to 0"):
        compare_ratios(([1, 2], [0, 0]), ([1, 2], [1, 1]))
    with pytest.raises(ParameterError, match=r"control arm has 2 numerators and 3 denominators"):
        compare_ratios(([1, 2], [1, 1]), ([1, 2], [1, 1, 1]))
