"""Forecasts: hand-worked naive ones, the choice, coverage of intervals, refusals."""

import numpy as np
import pandas as pd
import pytest

from crmlib.errors import ParameterError
from crmlib.models.forecast import Forecaster, back_test

ALTERNATING = pd.Series([10.0, 20.0] * 10)


def seasonal(rng, n=60, *, noise=2.0):
    months = np.arange(n)
    return pd.Series(100 + 0.5 * months + 20 * np.sin(months * np.pi / 6) + rng.normal(0, noise, n))


def local_level(rng, n):
    """Exponential smoothing of the level is right for this: weight .3, error 5."""
    shocks = rng.normal(0, 5, n)
    level = 100 + np.concatenate([[0], np.cumsum(0.3 * shocks)[:-1]])
    return pd.Series(level + shocks)


def test_naive_forecasts_by_hand():
    errors = back_test(ALTERNATING, horizon=2, season_length=2, n_origins=2, models=["naive"])
    assert errors.attrs["benchmark"] == "seasonal_naive"
    naive = errors[errors["model"] == "naive"]
    assert naive["origin"].tolist() == [17, 17, 18, 18]
    assert naive["forecast"].tolist() == [10, 10, 20, 20]
    assert naive["actual"].tolist() == [20, 10, 10, 20]
    season = errors[errors["model"] == "seasonal_naive"]
    assert (season["forecast"] == season["actual"]).all()


def test_interval_of_the_naive_forecast_grows_with_the_root_of_the_steps():
    rng = np.random.default_rng(1)
    walk = pd.Series(rng.normal(size=200).cumsum())
    found = Forecaster(models=["naive"]).fit(walk, horizon=4).predict(4)
    width = (found["high"] - found["low"]).to_numpy()
    np.testing.assert_allclose(width / width[0], np.sqrt([1, 2, 3, 4]))
    assert width[0] == pytest.approx(2 * 1.96, rel=0.15)


def test_naive_mostly_wins_on_random_walks_and_the_verdict_says_so():
    rng = np.random.default_rng(3)
    wins = 0
    for _ in range(8):
        walk = pd.Series(rng.normal(size=60).cumsum())
        model = Forecaster(models=["naive", "trend"], n_origins=8).fit(walk, horizon=3)
        row = model.back_test_.loc["trend"]
        assert model.naive_wins_ == (row["skill"] <= 0 or row["better_in"] <= 0.5)
        assert model.naive_wins_ == ("no model beat the naive forecast" in model.verdict_)
        wins += model.naive_wins_
    assert wins >= 5


def test_season_and_trend_are_found_and_the_verdict_says_by_how_much():
    series = seasonal(np.random.default_rng(2))
    series.index = pd.period_range("2020-01", periods=60, freq="M")
    model = Forecaster(season_length=12, n_origins=4).fit(series, horizon=3)
    assert model.chosen_ in {"seasonal", "trend_seasonal"}
    assert not model.naive_wins_
    assert "error" in model.verdict_
    assert model.back_test_.loc["naive", "mase"] > model.back_test_.loc[model.chosen_, "mase"]
    ahead = model.predict(12)
    assert str(ahead.index[0]) == "2025-01"
    months = np.arange(60, 72)
    truth = 100 + 0.5 * months + 20 * np.sin(months * np.pi / 6)
    assert np.abs(ahead["forecast"] - truth).max() < 8
    assert ((ahead["low"] < truth) & (truth < ahead["high"])).mean() > 0.8


def test_the_back_test_knows_nothing_of_what_comes_after_its_origin():
    series = seasonal(np.random.default_rng(4), 40)
    later = series.copy()
    later.iloc[-1] = 1e6
    first = back_test(series, horizon=2, n_origins=3, models=["level"])
    second = back_test(later, horizon=2, n_origins=3, models=["level"])
    pd.testing.assert_series_equal(first["forecast"], second["forecast"])


def test_models_without_enough_periods_are_left_out_with_the_reason():
    model = Forecaster(season_length=12, n_origins=2).fit(
        seasonal(np.random.default_rng(5), 22), horizon=2
    )
    assert set(model.left_out_) == {"grown_season", "seasonal", "trend_seasonal"}
    assert "have 19 periods, need 27" in model.left_out_["seasonal"]
    assert model.benchmark_ == "naive"


def test_what_cannot_be_below_zero_is_not():
    series = pd.Series(np.random.default_rng(6).poisson(0.7, 40).astype(float))
    found = Forecaster(models=["level"], at_least=0).fit(series, horizon=3).predict(6)
    assert (found >= 0).all(axis=None)


def coverage(n_repetitions, *, model, make, n=80):
    """Share of the values 1 to 6 periods ahead inside the intervals of a model fitted before."""
    rng = np.random.default_rng(7)
    inside = []
    for _ in range(n_repetitions):
        series = make(rng, n + 6)
        one = back_test(series, horizon=6, n_origins=1, season_length=12, models=[model])
        one = one[one["model"] == model]
        inside.append(((one["low"] <= one["actual"]) & (one["actual"] <= one["high"])).mean())
    return float(np.mean(inside))


@pytest.mark.slow
@pytest.mark.parametrize(("model", "make"), [("level", local_level), ("trend_seasonal", seasonal)])
def test_intervals_cover(model, make):
    """Measured .945 and .942; with first level and season taken as known .926 for the latter."""
    assert 0.93 <= coverage(400, model=model, make=make) <= 0.97


def test_intervals_cover_in_a_small_run():
    assert 0.88 <= coverage(60, model="level", make=local_level) <= 0.99


@pytest.mark.parametrize(
    ("series", "options", "message"),
    [
        (ALTERNATING.head(12), {"horizon": 2}, r"have 12 periods, need 17"),
        (ALTERNATING.where(ALTERNATING.index != 3), {"horizon": 1}, r"1 of 20 values are missing"),
        (ALTERNATING * 0 + 7, {"horizon": 1}, r"constant \(7\)"),
        (ALTERNATING, {"horizon": 0}, r"horizon=0"),
        (ALTERNATING, {"horizon": 1, "models": ["arima"]}, r"Unknown models \['arima'\]"),
    ],
)
def test_refusals(series, options, message):
    with pytest.raises(ParameterError, match=message):
        back_test(series, **options)
