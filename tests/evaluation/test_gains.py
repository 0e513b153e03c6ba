"""Deciles, gains and lift: hand-worked, invariant to the order of rows, ties, refusals."""

import numpy as np
import pytest

from crmlib.errors import ParameterError
from crmlib.evaluation.discrimination import auc_interval
from crmlib.evaluation.gains import decile_table, gains_curve, lift_at
from crmlib.evaluation.intervals import wilson_interval

SCORE = np.arange(100, 0, -1)
OUTCOME = np.r_[np.ones(8), np.zeros(2), np.ones(4), np.zeros(86)]


def test_table_by_hand():
    table = decile_table(SCORE, OUTCOME)
    assert table["hits"].tolist() == pytest.approx([8, 4] + [0] * 8)
    assert table["rate"].tolist() == pytest.approx([0.8, 0.4] + [0] * 8)
    assert table["lift"].tolist()[:2] == pytest.approx([0.8 / 0.12, 0.4 / 0.12])
    assert table["cumulative_gain"].tolist()[:3] == pytest.approx([8 / 12, 1, 1])
    assert table["cumulative_lift"].tolist()[1] == pytest.approx(5)
    assert table["cumulative_lift"].tolist()[-1] == pytest.approx(1)
    wilson = wilson_interval([8], [10])
    assert (table.loc[0, "low"], table.loc[0, "high"]) == pytest.approx(
        (wilson.loc[0, "low"], wilson.loc[0, "high"])
    )
    assert lift_at(SCORE, OUTCOME, share=0.1) == pytest.approx(
        (0.8 / 0.12, wilson.loc[0, "low"] / 0.12, wilson.loc[0, "high"] / 0.12)
    )


def test_order_of_rows_does_not_matter_and_ties_are_shared():
    rng = np.random.default_rng(1)
    coarse = SCORE // 13
    mixed = rng.permutation(100)
    table = decile_table(coarse, OUTCOME)
    assert decile_table(coarse[mixed], OUTCOME[mixed]).equals(table)
    assert table["n"].tolist() == pytest.approx([10] * 10)
    flat = decile_table(np.zeros(100), OUTCOME, n_groups=7)
    assert flat["lift"].tolist() == pytest.approx([1] * 7)
    assert lift_at(np.zeros(100), OUTCOME, share=0.03)[0] == pytest.approx(1)


def test_area_under_the_gains_curve_agrees_with_the_auc():
    """Area = (1 - rate) AUC + rate / 2, ties included."""
    coarse = SCORE // 7
    curve = gains_curve(coarse, OUTCOME, n_points=10_001)
    area = np.trapezoid(curve["gain"], curve["share"])
    assert area == pytest.approx(0.88 * auc_interval(coarse, OUTCOME).auc + 0.06, abs=1e-5)
    assert (curve["gain"] <= curve["perfect"] + 1e-12).all()


def test_intervals_cover_the_rate():
    rng = np.random.default_rng(2)
    hits = 0
    for _ in range(400):
        score = rng.random(500)
        outcome = rng.random(500) < 0.4 * score
        first = decile_table(score, outcome).iloc[0]
        hits += first["low"] <= 0.4 * 0.95 <= first["high"]
    assert hits / 400 == pytest.approx(0.95, abs=0.03)


def test_impossible_groups_and_shares_are_refused():
    with pytest.raises(ParameterError, match=r"n_groups=101 for 100 customers"):
        decile_table(SCORE, OUTCOME, n_groups=101)
    with pytest.raises(ParameterError, match=r"share=0 must lie above 0"):
        lift_at(SCORE, OUTCOME, share=0.0)
    with pytest.raises(ParameterError, match=r"have 0 customers with the outcome"):
        gains_curve(SCORE, np.zeros(100))
