"""Who needs attention: order, ties, empty groups."""

import pandas as pd

from crmlib.decisions.attention import (
    actions_from_concentration,
    actions_from_stages,
    quiet_customers,
    ranked_actions,
)


def customers() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "customer_id": ["a", "b", "c", "d"],
            "abc_class": ["A", "A", "A", "C"],
            "stage": ["lapsed", "lapsing", "active", "lapsed"],
            "silence_days": [90, 30, 1, 99],
            "n_orders": [1, 2, 3, 4],
            "net_amount": [50.0, 50.0, 500.0, 1.0],
        }
    )


NOBODY_AT_A_LOSS = pd.DataFrame({"customer_id": [], "net_amount": []})


def test_quiet_customers_of_the_best_class_ties_by_name():
    found = quiet_customers(customers().iloc[::-1], classes=("A",))
    assert found["customer_id"].tolist() == ["a", "b"]


def test_stages_without_customers_call_for_nothing():
    stages = pd.DataFrame(
        {"stage": ["new", "lapsing"], "n_customers": [0, 3], "net_amount": [0.0, 70.0]}
    )
    found = actions_from_stages(stages)
    assert found["who"].tolist() == ["customers at stage lapsing"]
    assert found["net_amount"].tolist() == [70.0]


def test_the_largest_sales_comes_first_and_nothing_is_added_up():
    quiet = quiet_customers(customers(), classes=("A",))
    stages = pd.DataFrame(
        {"stage": ["new", "lapsing"], "n_customers": [2, 3], "net_amount": [5.0, 700.0]}
    )
    found = ranked_actions(
        actions_from_concentration(quiet, NOBODY_AT_A_LOSS), actions_from_stages(stages)
    )
    assert found["net_amount"].tolist() == [700.0, 100.0, 5.0]


def test_nobody_quiet_gives_an_empty_list_of_actions():
    none = actions_from_concentration(customers().iloc[:0], NOBODY_AT_A_LOSS)
    assert none.empty
    assert ranked_actions(none).empty


def test_customers_sold_at_a_loss_call_for_a_review():
    lost = pd.DataFrame({"customer_id": ["x", "y"], "net_amount": [10.0, 5.0]})
    found = actions_from_concentration(customers().iloc[:0], lost).iloc[0]
    assert found["n_customers"] == 2
    assert found["net_amount"] == 15.0


def test_what_cannot_wait_comes_before_what_is_larger():
    from crmlib.decisions.attention import LATER, NOW, Action, actions, ranked_actions

    rule = actions(Action("Thank", who="all", n_customers=9, net_amount=900.0, when=LATER))
    offer = actions(Action("Offer", who="some", n_customers=5, net_amount=500.0))
    calls = actions(
        Action("Call", who="few", n_customers=1, net_amount=10.0, when=NOW),
        Action("Answer", who="one", n_customers=1, net_amount=20.0, when=NOW),
    )
    ranked = ranked_actions(rule, offer, calls, actions())
    assert ranked["recommendation"].tolist() == ["Answer", "Call", "Offer", "Thank"]
    assert ranked.columns[0] == "when"
