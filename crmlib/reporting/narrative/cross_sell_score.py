"""Sentences of the chapter on the next category."""

from __future__ import annotations

import pandas as pd

from crmlib.reporting import text

__all__ = ["headline", "method_note"]


def headline(
    summary: pd.DataFrame, chosen: pd.DataFrame, *, horizon_days: int, currency: str, reason: str
) -> list[str]:
    """Say which category promises most, to how many customers, and which scores failed.

    Parameters
    ----------
    summary
        From `crmlib.decisions.cross_sell_score.category_summary`.
    chosen
        From `offers`.
    reason
        Why no score could be learned at all; empty where some were tried.
    """
    if summary.empty or reason:
        why = reason or "The source names no category, or every customer buys all of them."
        return [f"No category can be scored. {text.literal(why, limit=600)}"]
    usable = summary[summary["expected_buyers"].notna()]
    failed = summary[summary["expected_buyers"].isna()]
    withheld = [text.literal(str(name)) for name in failed["category"]]
    note = (
        [f"Withheld, because their score failed a check: {', '.join(withheld)}."]
        if withheld
        else []
    )
    if usable.empty:
        return ["No score of a category may be used.", *note]
    best = usable.loc[usable["likely_amount"].idxmax()]
    ends = text.interval(text.count(best["low_buyers"]), text.count(best["high_buyers"]))
    lift = text.interval(f"{best['lift_low']:.1f}", f"{best['lift_high']:.1f}")
    return [
        f"{text.literal(str(best['category']))} promises most: "
        f"{text.count(best['expected_buyers'])} of {text.count(best['n_candidates'])} customers "
        f"who do not buy it are expected to begin within {text.days(horizon_days)} ({ends}), for "
        f"{text.money(best['likely_amount'], currency)}.",
        f"{text.count(len(chosen))} customers have a category worth offering; together the offers "
        f"stand for {text.money(chosen['likely_amount'].sum(), currency)} of sales expected "
        "anyway, of which an offer can only add a part that a test has to show.",
        f"The tenth that the score ranks highest began {best['top_tenth_lift']:.1f} times as often "
        f"as all candidates ({lift}).",
        *note,
    ]


def method_note(summary: pd.DataFrame) -> str:
    """Say how many scores were judged and how many may be used."""
    usable = int(summary["expected_buyers"].notna().sum())
    return f"{len(summary)} categories judged on later days, {usable} may be used."
