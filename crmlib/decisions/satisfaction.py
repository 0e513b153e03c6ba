"""What to mend first so that customers are satisfied, and how much of our sales hangs on it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmlib.decisions.attention import LATER, NOW, Action, actions
from crmlib.evaluation.intervals import MIN_CUSTOMERS, bootstrap_interval
from crmlib.periods import day_text

__all__ = [
    "ACT", "actions_from_satisfaction", "below_expectation", "priorities", "sales_below",
]  # fmt: skip

ACT, KEEP, WATCH, NONE = "mend first", "keep up", "of little weight", "no need"
_PRIORITIES = [
    "attribute", "attribute_group", "priority", "gap_points", "low_points", "high_points",
    "importance_share", "low_share", "high_share", "stated", "stated_rank", "importance_rank",
    "gain_points",
]  # fmt: skip
_LIST = [
    "customer_id", "attribute", "expectation", "perception", "gap_points", "answered_on",
    "stage", "net_amount",
]  # fmt: skip
_SALES = [
    "attribute", "n_respondents", "n_below", "below_amount", "below_share", "low_share",
    "high_share", "all_amount", "projected_amount", "low_amount", "high_amount", "n_projected",
]  # fmt: skip


def priorities(gaps: pd.DataFrame, drivers: pd.DataFrame) -> pd.DataFrame:
    """Set what falls short beside what matters: mend first, keep up, of little weight, no need.

    Parameters
    ----------
    gaps
        From `crmlib.evaluation.satisfaction.attribute_gaps`, the overall question apart.
    drivers
        From `crmlib.models.satisfaction.satisfaction_drivers`; its first outcome counts.

    Returns
    -------
    pandas.DataFrame
        One row per attribute, the largest gain first: `attribute`, `attribute_group`, `priority`,
        `gap_points` with interval, `importance_share` with interval, `stated`, `stated_rank`,
        `importance_rank`, `gain_points` (slope x gap: what goes with closing the gap, in points of
        the outcome; 0 where expectations are met). *Mend first* is what drives the outcome and
        falls short of expectation, both beyond chance; *keep up* drives it and does not fall
        short.
    """
    first = drivers[drivers["outcome"] == drivers["outcome"].iloc[0]] if len(drivers) else drivers
    names = ["attribute", "slope", "importance_share", "low_share", "high_share", "is_driver"]
    table = gaps.merge(first[names], on="attribute", how="left", validate="one_to_one")
    drives = table["is_driver"].eq(True)
    below = table["is_below"].eq(True)
    table["priority"] = np.select([drives & below, drives, below], [ACT, KEEP, WATCH], NONE)
    table["gain_points"] = table["slope"].astype(float) * table["gap_points"].clip(lower=0)
    for name, column in (("stated_rank", "stated"), ("importance_rank", "importance_share")):
        table[name] = table[column].astype(float).rank(ascending=False, method="min")
    order = {ACT: 0, KEEP: 1, WATCH: 2, NONE: 3}
    table["_order"] = table["priority"].map(order)
    return table.sort_values(
        ["_order", "gain_points", "importance_share", "attribute"],
        ascending=[True, False, False, True],
        ignore_index=True,
    )[_PRIORITIES]


def below_expectation(
    answers: pd.DataFrame, customers: pd.DataFrame, top: pd.DataFrame
) -> pd.DataFrame:
    """List the customers who found less than they expected where it is to be mended first.

    Parameters
    ----------
    answers
        From `crmlib.features.surveys.latest_answers`, customers only, collected.
    customers
        `customer_id`, `stage`, `net_amount`, one row per customer.
    top
        From `priorities`; its first row names the attribute.

    Returns
    -------
    pandas.DataFrame
        `customer_id`, `attribute`, `expectation`, `perception`, `gap_points`, `answered_on`,
        `stage`, `net_amount`; the largest sales first. No row without a priority.
    """
    chosen = _on_top(answers, customers, top)
    chosen = chosen[chosen["gap_points"] > 0]
    chosen = chosen.assign(answered_on=[day_text(day) for day in chosen["answered_day"]])
    return chosen.sort_values(
        ["net_amount", "gap_points", "customer_id"], ascending=[False, False, True],
        ignore_index=True,
    )[_LIST]  # fmt: skip


def sales_below(
    answers: pd.DataFrame,
    customers: pd.DataFrame,
    top: pd.DataFrame,
    *,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Say how much of the sales of those who answered, and of all, hangs on the first priority.

    Parameters
    ----------
    answers, customers, top
        As for `below_expectation`.
    rng
        Source of randomness of the interval.

    Returns
    -------
    pandas.DataFrame
        One row: `attribute`, `n_respondents`, `n_below` (of them below expectation),
        `below_amount` (their sales), `below_share` of the sales of all who answered with its
        bootstrap interval `low_share`, `high_share`, `all_amount` (sales of all customers),
        `projected_amount` (that share of them, with `low_amount`, `high_amount`) and `n_projected`
        customers: true if those who did not answer feel alike. No row without a priority or sales.
    """
    chosen = _on_top(answers, customers, top)
    sales = chosen["net_amount"].to_numpy(dtype=float)
    below = np.where(chosen["gap_points"] > 0, sales, 0.0)
    if len(chosen) < MIN_CUSTOMERS or sales.sum() <= 0:
        return pd.DataFrame(columns=_SALES)
    share = below.sum() / sales.sum()
    low, high = bootstrap_interval(_ratio, below, sales, rng=rng)
    total = float(customers["net_amount"].sum())
    row = [
        chosen["attribute"].iloc[0], len(chosen), int((chosen["gap_points"] > 0).sum()),
        below.sum(), share, low, high, total, share * total, low * total, high * total,
        round(float((chosen["gap_points"] > 0).mean()) * len(customers)),
    ]  # fmt: skip
    return pd.DataFrame([row], columns=_SALES)


def _ratio(part: np.ndarray, whole: np.ndarray) -> float:
    return float(part.sum() / whole.sum()) if whole.sum() > 0 else float("nan")


def _on_top(answers: pd.DataFrame, customers: pd.DataFrame, top: pd.DataFrame) -> pd.DataFrame:
    """Give the answers to the first attribute to mend, with the sales of those who gave them."""
    named = top.loc[top["priority"] == ACT, "attribute"].head(1)
    chosen = answers[answers["attribute"].isin(named)].rename(
        columns={"respondent_id": "customer_id"}
    )
    known = customers[["customer_id", "stage", "net_amount"]]
    joined = chosen.merge(known, on="customer_id", how="left", validate="one_to_one")
    return joined.assign(
        gap_points=joined["expectation"] - joined["perception"],
        stage=joined["stage"].fillna("no order"),
        net_amount=joined["net_amount"].astype(float).fillna(0.0),
    )


def actions_from_satisfaction(
    below: pd.DataFrame, top: pd.DataFrame, sales: pd.DataFrame
) -> pd.DataFrame:
    """Turn the first priority into actions: call those who said so, and mend it for all.

    Parameters
    ----------
    below
        From `below_expectation`.
    top
        From `priorities`.
    sales
        From `sales_below`.
    """
    first = top[top["priority"] == ACT].head(1)
    if first.empty:
        return actions()
    row = first.iloc[0]
    evidence = (
        f"{row['gap_points']:.1f} points below expectation, "
        f"{100 * row['importance_share']:.0f} % of what explains satisfaction; observational"
    )
    call = (
        Action(
            f"Call customers who told us that {row['attribute']} falls short",
            when=NOW,
            who="respondents below expectation",
            n_customers=len(below),
            net_amount=float(below["net_amount"].sum()),
            evidence=evidence,
        ),
    )
    mend = (
        Action(
            f"Mend {row['attribute']} for everybody",
            when=LATER,
            who="customers below expectation, if all feel like those who answered",
            n_customers=int(sales["n_projected"].iloc[0]),
            net_amount=float(sales["projected_amount"].iloc[0]),
            evidence=evidence,
        )
        for _ in sales.index
    )
    return actions(*call, *mend)
