"""Sentences of the chapter on cross-selling."""

from __future__ import annotations

import pandas as pd

from crmlib.decisions.cross_selling import total_worth
from crmlib.reporting import text

__all__ = ["follower_note", "headline", "negative_control", "slow_seller_note"]


def headline(
    rules: pd.DataFrame,
    followers: pd.DataFrame,
    slow: pd.DataFrame,
    offers: pd.DataFrame,
    *,
    currency: str,
) -> list[str]:
    """Say what is bought together, what helps to sell what, and which slow sellers to keep.

    Parameters
    ----------
    rules
        From `decisions.cross_selling.strong_rules`.
    followers
        From `decisions.cross_selling.followers_worth`.
    slow
        From `decisions.cross_selling.slow_sellers`.
    offers
        From `decisions.cross_selling.customers_to_offer`.
    """
    first, second = _follower_sentence(followers, currency=currency), _rule_sentence(rules)
    return [
        *((first, second) if followers["is_found"].any() else (second, first)),
        *_offer_sentence(offers, currency=currency),
        *_slow_sentence(slow, currency=currency),
    ]


def _follower_sentence(followers: pd.DataFrame, *, currency: str) -> str:
    """Say which first purchases help to sell what, or that none does."""
    n, found = len(followers), followers[followers["is_found"]]
    if n == 0:
        return (
            "Not enough first purchases with an order before and one after to say what helps to "
            "sell what."
        )
    if found.empty:
        n_alike = int((followers["above_matched_low_share"] > 0).sum())
        return (
            f"Of {text.count(n)} pairs looked at, no first purchase makes customers buy something "
            f"else beyond chance; against matched customers alone {text.count(n_alike)} would have "
            "seemed to, but these buyers bought it before, too: taste, not effect."
        )
    best = found.iloc[0]
    total, low, high = (text.money(value, currency) for value in total_worth(followers))
    ends = text.interval(*(text.points(best[f"effect_{end}_share"]) for end in ("low", "high")))
    return (
        f"Buying {text.literal(best['first'])} for the first time helps to sell "
        f"{text.literal(best['second'])}: {text.percent(best['after_rate'])} have it in the next "
        f"order against {text.percent(best['before_rate'])} in the one before, "
        f"{text.points(best['effect_share'])} beyond matched customers ({ends}). "
        f"{text.count(len(found))} of {text.count(n)} pairs help so, worth {total} of extra sales "
        f"in next orders since the data begin ({text.interval(low, high)})."
    )


def _rule_sentence(rules: pd.DataFrame) -> str:
    """Name the closest of the frequent rules."""
    if rules.empty:
        return "No frequent pair is bought together more often than chance explains."
    best = rules.iloc[0]
    ends = text.interval(
        *(text.percent(best[f"confidence_{end}_share"]) for end in ("low", "high"))
    )
    return (
        f"Who has {text.literal(best['antecedent'])} in the basket has "
        f"{text.literal(best['consequent'])}, too, in {text.percent(best['confidence_share'])} of "
        f"the cases ({ends}), {best['lift']:.1f} times as often as by chance: the closest of the "
        "frequent pairs."
    )


def _offer_sentence(offers: pd.DataFrame, *, currency: str) -> list[str]:
    """Say how many customers lack the other half of a pair."""
    if offers.empty:
        return []
    once = offers.drop_duplicates(["customer_id", "bought"])
    return [
        f"{text.count(offers['customer_id'].nunique())} customers bought one half of such a pair "
        f"lately and never the other; they bought the one half for "
        f"{text.money(once['net_amount'].sum(), currency)} so far."
    ]


def _slow_sentence(slow: pd.DataFrame, *, currency: str) -> list[str]:
    """Say how many slow sellers lie in large baskets."""
    if slow.empty:
        return []
    best = slow.iloc[0]
    ends = text.interval(
        *(text.money(best[f"excess_{end}_amount"], currency, cents=True) for end in ("low", "high"))
    )
    return [
        f"{text.count(len(slow))} slow sellers earn their place: the baskets they are in hold more "
        f"than those with other slow sellers of the same customers, the first of them "
        f"({text.literal(best['product_id'])}) "
        f"{text.money(best['excess_amount'], currency, cents=True)} a basket ({ends})."
    ]


def negative_control(followers: pd.DataFrame) -> list[str]:
    """Say how the comparison does where there can be no effect.

    Parameters
    ----------
    followers
        From `evaluation.followers.followers`.
    """
    known = followers.dropna(subset=["placebo_share"])
    if known.empty:
        return []
    off = (known["placebo_low_share"] > 0) | (known["placebo_high_share"] < 0)
    return [
        "The same comparison three orders too early, when the purchase cannot have had an effect "
        f"yet, gives {text.points(known['placebo_share'].mean())} on average; in "
        f"{text.percent(off.mean())} of {text.count(len(known))} pairs its 95 % interval leaves "
        "out nought, where chance alone makes it about 5 %."
    ]


def follower_note(horizon_days: int, sample: pd.DataFrame | None) -> str:
    """Say which first purchases count, and if only those of customers drawn by chance."""
    counted = f"First purchases with an order before and after within {horizon_days} days"
    if sample is not None:
        counted += f", of {text.count(len(sample))} customers drawn by chance"
    return f"{counted}; observational."


def slow_seller_note(value: pd.DataFrame) -> str:
    """Say how many slow sellers were looked at, and what that proves.

    Parameters
    ----------
    value
        From `evaluation.slow_sellers.basket_value`.
    """
    return (
        f"{text.count(len(value))} slow sellers looked at: products that sell for less than half "
        "of those in enough baskets do, and to at least 30 customers. Observational: the baskets "
        "need not shrink without them."
    )
