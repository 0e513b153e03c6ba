"""Gamma-Gamma: published numbers, known amounts, limits and refusals."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmlib.errors import DataRejectedError, NotEnoughDataError
from crmlib.models.spend import GammaGamma, _likelihood
from tests.models.published import cdnow_summary

SPEND = {"p": 6.0, "q": 4.0, "v": 15.0}


def spenders(n: int, seed: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Mean amounts of simulated customers, and what each spends per purchase in the long run."""
    rng = np.random.RandomState(seed)
    x = rng.poisson(2, size=n)
    scale = rng.gamma(SPEND["q"], size=n) / SPEND["v"]
    total = rng.gamma(SPEND["p"] * np.maximum(x, 1)) / scale
    mean = np.where(x > 0, total / np.maximum(x, 1), 0.0)
    return pd.DataFrame({"btyd_frequency": x, "monetary_amount": mean}), SPEND["p"] / scale


def test_gamma_gamma_on_cdnow():
    """946 repeat customers: parameters, log-likelihood and the first ten expected amounts."""
    cdnow = cdnow_summary()
    model = GammaGamma().fit(cdnow)
    assert model.n_customers_ == 946
    assert model.params_["p"] == pytest.approx(6.25, abs=0.005)
    assert model.params_["q"] == pytest.approx(3.74, abs=0.005)
    assert model.params_["v"] == pytest.approx(15.44, abs=0.005)
    assert model.log_likelihood_ == pytest.approx(-4055.92, abs=0.005)
    assert model.converged_
    expected = [24.65, 18.91, 35.17, 35.17, 35.17, 71.46, 18.91, 35.17, 27.28, 35.17]
    assert model.expected_amount(cdnow).head(10).round(2).tolist() == expected
    assert model.correlation_ == pytest.approx(0.114, abs=0.001)


def test_parameters_come_back_and_expected_amounts_are_unbiased():
    summary, in_the_long_run = spenders(40_000, 1)
    model = GammaGamma().fit(summary)
    inside = model.confidence_intervals(level=0.999)
    truth = pd.Series(SPEND)
    assert ((inside["lower"] < truth) & (truth < inside["upper"])).all()
    expected = model.expected_amount(summary)
    groups = pd.qcut(expected, 5, duplicates="drop")
    means = pd.DataFrame({"expected": expected, "true": in_the_long_run}).groupby(groups).mean()
    np.testing.assert_allclose(means["expected"], means["true"], rtol=0.03)


def test_drawn_amounts_have_the_expected_mean():
    model = GammaGamma.from_params(SPEND)
    summary = pd.DataFrame({"btyd_frequency": [0, 4], "monetary_amount": [0.0, 50.0]})
    x, mean = (np.repeat(summary[name].to_numpy(), 50_000) for name in summary)
    drawn = model._simulate(x, mean, np.full(len(x), 3.0), np.random.RandomState(1))
    found = drawn.reshape(2, -1).mean(axis=1) / 3
    np.testing.assert_allclose(found, model.expected_amount(summary), rtol=0.015)
    none = model._simulate(x, mean, np.zeros(len(x)), np.random.RandomState(1))
    assert (none == 0).all()


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.floats(0.5, 20), st.floats(1.1, 20), st.floats(0.5, 100), st.integers(0, 10_000))
def test_expected_amount_lies_between_own_mean_and_that_of_all(p, q, v, seed):
    """And ever nearer to the own mean, the more purchases there are."""
    model = GammaGamma.from_params({"p": p, "q": q, "v": v})
    mean = np.random.RandomState(seed).gamma(2.0) * 20 + 0.01
    x = [0, 1, 2, 10, 100, 1_000_000]
    expected = model.expected_amount(pd.DataFrame({"btyd_frequency": x, "monetary_amount": mean}))
    assert expected[0] == pytest.approx(p * v / (q - 1))
    distance = np.abs(expected - mean)
    assert (np.diff(distance) <= 1e-9).all()
    assert expected[5] == pytest.approx(mean, rel=1e-3 * (1 + q + v / mean))


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.tuples(st.floats(0.1, 20), st.floats(0.1, 20), st.floats(0.1, 100)))
def test_gradient_is_that_of_differences(values):
    summary, _ = spenders(30, 3)
    summary = summary[summary["btyd_frequency"] > 0]
    scored = _likelihood(
        summary["btyd_frequency"].to_numpy(dtype=float),
        summary["monetary_amount"].to_numpy(),
        np.ones(len(summary)),
    )
    at = np.array(values)
    value, gradient = scored(at)
    for k, step in enumerate(1e-5 * np.diag(at)):
        slope = (scored(at + step)[0] - scored(at - step)[0]) / (2 * step[k])
        assert gradient[k] == pytest.approx(slope, rel=2e-5, abs=1e-6 * (1 + abs(value)) / at[k])


def test_amounts_in_another_currency_only_scale_v():
    summary, _ = spenders(2000, 2)
    one = GammaGamma().fit(summary)
    cents = GammaGamma().fit(summary.assign(monetary_amount=100 * summary["monetary_amount"]))
    np.testing.assert_allclose(cents.params_, one.params_ * [1, 1, 100], rtol=1e-5)


def test_refusals():
    summary, _ = spenders(200, 4)
    first = int(summary["btyd_frequency"].gt(0).idxmax())
    for amount in (0.0, -3.0, np.nan, np.inf):
        wrong = summary.copy()
        wrong.loc[first, "monetary_amount"] = amount
        with pytest.raises(DataRejectedError, match=rf"1 of 200 rows .* the first row {first}"):
            GammaGamma().fit(wrong)
    with pytest.raises(DataRejectedError, match="no whole number"):
        GammaGamma().fit(summary.assign(btyd_frequency=0.5))
    with pytest.raises(
        NotEnoughDataError, match="have 0 customers with a repeat purchase, need 10"
    ):
        GammaGamma().fit(summary.assign(btyd_frequency=0))
    with pytest.raises(NotEnoughDataError, match="all 200 customers have the mean amount 5"):
        GammaGamma().fit(summary.assign(btyd_frequency=1, monetary_amount=5.0))
    with pytest.raises(DataRejectedError, match="1 of 200 weights are negative"):
        GammaGamma().fit(summary, np.r_[-1.0, np.ones(199)])
    endless = GammaGamma.from_params({"p": 2.0, "q": 0.9, "v": 10.0})
    with pytest.raises(NotEnoughDataError, match=r"q=0.9: its mean over customers is infinite"):
        endless.expected_amount(summary)
