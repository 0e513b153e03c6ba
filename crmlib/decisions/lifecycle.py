"""Whom the lifecycle calls for: who began to leave, who was won, who is developing."""

from __future__ import annotations

import pandas as pd

from crmlib.decisions.attention import NOW, Action, actions
from crmlib.evaluation.lifecycle import LEAVING_STAGES
from crmlib.schema import require_columns

__all__ = ["actions_from_lifecycle", "began_to_leave"]

_STAYING = ("won", "developing", "maintained")


def began_to_leave(customers: pd.DataFrame) -> pd.DataFrame:
    """List the customers who were staying a period ago and are leaving or lost now.

    Parameters
    ----------
    customers
        From `evaluation.transitions.of_today`.

    Returns
    -------
    pandas.DataFrame
        `customer_id`, `stage_before`, `stage`, `reason`, `silence_days`, `n_orders_before`,
        `n_orders`, `before_amount`, `now_amount`, `change_amount`; the largest loss of sales
        first, ties by `customer_id`.
    """
    names = ["customer_id", "stage_before", "stage", "reason", "silence_days", "n_orders_before",
             "n_orders", "before_amount", "now_amount"]  # fmt: skip
    require_columns(customers, names, what="The table of customers")
    left = customers["stage"].isin(LEAVING_STAGES) & customers["stage_before"].isin(_STAYING)
    listed = customers.loc[left, names]
    listed = listed.assign(change_amount=listed["now_amount"] - listed["before_amount"])
    return listed.sort_values(["change_amount", "customer_id"], ignore_index=True)


def actions_from_lifecycle(customers: pd.DataFrame) -> pd.DataFrame:
    """Turn the lifecycle into what to do, for whom, and the sales they stand for.

    The amount is what the customers bought in the period before, for those who began to leave, and
    in the last period for the others. It is not the gain from acting.

    Returns
    -------
    pandas.DataFrame
        As `attention.actions`.
    """
    left = began_to_leave(customers)
    won = customers[(customers["stage"] == "won") & (customers["n_orders"] == 1)]
    grown = customers[customers["stage"] == "developing"]
    return actions(
        Action(
            "Ask customers who began to leave what has changed",
            when=NOW,
            who="customers who were staying a period ago and are leaving now",
            n_customers=len(left),
            net_amount=float(left["before_amount"].sum()),
        ),
        Action(
            "Invite customers just won to the second order",
            who="customers won who ordered once in the last period",
            n_customers=len(won),
            net_amount=float(won["now_amount"].sum()),
        ),
        Action(
            "Offer more to customers who are developing",
            who="customers who buy clearly more than a period ago",
            n_customers=len(grown),
            net_amount=float(grown["now_amount"].sum()),
        ),
    )
