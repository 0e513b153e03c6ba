"""Sentences of the chapter on target groups."""

from __future__ import annotations

import pandas as pd

from crmlib.reporting import text

__all__ = ["headline", "how_sure", "movements"]

_THEY = "moved because they changed"
_MODEL = "moved because the model changed"


def headline(
    groups: pd.DataFrame, split: pd.DataFrame, *, reason: str, not_grouped: str, currency: str
) -> list[str]:
    """Say how many groups there are, which is largest, and what moved.

    Parameters
    ----------
    groups
        From `crmlib.decisions.target_groups.profiles`.
    split
        From `crmlib.evaluation.movers.split_of_movers`.
    reason
        Why there are no groups; empty where there are some.
    not_grouped
        Name of those in no group.
    """
    named = groups[groups["segment"] != not_grouped]
    if reason or named.empty:
        return [f"There are no target groups that last: {text.plain(reason, limit=200)}."]
    first = named.iloc[0]
    inside = named["net_amount"].sum()
    sentences = [
        f"{text.count(named['n_customers'].sum())} customers with sales of "
        f"{text.money(inside, currency)} fall into {text.count(len(named))} target groups that "
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
    return [*sentences, *movements(split)]


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


def how_sure(groups: pd.DataFrame, *, fidelity: float, not_grouped: str) -> list[str]:
    """Say how lasting the groups are and how well the rules reproduce them."""
    named = groups[groups["segment"] != not_grouped].dropna(subset=["jaccard"])
    if named.empty:
        return []
    least = named.loc[named["jaccard"].astype(float).idxmin()]
    return [
        f"When customers are drawn anew, {text.percent(named['jaccard'].mean(), digits=0)} of a "
        f"group come back on average; least lasting is {text.literal(least['segment'], limit=60)} "
        f"with {text.percent(least['jaccard'], digits=0)}. The rules below put "
        f"{text.percent(fidelity, digits=0)} of the customers where the model does."
    ]
