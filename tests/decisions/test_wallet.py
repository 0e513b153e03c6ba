"""Whom to develop: little won and much elsewhere, with the category in which most of it lies."""

import numpy as np
import pandas as pd

from crmlib.decisions.wallet import actions_from_wallets, largest_categories, to_develop
from crmlib.models.wallet import Wallets

CUSTOMERS = pd.DataFrame(
    {
        "customer_id": ["a", "b", "c"],
        "spent_amount": [10.0, 50.0, 20.0],
        "potential_amount": [100.0, 60.0, 200.0],
        "not_won_amount": [90.0, 10.0, 180.0],
        "won_share": [0.1, 0.83, 0.1],
        "low_share": 0.05,
        "high_share": 0.9,
        "frontier_share": 0.1,
        "source": "estimated",
    }
)
EMPTY = pd.DataFrame()
WALLETS = Wallets(CUSTOMERS, EMPTY, EMPTY, EMPTY, n_answered=0, rank_correlation=np.nan)
POTENTIAL = pd.DataFrame(
    {
        "customer_id": ["c", "a", "b"],
        "spent_0": 0.0,
        "spent_1": 0.0,
        "potential_0": [150.0, 30.0, 5.0],
        "potential_1": [30.0, 60.0, 5.0],
    }
)


def test_the_most_money_elsewhere_comes_first_with_its_category():
    found = to_develop(WALLETS, POTENTIAL, categories=["Tea", "Wine"], most_share=0.5)
    assert found[["customer_id", "category", "category_amount"]].to_numpy().tolist() == [
        ["c", "Tea", 150.0],
        ["a", "Wine", 60.0],
    ]
    action = actions_from_wallets(found, n_first=1).iloc[0]
    assert (action["n_customers"], action["net_amount"]) == (1, 180.0)
    assert "not yet tested" in action["evidence"]


def test_without_categories_and_without_customers_there_is_less_to_say():
    found = to_develop(WALLETS, POTENTIAL, categories=[], most_share=0.5)
    assert found["category"].tolist() == ["", ""]
    nobody = to_develop(WALLETS, POTENTIAL, categories=["Tea"], most_share=0.01)
    assert nobody.empty
    assert actions_from_wallets(nobody, n_first=5).empty


def test_the_largest_categories_of_ties_by_name():
    totals = pd.DataFrame({"category": ["b", "a", "c", "d"], "net_cents": [5, 5, 9, -1]})
    assert largest_categories(totals, n=3) == ["c", "a", "b"]
