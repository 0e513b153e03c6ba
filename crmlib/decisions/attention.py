"""Which customers need somebody's attention now, and how much of our sales they stand for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

import pandas as pd

from crmlib.schema import require_columns

__all__ = [
    "LATER",
    "NEXT",
    "NOT_TESTED",
    "NOW",
    "QUIET_STAGES",
    "Action",
    "actions",
    "actions_from_concentration",
    "actions_from_stages",
    "chapter_title",
    "chapters_in_short",
    "quiet_customers",
    "ranked_actions",
]

NOW, NEXT, LATER = "now", "next campaign", "standing"
"""When to do it: before customers are lost; with the next campaign; as a rule or a question."""

NOT_TESTED = "effect of a contact not yet tested"
"""What is known of the effect of a recommendation before anybody tried it with a control group."""

QUIET_STAGES = ("lapsing", "lapsed")
"""Stages at which a customer is going quiet or silent."""


@dataclass(frozen=True)
class Action:
    """One thing to do.

    Attributes
    ----------
    recommendation
        What to do, as an order.
    who
        The customers concerned, in words that follow their number.
    n_customers
        How many they are; an action for nobody is dropped.
    net_amount
        Sales they stand for, or money at stake; account currency. Not the gain from acting.
    evidence
        What the recommendation rests on.
    when
        `now`, with the `next campaign`, or `standing`: a rule, or a question to look into.
    """

    recommendation: str
    who: str
    n_customers: int
    net_amount: float
    evidence: str = NOT_TESTED
    when: str = NEXT


_COLUMNS = ["when", *(field.name for field in fields(Action) if field.name != "when")]


def actions(*lines: Action) -> pd.DataFrame:
    """Make the table of actions of a chapter.

    Returns
    -------
    pandas.DataFrame
        `when`, `recommendation`, `who`, `n_customers`, `net_amount`, `evidence`, without actions
        that concern nobody.

    Examples
    --------
    >>> actions(Action("Call", who="members", n_customers=2, net_amount=10.0)).iloc[0]["who"]
    'members'
    """
    rows = [asdict(line) for line in lines if line.n_customers > 0]
    return pd.DataFrame(rows, columns=_COLUMNS)


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
    return actions(
        _stage_action(by_stage, "lapsing", "Remind customers before they lapse", when=NOW),
        _stage_action(by_stage, "new", "Welcome new customers and invite the next order"),
    )


def _stage_action(
    by_stage: pd.DataFrame, stage: str, recommendation: str, *, when: str = NEXT
) -> Action:
    """Build one line of the table of actions for a whole stage."""
    here = by_stage.reindex([stage]).fillna(0.0).iloc[0]
    return Action(
        recommendation,
        when=when,
        who=f"customers at stage {stage}",
        n_customers=int(here["n_customers"]),
        net_amount=float(here["net_amount"]),
    )


def actions_from_concentration(quiet: pd.DataFrame, lost: pd.DataFrame) -> pd.DataFrame:
    """Turn the lists of quiet customers of the best class, and of those sold at a loss, into acts.

    Parameters
    ----------
    quiet
        From `quiet_customers`.
    lost
        From `evaluation.concentration.sold_at_a_loss`.

    Returns
    -------
    pandas.DataFrame
        Columns as in `actions_from_stages`; no row if nobody is quiet or sold at a loss.
    """
    return actions(
        Action(
            "Call the best customers who went quiet",
            when=NOW,
            who="class A customers who are lapsing or lapsed",
            n_customers=len(quiet),
            net_amount=float(quiet["net_amount"].sum()),
        ),
        Action(
            "Review prices and conditions of customers sold to at a loss",
            when=LATER,
            who="customers whose margin is below nought",
            n_customers=len(lost),
            net_amount=float(lost["net_amount"].sum()),
            evidence="their recorded costs; terms have not been tested",
        ),
    )


def chapters_in_short(headlines: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Put the first sentence of every chapter into one table.

    Parameters
    ----------
    headlines
        By notebook: `sentence`, `is_missing` (the chapter lacks a table and says nothing else).

    Returns
    -------
    pandas.DataFrame
        `chapter`, `finding`, `is_missing`.

    Examples
    --------
    >>> said = pd.DataFrame({"sentence": ["All is well."], "is_missing": [False]})
    >>> chapters_in_short({"10_customer_base": said}).to_dict("list")
    {'chapter': ['Customer base'], 'finding': ['All is well.'], 'is_missing': [False]}
    """
    rows = [
        (chapter_title(name), str(said["sentence"].iloc[0]), bool(said["is_missing"].iloc[0]))
        for name, said in headlines.items()
        if len(said)
    ]
    return pd.DataFrame(rows, columns=["chapter", "finding", "is_missing"])


def chapter_title(notebook: str) -> str:
    """Give the title of a chapter, which is the name of its notebook in words.

    Examples
    --------
    >>> chapter_title("54_cross_sell_score")
    'Cross-sell score'
    """
    words = notebook.partition("_")[2].replace("_", " ")
    words = words.replace("rfm", "RFM").replace("cross sell", "cross-sell")
    return words[:1].upper() + words[1:]


def ranked_actions(*tables: pd.DataFrame) -> pd.DataFrame:
    """Put the actions of several chapters into one list: what cannot wait, then by money.

    Guards against a first page that begins with everybody's sales: what is to be done now comes
    before what goes with the next campaign, and that before rules and questions. The amounts are
    not added up: a customer may stand in several lines.
    """
    known = [table for table in tables if not table.empty]
    if not known:
        return pd.DataFrame(columns=_COLUMNS)
    every = pd.concat(known, ignore_index=True)
    order = every["when"].map({NOW: 0, NEXT: 1, LATER: 2})
    ranked = every.assign(_order=order).sort_values(
        ["_order", "net_amount", "recommendation"], ascending=[True, False, True], ignore_index=True
    )
    return ranked.drop(columns="_order")
