"""Sentences of the chapter on complaints."""

from __future__ import annotations

import pandas as pd

from crmlib.reporting import text

__all__ = ["effects_in_words", "headline", "rates_in_words"]


def headline(
    waiting: pd.DataFrame,
    times: pd.DataFrame,
    ratios: pd.DataFrame,
    cost: pd.DataFrame,
    *,
    currency: str,
) -> list[str]:
    """Say what waits, how fast answers come, and what complaints go with.

    Parameters
    ----------
    waiting
        From `decisions.complaints.unanswered`.
    times
        From `models.complaints.answer_times`.
    ratios
        From `models.complaints.hazard_ratios`.
    cost
        From `decisions.complaints.cost_of_complaints`, of the period in which the sales in
        `waiting` were made.
    """
    if times.empty:
        return ["Nobody has complained."]
    return [
        _waiting(waiting, times.iloc[0], cost.iloc[0], currency=currency),
        *_speed(times.iloc[0]),
        *_hazard(ratios),
        *_cost(cost.iloc[0], currency=currency),
    ]


def _waiting(waiting: pd.DataFrame, times: pd.Series, cost: pd.Series, *, currency: str) -> str:
    """Say how many complaints there were and how many wait."""
    n = int(cost["n_complaints"])
    often = "once" if n == 1 else f"{text.count(n)} times"
    said = f"Customers complained {often} in {text.days(cost['n_days'])}"
    if waiting.empty and pd.isna(times["in_time_share"]) and not times["n_open"]:
        return f"{said}. When a complaint is answered is not on record."
    if waiting.empty:
        return f"{said}; no complaint waits for too long."
    buyers = waiting.drop_duplicates("customer_id")
    sales = text.money(buyers["net_amount"].sum(), currency)
    return (
        f"{text.count(len(waiting))} complaints wait for an answer for too long, from "
        f"{text.count(len(buyers))} customers who bought for {sales} in the period. {said}."
    )


def _speed(row: pd.Series) -> list[str]:
    """Say how fast answers come; nothing where no day of an answer is known."""
    if pd.isna(row["in_time_share"]):
        return []
    ends = text.interval(text.percent(row["low_share"]), text.percent(row["high_share"]))
    share = f"{text.percent(row['in_time_share'])} of complaints are answered in time ({ends})"
    if pd.isna(row["median_days"]):
        return [f"{share}; less than half are ever answered."]
    return [f"{share}; half of them within {text.days(row['median_days'])}."]


def _hazard(ratios: pd.DataFrame) -> list[str]:
    """Say by how much a complaint multiplies the hazard of leaving, and what an answer changes."""
    by_event = ratios.dropna(subset=["hazard_ratio"]).set_index("event")
    names = {
        "any complaint": "after a complaint",
        "complaint not answered yet": "while it is not answered",
        "answered": "once it is answered",
        "answered and compensated": "once it is compensated",
    }
    parts = [
        f"{name} {_ratio(by_event.loc[event])}"
        for event, name in names.items()
        if event in by_event.index
    ]
    if not parts:
        return []
    return [
        "Compared with customers without a complaint who have been with us as long, customers "
        f"leave {', '.join(parts)}. Observational; 95 % intervals."
    ]


def _ratio(row: pd.Series) -> str:
    chance = "" if row["low"] > 1 or row["high"] < 1 else ", within chance"
    times = f"{row['hazard_ratio']:.1f} times as often"
    return f"{times} ({row['low']:.1f} to {row['high']:.1f}{chance})"


def _cost(row: pd.Series, *, currency: str) -> list[str]:
    """Say what complaints went with in money."""
    if pd.isna(row["cost_amount"]) or row["n_complaints"] == 0:
        return []
    chance = "" if row["low_amount"] > 0 or row["high_amount"] < 0 else ", which is within chance"
    sign, way = (1, "less") if row["cost_amount"] >= 0 else (-1, "more")
    low, high = sorted((sign * row["low_amount"], sign * row["high_amount"]))
    ends = text.interval(text.money(low, currency), text.money(high, currency))
    total = sign * row["cost_amount"]
    each = text.money(total / row["n_complaints"], currency)
    return [
        f"After a complaint a customer buys for {each} {way} than like customers without one; for "
        f"{text.count(row['n_complaints'])} complaints that is {text.money(total, currency)} {way} "
        f"({ends}{chance}). Observational."
    ]


def rates_in_words(rates: pd.DataFrame) -> list[str]:
    """Name the groups that complain more or less than others beyond chance."""
    if rates.empty:
        return []
    found = rates[rates["is_different"]]
    if found.empty:
        return [
            f"None of {len(rates)} groups complains more or less than the others beyond chance, "
            "after correction for so many looks."
        ]
    parts = [
        f"{text.literal(row.dimension)} {text.literal(row.group)} ({row.shrunk_per_1000:,.1f}, "
        f"95 % interval {row.low_per_1000:,.1f} to {row.high_per_1000:,.1f})"
        for row in found.head(5).itertuples()
    ]
    return [
        f"{len(found)} of {len(rates)} groups differ from the others beyond chance, after "
        f"correction for so many looks: {'; '.join(parts)}; complaints per 1,000."
    ]


def effects_in_words(
    effects: pd.DataFrame,
    raw: pd.DataFrame,
    *,
    window_days: int,
    answer_days: int,
    after_days: int,
) -> list[str]:
    """Say what the comparison with like customers shows, and whether good service wins customers.

    Parameters
    ----------
    effects
        From `evaluation.complaint_effects.effects`.
    raw
        From `evaluation.complaint_effects.leaving`; may be empty.
    """
    sentences = []
    if len(raw):
        row = raw.iloc[0]
        sentences.append(
            f"Of customers who ever complained {text.percent(row['complainers_left_share'])} are "
            f"known to have left, of the others {text.percent(row['others_left_share'])} "
            f"(difference {_points(row)}). This plain comparison misleads: to complain one has to "
            "stay and to buy."
        )
    known = effects.dropna(subset=["difference_share"]).set_index("comparison")
    first = "all complaints against none"
    if first in known.index:
        sentences.append(
            f"Set beside like customers without a complaint, the share of those who complained in "
            f"{text.days(window_days)} that orders from day {answer_days + 1} to day {after_days} "
            f"after it differs by {_points(known.loc[first])}."
        )
    paradox = "answered in time against no complaint"
    if paradox in known.index:
        row = known.loc[paradox]
        verdict = "which leaves it open"
        if row["low_share"] > 0:
            verdict = "which speaks for it"
        elif row["high_share"] < 0:
            verdict = "which speaks against it"
        sentences.append(
            f"Whether a good answer makes customers stay better than no trouble at all (the "
            f"service paradox): {_points(row)}, {verdict}."
        )
    return sentences


def _points(row: pd.Series) -> str:
    """Word a difference of shares with its interval."""
    value, low, high = (100 * row[name] for name in ("difference_share", "low_share", "high_share"))
    return f"{value:+.1f} points (95 % interval {low:+.1f} to {high:+.1f})"
