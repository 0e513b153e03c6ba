"""Health card: limits in both directions, the gravest check decides, good and broken scores."""

import numpy as np
import pytest
from scipy.special import expit

from crmlib.errors import ParameterError
from crmlib.evaluation.calibration import calibration
from crmlib.evaluation.discrimination import auc_difference, auc_interval
from crmlib.evaluation.health import Check, health_card, score_checks
from crmlib.evaluation.stability import population_stability


@pytest.mark.parametrize(
    ("found", "review", "fail", "verdict", "points"),
    [
        (0.70, 0.65, 0.55, "PASS", 100), (0.65, 0.65, 0.55, "PASS", 100),
        (0.60, 0.65, 0.55, "REVIEW", 50), (0.55, 0.65, 0.55, "REVIEW", 0),
        (0.40, 0.65, 0.55, "FAIL", 0), (0.10, 0.10, 0.25, "PASS", 100),
        (0.20, 0.10, 0.25, "REVIEW", 100 / 3), (0.30, 0.10, 0.25, "FAIL", 0),
        (0, 0, 0, "PASS", 100), (1, 0, 0, "FAIL", 0),
    ],
)  # fmt: skip
def test_each_side_of_each_limit(found, review, fail, verdict, points):
    check = Check("x", found, review, fail)
    assert (check.verdict, check.points) == (verdict, pytest.approx(points))


def test_one_failed_check_fails_the_card_however_many_pass():
    checks = [Check(f"good {k}", 1, 0.5, 0.1) for k in range(9)] + [Check("leak", 1, 0, 0)]
    card = health_card(checks)
    assert (card.points, card.verdict) == (90, "FAIL")
    assert card.checks["verdict"].tolist() == ["PASS"] * 9 + ["FAIL"]
    assert card.checks.loc[9, ["found", "review_limit", "fail_limit"]].tolist() == [1, 0, 0]
    heavy = health_card([Check("good", 1, 0.5, 0.1), Check("bad", 0, 0.5, 0.1, weight=3)])
    assert heavy.points == 25


def card_of(score, outcome, *, leaks=0, shift=0.0):
    rng = np.random.default_rng(5)
    return health_card(
        score_checks(
            auc=auc_interval(score, outcome),
            against_naive=auc_difference(score, rng.random(len(score)), outcome),
            against_rule=auc_difference(score, score + rng.normal(0, 0.2, len(score)), outcome),
            calibrated=calibration(score, outcome),
            psi_of_score=population_stability(score, score + shift),
            psi_of_features=0.02,
            n_leaks=leaks,
        )
    )


def test_a_sound_score_passes_and_each_fault_shows_in_its_own_check():
    rng = np.random.default_rng(4)
    p = expit(rng.normal(-1, 1.2, 6000))
    y = (rng.random(6000) < p).astype(int)
    good = card_of(p, y)
    assert (good.points, good.verdict) == (100, "PASS")
    assert len(good.checks) == 12
    for card, name in [
        (card_of(p, y, leaks=1), "Columns that know the outcome"),
        (card_of(p, y, shift=0.3), "Population stability of the score"),
        (card_of(p / 4, y), "Calibration intercept, distance from 0"),
        (card_of(rng.random(6000), y), "AUC, low end of the interval"),
    ]:
        assert card.verdict == "FAIL"
        assert card.points < 100
        assert name in set(card.checks.loc[card.checks["verdict"] == "FAIL", "check"])


def test_a_card_without_figures_is_refused():
    with pytest.raises(ParameterError, match=r"have 0 checks"):
        health_card([])
    with pytest.raises(ParameterError, match=r"have 1 checks, without a figure: \['AUC'\]"):
        health_card([Check("AUC", float("nan"), 0.6, 0.5)])
