"""What lies ahead in total: by hand, against simulation, and intervals that cover."""

import numpy as np
import pytest

from crmlib.errors import ParameterError
from crmlib.models.forecast import project
from crmlib.models.projection import Projection, project_level


def test_total_of_a_random_walk_by_hand():
    """The first of 3 shocks counts 3 times, the next twice, the last once: 9 + 4 + 1."""
    total = Projection(np.full(3, 5.0), np.sqrt([4.0, 8.0, 12.0]), freedom=1000).in_total()
    assert total["forecast"] == 15
    assert total["error"] ** 2 == pytest.approx(4 * 14)
    assert total["high"] - 15 == pytest.approx(1.962 * total["error"], rel=1e-3)


def test_total_where_shocks_do_not_stay_and_an_error_is_shared():
    independent = Projection(np.zeros(4), np.full(4, 3.0), freedom=50)
    assert independent.in_total()["error"] ** 2 == pytest.approx(4 * 9)
    shared = Projection(np.zeros(4), np.full(4, 5.0), freedom=50, shared=16.0)
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
    """Flat priors are careful where the level stands still: there they cover up to 99.5 %."""
    assert 0.935 <= coverage(1500, n=n, weight=weight) <= (1 if weight == 0 else 0.97)


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


def test_nothing_falls_below_what_is_possible():
    total = Projection(np.array([1.0]), np.array([9.0]), freedom=9).in_total(at_least=0)
    assert total["low"] == 0
