"""What to do about visitors: lists in order, actions with honest money."""

import pandas as pd

from crmlib.decisions import visitors

LEFT = pd.DataFrame(
    {"customer_id": ["a", "b"], "n_baskets": [1, 2], "last_day": [0, 1], "net_cents": [100, 900]}
)
PROSPECTS = pd.DataFrame(
    {
        "prospect_id": list("1234"),
        "source": ["fair", "mail", "mail", "mail"],
        "is_success": [0, 0, 1, 0],
        "age_days": [5, 9, 1, 99],
    }
)
RATES = pd.DataFrame({"source": ["mail", "fair"], "success_rate": [0.5, 0.1]})


def test_baskets_of_the_best_customers_come_first():
    found = visitors.baskets_left(LEFT)
    assert found.values.tolist() == [["b", 2, "1970-01-02", 9.0], ["a", 1, "1970-01-01", 1.0]]


def test_open_prospects_are_those_not_won_and_not_too_old():
    found = visitors.open_prospects(PROSPECTS, RATES, follow_days=60)
    assert found["prospect_id"].tolist() == ["2", "1"]


def test_actions_say_what_is_assumed():
    terms = pd.DataFrame({"n_unmet": [10], "missed_amount": [50.0]})
    waiting = visitors.open_prospects(PROSPECTS, RATES, follow_days=60)
    found = visitors.actions_from_visitors(visitors.baskets_left(LEFT), terms, waiting)
    assert found["n_customers"].tolist() == [2, 10, 2]
    assert found["net_amount"].tolist() == [10.0, 50.0, 0.0]
    assert found["evidence"].str.contains("assumes").tolist() == [False, True, False]


def test_nothing_to_do_is_no_action():
    terms = pd.DataFrame({"n_unmet": [], "missed_amount": []})
    waiting = visitors.open_prospects(PROSPECTS.iloc[:0], RATES, follow_days=60)
    left = visitors.baskets_left(LEFT.iloc[:0])
    assert visitors.actions_from_visitors(left, terms, waiting).empty
