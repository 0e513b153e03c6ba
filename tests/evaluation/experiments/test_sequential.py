"""Sequential limits: published values, formulas by hand, refusals."""

import math

import numpy as np
import pytest

from crmlib.errors import NotEnoughDataError, ParameterError
from crmlib.evaluation.experiments import (
    Counts,
    Moments,
    always_valid_interval,
    compare_means,
    compare_proportions,
    group_sequential_interval,
    group_sequential_limits,
)

FIVE = [0.2, 0.4, 0.6, 0.8, 1.0]
FIXED = compare_means(Moments(0.70, 6.2, 3461, 5.0), Moments(0.41, 3.9, 3407, 5.0))


# Reboussin, DeMets, Kim & Lan (2000), Controlled Clinical Trials 21, 190-207; R package ldbounds
@pytest.mark.parametrize(
    ("spending", "published"),
    [
        ("obrien-fleming", [4.8769, 3.3569, 2.6803, 2.2898, 2.0310]),
        ("pocock", [2.4380, 2.4268, 2.4101, 2.3966, 2.3859]),
    ],
)
def test_limits_of_five_looks(spending, published):
    found = group_sequential_limits(FIVE, spending=spending)["z_limit"]
    assert found.tolist() == pytest.approx(published, abs=2e-4)


def test_one_look_at_the_end_is_the_usual_test():
    found = group_sequential_limits([1.0])
    assert found.loc[0, "z_limit"] == pytest.approx(1.959964, abs=1e-6)
    assert found.loc[0, "alpha_spent"] == pytest.approx(0.05)


def test_limits_do_not_depend_on_later_looks():
    early = group_sequential_limits(FIVE[:3])["z_limit"]
    assert early.tolist() == group_sequential_limits(FIVE)["z_limit"].tolist()[:3]


def test_limits_hold_in_simulated_paths():
    """Unequally spaced looks; a million paths would say .0500."""
    looks = np.array([0.1, 0.15, 0.5, 0.9, 1.0])
    limits = group_sequential_limits(looks, spending="pocock")["z_limit"].to_numpy()
    rng = np.random.default_rng(1)
    steps = rng.standard_normal((200_000, 5)) * np.sqrt(np.diff(looks, prepend=0))
    z = steps.cumsum(axis=1) / np.sqrt(looks)
    assert (np.abs(z) > limits).any(axis=1).mean() == pytest.approx(0.05, abs=0.002)


def test_many_looks_are_possible():
    found = group_sequential_limits(np.arange(1, 366) / 365)
    assert found["z_limit"].is_monotonic_decreasing
    assert 2.0 < found["z_limit"].iloc[-1] < 2.4


def test_always_valid_by_hand():
    """Waudby-Smith et al. (2024), theorem 2.2, written out for t customers in all."""
    t, alpha = 6868, 0.05
    deviation = FIXED.standard_error * math.sqrt(t)
    rho2 = (-2 * math.log(alpha) + math.log(-2 * math.log(alpha) + 1)) / 10_000
    inner = 2 * (t * rho2 + 1) / (t**2 * rho2) * math.log(math.sqrt(t * rho2 + 1) / alpha)
    found = always_valid_interval(FIXED, planned_n=10_000)
    assert found.high - found.estimate == pytest.approx(deviation * math.sqrt(inner))
    assert found.remarks == ("Interim: 69% of the planned customers.",)


def test_always_valid_is_narrowest_near_the_planned_size():
    sizes = [1000, 6868, 50_000]
    widths = [always_valid_interval(FIXED, planned_n=n).high for n in sizes]
    assert widths[1] < min(widths[0], widths[2])


def test_p_value_never_above_one():
    same = compare_means(Moments(1, 2, 50), Moments(1, 2, 50))
    assert always_valid_interval(same, planned_n=100).p_value == 1
    assert group_sequential_interval(same, looks=[0.5]).p_value == 1


def test_overwhelming_difference():
    clear = compare_means(Moments(9, 1, 500), Moments(1, 1, 500))
    assert group_sequential_interval(clear, looks=[0.5]).p_value < 1e-11
    assert always_valid_interval(clear, planned_n=2000).p_value < 1e-12


def test_unknown_skewness_is_remarked():
    unknown = compare_means(Moments(0.70, 6.2, 3461), Moments(0.41, 3.9, 3407))
    assert "Skewness unknown" in always_valid_interval(unknown, planned_n=6868).remarks[0]
    assert not always_valid_interval(FIXED, planned_n=6868).remarks


@pytest.mark.parametrize("conversions", [1, 3])
def test_too_early_a_look_is_refused(conversions):
    """Few conversions in a small control arm: the interval would be far too narrow on one side."""
    early = compare_means(Counts(60, 9000), Counts(conversions, 1000))
    message = r"too early to look.*have [-+]0\.\d+, need at most 0\.\d"
    with pytest.raises(NotEnoughDataError, match=message):
        always_valid_interval(early, planned_n=100_000)
    with pytest.raises(NotEnoughDataError, match=message):
        group_sequential_interval(early, looks=[0.1])


def test_refusals():
    shares = compare_proportions(Counts(3, 50), Counts(5, 50))
    for widen in (
        lambda: always_valid_interval(shares, planned_n=100),
        lambda: group_sequential_interval(shares, looks=[1.0]),
    ):
        with pytest.raises(ParameterError, match=r"no standard error to widen"):
            widen()
    with pytest.raises(ParameterError, match=r"planned_n=1: at least 2"):
        always_valid_interval(FIXED, planned_n=1)
    for looks in ([], [0.5, 0.5], [0.5, 0.4], [0.0, 1.0], [0.5, 1.2]):
        with pytest.raises(ParameterError, match=r"looks=.*rising"):
            group_sequential_limits(looks)
    with pytest.raises(ParameterError, match=r"spending='haybittle': one of"):
        group_sequential_limits([1.0], spending="haybittle")
