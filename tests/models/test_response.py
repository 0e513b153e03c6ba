"""Response to spending: known truth, intervals, the way to a budget, refusals."""

import numpy as np
import pandas as pd
import pytest

from crmlib.decisions.budget import allocate
from crmlib.errors import ParameterError
from crmlib.models.response import ResponseModel, adstock


def simulated(rng, n=156, *, noise=8.0):
    """Two channels with known carry-over and saturation, trend and season."""
    spend = pd.DataFrame(
        {"mail": rng.gamma(0.7, 60, n), "search": rng.gamma(2, 15, n) * (rng.random(n) < 0.8)}
    )
    weeks = np.arange(n)
    controls = pd.DataFrame({"trend": weeks / n, "season": np.sin(weeks * 2 * np.pi / 52)})
    mail = 200 * -np.expm1(-0.02 * adstock(spend["mail"], 0.6))
    search = 120 * -np.expm1(-0.05 * adstock(spend["search"], 0.2))
    base = 300 + 50 * controls["trend"] + 30 * controls["season"]
    return spend, base + mail + search + rng.normal(0, noise, n), controls


def test_steady_spending_is_its_own_adstock_and_nothing_is_lost():
    assert adstock(np.full(200, 7.0), 0.8)[-1] == pytest.approx(7)
    assert adstock([5.0] + [0.0] * 300, 0.8).sum() == pytest.approx(5)
    assert adstock([3.0, 1.0], 0).tolist() == [3, 1]


def test_without_noise_the_truth_is_found():
    spend, sales, controls = simulated(np.random.default_rng(1), noise=0.0)
    model = ResponseModel(n_resamples=0).fit(spend, sales, controls=controls)
    expected = [[0.6, 200, 0.02], [0.2, 120, 0.05]]
    found = model.params_[["carry_over", "scale", "rate"]]
    np.testing.assert_allclose(found, expected, rtol=1e-3)
    np.testing.assert_allclose(model.base_, [300, 50, 30], rtol=1e-3)
    assert model.r_squared_ == pytest.approx(1)
    total = model.contributions().sum(axis=1) + controls @ [50, 30] + 300
    np.testing.assert_allclose(total, sales, rtol=1e-4)


def test_hill_curves_without_noise():
    rng = np.random.default_rng(2)
    spend = pd.DataFrame({"tv": rng.gamma(0.8, 50, 150)})
    aged = adstock(spend["tv"], 0.5)
    sales = pd.Series(100 + 80 * aged**1.5 / (30**1.5 + aged**1.5))
    model = ResponseModel(saturation="hill", n_resamples=0).fit(spend, sales)
    found = model.params_[["carry_over", "scale", "half", "shape"]].iloc[0]
    np.testing.assert_allclose(found, [0.5, 80, 30, 1.5], rtol=1e-3)
    assert model.curves().value(np.array([30.0])) == pytest.approx(40, rel=1e-3)


def coverage(n_repetitions, *, n_resamples):
    rng = np.random.default_rng(3)
    truth = pd.DataFrame({"carry_over": [0.6, 0.2], "scale": [200, 120]}, index=["mail", "search"])
    hits = []
    for k in range(n_repetitions):
        spend, sales, controls = simulated(rng)
        model = ResponseModel(n_resamples=n_resamples, random_state=k)
        params = model.fit(spend, sales, controls=controls).params_
        for name in truth:
            inside = (params[f"{name}_low"] <= truth[name]) & (
                truth[name] <= params[f"{name}_high"]
            )
            hits.append(inside.mean())
    return np.mean(hits)


@pytest.mark.slow
def test_intervals_cover():
    assert coverage(100, n_resamples=100) == pytest.approx(0.94, abs=0.05)


def test_intervals_cover_in_a_small_run():
    assert coverage(5, n_resamples=30) >= 0.65


def test_the_same_seed_gives_the_same_table():
    spend, sales, controls = simulated(np.random.default_rng(4))
    first, second = (
        ResponseModel(n_resamples=3, random_state=9).fit(spend, sales, controls=controls).params_
        for _ in range(2)
    )
    pd.testing.assert_frame_equal(first, second)


def test_a_channel_without_effect_is_not_given_one():
    rng = np.random.default_rng(5)
    spend, sales, controls = simulated(rng)
    spend["poster"] = rng.gamma(1, 30, len(spend))
    model = ResponseModel(n_resamples=0).fit(spend, sales, controls=controls)
    share = model.contributions().mean()
    assert share["poster"] < 0.1 * share["mail"]


def test_curves_go_into_a_budget():
    spend, sales, controls = simulated(np.random.default_rng(6), noise=0.0)
    model = ResponseModel(n_resamples=0).fit(spend, sales, controls=controls)
    table = allocate(model.curves(), 100).table
    assert table.index.tolist() == ["mail", "search"]
    assert table["spend_cents"].sum() == 10_000
    slopes = [200 * 0.02, 120 * 0.05] * np.exp([-0.02, -0.05] * table["spend_amount"].to_numpy())
    assert slopes[0] == pytest.approx(slopes[1], rel=0.01)


WEEKS = pd.DataFrame({"tv": np.arange(40.0)})
SALES = pd.Series(np.arange(40.0) ** 2)


@pytest.mark.parametrize(
    ("spend", "sales", "message"),
    [
        (WEEKS.head(12), SALES.head(12), r"have 12 weeks, need 16 for 4 parameters"),
        (WEEKS, SALES.head(5), r"40 weeks of spend, 5 of sales"),
        (WEEKS * 0 + 3, SALES, r"'tv' is constant \(3\)"),
        (WEEKS - 5, SALES, r"negative in \['tv'\]"),
        (WEEKS.where(WEEKS > 2), SALES, r"'tv' is missing or infinite in 3 weeks"),
        (WEEKS, SALES * 0, r"'sales' is constant"),
    ],
)
def test_refusals(spend, sales, message):
    with pytest.raises(ParameterError, match=message):
        ResponseModel().fit(spend, sales)


def test_unknown_saturation_is_refused():
    with pytest.raises(ParameterError, match=r"saturation='log'"):
        ResponseModel(saturation="log").fit(WEEKS, SALES)
