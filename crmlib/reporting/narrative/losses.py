"""Sentences of the chapter on causes of loss."""

from __future__ import annotations

import pandas as pd

from crmlib.evaluation.losses import NOT_RECORDED
from crmlib.models.loss_causes import Causes
from crmlib.reporting import text

__all__ = [
    "comparison_in_words",
    "definition_in_words",
    "drops_in_words",
    "headline",
    "waves_in_words",
]

_SURE = 0.05
_MANY_BACK = 0.3


def headline(
    reasons: pd.DataFrame,
    causes: Causes,
    compared: pd.DataFrame,
    drops: pd.DataFrame,
    definition: pd.DataFrame,
    *,
    n_customers: int,
    currency: str,
) -> list[str]:
    """Say how many were lost, what they bought, why, and whether a competitor struck.

    Parameters
    ----------
    reasons
        From `evaluation.losses.reason_table`.
    causes
        From `models.loss_causes.study_causes`.
    compared
        From `evaluation.before_loss.compare_with_stayers`.
    drops
        From `evaluation.attack_scan.find_drops`.
    definition
        From `evaluation.losses.definition_sensitivity`.
    n_customers
        Customers known.
    """
    if n_customers == 0:
        return ["No sale has a known customer, so nobody can be lost."]
    n, amount = int(reasons["n_left"].sum()), float(reasons["lost_amount"].sum())
    if n == 0:
        return [f"Of {text.count(n_customers)} customers nobody counts as lost yet."]
    margin = reasons["lost_margin_amount"].sum(min_count=1)
    with_margin = f", a margin of {text.money(margin, currency)}" if pd.notna(margin) else ""
    return [
        f"{text.count(n)} of {text.count(n_customers)} customers ({text.percent(n / n_customers)}) "
        f"count as lost; in their last year with us they bought for {text.money(amount, currency)}"
        f"{with_margin}.",
        *_doubt_sentence(reasons, definition),
        *_reason_sentence(reasons, currency=currency),
        *_hazard_sentence(causes.hazards, causes.costs, currency=currency),
        *_before_sentence(compared),
        *([] if causes.waves.empty else waves_in_words(causes.waves.head(1))),
        *([] if drops.empty else [_drop_sentence(drops.iloc[0], currency=currency)]),
    ]


def _doubt_sentence(reasons: pd.DataFrame, definition: pd.DataFrame) -> list[str]:
    """Warn if many of those whom silence calls lost come back."""
    row = definition[definition["is_chosen"]].iloc[0]
    silent = int(reasons.loc[reasons["cause"] == NOT_RECORDED, "n_left"].sum())
    if not row["back_share"] > _MANY_BACK or silent == 0:
        return []
    ends = text.interval(text.percent(row["low_share"]), text.percent(row["high_share"]))
    gone = silent * (1 - row["back_share"])
    return [
        f"{text.count(silent)} of these only fell silent, and here silence is often a pause: of "
        f"those whom it would have called lost earlier, {text.percent(row['back_share'])} have "
        f"ordered since ({ends}). If that holds, {text.count(gone)} of them are gone for good."
    ]


def _reason_sentence(reasons: pd.DataFrame, *, currency: str) -> list[str]:
    """Name the most frequent recorded reason, and how many have none."""
    known = reasons[reasons["reason_share"].notna()]
    if known.empty:
        return []
    top, n = known.iloc[0], int(known["n_left"].sum())
    ends = text.interval(text.percent(top["low_share"]), text.percent(top["high_share"]))
    return [
        f"The reason is known of {text.count(n)} losses; the most frequent one is "
        f"{text.literal(top['cause'])} with {text.percent(top['reason_share'])} ({ends})."
    ]


def _hazard_sentence(hazards: pd.DataFrame, costs: pd.DataFrame, *, currency: str) -> list[str]:
    """Name the event after which customers leave fastest, if that is beyond chance."""
    happened = hazards[(hazards["about"] == "what happened") & (hazards["p_adjusted"] < _SURE)]
    if happened.empty:
        return []
    top = happened.sort_values("hazard_ratio", ascending=False).iloc[0]
    ends = text.interval(f"{top['low_ratio']:.1f}", f"{top['high_ratio']:.1f}")
    cost = costs[costs["factor"] == top["factor"]]
    money = ""
    if len(cost):
        more = text.money(cost["more_amount"].iloc[0], currency)
        money = f"; losses beyond the usual after it went with sales of {more} a year"
    return [
        f"After {top['factor']} customers leave {top['hazard_ratio']:.1f} times as fast as "
        f"customers with {top['compared_with']} ({ends}){money}. This is an observation; what "
        "could be saved is not known without a test."
    ]


def _before_sentence(compared: pd.DataFrame) -> list[str]:
    """Name the clearest difference to like customers who stayed."""
    sure = compared[(compared["p_adjusted"] < _SURE) & (compared["difference_share"] > 0)]
    if sure.empty:
        return []
    top = sure.iloc[0]
    ends = text.interval(text.points(top["low_share"]), text.points(top["high_share"]))
    return [
        f"The clearest sign before a loss: {text.percent(top['leaver_share'])} of the lost "
        f"{top['event']} in the weeks up to their last order, "
        f"{text.points(top['difference_share'])} against like customers who stayed "
        f"({ends})."
    ]


def _drop_sentence(row: pd.Series, *, currency: str) -> str:
    """Say where and when many turned away from a category at once."""
    more = text.interval(text.count(row["low_more"]), text.count(row["high_more"]))
    return (
        f"In the week of {row['week_date']} (between {row['low_date']} and {row['high_date']}) "
        f"about {text.count(row['n_more'])} buyers of {text.literal(row['category'])} "
        f"({text.literal(row['region'])}) stopped beyond the usual ({more}) while they went on "
        f"buying other goods: {text.money(row['lost_amount'], currency)} a year, as after an "
        "attack by a competitor."
    )


def definition_in_words(sensitivity: pd.DataFrame, *, check_days: int) -> list[str]:
    """Say how often those called lost came back, and what other limits would give.

    Parameters
    ----------
    sensitivity
        From `evaluation.losses.definition_sensitivity`.
    """
    chosen = sensitivity[sensitivity["is_chosen"]]
    if chosen.empty or chosen["n_left_before"].iloc[0] == 0:
        return ["Nobody had been silent for long enough to see whether such customers come back."]
    row = chosen.iloc[0]
    ends = text.interval(text.percent(row["low_share"]), text.percent(row["high_share"]))
    least, most = sensitivity["n_left"].min(), sensitivity["n_left"].max()
    return [
        f"Of {text.count(row['n_left_before'])} customers whom silence would have called lost "
        f"{text.days(check_days)} earlier, {text.percent(row['back_share'])} have ordered since "
        f"({ends}). Between the strictest and the mildest limit of the table, silence calls from "
        f"{text.count(least)} to {text.count(most)} customers lost."
    ]


def waves_in_words(waves: pd.DataFrame) -> list[str]:
    """Say in which weeks far more customers left than usual.

    Parameters
    ----------
    waves
        From `evaluation.losses.loss_waves`.
    """
    if waves.empty:
        return [
            "In no four weeks did so many more customers leave than usual that it is beyond chance."
        ]
    found = []
    for row in waves.itertuples():
        ends = text.interval(text.count(row.low_more), text.count(row.high_more))
        found.append(
            f"From {row.first_date} to {row.last_date} {text.count(row.n_left)} customers left "
            f"({text.literal(row.cause)}), {text.count(row.n_more)} more than usual ({ends})."
        )
    return found


def comparison_in_words(compared: pd.DataFrame) -> list[str]:
    """Say how many differences were looked at and how many hold.

    Parameters
    ----------
    compared
        From `evaluation.before_loss.compare_with_stayers`.
    """
    looked = compared[compared["difference_share"].notna()]
    if looked.empty:
        return ["There are too few losses to compare them with like customers who stayed."]
    sure = looked[looked["p_adjusted"] < _SURE]
    names = ", ".join(sure["event"]) or "none"
    return [
        f"{text.count(len(looked))} differences were looked at and corrected for that; beyond "
        f"chance: {names}."
    ]


def drops_in_words(drops: pd.DataFrame, *, n_looks: int) -> list[str]:
    """Say how many regions, categories and weeks were looked at, and what was found.

    Parameters
    ----------
    drops
        From `evaluation.attack_scan.find_drops`.
    n_looks
        Cells of region, category and week looked at.
    """
    if n_looks == 0:
        return ["There are too few buyers per category and week to look for sudden drops."]
    return [
        f"{text.count(n_looks)} combinations of region, category and week were looked at, and "
        f"corrected for that; {text.count(len(drops))} stand out for good."
    ]
