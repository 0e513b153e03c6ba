"""A/A experiments: no difference is put in, so nearly every alarm is false. 5 % are allowed."""

import numpy as np
import pandas as pd
import pytest

from crmlib.errors import DataRejectedError
from crmlib.evaluation.experiments import (
    Counts,
    Moments,
    always_valid_interval,
    compare_means,
    compare_proportions,
    compare_spend,
    cuped,
    group_sequential_interval,
    group_sequential_limits,
)

SMALL = 0.05  # tolerance of a few hundred repetitions: four standard errors
FULL = 0.015
WEEKS = 52
PER_WEEK = 200


def repetitions(few, many):
    return pytest.mark.parametrize(
        ("n", "tolerance"),
        [(few, SMALL), pytest.param(many, FULL, marks=pytest.mark.slow)],
        ids=["few", "many"],
    )


def halves(rng, n):
    """A random split of n customers into two arms, as positions."""
    order = rng.permutation(n)
    return order[: n // 2], order[n // 2 :]


@pytest.fixture(scope="module")
def untouched(hillstrom) -> pd.DataFrame:
    """Customers without a mail, of whom every experiment draws 4,000: real spend and visits."""
    columns = ["visit", "spend", "history", "recency", "newbie"]
    return hillstrom["none"][columns].astype(float).reset_index(drop=True)


def alarm_rate(untouched, compare, n, *, seed=1, size=4000):
    rng = np.random.default_rng(seed)
    alarms = 0
    for _ in range(n):
        drawn = untouched.iloc[rng.choice(len(untouched), size, replace=False)]
        first, second = halves(rng, size)
        alarms += compare(drawn.iloc[first], drawn.iloc[second], rng).p_value < 0.05
    return alarms / n


def by_visits(a, b, rng):
    return compare_proportions(a["visit"], b["visit"])


def by_means(a, b, rng):
    return compare_means(a["visit"], b["visit"])


def by_cuped(a, b, rng):
    before = ["history", "recency", "newbie"]
    return cuped(a["visit"], b["visit"], treatment_before=a[before], control_before=b[before])


@pytest.mark.parametrize("compare", [by_visits, by_means, by_cuped])
@repetitions(200, 2000)
def test_real_customers_split_at_random(untouched, compare, n, tolerance):
    assert alarm_rate(untouched, compare, n) == pytest.approx(0.05, abs=tolerance)


@pytest.mark.slow
def test_real_spend_split_at_random(untouched):
    """About 60 of 10,000 customers buy in each arm: few alarms are missing, none too many."""

    def by_spend(a, b, rng):
        return compare_spend(a["spend"], b["spend"], rng=rng, n_resamples=999)

    assert 0.015 <= alarm_rate(untouched, by_spend, 600, size=20_000) <= 0.065


def experiments(n, *, weeks=range(1, WEEKS + 1), lift=0.0, seed=3):
    """Comparisons at the end of these weeks; 100 customers an arm and week, skewed values."""
    rng = np.random.default_rng(seed)
    for _ in range(n):
        arms = []
        for effect in (lift, 0.0):
            values = rng.gamma(1.0, 1.0, (WEEKS, PER_WEEK // 2)) + effect
            count = PER_WEEK // 2 * np.arange(1, WEEKS + 1)
            total, square = values.sum(axis=1).cumsum(), (values**2).sum(axis=1).cumsum()
            mean = total / count
            deviation = np.sqrt((square - count * mean**2) / (count - 1))
            arms.append([Moments(mean[w - 1], deviation[w - 1], count[w - 1], 2.0) for w in weeks])
        yield [compare_means(*pair) for pair in zip(*arms, strict=True)]


def any_alarm(looks):
    return any(not look.low <= 0 <= look.high for look in looks)


@repetitions(150, 2000)
def test_always_valid_over_52_looks(n, tolerance):
    """At most 5 %; less, because the experiment ends and the guarantee does not."""
    planned = WEEKS * PER_WEEK
    usual, valid = [], []
    for looks in experiments(n):
        usual.append(any_alarm(looks))
        valid.append(any_alarm(always_valid_interval(one, planned_n=planned) for one in looks))
    assert np.mean(valid) <= 0.05 + FULL
    assert np.mean(usual) == pytest.approx(0.32, abs=2.5 * tolerance)


@pytest.mark.parametrize("n", [60, pytest.param(600, marks=pytest.mark.slow)], ids=["few", "many"])
def test_always_valid_waits_for_conversions_of_a_small_control(n):
    """360 and 40 customers a week, .6 % convert: without waiting 24 % false alarms."""
    rng = np.random.default_rng(6)
    sizes = [(360, 40)[k] * np.arange(1, WEEKS + 1) for k in (0, 1)]
    alarms, looked = 0, 0
    for _ in range(n):
        arms = [rng.binomial(sizes[k][0], 0.006, WEEKS).cumsum() for k in (0, 1)]
        looks = []
        for week in range(WEEKS):
            pair = [Counts(int(arms[k][week]), int(sizes[k][week])) for k in (0, 1)]
            try:
                found = always_valid_interval(compare_means(*pair), planned_n=400 * WEEKS)
            except DataRejectedError:
                continue
            looks.append(found)
        looked += len(looks) > 0
        alarms += any_alarm(looks)
    assert alarms / n <= 0.05
    assert looked / n > 0.3


@pytest.mark.slow
def test_always_valid_over_52_looks_with_cuped():
    rng = np.random.default_rng(4)
    n, alarms = 400, 0
    for _ in range(n):
        before = rng.gamma(1, 1, (2, WEEKS * PER_WEEK // 2))
        after = before + rng.normal(0, 0.5, before.shape)
        looks = []
        for week in range(1, WEEKS + 1):
            k = week * PER_WEEK // 2
            found = cuped(
                after[0, :k], after[1, :k],
                treatment_before=before[0, :k], control_before=before[1, :k],
            )  # fmt: skip
            looks.append(always_valid_interval(found, planned_n=WEEKS * PER_WEEK))
        alarms += any_alarm(looks)
    assert alarms / n <= 0.05 + FULL


def test_always_valid_sees_a_real_effect_and_is_not_too_wide():
    """An effect of .1 standard deviations over 10,400 customers: the usual power is .999."""
    planned = WEEKS * PER_WEEK
    found = []
    for looks in experiments(40, lift=0.1):
        last = always_valid_interval(looks[-1], planned_n=planned)
        usual = looks[-1].high - looks[-1].low
        assert (last.high - last.low) / usual == pytest.approx(1.55, abs=0.01)
        found.append(any_alarm(always_valid_interval(one, planned_n=planned) for one in looks))
    assert np.mean(found) > 0.9


@pytest.mark.parametrize("spending", ["obrien-fleming", "pocock"])
@repetitions(300, 4000)
def test_group_sequential_over_five_looks(spending, n, tolerance):
    """5 % over all five looks together; without the limits 14 %."""
    shares = [0.2, 0.4, 0.6, 0.8, 1.0]
    weeks = [round(share * WEEKS) for share in shares]
    limits = group_sequential_limits(shares, spending=spending)["z_limit"].to_numpy()
    usual, kept = [], []
    for looks in experiments(n, weeks=weeks, seed=5):
        z = np.array([abs(look.estimate) / look.standard_error for look in looks])
        usual.append((z > 1.96).any())
        kept.append((z > limits).any())
    assert np.mean(kept) == pytest.approx(0.05, abs=tolerance)
    assert np.mean(usual) == pytest.approx(0.142, abs=1.5 * tolerance)


def test_interval_and_limits_of_a_group_sequential_look_agree():
    [[look]] = experiments(1, weeks=[26], lift=0.08)
    found = group_sequential_interval(look, looks=[0.25, 0.5])
    limit = group_sequential_limits([0.25, 0.5])["z_limit"].iloc[-1]
    assert found.high - found.estimate == pytest.approx(limit * look.standard_error)
