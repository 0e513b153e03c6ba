"""Sentences of the chapter on recency, frequency and value."""

from __future__ import annotations

import pandas as pd

from crmlib.reporting import text

__all__ = ["headline"]


def headline(
    summary: pd.DataFrame, moves: pd.DataFrame, *, window_days: int, currency: str
) -> list[str]:
    """Say who carries the sales, who is about to fall silent, and how many moved.

    Parameters
    ----------
    summary
        From `crmlib.decisions.rfm.rfm_summary`.
    moves
        From `crmlib.evaluation.movers.migration`; empty in the first iteration.
    """
    rows = summary.set_index("segment")
    if not rows["n_customers"].sum():
        return ["No customer ordered yet, so that there is nobody to sort into segments."]
    best, quiet = rows.loc["champions"], rows.loc["valuable, quiet"]
    sentences = [
        f"{text.number(best['n_customers'], 'champion')}, {text.percent(best['customer_share'])} "
        f"of the customers, bring{'s' if best['n_customers'] == 1 else ''} "
        f"{text.money(best['net_amount'], currency)} or "
        f"{text.percent(best['net_share'])} of the sales of {text.count(window_days)} days."
        if best["n_customers"]
        else "There are no champions, who buy lately, often and for much.",
        f"{text.count(quiet['n_customers'])} valuable customers with sales of "
        f"{text.money(quiet['net_amount'], currency)} have gone quiet and are the first to call."
        if quiet["n_customers"]
        else "No valuable customer has gone quiet.",
    ]
    if moves.empty:
        return [*sentences, "This is the first iteration, so that nobody can have moved yet."]
    moved = moves.loc[moves["from_group"] != moves["to_group"], "n_customers"].sum()
    total = moves["n_customers"].sum()
    return [
        *sentences,
        f"Since the iteration before {text.count(moved)} of {text.count(total)} customers "
        f"({text.percent(moved / total)}) changed their segment; the limits of orders and sales "
        "stayed the same.",
    ]
