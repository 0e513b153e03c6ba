"""Difference in differences: by hand, a planted effect, placebo checks, refusals."""

import numpy as np
import pandas as pd
import pytest

from crmlib.errors import DataRejectedError, NotEnoughDataError, ParameterError
from crmlib.evaluation.experiments import (
    compare_means,
    difference_in_differences,
    placebo_checks,
)

PERIODS = [f"2024-{month:02d}" for month in range(1, 11)]
START = "2024-07"


def regions(rng, *, effect=0.0, drift=0.0, n=20):
    """Sales of n treated and n other regions: own levels, a common season, lasting shocks."""
    treated = np.arange(2 * n) < n
    level = rng.normal(100, 15, (2 * n, 1)) + 20 * treated[:, None]
    season = 5 * np.sin(np.arange(10))
    shocks = rng.normal(0, 2, (2 * n, 10)).cumsum(axis=1)
    own = drift * np.arange(10) * treated[:, None]
    after = np.arange(10) >= PERIODS.index(START)
    values = level + season + shocks + own + effect * after * treated[:, None]
    return pd.DataFrame(values, columns=PERIODS), treated


def test_by_hand():
    """Treated go from 5 and 7 to 9 and 13, the others from 4 and 4 to 5 and 6."""
    frame = pd.DataFrame({1: [5, 6, 4, 4], 2: [5, 8, 4, 4], 3: [9, 13, 5, 6]})
    found = difference_in_differences(
        frame, is_treated=np.array([True, True, False, False]), first_period=3
    )
    assert found.estimate == pytest.approx((4 + 6) / 2 - (1 + 2) / 2)
    assert not found.is_randomised
    assert "changed by the same amount" in found.assumptions


@pytest.mark.parametrize(
    "repetitions", [200, pytest.param(2000, marks=pytest.mark.slow)], ids=["few", "many"]
)
def test_planted_effect_is_recovered_and_covered(repetitions):
    rng = np.random.default_rng(1)
    estimates, hits = [], 0
    for _ in range(repetitions):
        frame, treated = regions(rng, effect=6)
        found = difference_in_differences(frame, is_treated=treated, first_period=START)
        estimates.append(found.estimate)
        hits += found.low <= 6 <= found.high
    assert np.mean(estimates) == pytest.approx(6, abs=4 * np.std(estimates) / repetitions**0.5)
    assert hits / repetitions == pytest.approx(0.95, abs=0.04 if repetitions < 1000 else 0.02)


def test_comparison_without_the_time_before_is_wrong():
    frame, treated = regions(np.random.default_rng(2), effect=6)
    after = frame[PERIODS[6:]].mean(axis=1)
    assert compare_means(after[treated], after[~treated]).estimate > 15


@pytest.mark.parametrize(
    "repetitions", [200, pytest.param(2000, marks=pytest.mark.slow)], ids=["few", "many"]
)
def test_placebo_checks_seldom_fail_where_groups_moved_alike(repetitions):
    rng = np.random.default_rng(3)
    failed = 0
    for _ in range(repetitions):
        frame, treated = regions(rng, effect=6)
        checks = placebo_checks(frame, is_treated=treated, first_period=START)
        failed += not checks["is_ok"].all()
    assert 0 < failed / repetitions <= 0.05 + 0.015


def test_placebo_checks_see_groups_that_move_apart():
    frame, treated = regions(np.random.default_rng(4), drift=3)
    checks = placebo_checks(frame, is_treated=treated, first_period=START)
    assert checks["false_start"].tolist() == PERIODS[1:6]
    assert not checks["is_ok"].any()
    found = difference_in_differences(frame, is_treated=treated, first_period=START)
    assert "Placebo check fails" in found.remarks[-1]
    assert "do not believe" in found.remarks[-1]


def test_periods_after_the_start_do_not_touch_the_placebo_checks():
    frame, treated = regions(np.random.default_rng(5))
    other = frame.assign(**dict.fromkeys(PERIODS[6:], 0.0))
    checks = [placebo_checks(one, is_treated=treated, first_period=START) for one in (frame, other)]
    pd.testing.assert_frame_equal(*checks)


def test_one_period_before_gives_no_placebo_check_and_says_so():
    frame, treated = regions(np.random.default_rng(6))
    short = frame[PERIODS[5:]]
    found = difference_in_differences(short, is_treated=treated, first_period=START)
    assert found.remarks[-1] == "No placebo check is possible with 1 period before the start."


def test_refusals():
    frame, treated = regions(np.random.default_rng(7))

    def compare(frame=frame, treated=treated, start=START):
        return difference_in_differences(frame, is_treated=treated, first_period=start)

    with pytest.raises(ParameterError, match=r"is_treated has type int64 and shape \(40,\)"):
        compare(treated=treated.astype("int64"))
    with pytest.raises(ParameterError, match=r"shape \(39,\): one True or False for each of 40"):
        compare(treated=treated[1:])
    with pytest.raises(ParameterError, match=r"do not ascend"):
        compare(frame=frame[PERIODS[::-1]])
    with pytest.raises(ParameterError, match=r"first_period='2025-01' is none of the 10 periods"):
        compare(start="2025-01")
    with pytest.raises(NotEnoughDataError, match=r"before the start \(have 0 periods"):
        compare(start=PERIODS[0])
    with pytest.raises(NotEnoughDataError, match=r"treated group \(have 1 units, need 2\)"):
        compare(treated=np.arange(40) < 1)
    with pytest.raises(DataRejectedError, match=r"1 outcomes are missing"):
        compare(frame=frame.mask((frame.index.to_numpy() == 3)[:, None] & (frame.columns == START)))
