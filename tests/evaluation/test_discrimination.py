"""AUC with DeLong's interval: against the definition, against scikit-learn, coverage, refusals."""

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from crmlib.errors import ParameterError
from crmlib.evaluation.discrimination import auc_difference, auc_interval


def made(rng, n, *, shift=1.0):
    y = (rng.random(n) < 0.3).astype(int)
    return np.round(shift * y + rng.normal(size=n), 1), y


def test_auc_and_error_are_those_of_the_definition_with_ties():
    s, y = made(np.random.default_rng(1), 80)
    found = auc_interval(s, y)
    positive, negative = s[y == 1], s[y == 0]
    wins = (positive[:, None] > negative) + 0.5 * (positive[:, None] == negative)
    assert found.auc == pytest.approx(wins.mean(), abs=1e-12)
    assert found.auc == pytest.approx(roc_auc_score(y, s), abs=1e-12)
    # DeLong et al. (1988), eq. 5 and 6
    variance = wins.mean(axis=1).var(ddof=1) / len(positive)
    variance += wins.mean(axis=0).var(ddof=1) / len(negative)
    assert found.standard_error == pytest.approx(np.sqrt(variance), abs=1e-12)
    assert (found.n_positive, found.n_negative) == (len(positive), len(negative))


def test_a_difference_keeps_the_pairs_together():
    rng = np.random.default_rng(2)
    s, y = made(rng, 300)
    same = auc_difference(s, 3 * s + 1, y)
    assert (same.difference, same.low, same.high, same.p_value) == (0, 0, 0, 1)
    close = auc_difference(s, s + rng.normal(size=300) / 10, y)
    noise = rng.normal(size=300)
    far = auc_difference(s, noise, y)
    assert close.high - close.low < 0.3 * (far.high - far.low)
    assert far.low > 0
    assert far.p_value < 0.001
    expected = roc_auc_score(y, s) - roc_auc_score(y, noise)
    assert far.difference == pytest.approx(expected, abs=1e-12)


def test_a_score_that_never_errs_still_has_an_interval():
    y = np.repeat([0, 1], [30, 20])
    found = auc_interval(y, y)
    assert (found.auc, found.high) == (1, 1)
    assert found.low == pytest.approx(0.05 ** (1 / 20))
    assert auc_interval(np.zeros(50), y).auc == 0.5


def coverage(n_repetitions):
    rng = np.random.default_rng(3)
    truth = stats.norm.cdf(1.5 / np.sqrt(2))
    hits, alarms = 0, 0
    for _ in range(n_repetitions):
        y = (rng.random(200) < 0.3).astype(int)
        found = auc_interval(1.5 * y + rng.normal(size=200), y)
        hits += found.low <= truth <= found.high
        a, b = (y + rng.normal(size=200) for _ in range(2))
        alarms += auc_difference(a, b, y).p_value < 0.05
    return hits / n_repetitions, alarms / n_repetitions


def test_interval_covers_and_equal_scores_rarely_differ():
    covered, alarms = coverage(600)
    assert covered == pytest.approx(0.95, abs=0.03)
    assert alarms == pytest.approx(0.05, abs=0.03)


@pytest.mark.slow
def test_interval_covers_in_a_long_run():
    covered, alarms = coverage(4000)
    assert covered == pytest.approx(0.95, abs=0.015)
    assert alarms == pytest.approx(0.05, abs=0.015)


@pytest.mark.parametrize(
    ("score", "outcome", "message"),
    [
        ([1.0] * 30, [1] * 25 + [0] * 5, r"have 25 customers with the outcome and 5 without"),
        ([np.nan] + [1.0] * 29, [0, 1] * 15, r"1 scores are missing.*0 outcomes are not 0 or 1"),
        ([1.0] * 30, [0, 2] * 15, r"0 scores .* 15 outcomes are not 0 or 1, of 30"),
        ([1.0] * 3, [0, 1], r"score has the shape \(3,\), outcome \(2,\)"),
    ],
)
def test_unfit_input_is_refused(score, outcome, message):
    with pytest.raises(ParameterError, match=message):
        auc_interval(score, outcome)
