"""Faithfulness to one shop: counted by hand."""

import pandas as pd
import pytest

from crmlib.evaluation.shops import main_shop


def test_orders_in_the_main_shop_and_customers_of_one_shop():
    choices = pd.DataFrame(
        {
            "customer_id": ["a", "a", "b", "c"],
            "store_id": ["s", "t", "s", "t"],
            "n_times": [3, 1, 2, 1],  # c ordered once only
        }
    )
    orders, customers = (main_shop(choices).iloc[k] for k in range(2))
    assert (orders["n_successes"], orders["n_trials"]) == (5, 6)
    assert customers["success_rate"] == pytest.approx(0.5)
    assert orders["low_rate"] < 5 / 6 < orders["high_rate"]


def test_nobody_with_two_orders_tells_nothing():
    choices = pd.DataFrame({"customer_id": ["a"], "store_id": ["s"], "n_times": [1]})
    assert main_shop(choices).empty
