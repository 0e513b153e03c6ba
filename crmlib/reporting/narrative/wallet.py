"""Sentences of the chapter on the share of wallet."""

from __future__ import annotations

import pandas as pd

from crmlib.models.wallet import Wallets
from crmlib.reporting import text

__all__ = ["check_in_words", "headline", "who_is_in"]


def headline(
    wallets: Wallets, categories: pd.DataFrame, develop: pd.DataFrame, *, currency: str
) -> list[str]:
    """Say how much customers could spend, how much of it is won, and where the rest lies.

    Parameters
    ----------
    wallets
        From `models.wallet.estimate_wallets`, or one without customers.
    categories
        From `models.wallet.category_summary`.
    develop
        From `decisions.wallet.to_develop`.
    """
    if wallets.customers.empty:
        return ["There are too few customers with a second order to compare them with each other."]
    total = wallets.totals.iloc[0]
    spent, could = (text.money(total[n], currency) for n in ("spent_amount", "potential_amount"))
    ends = text.interval(
        text.money(total["low_amount"], currency), text.money(total["high_amount"], currency)
    )
    shares = text.interval(text.percent(total["low_share"]), text.percent(total["high_share"]))
    missed = text.money(total["not_won_amount"], currency)
    people = f"{text.count(total['n_customers'])} customers"
    if wallets.is_calibrated:
        first = (
            f"{people} spend with us at the rate of {spent} a year and could spend {could}: we win "
            f"{text.percent(total['won_share'])} of it ({shares}). {missed} go elsewhere ({ends})."
        )
    else:
        first = (
            f"{people} spend with us at the rate of {spent} a year; if each bought like the best "
            f"of customers like him, it would be {could}, {missed} more ({ends}). Too few were "
            "asked for their share of wallet, so this is a yardstick, not the money customers have."
        )
    return [
        first,
        *_category_sentence(categories, currency=currency),
        *_people_sentence(wallets, develop, currency=currency),
    ]


def _category_sentence(categories: pd.DataFrame, *, currency: str) -> list[str]:
    """Name the category in which most is not won."""
    named = categories[categories["category"] != "other categories"]
    if named.empty:
        return []
    top = named.iloc[0]
    return [
        f"Most of it lies in {text.literal(top['category'])}: "
        f"{text.money(top['not_won_amount'], currency)} a year not won, "
        f"{text.percent(top['won_share'])} won."
    ]


def _people_sentence(wallets: Wallets, develop: pd.DataFrame, *, currency: str) -> list[str]:
    """Say how much of what is not won the first tenth of the customers holds."""
    n = max(1, round(len(wallets.customers) / 10))
    part = develop["not_won_amount"].head(n).sum()
    total = wallets.customers["not_won_amount"].sum()
    if not total > 0:
        return []
    return [
        f"The first {text.count(min(n, len(develop)))} customers of the list hold "
        f"{text.money(part, currency)} of it ({text.percent(part / total)})."
    ]


def check_in_words(wallets: Wallets) -> list[str]:
    """Say how well the estimates agree with what customers answered.

    Parameters
    ----------
    wallets
        From `models.wallet.estimate_wallets`.
    """
    if wallets.customers.empty:
        return []
    if not wallets.is_calibrated:
        n = wallets.n_answered
        asked = f"{text.count(n)} customers were" if n else "Nobody was"
        return [
            f"{asked} asked for the share of their need that they buy here, too few to check or "
            "calibrate the estimates. Until a few hundred are asked, the shares are a ranking."
        ]
    off = (wallets.check["estimated_share"] - wallets.check["answered_share"]).abs().max()
    return [
        f"{text.count(wallets.n_answered)} customers were asked. Estimated without his own answer, "
        f"each customer's share ranks like the answers with a correlation of "
        f"{wallets.rank_correlation:.2f}; the mean of no fifth is off by more than "
        f"{text.percent(off)}."
    ]


def who_is_in(wallets: Wallets, *, n_known: int) -> list[str]:
    """Say how many customers stand in this chapter and who is left out.

    Parameters
    ----------
    n_known
        Customers with an order.
    """
    n = len(wallets.customers)
    if n_known == 0:
        return []
    return [
        f"{text.count(n)} of {text.count(n_known)} customers with an order are looked at. Left out "
        "are those who have been silent for long, are too new, or have not ordered again: of them "
        "nobody can tell what they need. Spending is brought to a year of 365 days for each "
        "customer, from his first order on, so its sum is not that of the sales of the year."
    ]
