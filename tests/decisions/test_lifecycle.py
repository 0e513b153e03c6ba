"""Whom the lifecycle calls for: order, and who is left out."""

import pandas as pd

from crmlib.decisions.lifecycle import actions_from_lifecycle, began_to_leave


def customers() -> pd.DataFrame:
    rows = [
        ("a", "leaving", "maintained", 3, 1, 10.0, 50.0),
        ("b", "lost", "won", 1, 0, 0.0, 50.0),
        ("c", "leaving", "leaving", 1, 0, 0.0, 90.0),
        ("d", "won", "not yet a customer", 0, 1, 7.0, 0.0),
        ("e", "won", "not yet a customer", 0, 2, 9.0, 0.0),
        ("f", "developing", "maintained", 1, 9, 80.0, 5.0),
    ]
    names = ["customer_id", "stage", "stage_before", "n_orders_before", "n_orders", "now_amount",
             "before_amount"]  # fmt: skip
    return pd.DataFrame(rows, columns=names).assign(reason="silent", silence_days=70)


def test_the_largest_loss_of_sales_comes_first():
    found = began_to_leave(customers())
    assert found["customer_id"].tolist() == ["b", "a"]
    assert found["change_amount"].tolist() == [-50.0, -40.0]


def test_actions_count_customers_and_their_sales():
    found = actions_from_lifecycle(customers())
    assert found["n_customers"].tolist() == [2, 1, 1]
    assert found["net_amount"].tolist() == [100.0, 7.0, 80.0]


def test_nobody_gives_no_action():
    assert actions_from_lifecycle(customers().iloc[:0]).empty
