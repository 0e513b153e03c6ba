"""Which customers need somebody's attention now, and how much of our sales they stand for."""

from __future__ import annotations

import pandas as pd

from crmlib.schema import require_columns

__all__ = [
    "QUIET_STAGES",
    "actions_from_concentration",
    "actions_from_stages",
    "quiet_customers",
    "ranked_actions",
]

QUIET_STAGES = ("lapsing", "lapsed")
"""Stages at which a customer is going quiet or silent."""


def quiet_customers(customers: pd.DataFrame, *, classes: tuple[str, ...]) -> pd.DataFrame:
    """List the customers of the given classes who are going quiet, the largest first.

    Parameters
    ----------
    customers
        `customer_id`, `abc_class`, `stage`, `silence_days`, `n_orders`, `net_amount`.

    Returns
    -------
    pandas.DataFrame
        The same columns, by falling `net_amount`, ties by `customer_id`.
    """
    names = ["customer_id", "abc_class", "stage", "silence_days", "n_orders", "net_amount"]
    require_columns(customers, names, what="The table of customers")
    chosen = customers["stage"].isin(QUIET_STAGES) & customers["abc_class"].isin(classes)
    return customers.loc[chosen, names].sort_values(
        ["net_amount", "customer_id"], ascending=[False, True], ignore_index=True
    )


def actions_from_stages(stages: pd.DataFrame) -> pd.DataFrame:
    """Name the two groups of the customer base to write to, with the sales they stand for.

    The amount is what these customers bought in the window, not what a contact earns: that can
    only be known from a test with a control group.

    Parameters
    ----------
    stages
        One row per stage: `stage`, `n_customers`, `net_amount`.

    Returns
    -------
    pandas.DataFrame
        `recommendation`, `who`, `n_customers`, `net_amount` (their sales), `evidence`.
    """
    by_stage = stages.set_index("stage")
    rows = [
        _action(by_stage, "lapsing", "Remind customers before they lapse"),
        _action(by_stage, "new", "Welcome new customers and invite the next order"),
    ]
    table = pd.DataFrame(rows, columns=_COLUMNS)
    return table[table["n_customers"] > 0].reset_index(drop=True)


_COLUMNS = ["recommendation", "who", "n_customers", "net_amount", "evidence"]
_EVIDENCE = "effect of a contact not yet tested"


def _action(by_stage: pd.DataFrame, stage: str, recommendation: str) -> dict[str, object]:
    """Build one line of the table of actions for a whole stage."""
    present = stage in by_stage.index
    return {
        "recommendation": recommendation,
        "who": f"customers at stage {stage}",
        "n_customers": int(by_stage.loc[stage, "n_customers"]) if present else 0,
        "net_amount": float(by_stage.loc[stage, "net_amount"]) if present else 0.0,
        "evidence": _EVIDENCE,
    }


def actions_from_concentration(quiet: pd.DataFrame) -> pd.DataFrame:
    """Turn the list of quiet customers of the best class into one action for sales.

    Returns
    -------
    pandas.DataFrame
        Columns as in `actions_from_stages`; no row if nobody is quiet.
    """
    if quiet.empty:
        return pd.DataFrame(columns=_COLUMNS)
    row = {
        "recommendation": "Call the best customers who went quiet",
        "who": "class A customers who are lapsing or lapsed",
        "n_customers": len(quiet),
        "net_amount": float(quiet["net_amount"].sum()),
        "evidence": _EVIDENCE,
    }
    return pd.DataFrame([row], columns=_COLUMNS)


def ranked_actions(*tables: pd.DataFrame) -> pd.DataFrame:
    """Put the actions of several chapters into one list, the largest sales first.

    The amounts are not added up: a customer may stand in several lines.
    """
    known = [table for table in tables if not table.empty]
    if not known:
        return pd.DataFrame(columns=_COLUMNS)
    return pd.concat(known, ignore_index=True).sort_values(
        ["net_amount", "recommendation"], ascending=[False, True], ignore_index=True
    )
