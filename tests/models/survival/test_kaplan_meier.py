"""Kaplan-Meier and log-rank: published trials, statsmodels, coverage, refusals."""

import math

import numpy as np
import pytest
from statsmodels.duration.survfunc import SurvfuncRight, survdiff

from crmlib.errors import ParameterError
from crmlib.models.survival import KaplanMeier, log_rank_test
from tests.models.survival.lives import DRUG, DRUG_RELAPSED, proportional, telco, trial


def test_published_telco_survival():
    frame = telco()
    curve = KaplanMeier().fit(frame["tenure"], frame["left"])
    found = curve.survival_at([12, 24, 60, 72])["survival"]
    np.testing.assert_allclose(found, [0.8432, 0.7887, 0.6644, 0.5928], atol=5e-5)


def test_published_telco_median_of_monthly_customers_with_internet():
    frame = telco()
    monthly = frame["Contract"] == "Month-to-month"
    part = frame[monthly & (frame["InternetService"] != "No")]
    curve = KaplanMeier().fit(part["tenure"], part["left"])
    assert (curve.n_, curve.n_events_) == (3351, 1556)
    assert curve.quantile()["time"] == 34


def test_published_trial():
    # Kalbfleisch and Prentice (2002), table 1.2: S(6) .857, S(10) .753, S(23) .448
    curve = KaplanMeier().fit(DRUG, DRUG_RELAPSED)
    found = curve.survival_at([6, 10, 23])
    np.testing.assert_allclose(found["survival"], [0.857, 0.753, 0.448], atol=5e-4)
    np.testing.assert_allclose(curve.table_.loc[23, "standard_error"], 0.1346, atol=5e-5)


def test_same_as_statsmodels():
    frame = proportional(np.random.default_rng(3), 400)
    curve = KaplanMeier().fit(frame["time"], frame["left"])
    other = SurvfuncRight(frame["time"], frame["left"])
    own = curve.table_.loc[other.surv_times]
    np.testing.assert_allclose(own["survival"], other.surv_prob, rtol=1e-10)
    np.testing.assert_allclose(own["standard_error"], other.surv_prob_se, rtol=1e-8)
    for share in (0.1, 0.25, 0.5):
        low, high = other.quantile_ci(share, method="cloglog")
        found = curve.quantile(share)
        assert found["time"] == other.quantile(share)
        assert (found["low"], found["high"]) == pytest.approx((low, high), abs=0.02)


def test_weights_stand_for_customers():
    frame = trial()
    plain = KaplanMeier().fit(frame["weeks"].repeat(3), frame["relapsed"].repeat(3))
    weighted = KaplanMeier().fit(frame["weeks"], frame["relapsed"], np.full(len(frame), 3))
    np.testing.assert_allclose(plain.table_, weighted.table_, rtol=1e-12)


def test_all_left_and_nobody_left_give_no_missing_number():
    gone = KaplanMeier().fit([1, 2, 3], [1, 1, 1])
    assert gone.table_.notna().all(axis=None)
    assert gone.survival_at([3]).iloc[0]["survival"] == 0
    here = KaplanMeier().fit([1, 2, 3], [0, 0, 0])
    assert here.survival_at([2.5]).iloc[0].tolist() == [1, 1, 1]
    assert here.quantile()["time"] == math.inf


def test_first_loss_at_time_zero():
    curve = KaplanMeier().fit([0, 0, 4], [1, 0, 1])
    assert curve.survival_at([0])["survival"].item() == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("durations", "events", "message"),
    [
        ([], [], r"have 0 durations, need 1"),
        ([1, -2], [1, 1], r"1 of 2 durations.*-2 at position 1"),
        ([1, float("nan")], [1, 1], r"1 of 2 durations are missing"),
        ([1, 2], [1, 2], r"1 of 2 events are neither 0.*2"),
        ([1, 2], [1], r"2 durations but 1 events"),
    ],
)
def test_refused_lives(durations, events, message):
    with pytest.raises(ParameterError, match=message):
        KaplanMeier().fit(durations, events)


def test_refused_questions():
    curve = KaplanMeier().fit([1, 2], [1, 0])
    with pytest.raises(ParameterError, match=r"from 0 to 2, not at 3"):
        curve.survival_at([1, 3])
    with pytest.raises(ParameterError, match=r"share=1.5"):
        curve.quantile(1.5)
    with pytest.raises(ParameterError, match=r"weights must be one count"):
        KaplanMeier().fit([1, 2], [1, 0], [1, -1])


def coverage(n_repetitions, *, n):
    rng = np.random.default_rng(17)
    hits = np.zeros(2)
    for _ in range(n_repetitions):
        lives, seen = rng.exponential(1.0, n), rng.uniform(0, 3, n)
        curve = KaplanMeier().fit(np.minimum(lives, seen), lives <= seen)
        bounds = curve.survival_at([0.7]).iloc[0]
        median = curve.quantile()
        hits += [
            bounds["low"] <= math.exp(-0.7) <= bounds["high"],
            median["low"] <= math.log(2) <= median["high"],
        ]
    return hits / n_repetitions


@pytest.mark.slow
def test_intervals_of_survival_and_median_cover():
    assert coverage(1000, n=100) == pytest.approx(0.95, abs=0.02)


def test_intervals_cover_in_a_small_run():
    assert (coverage(150, n=80) > 0.9).all()


def test_published_log_rank_of_the_trial():
    # Gehan's data: survdiff of R's survival package gives chi-square 16.8 on 1 degree of freedom
    frame = trial()
    found = log_rank_test(frame["weeks"], frame["relapsed"], frame["placebo"])
    assert found.statistic == pytest.approx(16.79, abs=0.005)
    np.testing.assert_allclose(found.table["expected"], [19.25, 10.75], atol=0.005)


def test_log_rank_of_four_groups_is_that_of_statsmodels():
    rng = np.random.default_rng(5)
    frame = proportional(rng, 300, round_to=1)
    groups = rng.integers(0, 4, 300)
    found = log_rank_test(frame["time"], frame["left"], groups)
    chi2, p_value = survdiff(frame["time"], frame["left"], groups)
    assert found.df == 3
    assert (found.statistic, found.p_value) == pytest.approx((chi2, p_value))


def test_log_rank_raises_a_false_alarm_in_one_of_twenty():
    rng = np.random.default_rng(6)
    alarms = 0
    for _ in range(600):
        times, groups = rng.exponential(size=60), rng.integers(0, 3, 60)
        alarms += log_rank_test(times, rng.random(60) < 0.8, groups).p_value < 0.05
    assert alarms / 600 == pytest.approx(0.05, abs=0.025)


@pytest.mark.parametrize(
    ("events", "groups", "message"),
    [
        ([1, 1], ["a", "a"], r"have 1 groups, need 2"),
        ([0, 0], ["a", "b"], r"have 0 events, need 1"),
        ([1, 1], ["a", None], r"1 of 2 customers have no group"),
    ],
)
def test_refused_groups(events, groups, message):
    with pytest.raises(ParameterError, match=message):
        log_rank_test([1, 2], events, groups)


def test_limits_are_shares_where_all_leave_at_once() -> None:
    """A curve that drops from 1 to 0 in its first step tells nothing: from 0 to 1."""
    table = KaplanMeier().fit([2.0], [True]).table_.loc[[2.0]]
    assert list(table["low"]) == [0.0]
    assert list(table["high"]) == [1.0]
