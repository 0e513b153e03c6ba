"""Uplift measures: hand-worked values, promises of the definition, Hillstrom, size and coverage."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmlib.errors import ParameterError
from crmlib.evaluation.uplift import (
    qini_coefficient,
    qini_curve,
    transformed_outcome,
    uplift_at_k,
    uplift_by_decile,
    uplift_scores,
)

HILLSTROM = Path(__file__).resolve().parents[3] / "shared" / "data" / "hillstrom" / "hillstrom.csv"

trials = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 1), st.integers(0, 1)), min_size=2, max_size=40
).filter(lambda rows: 0 < sum(treated for _, _, treated in rows) < len(rows))


@pytest.fixture(scope="module")
def womens_mail() -> pd.DataFrame:
    if not HILLSTROM.exists():
        pytest.skip("the Hillstrom e-mail test is not in ../shared/data")
    customers = pd.read_csv(HILLSTROM)
    customers = customers[customers["segment"] != "Mens E-Mail"]
    return customers.assign(treated=(customers["segment"] == "Womens E-Mail").astype(int))


def made_trial(rng, *, n=1000, slope=0.15):
    """Binary outcome, uplift .1 + slope * x for x uniform in -1..1."""
    x, treated = rng.uniform(-1, 1, n), rng.integers(0, 2, n)
    outcome = rng.random(n) < 0.3 + treated * (0.1 + slope * x)
    return x, outcome.astype(float), treated


def test_curve_by_hand():
    # six customers, three per arm: one treated responder counts 6/3 = 2, one control responder -2
    curve = qini_curve([6, 5, 4, 3, 2, 1], [1, 0, 1, 1, 0, 0], [1, 0, 1, 0, 1, 0], n_points=7)
    assert curve["gain"].tolist() == pytest.approx([0, 1 / 3, 1 / 3, 2 / 3, 1 / 3, 1 / 3, 1 / 3])
    assert curve["perfect"].tolist() == pytest.approx([0, 1 / 3, 2 / 3, 2 / 3, 2 / 3, 2 / 3, 1 / 3])
    assert curve["random"].tolist() == pytest.approx(np.linspace(0, 1 / 3, 7))
    # trapezoids: (1/3 + 1/3 + 2/3 + 1/3 + 1/3 + 1/6) / 6 less half of 1/3
    qini = qini_coefficient([6, 5, 4, 3, 2, 1], [1, 0, 1, 1, 0, 0], [1, 0, 1, 0, 1, 0])
    assert qini == pytest.approx(13 / 6 / 6 - 1 / 6)


def test_ties_give_the_average_of_all_their_orders():
    from itertools import permutations

    outcome, treated = np.array([1.0, 0, 1, 0, 3]), np.array([1, 1, 0, 0, 1])
    tied = qini_coefficient([2, 2, 2, 2, 1], outcome, treated)
    orders = [
        qini_coefficient([*order, 0], outcome, treated) for order in permutations([4, 3, 2, 1])
    ]
    assert tied == pytest.approx(np.mean(orders))


@given(trials)
def test_no_curve_exceeds_the_perfect_one_and_all_end_at_the_effect(rows):
    score, outcome, treated = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    curve = qini_curve(score, outcome, treated, n_points=23)
    assert (curve["gain"] <= curve["perfect"] + 1e-12).all()
    effect = outcome[treated == 1].mean() - outcome[treated == 0].mean()
    assert curve["gain"].iloc[-1] == pytest.approx(effect, abs=1e-12)
    assert transformed_outcome(outcome, treated).mean() == pytest.approx(effect, abs=1e-12)
    if np.ptp(outcome):
        normalised = qini_coefficient(
            outcome * (2 * treated - 1), outcome, treated, normalised=True
        )
        assert normalised == pytest.approx(1.0)


@given(trials, st.floats(0.1, 5), st.floats(-3, 3))
def test_qini_depends_on_the_order_alone(rows, scale, shift):
    score, outcome, treated = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    qini = qini_coefficient(score, outcome, treated)
    assert qini_coefficient(scale * score + shift, outcome, treated) == pytest.approx(qini)
    assert qini_coefficient(-score, outcome, treated) == pytest.approx(-qini, abs=1e-12)
    assert qini_coefficient(np.full(len(score), shift), outcome, treated) == pytest.approx(
        0.0, abs=1e-12
    )


def test_equal_columns_are_scored_equally_whatever_stands_beside_them():
    rng = np.random.default_rng(1)
    x, outcome, treated = made_trial(rng)
    columns = pd.DataFrame({"a": x, "noise": rng.random(1000), "b": x, "none": 0.0, "c": x})
    settings = {"n_resamples": 50, "response": "noise"}
    together = uplift_scores(
        columns, outcome, treated, rng=np.random.default_rng(2), **settings
    ).set_index(["model", "measure"])
    alone = uplift_scores(
        columns[["c", "noise"]], outcome, treated, rng=np.random.default_rng(2), **settings
    ).set_index(["model", "measure"])
    pd.testing.assert_frame_equal(together.loc["a"], together.loc["b"], check_exact=True)
    pd.testing.assert_frame_equal(together.loc["a"], alone.loc["c"], check_exact=True)
    assert together.loc[("none", "qini"), ["value", "low", "high"]].tolist() == [0, 0, 0]
    assert together.loc[("none", "uplift_at_k_minus_random"), "p_value"] == 1
    assert together.loc[("noise", "qini_minus_response"), "p_value"] == 1


def test_groups_add_up_and_a_score_without_order_has_the_effect_in_each():
    rng = np.random.default_rng(4)
    x, outcome, treated = made_trial(rng)
    table = uplift_by_decile(x, outcome, treated, rng=rng, n_resamples=50)
    assert table["n_treated"].sum() == pytest.approx(treated.sum())
    assert (table["n_treated"] * table["mean_treated"]).sum() == pytest.approx(
        outcome[treated == 1].sum()
    )
    assert ((table["low"] <= table["uplift"]) & (table["uplift"] <= table["high"])).all()
    effect = outcome[treated == 1].mean() - outcome[treated == 0].mean()
    flat = uplift_by_decile(np.ones(1000), outcome, treated, rng=rng, n_groups=4, n_resamples=50)
    assert flat["uplift"].tolist() == pytest.approx([effect] * 4)
    assert uplift_at_k(np.ones(1000), outcome, treated, share=0.37) == pytest.approx(effect)


def test_past_womens_buyers_are_where_the_womens_mail_works(womens_mail):
    """Published lifts +.0731 and +.0111 (truth: Hillstrom, visit)."""
    w = womens_mail
    share = w["womens"].mean()
    assert uplift_at_k(w["womens"], w["visit"], w["treated"], share=share) == pytest.approx(
        0.0731, abs=5e-5
    )
    assert uplift_at_k(1 - w["womens"], w["visit"], w["treated"], share=1 - share) == pytest.approx(
        0.0111, abs=5e-5
    )
    columns = pd.DataFrame({"womens": w["womens"], "history": w["history"]})
    found = uplift_scores(
        columns, w["visit"], w["treated"], rng=np.random.default_rng(5), response="history",
        n_resamples=199,
    ).set_index(["model", "measure"])  # fmt: skip
    assert found.loc[("womens", "qini"), "low"] > 0.005
    assert found.loc[("womens", "qini_minus_response"), "low"] > 0
    assert found.loc[("history", "qini"), "p_value"] > 0.05


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"treated": [2, 0, 1, 0]}, r"treated holds 1 values other than 0 and 1.*2\. Compare"),
        ({"treated": [1, 1, 1, 1]}, r"have 4 treated and 0 control customers, need 1 of each"),
        ({"outcome": [1, np.nan, 0, 1]}, r"outcome holds 1 missing or infinite values of 4"),
        ({"prediction": [1, 2, 3]}, r"prediction has the shape \(3,\).*each of 4 customers"),
        ({"outcome": [2, 2, 2, 2]}, r"outcome is 2 for all 4 customers"),
    ],
)
def test_unfit_input_is_refused(change, message):
    good = {"prediction": [4, 3, 2, 1], "outcome": [1, 0, 1, 0], "treated": [1, 0, 1, 0]}
    with pytest.raises(ParameterError, match=message):
        qini_coefficient(**(good | change), normalised=True)


def test_too_few_customers_for_an_interval_are_refused():
    rng = np.random.default_rng(6)
    x, outcome, treated = made_trial(rng, n=120)
    with pytest.raises(ParameterError, match=r"group from \d+% to \d+%.*need 10 of each"):
        uplift_by_decile(x, outcome, treated, rng=rng)
    with pytest.raises(ParameterError, match=r"have \d treated and \d control.*need 10"):
        uplift_scores(pd.DataFrame({"x": x[:15]}), outcome[:15], treated[:15], rng=rng)
    with pytest.raises(ParameterError, match=r"response='y' is no column.*There are: x"):
        uplift_scores(pd.DataFrame({"x": x}), outcome, treated, rng=rng, response="y")
    with pytest.raises(ParameterError, match=r"share=1\.5 must lie above 0"):
        uplift_at_k(x, outcome, treated, share=1.5)


def coverage_of(n_repetitions, *, n, n_resamples):
    """Share of intervals that hold the true Qini and uplift of the score -x + noise."""
    rng = np.random.default_rng(7)
    # score x, uplift .1 + .15 x, share s = (1 - x) / 2: gain(s) = .1 s + .15 s (1 - s)
    truth = {"qini": 0.15 / 6, "uplift_at_k": 0.1 + 0.15 * 0.7}
    hits = dict.fromkeys(truth, 0)
    false_alarms = 0
    for _ in range(n_repetitions):
        x, outcome, treated = made_trial(rng, n=n)
        columns = pd.DataFrame({"x": x, "noise": rng.random(n)})
        found = uplift_scores(columns, outcome, treated, rng=rng, n_resamples=n_resamples)
        found = found.set_index(["model", "measure"])
        for measure, value in truth.items():
            row = found.loc[("x", measure)]
            hits[measure] += row["low"] <= value <= row["high"]
        false_alarms += found.loc[("noise", "qini"), "p_value"] < 0.05
    return {m: h / n_repetitions for m, h in hits.items()}, false_alarms / n_repetitions


def test_intervals_cover_in_a_small_run():
    covered, false_alarms = coverage_of(80, n=500, n_resamples=149)
    assert min(covered.values()) >= 0.88
    assert false_alarms <= 0.12


@pytest.mark.slow
def test_intervals_cover_the_truth_and_chance_is_not_called_skill():
    covered, false_alarms = coverage_of(1000, n=2000, n_resamples=399)
    assert covered["qini"] == pytest.approx(0.95, abs=0.02)
    assert covered["uplift_at_k"] == pytest.approx(0.95, abs=0.02)
    assert false_alarms == pytest.approx(0.05, abs=0.015)
