"""Sentences of the chapter on channel and moment."""

from __future__ import annotations

import pandas as pd

from crmlib.decisions.contact_findings import Liked, Met, Served
from crmlib.reporting import text

__all__ = ["consent_in_words", "headline", "shops_in_words", "timing_in_words"]


def headline(liked: Liked, served: Served, met: Met, *, sure: float, currency: str) -> list[str]:
    """Say whom we reach in the wrong way, what customers prefer, and whether it matters.

    Parameters
    ----------
    liked, served, met
        From `decisions.contact_findings`.
    sure
        Probability from which a preference counts as known.
    """
    known = text.percent(sure, digits=0)
    when = _moments(liked.day_parts, sure=known, currency=currency)
    if liked.channels.empty:
        missing = (
            "Through which channel customers like to be in touch cannot be told: too few contacts "
            "in which they turned to us are on record."
        )
        return [*when, missing]
    return [
        _service(served.summary, sure=known, currency=currency),
        *_channels(liked.channels),
        *_reactions(met.by_preference),
        *when,
    ]


def _service(summary: pd.DataFrame, *, sure: str, currency: str) -> str:
    """Say how many customers are contacted through a channel they do not prefer."""
    by_state = summary.set_index("state")
    unserved, refused = by_state.loc["unserved"], by_state.loc["no consent"]
    n_known = summary["n_customers"].sum() - by_state.loc["not known", "n_customers"]
    said = (
        f"{text.count(unserved['n_customers'])} customers, who bought for "
        f"{text.money(unserved['net_amount'], currency)} in the period, are mostly contacted "
        "through a channel they do not prefer"
    )
    if not unserved["n_customers"]:
        said = "Nobody is known to be contacted mostly through a channel he does not prefer"
    if refused["n_customers"]:
        said += (
            f"; {text.count(refused['n_customers'])} more "
            f"({text.money(refused['net_amount'], currency)}) refuse the channel they prefer"
        )
    return (
        f"{said}. The preference is known with at least {sure} probability for "
        f"{text.count(n_known)} of {text.count(summary['n_customers'].sum())} customers."
    )


def _channels(channels: pd.DataFrame) -> list[str]:
    """Say what share of the customers prefers each channel."""
    first, *others = (
        f"{text.percent(row.customer_share)}{' prefer' if place == 0 else ''} "
        f"{text.literal(row.channel, limit=40)} "
        f"({text.interval(text.percent(row.low_share), text.percent(row.high_share))})"
        for place, row in enumerate(channels.head(3).itertuples())
    )
    return [f"Of the customers who turned to us, {', '.join([first, *others])}."]


def _reactions(ends: pd.DataFrame) -> list[str]:
    """Say how contacts through the preferred channel and through others are met."""
    if ends.empty:
        return []
    by_end = ends.set_index("where")
    said = {
        where: f"{text.percent(row.success_rate)} "
        f"({text.interval(text.percent(row.low_rate), text.percent(row.high_rate))})"
        for where, row in zip(by_end.index, by_end.itertuples(), strict=True)
    }
    gap = by_end.loc["difference"]
    is_chance = gap["low_rate"] <= 0 <= gap["high_rate"]
    verdict = f"the difference {'may be chance' if is_chance else 'is more than chance explains'}"
    return [
        f"Through the preferred channel {said['holds']} of our contacts meet with interest, "
        f"through another one {said['does not hold']}; {verdict}. Nobody drew lots, so it is an "
        "observation, not a proven effect."
    ]


def _moments(day_parts: pd.DataFrame, *, sure: str, currency: str) -> list[str]:
    """Say at which part of the day most customers like to turn to us."""
    if day_parts.empty:
        return []
    first = day_parts.iloc[0]
    n_known, amount = day_parts["n_known"].sum(), day_parts["net_amount"].sum()
    bounds = text.interval(text.percent(first["low_share"]), text.percent(first["high_share"]))
    return [
        f"{text.count(n_known)} customers, who bought for {text.money(amount, currency)} in the "
        f"period, have a part of the day they prefer with at least {sure} probability; for "
        f"{text.percent(first['customer_share'])} of the customers it is {first['day_part']} "
        f"({bounds})."
    ]


def timing_in_words(by_part: pd.DataFrame) -> list[str]:
    """Say whether contacts in the preferred part of the day meet with interest more often.

    Parameters
    ----------
    by_part
        From `evaluation.clusters.rates_at_both_ends`, by the chance of the part of the day.
    """
    if by_part.empty:
        return []
    by_end = by_part.set_index("where")
    gap, holds, others = (by_end.loc[k] for k in ("difference", "holds", "does not hold"))
    bounds = text.interval(
        text.percent(gap["low_rate"], signed=True), text.percent(gap["high_rate"], signed=True)
    )
    return [
        f"In the part of the day a customer prefers {text.percent(holds['success_rate'])} of our "
        f"contacts meet with interest, at other times {text.percent(others['success_rate'])}: a "
        f"difference of {text.percent(gap['success_rate'], signed=True)} ({bounds}), observed "
        "without lots."
    ]


def consent_in_words(consent: pd.DataFrame) -> list[str]:
    """Say whether our contacts obey the consent of the customers."""
    n = consent["n_our_contacts"].sum()
    if not n:
        return []
    refused, unknown = consent["n_refused"].sum(), consent["n_not_recorded"].sum()
    said = (
        f"{text.count(refused)} of {text.count(n)} contacts went to customers who refuse that "
        "channel: stop them."
        if refused
        else f"None of {text.count(n)} contacts went to a customer who refuses that channel."
    )
    more = f" For {text.count(unknown)} no consent is on record." if unknown else ""
    return [said + more]


def shops_in_words(shops: pd.DataFrame) -> list[str]:
    """Say how faithful customers are to one shop.

    Parameters
    ----------
    shops
        From `evaluation.shops.main_shop`.
    """
    if shops.empty:
        return []
    orders, customers = (shops.iloc[k] for k in range(2))
    bounds = [
        text.interval(text.percent(row["low_rate"]), text.percent(row["high_rate"]))
        for row in (orders, customers)
    ]
    return [
        f"Customers with at least two orders place {text.percent(orders['success_rate'])} of their "
        f"orders in the shop they use most ({bounds[0]}); "
        f"{text.percent(customers['success_rate'])} of these "
        f"{text.count(customers['n_trials'])} customers use one shop only ({bounds[1]})."
    ]
