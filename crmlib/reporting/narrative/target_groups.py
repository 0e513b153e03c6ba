"""Sentences of the chapter on target groups."""

from __future__ import annotations

import pandas as pd

from crmlib.models.target_groups import NOT_GROUPED
from crmlib.reporting import text

__all__ = ["MOVES", "RULES", "headline", "how_sure", "in_sections", "movements"]

RULES = {
    "note": "Conditions on the share of categories in the lines of a customer, in per cent.",
    "empty": "There are no groups, and so no rules.",
}
"""What stands with the table of rules."""
MOVES = {"empty": "There is no iteration before to compare with."}
"""What stands with the tables of moves."""

_THEY = "moved because they changed"
_MODEL = "moved because the model changed"


def headline(
    groups: pd.DataFrame, split: pd.DataFrame, inside: pd.DataFrame, *, reason: str, currency: str
) -> list[str]:
    """Say how many groups there are, which is largest, which to invest in, and what moved.

    Parameters
    ----------
    groups
        From `crmlib.decisions.target_groups.profiles`.
    split
        From `crmlib.evaluation.movers.split_of_movers`.
    inside
        From `crmlib.decisions.target_groups.sales_by_decision`.
    reason
        Why there are no groups; empty where there are some.
    """
    named = groups[groups["segment"] != NOT_GROUPED]
    if reason or named.empty:
        return [f"There are no target groups that last: {text.plain(reason, limit=200)}."]
    first = named.iloc[0]
    sales = named["net_amount"].sum()
    sentences = [
        f"{text.count(named['n_customers'].sum())} customers with sales of "
        f"{text.money(sales, currency)} fall into {text.count(len(named))} target groups that "
        f"differ by what they buy; the largest, {text.literal(first['segment'], limit=60)}, has "
        f"{text.count(first['n_customers'])} customers and "
        f"{text.money(first['net_amount'], currency)}."
    ]
    moved = named[named["net_share"] >= 0.03].dropna(subset=["change_rate"])
    if len(moved) > 1:
        best, worst = (
            moved.loc[moved["change_rate"].astype(float).idxmax()],
            moved.loc[moved["change_rate"].astype(float).idxmin()],
        )
        sentences.append(
            f"Best against the period before did {text.literal(best['segment'], limit=60)} "
            f"({text.percent(best['change_rate'], digits=0, signed=True)}), worst "
            f"{text.literal(worst['segment'], limit=60)} "
            f"({text.percent(worst['change_rate'], digits=0, signed=True)}); the season is not "
            "taken out."
        )
    return [*sentences, *_to_invest(inside, currency=currency), *movements(split)]


def _to_invest(inside: pd.DataFrame, *, currency: str) -> list[str]:
    """Say which group carries most of the sales in sections of the market to invest in."""
    total, every = inside["invest_amount"].sum(), inside["net_amount"].sum()
    named = inside[inside["segment"] != NOT_GROUPED]
    if not total > 0 or not named["invest_amount"].max() > 0:
        return []
    most = named.loc[named["invest_amount"].idxmax()]
    return [
        f"Of the {text.money(total, currency)} sold lately in sections of the market to invest in, "
        f"the group {text.literal(most['segment'], limit=60)} carries most: "
        f"{text.money(most['invest_amount'], currency)} "
        f"({text.percent(most['invest_amount'] / total, digits=0)}; of all sales of that time it "
        f"has {text.percent(most['net_amount'] / every, digits=0)})."
    ]


def in_sections(*, reason: str, n_days: int) -> dict[str, str]:
    """Say of what time the sales in sections are, and why there may be none.

    Parameters
    ----------
    reason
        Why there are no groups; empty where there are some.
    n_days
        Days of sales.
    """
    chosen = (
        "Chosen are sections to invest in or keep; not judged are those too small for a decision"
    )
    lacking = (
        "There are no target groups, and so nothing to look for inside the sections of the market."
        if reason
        else "Fewer than three sections of the market have enough customers to be judged, and so "
        "nothing says in which of them to speak to a group."
    )
    return {"note": f"Sales of the last {text.days(n_days)}. {chosen}.", "empty": lacking}


def movements(split: pd.DataFrame) -> list[str]:
    """Say how many moved because they changed and how many because the model did."""
    if split.empty:
        return [
            "This is the first iteration with these groups; from the next one on the chapter says "
            "how many customers moved because they changed and how many because the model did."
        ]
    n = split.set_index("movement")["n_customers"]
    share = split.set_index("movement")["customer_share"]
    return [
        f"Since the iteration before, {text.count(n[_THEY])} of {text.count(n.sum())} customers "
        f"({text.percent(share[_THEY])}) moved because they changed and {text.count(n[_MODEL])} "
        f"({text.percent(share[_MODEL])}) because the model did."
    ]


def how_sure(groups: pd.DataFrame, *, fidelity: float) -> list[str]:
    """Say how lasting the groups are and how well the rules reproduce them."""
    named = groups[groups["segment"] != NOT_GROUPED].dropna(subset=["jaccard"])
    if named.empty:
        return []
    least = named.loc[named["jaccard"].astype(float).idxmin()]
    return [
        f"When customers are drawn anew, {text.percent(named['jaccard'].mean(), digits=0)} of a "
        f"group come back on average; least lasting is {text.literal(least['segment'], limit=60)} "
        f"with {text.percent(least['jaccard'], digits=0)}. The rules below put "
        f"{text.percent(fidelity, digits=0)} of the customers where the model does."
    ]
