"""Money of scores: expected orders, risk times value, and nothing where a score is withheld."""

import numpy as np
import pandas as pd
import pytest

from crmlib.decisions import loss_score, purchase_score
from crmlib.models.scoring import Score, Trial
from crmlib.periods import day_number, parse_day

DAY = day_number(parse_day("2024-12-31"))


def made(predicted, *, model: object = "a model") -> Score:
    scores = pd.DataFrame({"customer_id": list("abcd")[: len(predicted)], "predicted": predicted})
    scores = scores.assign(low=scores["predicted"] - 0.1, high=scores["predicted"] + 0.1)
    total = float(np.sum(predicted))
    return Score(Trial(None, "PASS"), model, scores, (total, total - 1, total + 1))  # type: ignore[arg-type]


@pytest.fixture
def everyone():
    return pd.DataFrame(
        {
            "monetary_amount": [10.0, 20.0, 30.0, np.nan],
            "net_cents_364": [100_00, 50_00, 400_00, -5_00],
            "recency_days": [10, 30, 5, 20],
            "gap_q75_days": [10.0, 30.0, 10.0, np.nan],
        },
        index=pd.Index(list("abcd"), name="customer_id"),
    )


def test_expected_sales_are_probability_times_usual_order(everyone):
    score = made([0.9, 0.5, 0.25, 0.1])
    table = purchase_score.scored_customers(score, everyone)
    assert list(table["customer_id"]) == ["c", "b", "d", "a"], (
        "open ones first, largest order first"
    )
    found = purchase_score.expectation(score, table, everyone)
    assert found.sales_amount == pytest.approx(0.9 * 10 + 0.5 * 20 + 0.25 * 30)
    assert (found.n_sure, found.n_open) == (1, 2)
    assert found.open_amount == pytest.approx(17.5)
    (action,) = purchase_score.actions_from_purchases(found, horizon_days=28).to_dict("records")
    assert action["n_customers"] == 2


def alarms(score, everyone):
    return loss_score.alarm_list(
        score, everyone, as_of_day=DAY, horizon_days=91, min_risk=0.25, words={}
    )


def test_alarms_are_ranked_by_risk_times_value_and_have_a_day(everyone, monkeypatch):
    monkeypatch.setattr(
        loss_score, "main_reasons", lambda model, frame, words: pd.Series("x: 1", frame.index)
    )
    listed, risk = alarms(made([0.6, 0.9, 0.3, 0.9]), everyone)
    assert list(listed["customer_id"]) == ["c", "a"], "b and d sell less than the median"
    assert listed["at_risk_amount"].tolist() == pytest.approx([120.0, 60.0])
    assert listed["act_until"].tolist() == ["2025-01-15", "2025-01-10"]
    assert risk.sales_amount == pytest.approx(60 + 45 + 120)
    assert risk.alarm_amount == pytest.approx(180)
    assert listed["reason"].tolist() == ["x: 1", "x: 1"]


def test_the_last_day_lies_within_a_week_and_the_horizon(everyone, monkeypatch):
    monkeypatch.setattr(
        loss_score, "main_reasons", lambda model, frame, words: pd.Series("x", frame.index)
    )
    late = everyone.assign(recency_days=[300, 1, 1, 1], gap_q75_days=[1.0, 400.0, np.nan, 9.0])
    listed, _ = alarms(made([0.9, 0.9, 0.9, 0.9]), late.assign(net_cents_364=100))
    until = listed.set_index("customer_id")["act_until"]
    assert until["a"] == "2025-01-07", "too late already: a week from now"
    assert until["b"] == until["c"] == "2025-04-01", "no rhythm, or a slow one: end of the horizon"


def test_bands_hold_every_customer_once(everyone):
    bands = loss_score.loss_by_band(made([0.75, 0.5, 0.25, 0.1]), everyone)
    assert bands["n_customers"].tolist() == [1, 1, 1, 1]
    assert bands["at_risk_amount"].iloc[0] == pytest.approx(75.0)


def test_a_withheld_score_gives_no_list_and_no_action(everyone):
    score = made([], model=None)
    score.scores["customer_id"] = score.scores["customer_id"].astype("str")
    listed, risk = alarms(score, everyone)
    assert listed.empty
    assert loss_score.actions_from_alarms(risk).empty
    assert loss_score.loss_by_band(score, everyone)["n_customers"].sum() == 0
    table = purchase_score.scored_customers(score, everyone)
    found = purchase_score.expectation(score, table, everyone)
    assert purchase_score.actions_from_purchases(found, horizon_days=28).empty


def test_only_those_who_bought_lately_can_be_lost(everyone):
    features = loss_score.still_active({1: everyone}, active_days=20)
    assert list(features[1].index) == ["a", "c", "d"]
    quiet = loss_score.went_quiet(features, {1: pd.DataFrame(index=["c", "z"])})
    assert list(quiet[1].index) == ["a", "d"]
