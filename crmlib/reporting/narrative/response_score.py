"""Sentences of the chapter on reactions and effects."""

from __future__ import annotations

import pandas as pd

from crmlib.models.scoring import Score
from crmlib.models.scoring.response import Incremental
from crmlib.reporting import text
from crmlib.reporting.narrative import scores

__all__ = ["effect_in_words", "headline"]


def headline(score: Score, effect: Incremental, *, n_campaigns: int) -> list[str]:
    """Say whether reactions and effects can be foretold."""
    what = "a reaction"
    first = (
        scores.withheld(score, what=what)
        if score.is_withheld
        else [
            f"{text.count(score.expected[0])} of {text.count(len(score.scores))} customers would "
            f"react to a campaign like the last {n_campaigns} "
            f"({text.interval(text.count(score.expected[1]), text.count(score.expected[2]))}).",
            *scores.how_good(score.trial, what=what)[:2],
        ]
    )
    return [*first, effect_in_words(effect)]


def effect_in_words(effect: Incremental) -> str:
    """Say on whom campaigns work, with the interval, or why nobody knows."""
    if effect.reason:
        return text.literal(effect.reason, limit=600)
    own = effect.measures[effect.measures["model"] == "uplift"].set_index("measure")
    top = own.loc["uplift_at_k"]
    ends = _ends(top)
    gap = own.loc["qini_minus_response"]
    return (
        f"{effect.says} In the best-ranked part of customers not learned from, treatment added "
        f"{100 * top['value']:+.1f} orders per hundred customers ({ends}); Qini against targeting "
        f"by response {gap['value']:+.4f} ({_plain(gap)})."
    )


def _ends(row: pd.Series) -> str:
    return text.interval(f"{100 * row['low']:+.1f}", f"{100 * row['high']:+.1f}")


def _plain(row: pd.Series) -> str:
    return text.interval(f"{row['low']:+.4f}", f"{row['high']:+.4f}")
