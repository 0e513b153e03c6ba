"""Sentences of the chapter on the risk of loss."""

from __future__ import annotations

from crmlib.decisions.loss_score import Risk
from crmlib.models.scoring import Score
from crmlib.reporting import text
from crmlib.reporting.narrative import scores

__all__ = ["headline"]


def headline(score: Score, risk: Risk, *, horizon_days: int, currency: str) -> list[str]:
    """Say how many customers are likely to fall silent, what they stand for, and whom to call."""
    what = f"no order within {text.days(horizon_days)}"
    if score.is_withheld:
        return scores.withheld(score, what=what)
    ends = text.interval(text.count(risk.low), text.count(risk.high))
    return [
        f"{text.count(risk.n_lost)} of {text.count(risk.n_customers)} customers who bought lately "
        f"will probably not order in the next {text.days(horizon_days)} ({ends}); weighed by risk "
        f"they stand for {text.money(risk.sales_amount, currency)} of the sales of the last year.",
        f"{text.count(risk.n_alarms)} of them are on the alarm list, with "
        f"{text.money(risk.alarm_amount, currency)} at risk; each has a reason and a last day to "
        "act.",
        *scores.how_good(score.trial, what=what)[:2],
        f"Health card: {scores.verdict(score.trial)}",
    ]
