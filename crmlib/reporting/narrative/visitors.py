"""Sentences of the chapter on visitors and prospects."""

from __future__ import annotations

import math

import pandas as pd

from crmlib.evaluation.visit_findings import Looked, Searched
from crmlib.reporting import text

__all__ = ["headline", "prospects_in_words", "sources_in_words", "terms_in_words"]

_STEP = {"view": "look at a product", "basket": "fill a basket", "buy": "buy"}


def headline(
    seen: Looked, search: Searched, prospects: pd.DataFrame, *, n_days: int, currency: str
) -> list[str]:
    """Say what visits bring, where they end, what is missing and which prospects are won.

    Parameters
    ----------
    seen, search
        From `evaluation.visit_findings`.
    prospects
        From `evaluation.visitors.prospect_rates`.
    n_days
        Length of the period of visits.
    """
    sentences = [
        *_purchases(seen.sources, n_days=n_days, currency=currency),
        *_steps(seen.drop_outs),
        *_terms(search.terms, currency=currency),
        *_prospects(prospects, currency=currency),
    ]
    return sentences or ["Neither a step of a visit nor a prospect who was won is on record."]


def _bounds(row: pd.Series, low: str = "low_rate", high: str = "high_rate") -> str:
    """Word an interval of shares."""
    return text.interval(text.percent(row[low]), text.percent(row[high]))


def _purchases(sources: pd.DataFrame, *, n_days: int, currency: str) -> list[str]:
    """Say how many visits ended with a purchase and what these customers paid.

    Of the sources only those beyond chance are named: the best of many is a few lucky visits.
    """
    n, bought = sources["n_trials"].sum(), sources["n_successes"].sum()
    if not n:
        return []
    amount = sources["net_amount"].sum()
    paid = f"customers paid {text.money(amount, currency)} on those days"
    said = (
        f"{text.count(bought)} of {text.count(n)} visits in {text.days(n_days)} "
        f"({text.percent(bought / n)}) ended with a purchase; "
        f"{paid if amount else 'no sale on record belongs to them'}."
    )
    differing = sources[sources["verdict"].isin(["higher", "lower"])]
    if len(differing) > 1:
        best, worst = differing.iloc[0], differing.iloc[-1]
        said += (
            f" Of the visits from {text.literal(best['source'], limit=40)} "
            f"{text.percent(best['success_rate'])} buy ({_bounds(best)}), of those from "
            f"{text.literal(worst['source'], limit=40)} {text.percent(worst['success_rate'])} "
            f"({_bounds(worst)})."
        )
    return [said]


def _steps(steps: pd.DataFrame) -> list[str]:
    """Name the step at which most visits are lost, if the source records where they end."""
    if steps.empty:
        return []
    most = steps.loc[steps["n_ended"].idxmax()]
    if not most["n_ended"]:
        return [
            f"All {text.count(most['n_visits'])} visits {_STEP[most['next_step']]}; at which step "
            "others end is not on record."
        ]
    return [
        f"Most visits end before they {_STEP[most['next_step']]}: {text.count(most['n_ended'])} of "
        f"{text.count(most['n_visits'])} that came so far ({text.percent(most['ended_rate'])}, "
        f"{_bounds(most)})."
    ]


def _terms(terms: pd.DataFrame, *, currency: str) -> list[str]:
    """Say what is looked for in vain, and what that may cost."""
    if terms.empty:
        return []
    names = ", ".join(text.literal(term, limit=40) for term in terms["term"].head(3))
    many = f" and {len(terms) - 3} more terms" if len(terms) > 3 else ""
    said = f"{text.count(terms['n_unmet'].sum())} visits looked in vain for {names}{many}"
    total = terms[["missed_amount", "low_amount", "high_amount"]].sum(min_count=1)
    if total.isna().any():
        return [f"{said}."]
    ends = text.interval(*(text.money(total[k], currency) for k in ("low_amount", "high_amount")))
    return [
        f"{said}; had these visitors bought like those who found something, they would have paid "
        f"{text.money(total['missed_amount'], currency)} ({ends})."
    ]


def _prospects(prospects: pd.DataFrame, *, currency: str) -> list[str]:
    """Say how many prospects became customers, and from where."""
    if prospects.empty:
        return []
    n, won = prospects["n_trials"].sum(), prospects["n_successes"].sum()
    best, worst = prospects.iloc[0], prospects.iloc[-1]
    said = (
        f"{text.count(won)} of {text.count(n)} prospects ({text.percent(won / n)}) have become "
        "customers so far"
    )
    if amount := prospects["net_amount"].sum():
        said += f" and bought for {text.money(amount, currency)}"
    if len(prospects) == 1:
        return [f"{said}."]
    return [
        f"{said}; from {text.literal(best['source'], limit=40)} "
        f"{text.percent(best['success_rate'])} ({_bounds(best)}), from "
        f"{text.literal(worst['source'], limit=40)} {text.percent(worst['success_rate'])} "
        f"({_bounds(worst)})."
    ]


def sources_in_words(sources: pd.DataFrame, *, what: str) -> list[str]:
    """Name the sources that do better and worse than the others beyond chance.

    Parameters
    ----------
    sources
        From `evaluation.visitors.source_rates`.
    what
        What a success is, as in "buy".
    """
    if len(sources) < 2:
        return []
    named = {
        verdict: ", ".join(
            text.literal(one, limit=40)
            for one in sources.loc[sources["verdict"] == verdict, "source"].head(5)
        )
        for verdict in ("higher", "lower")
    }
    found = [
        f"those from {named[verdict]} {side} often than the others"
        for verdict, side in (("higher", f"{what} more"), ("lower", f"{what} less"))
        if named[verdict]
    ]
    looks = f"{len(sources)} sources were looked at, which is allowed for"
    if not found:
        return [f"No source differs from the others beyond chance; {looks}."]
    said = "; ".join(found)
    return [f"{said[:1].upper()}{said[1:]}; {looks}."]


def terms_in_words(search: Searched, *, currency: str) -> list[str]:
    """Say how many terms were looked at and what the price of a search in vain rests on.

    Parameters
    ----------
    search
        From `evaluation.visit_findings.searched`.
    """
    terms, missed = search.terms, search.missed
    judged, rare = terms.attrs.get("n_judged", 0), terms.attrs.get("n_rare", 0)
    if not judged + rare:
        return []
    said = (
        f"{text.count(judged)} terms were looked at, each against all others; "
        f"{text.count(rare)} more are too rare to judge."
    )
    if math.isnan(missed.amount):
        return [f"{said} No sale belongs to a visit, so no price can be put on a search in vain."]
    return [
        f"{said} The price assumes that who found nothing would have bought like who found "
        f"something: {text.percent(missed.gain_rate)} more of the visits end with a purchase, at "
        f"{text.money(missed.order_amount, currency, cents=True)} each. Who finds something may "
        "be keener from the start; then the price is too high."
    ]


def prospects_in_words(prospects: pd.DataFrame, *, follow_days: int) -> list[str]:
    """Say how long winning a prospect takes, and how many are too young to judge.

    Parameters
    ----------
    prospects
        From `features.prospects.prospect_rows`, collected.
    follow_days
        Days after the first contact for which a prospect counts as open.
    """
    waits = prospects["wait_days"].dropna()
    if waits.empty:
        return []
    young = (prospects["age_days"] <= follow_days) & (prospects["is_success"] == 0)
    return [
        f"Half of those won bought within {text.days(waits.quantile(0.5, 'lower'))}, nine in ten "
        f"within {text.days(waits.quantile(0.9, 'lower'))} of the first contact. "
        f"{text.count(young.sum())} prospects came in the last {text.days(follow_days)} and may "
        "still be won; they count as not won so far."
    ]
