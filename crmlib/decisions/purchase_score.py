"""What a probability of ordering is worth, and whom to contact because of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crmlib.decisions.attention import Action, actions
from crmlib.features.everyone import People, columns_of
from crmlib.models.scoring import Score

__all__ = ["Expectation", "actions_from_purchases", "expectation", "scored_customers"]

_SURE, _OPEN = 0.8, 0.2


@dataclass(frozen=True)
class Expectation:
    """How many customers order within the horizon, and the sales of their first order.

    `sales_amount` adds up probability times usual order; customers are `sure` from a probability
    of 80 %, and `open` from 20 % up to that.
    """

    n_customers: int
    n_buyers: float
    low: float
    high: float
    sales_amount: float
    n_sure: int
    n_open: int
    open_amount: float


def scored_customers(score: Score, everyone: People) -> pd.DataFrame:
    """List every scored customer with probability, interval, usual order and expected sales.

    Returns
    -------
    pandas.DataFrame
        `customer_id`, `predicted`, `low`, `high`, `chance` (sure, open, unlikely),
        `order_amount`, `likely_amount`; the customers whose contact can change most come first:
        the open ones by falling sales.
    """
    table = score.scores.copy()
    known = columns_of(everyone, ["monetary_amount"])["monetary_amount"]
    usual = known.reindex(table["customer_id"]).fillna(0.0).to_numpy(float)
    p = table["predicted"].to_numpy()
    chance = np.select([p >= _SURE, p >= _OPEN], ["sure", "open"], "unlikely")
    table["chance"] = pd.array(chance, dtype="str")
    table["order_amount"] = usual
    table["likely_amount"] = table["predicted"] * usual
    order = table["chance"].map({"open": 0, "unlikely": 1, "sure": 2})
    ranked = table.assign(_order=order).sort_values(
        ["_order", "order_amount", "customer_id"], ascending=[True, False, True], ignore_index=True
    )
    return ranked.drop(columns="_order")


def expectation(score: Score, table: pd.DataFrame, everyone: People) -> Expectation:
    """Add up what is expected of all customers.

    Parameters
    ----------
    table
        From `scored_customers`.
    """
    if score.model is None:
        return Expectation(len(everyone), 0.0, 0.0, 0.0, 0.0, 0, 0, 0.0)
    n, low, high = score.expected
    is_open = table["chance"] == "open"
    return Expectation(
        n_customers=len(table),
        n_buyers=n,
        low=low,
        high=high,
        sales_amount=float(table["likely_amount"].sum()),
        n_sure=int((table["chance"] == "sure").sum()),
        n_open=int(is_open.sum()),
        open_amount=float(table.loc[is_open, "likely_amount"].sum()),
    )


def actions_from_purchases(expected: Expectation, *, horizon_days: int) -> pd.DataFrame:
    """Recommend to contact those who could go either way, none of the others."""
    return actions(
        Action(
            f"Contact customers who may or may not order within {horizon_days} days",
            who="customers whose order is open",
            n_customers=expected.n_open,
            net_amount=expected.open_amount,
        )
    )
