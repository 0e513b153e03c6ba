"""Whom to answer now, and what complaints cost."""

import numpy as np
import pandas as pd

from crmlib.decisions.attention import NOT_TESTED
from crmlib.decisions.complaints import actions_from_complaints, cost_of_complaints, unanswered
from crmlib.periods import Window

CASES = pd.DataFrame(
    [
        ("1", "a", "late", 100, 1, 0, 30, 0, None),
        ("2", "b", "late", 129, 1, 0, 1, 0, None),  # not late yet
        ("3", "b", "late", 90, 1, 0, 40, 0, None),
        ("4", "c", "late", 90, 1, 1, 40, 0, None),  # has left
        ("5", "d", "late", 90, 0, 0, 40, 1, 1250.0),  # answered
        ("6", "stranger", "late", 20, 1, 0, 110, 0, None),
    ],
    columns=["complaint_id", "customer_id", "reason", "opened_day", "is_open", "has_left",
             "age_days", "is_compensated", "compensation_cents"],
)  # fmt: skip
CUSTOMERS = pd.DataFrame(
    {"customer_id": list("abcd"), "stage": "active", "net_amount": [10.0, 90.0, 50.0, 20.0]}
)
EFFECTS = pd.DataFrame(
    {
        "comparison": ["all complaints against none"],
        "difference_amount": [-5.0],
        "low_amount": [-8.0],
        "high_amount": [1.0],
    }
)


def ratios(low):
    row = ("complaint not answered yet", 4.0, low, 6.0)
    return pd.DataFrame([row], columns=["event", "hazard_ratio", "low", "high"])


def test_late_open_complaints_of_customers_who_stay_best_first():
    found = unanswered(CASES, CUSTOMERS, answer_days=7)
    assert found["complaint_id"].tolist() == ["3", "1", "6"]
    assert found["stage"].tolist() == ["active", "active", "no order"]
    assert found["opened_on"].iloc[0] == "1970-04-01"
    shuffled = CASES.sample(frac=1, random_state=2)
    pd.testing.assert_frame_equal(found, unanswered(shuffled, CUSTOMERS, answer_days=7))


def test_cost_is_the_difference_times_the_complaints_of_the_period():
    row = cost_of_complaints(CASES, EFFECTS, window=Window(50, 129)).iloc[0]
    assert (row["n_days"], row["n_complaints"], row["n_compensated"]) == (80, 5, 1)
    assert (row["cost_amount"], row["low_amount"], row["high_amount"]) == (25, -5, 40)
    assert row["compensation_amount"] == 12.5


def test_what_is_not_recorded_or_not_comparable_is_missing_not_nought():
    unknown = EFFECTS.assign(difference_amount=np.nan, low_amount=np.nan, high_amount=np.nan)
    bare = CASES.assign(compensation_cents=np.nan)
    row = cost_of_complaints(bare, unknown, window=Window(50, 129)).iloc[0]
    assert np.isnan(row["compensation_amount"])
    assert np.isnan(row["cost_amount"])


def test_the_action_counts_each_customer_once():
    waiting = unanswered(CASES, CUSTOMERS, answer_days=0)
    found = actions_from_complaints(waiting, ratios(2.5), answer_days=0).iloc[0]
    assert (found["n_customers"], found["net_amount"]) == (3, 100.0)
    assert "4.0 times as often (2.5 to 6.0; observational)" in found["evidence"]
    within = actions_from_complaints(waiting, ratios(0.9), answer_days=0).iloc[0]
    assert within["evidence"] == NOT_TESTED


def test_nobody_waits():
    none = unanswered(CASES.iloc[:0], CUSTOMERS, answer_days=7)
    assert none.empty
    assert actions_from_complaints(none, ratios(2.0), answer_days=7).empty
