"""Sentences of the chapter on the customer lifecycle."""

from __future__ import annotations

import pandas as pd

from crmlib.reporting import text

__all__ = ["by_chance", "headline", "trend"]


def headline(
    stages: pd.DataFrame,
    left: pd.DataFrame,
    steps: pd.DataFrame,
    *,
    as_of: str,
    n_days: int,
    currency: str,
) -> list[str]:
    """Say who began to leave and what that costs, who was won, and how likely leaving is.

    Parameters
    ----------
    stages
        From `evaluation.transitions.lifecycle_summary`.
    left
        From `decisions.lifecycle.began_to_leave`.
    steps
        From `evaluation.transitions.leaving_by_step`.
    """
    if stages["n_customers"].sum() == 0:
        return [
            f"Not enough data for a lifecycle: it compares two whole periods of "
            f"{text.days(n_days)}, and the data hold no two before {as_of} with an order of a "
            "known customer."
        ]
    by_stage = stages.set_index("stage")
    return [
        *_left(left, steps, as_of=as_of, n_days=n_days, currency=currency),
        _moving(by_stage, n_days=n_days, currency=currency),
        *_likely(by_stage, n_days=n_days),
    ]


def _left(
    left: pd.DataFrame, steps: pd.DataFrame, *, as_of: str, n_days: int, currency: str
) -> list[str]:
    """Say how many began to leave and what they bought before and now."""
    if steps.empty:
        return []
    last = steps.iloc[-1]
    ends = text.interval(text.percent(last["low_rate"]), text.percent(last["high_rate"]))
    if left.empty:
        return [f"No customer began to leave in the {text.days(n_days)} to {as_of} ({ends})."]
    before = text.money(left["before_amount"].sum(), currency)
    now = text.money(left["now_amount"].sum(), currency)
    return [
        f"{text.count(len(left))} customers began to leave in the {text.days(n_days)} to {as_of}, "
        f"{text.percent(last['leave_rate'])} of those who were staying ({ends}); they bought for "
        f"{now}, after {before} in the {text.days(n_days)} before."
    ]


def _moving(by_stage: pd.DataFrame, *, n_days: int, currency: str) -> str:
    """Say how many were won and are developing, with their sales."""
    won, grown = by_stage.loc["won"], by_stage.loc["developing"]
    new = (
        f"{text.number(won['n_customers'], 'customer')}, who bought for "
        f"{text.money(won['now_amount'], currency)} in the last {text.days(n_days)}"
    )
    more = (
        f"{text.number(grown['n_customers'], 'customer')}, who bought for "
        f"{text.money(grown['change_amount'], currency)} more than in the {text.days(n_days)} "
        "before"
    )
    return (
        f"Newly won or won back: {new if won['n_customers'] else 'nobody'}. "
        f"Developing: {more if grown['n_customers'] else 'nobody'}."
    )


def _likely(by_stage: pd.DataFrame, *, n_days: int) -> list[str]:
    """Say how likely customers won and maintained are leaving one period later."""
    known = by_stage.loc[["maintained", "won"]].dropna(subset=["leave_rate"])
    parts = [
        f"{text.percent(row['leave_rate'])} if {stage} "
        f"({text.interval(text.percent(row['low_rate']), text.percent(row['high_rate']))})"
        for stage, row in known.iterrows()
    ]
    if not parts:
        return []
    return [f"Likely to be leaving or lost {text.days(n_days)} later: {', '.join(parts)}."]


def trend(change: pd.DataFrame) -> list[str]:
    """Say whether more customers began to leave than a period before, or whether that is chance.

    Parameters
    ----------
    change
        From `evaluation.transitions.leaving_change`.
    """
    if change.empty:
        return ["One period is known only, so leaving cannot be compared with a period before."]
    row = change.iloc[0]
    points = [f"{100 * row[name]:+.1f}" for name in ("change", "low", "high")]
    beyond = row["low"] > 0 or row["high"] < 0
    verdict = "That is beyond chance; it may be the season." if beyond else "That is within chance."
    return [
        f"The share that began to leave changed by {points[0]} percentage points on the period "
        f"before ({text.interval(points[1], points[2])}). {verdict}"
    ]


def by_chance(stages: pd.DataFrame, *, chance_share: float) -> list[str]:
    """Say how many customers chance alone may have called developing, and as many leaving.

    Parameters
    ----------
    stages
        From `evaluation.transitions.lifecycle_summary`.
    """
    by_stage = stages.set_index("stage")["n_customers"]
    compared = by_stage.reindex(["developing", "maintained"]).sum()
    return [
        f"Of {text.count(compared)} customers who stay and can be compared with a period before, "
        f"chance alone would call about {text.count(chance_share * compared)} developing and as "
        "many leaving, even if nobody had changed."
    ]
