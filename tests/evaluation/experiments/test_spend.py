"""Spend of two arms: coverage with a small control, Hillstrom, refusals."""

import numpy as np
import pytest

from crmlib.errors import DataRejectedError, NotEnoughDataError
from crmlib.evaluation.experiments import compare_means, compare_spend
from tests.evaluation.experiments.draws import covered, spend


def coverage(compare, n_repetitions, *, sizes, buyers, lift, spread=0.85):
    def one(rng):
        treated, mean_1 = spend(rng, sizes[0], buyers=buyers * (1 + lift), spread=spread)
        control, mean_0 = spend(rng, sizes[1], buyers=buyers, spread=spread)
        found = compare(treated, control, rng)
        return found.low, found.high, mean_1 - mean_0

    return covered(one, n_repetitions, seed=2)


def ours(treated, control, rng):
    return compare_spend(treated, control, rng=rng, n_resamples=999)


def welch(treated, control, rng):
    return compare_means(treated, control)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sizes", "buyers", "lift"),
    [
        ((1000, 1000), 0.05, 0.0),
        ((1000, 1000), 0.1, 0.3),
        ((1800, 200), 0.2, 0.3),
        ((9000, 1000), 0.05, 0.0),
        ((9000, 1000), 0.1, 0.3),
    ],
)
def test_covers_the_difference(sizes, buyers, lift):
    assert 0.93 <= coverage(ours, 600, sizes=sizes, buyers=buyers, lift=lift) <= 0.975


def test_covers_the_difference_to_a_small_control_in_a_small_run():
    case = {"sizes": (1800, 200), "buyers": 0.2, "lift": 0.0}
    assert coverage(ours, 120, **case) >= 0.91


@pytest.mark.slow
def test_welch_does_not_cover_with_a_small_control():
    case = {"sizes": (1800, 200), "buyers": 0.1, "lift": 0.0, "spread": 1.25}
    assert coverage(welch, 600, **case) < 0.91


def test_hillstrom_spend_is_near_welch_at_twenty_thousand(hillstrom):
    arms = hillstrom["mens"]["spend"], hillstrom["none"]["spend"]
    found = compare_spend(*arms, rng=np.random.default_rng(1))
    assert found.estimate == pytest.approx(0.7698, abs=5e-5)
    assert (found.low, found.high) == pytest.approx((0.4851, 1.0545), abs=0.05)
    assert found.p_value == pytest.approx(2 / 2000)  # as small as 1,999 resamples can say


def test_one_large_customer_is_remarked():
    rng = np.random.default_rng(3)
    usual = rng.lognormal(3, 0.3, 100)
    with_one = np.append(usual[:-1], 10_000.0)
    found = compare_spend(with_one, usual, rng=rng)
    assert "of the spend of the treatment arm" in found.remarks[0]
    assert not compare_spend(usual, usual[::-1], rng=rng).remarks


def test_few_conversions_name_the_arm():
    treated, control = np.zeros(1000), np.zeros(1000)
    treated[:30] = np.arange(30) + 1
    control[:4] = 9
    message = r"Not enough conversions in the control arm \(have 4 customers.* need 10\)"
    with pytest.raises(NotEnoughDataError, match=message):
        compare_spend(treated, control, rng=np.random.default_rng(1))


def test_constant_arm_is_refused():
    rng = np.random.default_rng(1)
    with pytest.raises(DataRejectedError, match=r"All 40 values of the control arm are 5"):
        compare_spend(rng.random(40), np.full(40, 5.0), rng=rng)
