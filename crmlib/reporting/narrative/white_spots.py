"""Sentences of the chapter on white spots."""

from __future__ import annotations

import pandas as pd

from crmlib.reporting import text

__all__ = ["check_sentence", "headline"]


def headline(
    reasons: pd.DataFrame,
    categories: pd.DataFrame,
    total: pd.Series,
    against: pd.Series,
    *,
    ahead_days: int,
    currency: str,
) -> list[str]:
    """Say how many white spots there are, what they are worth, why, and how sure that is.

    Parameters
    ----------
    reasons, categories, total
        From `decisions.white_spots`.
    against
        From `evaluation.white_spots.flagged_against_matched`.
    """
    if categories.empty:
        return [
            "Not enough customers (50 are needed) or categories (two are needed) to compare each "
            "customer with others like him."
        ]
    n_best, n_spots = categories["n_best"].max(), int(reasons["n_white_spots"].sum())
    if n_spots == 0:
        return [
            f"The {text.count(n_best)} best customers buy all that customers like them buy; there "
            "is no white spot."
        ]
    known = reasons[reasons["reason"] != "unknown"]
    short = categories[categories["gap_share"] > 0]
    first = (short if len(short) else categories).iloc[0]
    worth = text.money(total["value"], currency)
    return [
        f"The {text.count(n_best)} best customers have {text.number(n_spots, 'white spot')}: "
        "things they do not buy although customers like them do. Bought as customers like them "
        f"buy, they would bring up to {worth} a year{_ends(total, currency)}.",
        f"The largest gap is {text.literal(first['item'])}: "
        f"{text.percent(first['actual_rate'])} buy it, {text.percent(first['expected_rate'])} "
        "could be expected to; "
        f"{text.count(first['n_white_spots'])} white spots are worth "
        f"{text.money(first['potential_amount'], currency)}.",
        _reason_sentence(known, n=n_spots),
        *check_sentence(against, ahead_days=ahead_days),
    ]


def _ends(total: pd.Series, currency: str) -> str:
    """Word the interval of a total, if there is one."""
    if pd.isna(total["low"]):
        return " (too few customers for an interval)"
    low, high = (text.money(total[end], currency) for end in ("low", "high"))
    return f" ({text.interval(low, high)})"


def _reason_sentence(known: pd.DataFrame, *, n: int) -> str:
    """Say for how many the data show a reason, and which one for most."""
    n_known = int(known["n_white_spots"].sum())
    if n_known == 0:
        return "Why they are there the data do not tell: all reasons are unknown."
    most = known.sort_values("n_white_spots", ascending=False, kind="stable").iloc[0]
    return (
        f"For {text.count(n_known)} of {text.count(n)} the data show a reason, most often: "
        f"{most['reason']} ({text.count(most['n_white_spots'])}). For the rest it is unknown."
    )


def check_sentence(against: pd.Series, *, ahead_days: int) -> list[str]:
    """Say how white spots of an earlier day fared against the other gaps; nothing without any.

    Parameters
    ----------
    against
        From `evaluation.white_spots.flagged_against_matched`.
    """
    if not against["n_white_spots"] or pd.isna(against["low_share"]):
        return []
    low, high = (f"{100 * against[f'{end}_share']:+.1f} points" for end in ("low", "high"))
    return [
        f"Checked on earlier days: of {text.count(against['n_white_spots'])} white spots "
        f"{text.percent(against['white_spot_rate'])} were bought within {text.days(ahead_days)} "
        f"anyway, against {text.percent(against['matched_rate'])} of the other gaps of the same "
        f"items among customers of the same size (difference: {text.interval(low, high)})."
    ]
