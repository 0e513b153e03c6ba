"""Sentences of the chapter on winning prospects."""

from __future__ import annotations

import pandas as pd

from crmlib.models.scoring import Score
from crmlib.reporting import text
from crmlib.reporting.narrative import scores

__all__ = ["headline"]


def headline(score: Score, listed: pd.DataFrame, *, horizon_days: int, currency: str) -> list[str]:
    """Say how many open prospects will become customers, and what they are worth.

    Parameters
    ----------
    listed
        From `crmlib.decisions.prospect_score.open_prospects`.
    """
    what = f"a conversion within {text.days(horizon_days)}"
    if score.is_withheld:
        return scores.withheld(score, what=what)
    n, low, high = score.expected
    ends = text.interval(text.count(low), text.count(high))
    half = listed.head((len(listed) + 1) // 2)
    share = half["predicted"].sum() / max(listed["predicted"].sum(), 1e-12)
    return [
        f"{text.count(n)} of {text.count(len(listed))} open prospects are expected to become "
        f"customers within {text.days(horizon_days)} of their first contact ({ends}); they would "
        f"bring {text.money(listed['likely_amount'].sum(), currency)} of sales in a year.",
        f"The likelier half of them holds {text.percent(share)} of these customers.",
        *scores.how_good(score.trial, what=what)[:2],
        f"Health card: {scores.verdict(score.trial)}",
    ]
