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

    The amount is what these customers bought so far in the window. It is at stake, not promised:
    what a contact changes can only be known from a test with a control group.

    Parameters
    ----------
    stages
        One row per stage: `stage`, `n_customers`, `net_amount`.

    Returns
    -------
    pandas.DataFrame
        `action`, `who`, `n_customers`, `stake_amount`, `evidence`.
    """
    by_stage = stages.set_index("stage")
    rows = [
        _action(by_stage, "lapsing", "Remind before they lapse; hold out a random tenth to learn"),
        _action(by_stage, "new", "Welcome and ask for the second order; hold out a random tenth"),
    ]
    table = pd.DataFrame(rows, columns=_COLUMNS)
    return table[table["n_customers"] > 0].reset_index(drop=True)


_COLUMNS = ["action", "who", "n_customers", "stake_amount", "evidence"]


def _action(by_stage: pd.DataFrame, stage: str, action: str) -> dict[str, object]:
    """Build one line of the table of actions for a whole stage."""
    present = stage in by_stage.index
    return {
        "action": action,
        "who": f"customers at stage {stage}",
        "n_customers": int(by_stage.loc[stage, "n_customers"]) if present else 0,
        "stake_amount": float(by_stage.loc[stage, "net_amount"]) if present else 0.0,
        "evidence": "observed silence; effect of a contact not yet measured",
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
        "action": "Call in person and ask what is missing",
        "who": "class A customers who are lapsing or lapsed",
        "n_customers": len(quiet),
        "stake_amount": float(quiet["net_amount"].sum()),
        "evidence": "observed silence; effect of a contact not yet measured",
    }
    return pd.DataFrame([row], columns=_COLUMNS)


def ranked_actions(*tables: pd.DataFrame) -> pd.DataFrame:
    """Put the actions of several chapters into one list, the largest stake first.

    The stakes are not added up: a customer may stand in several lines.
    """
    known = [table for table in tables if not table.empty]
    if not known:
        return pd.DataFrame(columns=_COLUMNS)
    return pd.concat(known, ignore_index=True).sort_values(
        ["stake_amount", "action"], ascending=[False, True], ignore_index=True
    )
