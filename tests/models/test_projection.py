"""What lies ahead in total: by hand, against simulation, and intervals that cover."""

import numpy as np
import pytest

from crmlib.errors import ParameterError
from crmlib.models.forecast import project
from crmlib.models.projection import Projection, project_grown_season, project_level


def test_total_of_a_random_walk_by_hand():
    """The first of 3 shocks counts 3 times, the next twice, the last once: 9 + 4 + 1."""
    total = Projection(np.full(3, 5.0), np.sqrt([4.0, 8.0, 12.0]), freedom=1000).in_total()
    assert total["forecast"] == 15
    assert total["error"] ** 2 == pytest.approx(4 * 14)
    assert total["high"] - 15 == pytest.approx(1.962 * total["error"], rel=1e-3)


def test_total_where_shocks_do_not_stay_and_an_error_is_shared():
    independent = Projection(np.zeros(4), np.full(4, 3.0), freedom=50)
    assert independent.in_total()["error"] ** 2 == pytest.approx(4 * 9)
    shared = Projection(np.zeros(4), np.full(4, 5.0), freedom=50, common=np.full((4, 1), 4.0))
    assert shared.in_total()["error"] ** 2 == pytest.approx(4 * 9 + 16 * 16)


def test_part_of_a_step_counts_in_part():
    made = Projection(np.array([10.0, 10.0]), np.array([2.0, 2.0]), freedom=50)
    total = made.in_total(weights=np.array([1.0, 0.5]))
    assert total["forecast"] == 15
    assert total["error"] ** 2 == pytest.approx(4 + 1)


def test_total_of_the_seasonal_naive_forecast():
    """A season of 2 repeated twice: each of its 2 errors comes again with a shock of its own."""
    values = np.array([1.0, 5.0, 2.0, 6.0, 1.0, 7.0, 2.0])
    made = project(values, model="seasonal_naive", horizon=4, season_length=2)
    past = values[2:] - values[:-2]
    variance = (past @ past) / len(past)
    assert made.in_total()["error"] ** 2 == pytest.approx(variance * (4 + 4 + 1 + 1))


def local_level(rng, n, *, weight):
    """A level that moves by `weight` of each shock."""
    shocks = rng.normal(0, 5, n)
    return 100 + shocks + np.concatenate([[0], np.cumsum(weight * shocks)[:-1]])


def coverage(n_repetitions, *, n, weight):
    """Share of the sums of 8 periods inside the interval."""
    rng = np.random.default_rng(5)
    inside = []
    for _ in range(n_repetitions):
        values = local_level(rng, n + 8, weight=weight)
        total = project_level(values[:n], horizon=8).in_total()
        inside.append(total["low"] <= values[n:].sum() <= total["high"])
    return np.mean(inside)


def test_intervals_of_the_total_cover_where_the_level_moves():
    """Maximum likelihood, which takes what it found as known, covers 88 % here."""
    assert 0.92 <= coverage(400, n=44, weight=0.3) <= 0.985


@pytest.mark.slow
@pytest.mark.parametrize("weight", [0.0, 0.3, 0.95])
@pytest.mark.parametrize("n", [30, 100])
def test_intervals_of_the_total_cover(n, weight):
    """Up to 99.5 % where the level stands still, 92 % where it walks and 30 periods are known."""
    assert 0.91 <= coverage(1500, n=n, weight=weight) <= (1 if weight == 0 else 0.97)


def test_level_follows_a_step_the_more_the_longer_it_lasts():
    still = np.tile([99.0, 101.0], 20)
    moved = np.concatenate([still, still[:12] + 50])
    assert project_level(still, horizon=1).mean[0] == pytest.approx(100, abs=0.5)
    assert project_level(moved, horizon=1).mean[0] > 145


def test_constant_series_have_no_error_and_short_ones_no_level():
    made = project_level(np.full(9, 3.0), horizon=2)
    assert made.mean.tolist() == [3, 3]
    assert made.error.tolist() == [0, 0]
    with pytest.raises(ParameterError, match="have 5 periods, need 6"):
        project_level(np.arange(5.0), horizon=1)


def test_a_season_comes_again_with_the_growth_since():
    """Season of 4, a quarter is 1 period: the last value over that of a season ago is 3 / 2."""
    values = np.array([4.0, 2, 6, 2, 4, 2, 6, 2, 4, 2, 6, 3])
    made = project_grown_season(values, horizon=5, season_length=4)
    assert made.mean.tolist() == [6, 3, 9, 4.5, 9]
    # misses of one step: growth was 1 until the last value, which came as 3 in place of 2
    assert made.freedom == 6
    variance = 1 / 7
    shared = variance / 2**2 * np.mean([4, 2, 6, 3, 4]) ** 2
    assert made.common[0, 0] ** 2 == pytest.approx(shared)
    assert made.error.tolist() == pytest.approx([np.sqrt(variance + shared)] * 5)


def seasonal_coverage(n_repetitions):
    """Share of sums of 8 weeks inside the interval: season, growth by a tenth, 6 % of noise."""
    rng = np.random.default_rng(6)
    week = np.arange(98)
    season = (1 + 0.4 * np.cos(week * 2 * np.pi / 52)) * 1.1 ** (week / 52)
    inside = []
    for _ in range(n_repetitions):
        values = 1_000 * season * (1 + rng.normal(0, 0.06, 98))
        total = project_grown_season(values[:90], horizon=8, season_length=52).in_total()
        inside.append(total["low"] <= values[90:].sum() <= total["high"])
    return np.mean(inside)


def test_intervals_of_a_grown_season_cover():
    assert 0.90 <= seasonal_coverage(300) <= 0.99


@pytest.mark.parametrize(
    ("values", "season_length", "message"),
    [
        (np.ones(20), 12, "have 20 periods, need 21"),
        (np.ones(20), 1, "a season longer than 1"),
        (np.concatenate([np.zeros(12), np.ones(20)]), 12, "nothing was sold in a quarter"),
    ],
)
def test_a_season_that_cannot_be_repeated(values, season_length, message):
    with pytest.raises(ParameterError, match=message):
        project_grown_season(values, horizon=2, season_length=season_length)


def test_nothing_falls_below_what_is_possible():
    total = Projection(np.array([1.0]), np.array([9.0]), freedom=9).in_total(at_least=0)
    assert total["low"] == 0
