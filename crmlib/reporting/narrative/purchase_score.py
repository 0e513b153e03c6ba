"""Sentences of the chapter on the next purchase."""

from __future__ import annotations

from crmlib.decisions.purchase_score import Expectation
from crmlib.models.scoring import Score
from crmlib.reporting import text
from crmlib.reporting.narrative import scores

__all__ = ["headline"]


def headline(score: Score, expected: Expectation, *, horizon_days: int, currency: str) -> list[str]:
    """Say how many customers will order, what that is worth, and whether the score may be used."""
    what = f"an order within {text.days(horizon_days)}"
    if score.is_withheld:
        return scores.withheld(score, what=what)
    ends = text.interval(text.count(expected.low), text.count(expected.high))
    return [
        f"{text.count(expected.n_buyers)} of {text.count(expected.n_customers)} customers are "
        f"expected to order in the next {text.days(horizon_days)} ({ends}); at their usual order "
        f"that is {text.money(expected.sales_amount, currency)} for the first order of each.",
        f"{text.count(expected.n_sure)} are almost sure to order anyway and need no reward for it; "
        f"{text.count(expected.n_open)} could go either way, and stand for "
        f"{text.money(expected.open_amount, currency)}: contact is worth trying there.",
        *scores.how_good(score.trial, what=what)[:2],
        f"Health card: {scores.verdict(score.trial)}",
    ]
