"""Calibration: planted slope and level are found, against statsmodels, refusals, coverage."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.special import expit, logit

from crmlib.errors import ParameterError
from crmlib.evaluation.calibration import calibration, reliability_curve


def made(seed, n=5000):
    rng = np.random.default_rng(seed)
    p = expit(rng.normal(-1, 1, n))
    return p, (rng.random(n) < p).astype(int)


def test_slope_intercept_and_errors_agree_with_statsmodels():
    p, y = made(1, 800)
    found = calibration(p, y)
    family = sm.families.Binomial()
    both = sm.GLM(y, sm.add_constant(logit(p)), family=family).fit()
    level = sm.GLM(y, np.ones(800), family=family, offset=logit(p)).fit()
    assert found.slope == pytest.approx(both.params[1], abs=1e-8)
    assert (found.slope_low, found.slope_high) == pytest.approx(both.conf_int()[1], abs=1e-6)
    assert found.intercept == pytest.approx(level.params[0], abs=1e-8)
    assert (found.intercept_low, found.intercept_high) == pytest.approx(
        level.conf_int()[0], abs=1e-6
    )


def test_planted_faults_are_found():
    p, y = made(2)
    good = calibration(p, y)
    assert good.slope_low < 1 < good.slope_high
    assert good.intercept_low < 0 < good.intercept_high
    bold = calibration(expit(2 * logit(p)), y)
    assert bold.slope == pytest.approx(good.slope / 2, abs=1e-8)
    low = calibration(expit(logit(p) - 1), y)
    assert low.intercept == pytest.approx(good.intercept + 1, abs=1e-8)
    assert low.ece > 0.1 > 0.02 > good.ece
    assert good.brier < low.brier
    assert good.brier < good.brier_of_base_rate == pytest.approx(y.mean() * (1 - y.mean()))


def test_reliability_curve_by_hand_and_ties_stay_together():
    p = np.repeat([0.1, 0.2, 0.9], [50, 30, 20])
    y = np.r_[np.repeat([1, 0], [5, 45]), np.repeat([1, 0], [9, 21]), np.repeat([1, 0], [18, 2])]
    curve = reliability_curve(p, y, n_groups=10)
    assert curve["n"].tolist() == [50, 30, 20]
    assert curve["mean_probability"].tolist() == pytest.approx([0.1, 0.2, 0.9])
    assert curve["share"].tolist() == pytest.approx([0.1, 0.3, 0.9])
    assert ((curve["low"] < curve["share"]) & (curve["share"] < curve["high"])).all()
    assert calibration(p, y).ece == pytest.approx(0.3 * 0.1)
    mixed = np.random.default_rng(0).permutation(100)
    pd.testing.assert_frame_equal(reliability_curve(p[mixed], y[mixed]), curve, rtol=1e-12)


def test_intervals_cover_the_truth():
    hits = np.zeros(2)
    for seed in range(300):
        found = calibration(*made(1000 + seed, 400))
        hits += [found.slope_low < 1 < found.slope_high,
                 found.intercept_low < 0 < found.intercept_high]  # fmt: skip
    assert hits / 300 == pytest.approx(0.95, abs=0.035)


def test_what_has_no_calibration_is_refused():
    y = np.tile([0, 1], 20)
    with pytest.raises(ParameterError, match=r"40 of 40 probabilities lie outside 0-1 \(from 2"):
        calibration(np.full(40, 2.0), y)
    with pytest.raises(ParameterError, match=r"All 40 probabilities are 0\.5"):
        calibration(np.full(40, 0.5), y)
    with pytest.raises(ParameterError, match=r"slope does not exist.*separate"):
        calibration(np.where(y, 0.8, 0.2), y)
    with pytest.raises(ParameterError, match=r"have 2 customers with the outcome"):
        calibration(np.linspace(0.1, 0.9, 40), np.r_[1, 1, np.zeros(38)])
