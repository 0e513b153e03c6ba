"""Sentences of the chapter on the risk of loss."""

from __future__ import annotations

from crmlib.decisions.loss_score import Risk
from crmlib.models.scoring import Score
from crmlib.reporting import text
from crmlib.reporting.narrative import scores

__all__ = ["headline", "loss_in_words"]


def loss_in_words(horizon_days: int, *, is_contract: bool) -> str:
    """Say what counts as a loss."""
    what = "an end of the contract" if is_contract else "no order"
    return f"{what} within {text.days(horizon_days)}"


def headline(
    score: Score, risk: Risk, *, horizon_days: int, is_contract: bool, currency: str
) -> list[str]:
    """Say how many customers are likely to be lost, what they stand for, and whom to call."""
    what = loss_in_words(horizon_days, is_contract=is_contract)
    if score.is_withheld:
        return scores.withheld(score, what=what)
    who, do = "who bought lately", "not order"
    if is_contract:
        who, do = "under contract", "end it"
    ends = text.interval(text.count(risk.low), text.count(risk.high))
    return [
        f"{text.count(risk.n_lost)} of {text.count(risk.n_customers)} customers {who} "
        f"will probably {do} in the next {text.days(horizon_days)} ({ends}); weighed by risk "
        f"they stand for {text.money(risk.sales_amount, currency)} of the sales of the last year.",
        _alarms(risk, currency),
        *scores.how_good(score.trial, what=what)[:2],
        f"Health card: {scores.verdict(score.trial)}",
    ]


def _alarms(risk: Risk, currency: str) -> str:
    if not risk.n_alarms:
        return (
            "Nobody with sales in the upper half has a risk high enough for the alarm list; lower "
            "the parameter `min_risk` for a longer one."
        )
    return (
        f"{text.count(risk.n_alarms)} of them are on the alarm list, with "
        f"{text.money(risk.alarm_amount, currency)} at risk; each has a reason and a last day to "
        "act."
    )
