"""Who is at risk and what to do: the worst sign counts, lost customers are no risk any more."""

import numpy as np
import pandas as pd

from crmlib.decisions.losses import actions_from_losses, at_risk, silence_rule

LIVES = pd.DataFrame(
    {
        "customer_id": list("abcde"),
        "is_lost": [0, 0, 0, 1, 0],
        "usual_gap_days": [10, 10, 10, 10, 10],
        "silence_days": [5, 20, 5, 5, 5],
        "year_cents": [1_000, 9_000, 2_000, 5_000, 700],
    }
)
COMPLAINTS = pd.DataFrame(
    {"customer_id": ["a", "d"], "opened_day": [95, 95], "resolved_day": np.nan, "is_compensated": 0}
)
SIGNS = pd.DataFrame(
    {"customer_id": ["a"] * 3 + ["c"] * 3, "kind": "return", "day": [10, 30, 50] * 2}
)
HAZARDS = pd.DataFrame(
    {
        "factor": ["a complaint without an answer", "three or more troubles", "region: West"],
        "hazard_ratio": [4.0, 2.0, 9.0],
        "low_ratio": [3.0, 1.2, 8.0],
    }
)
OPTIONS = {"as_of_day": 100, "effect_days": 30, "silence_factor": 3, "min_silence_days": 10}
NO_DROPS = pd.DataFrame(columns=["category", "region", "week_date", "n_more", "lost_amount"])


def test_the_worst_sign_of_each_customer_counts_and_the_largest_sales_come_first():
    found = at_risk(LIVES, COMPLAINTS, SIGNS, HAZARDS, **OPTIONS)
    assert found[["customer_id", "sign"]].to_numpy().tolist() == [
        ["b", "silent for longer than usual"],
        ["c", "three or more troubles"],
        ["a", "a complaint without an answer"],
    ]
    assert found["limit_days"].tolist() == [30, 30, 30]


def test_a_ratio_that_may_be_chance_is_no_sign():
    unsure = HAZARDS.assign(low_ratio=0.9)
    found = at_risk(LIVES, COMPLAINTS, SIGNS, unsure, **OPTIONS)
    assert found["customer_id"].tolist() == ["b"]


def test_actions_name_customers_and_money_and_promise_nothing():
    risk = at_risk(LIVES, COMPLAINTS, SIGNS, HAZARDS, **OPTIONS)
    drops = pd.DataFrame(
        [{"category": "Wine", "region": "West", "week_date": "2024-02-05", "n_more": 12.4,
          "lost_amount": 500.0}]
    )  # fmt: skip
    found = actions_from_losses(risk, drops)
    assert found["n_customers"].tolist() == [1, 1, 1, 12]
    assert found["net_amount"].tolist() == [10, 90, 20, 500]
    assert found["evidence"].str.contains("not known without a test").all()
    assert actions_from_losses(risk.iloc[:0], NO_DROPS).empty


def test_the_usual_pause_is_the_upper_quartile_of_all():
    gaps = pd.DataFrame({"gap_days": [30, 5, 10], "n_gaps": [1, 6, 1]})
    limits = {"silence_factor": 3, "min_silence_days": 10}
    assert silence_rule(gaps, **limits) == {"usual_gap_days": 5, **limits}
    assert silence_rule(gaps.iloc[:0], **limits)["usual_gap_days"] == 30
