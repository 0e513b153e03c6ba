"""Which complaints to answer now, and what complaints cost."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmlib.decisions.attention import NOT_TESTED, NOW, Action, actions
from crmlib.periods import Window, day_text

__all__ = ["actions_from_complaints", "cost_of_complaints", "unanswered"]

_LIST = [
    "complaint_id", "customer_id", "complaint_reason", "opened_on", "age_days", "stage",
    "net_amount",
]  # fmt: skip
_COST = [
    "n_days", "n_complaints", "n_compensated", "compensation_amount", "cost_amount", "low_amount",
    "high_amount",
]  # fmt: skip
ALL = "all complaints against none"


def unanswered(cases: pd.DataFrame, customers: pd.DataFrame, *, answer_days: int) -> pd.DataFrame:
    """List the complaints that wait for too long, those of the best customers first.

    Customers known to have left are not listed: an answer comes too late for them.

    Parameters
    ----------
    cases
        From `crmlib.features.complaints.complaint_cases`, collected.
    customers
        `customer_id`, `stage`, `net_amount` (sales of a window), one row per customer.
    answer_days
        Days after which an answer is late.

    Returns
    -------
    pandas.DataFrame
        `complaint_id`, `customer_id`, `complaint_reason`, `opened_on` (ISO text), `age_days`,
        `stage`, `net_amount` (0 where nothing was bought), by falling `net_amount`, then age.
    """
    waits = (cases["is_open"] == 1) & (cases["has_left"] == 0) & (cases["age_days"] > answer_days)
    known = customers[["customer_id", "stage", "net_amount"]]
    chosen = cases[waits].merge(known, on="customer_id", how="left", validate="many_to_one")
    table = chosen.rename(columns={"reason": "complaint_reason"}).assign(
        opened_on=[day_text(day) for day in chosen["opened_day"]],
        stage=chosen["stage"].fillna("no order"),
        net_amount=chosen["net_amount"].astype(float).fillna(0.0),
    )
    return table.sort_values(
        ["net_amount", "age_days", "complaint_id"],
        ascending=[False, False, True],
        ignore_index=True,
    )[_LIST]


def cost_of_complaints(
    cases: pd.DataFrame, effects: pd.DataFrame, *, window: Window
) -> pd.DataFrame:
    """Say what the complaints of a period went with: sales not made, and compensation.

    The sales are the difference to like customers without a complaint times the number of
    complaints. It is observational, and holds for as many days as were compared.

    Parameters
    ----------
    cases
        From `crmlib.features.complaints.complaint_cases`, collected.
    effects
        From `crmlib.evaluation.complaint_effects.effects`.
    window
        Days in which the complaints were made.

    Returns
    -------
    pandas.DataFrame
        One row: `n_days` (of the window), `n_complaints`, `n_compensated`, `compensation_amount`
        (missing where it is not recorded), `cost_amount` (positive = sales less than those of like
        customers, with `low_amount`, `high_amount`; missing where they could not be compared).
    """
    made = cases[cases["opened_day"].between(window.first_day, window.last_day)]
    is_recorded = cases["compensation_cents"].notna().any()
    paid = float(made["compensation_cents"].sum()) / 100 if is_recorded else np.nan
    found = effects[effects["comparison"] == ALL]
    each = found[["difference_amount", "high_amount", "low_amount"]].iloc[0].astype(float)
    row = [window.n_days, len(made), int(made["is_compensated"].sum()), paid, *(-len(made) * each)]
    return pd.DataFrame([row], columns=_COST)


def actions_from_complaints(
    waiting: pd.DataFrame, ratios: pd.DataFrame, *, answer_days: int
) -> pd.DataFrame:
    """Turn the list of complaints that wait into one action for the service.

    Parameters
    ----------
    waiting
        From `unanswered`.
    ratios
        From `crmlib.models.complaints.hazard_ratios`.
    """
    by_customer = waiting.drop_duplicates("customer_id")
    found = ratios[ratios["event"] == "complaint not answered yet"].dropna(subset=["low"])
    evidence = NOT_TESTED
    if len(found) and found["low"].iloc[0] > 1:
        row = found.iloc[0]
        evidence = (
            f"customers without an answer leave {row['hazard_ratio']:.1f} times as often "
            f"({row['low']:.1f} to {row['high']:.1f}; observational)"
        )
    return actions(
        Action(
            f"Answer the complaints that have waited for more than {answer_days} days",
            when=NOW,
            who="customers who wait for an answer",
            n_customers=len(by_customer),
            net_amount=float(by_customer["net_amount"].sum()),
            evidence=evidence,
        )
    )
