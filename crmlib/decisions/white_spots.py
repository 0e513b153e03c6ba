"""White spots of the best customers: what they are worth, by reason and item, and what to do."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmlib.decisions import attention
from crmlib.decisions.reasons import REASONS, UNKNOWN, flag
from crmlib.errors import DataRejectedError
from crmlib.evaluation.heavy_tails import mean_interval
from crmlib.evaluation.intervals import wilson_interval

__all__ = [
    "actions_from_white_spots",
    "by_reason",
    "categories",
    "customers_to_act_on",
    "total_with_interval",
    "with_potential",
]

_LEFT_ALONE = "substitute owned"
_YEAR_DAYS = 365


def with_potential(gaps: pd.DataFrame, *, window_days: int) -> pd.DataFrame:
    """Add to each white spot what customers like him spend on it in a year, buyers or not.

    Parameters
    ----------
    gaps
        From `crmlib.models.expected_purchases.gaps_of_best`.
    window_days
        Days of purchases they rest on.

    Returns
    -------
    pandas.DataFrame
        The gaps with `potential_amount`: spend of the customer in a year x part of their spend
        that customers like him give to the item. An upper end: who has not bought so far may need
        less of it.
    """
    a_year = gaps["spend_amount"] * _YEAR_DAYS / window_days
    return gaps.assign(potential_amount=gaps["spend_share"] * a_year)


def by_reason(spots: pd.DataFrame) -> pd.DataFrame:
    """Count white spots by reason, with what to do.

    Returns
    -------
    pandas.DataFrame
        One row per reason of `REASONS`: `reason`, `n_white_spots` (for which it is the most
        particular one), `n_hold` (for which it holds at all), `n_customers`, `potential_amount`,
        `what_to_do`.
    """
    grouped = spots.groupby("reason")
    codes = list(REASONS)
    hold = {code: spots[flag(code)].sum() for code in codes if code != UNKNOWN}
    n = grouped.size().reindex(codes, fill_value=0)
    return pd.DataFrame(
        {
            "reason": codes,
            "n_white_spots": n.to_numpy(),
            "n_hold": [int(hold.get(code, n[UNKNOWN])) for code in codes],
            "n_customers": grouped["customer_id"].nunique().reindex(codes, fill_value=0).to_numpy(),
            "potential_amount": grouped["potential_amount"].sum().reindex(codes, fill_value=0.0)
            .to_numpy(),
            "what_to_do": list(REASONS.values()),
        }
    )  # fmt: skip


def categories(spots: pd.DataFrame, by_item: pd.DataFrame) -> pd.DataFrame:
    """Compare how many of the best customers buy each item with how many could be expected to.

    Parameters
    ----------
    spots
        White spots with `reason` and `potential_amount`.
    by_item
        From `crmlib.models.expected_purchases.gaps_of_best`.

    Returns
    -------
    pandas.DataFrame
        One row per item, the greatest potential first: `item`, `n_best`, `actual_rate` with its
        Wilson interval `actual_low_rate`, `actual_high_rate`, `expected_rate`, `gap_share`
        (expected less actual), `n_white_spots`, `potential_amount`, `reason` (the most frequent
        known one).
    """
    ends = wilson_interval(by_item["n_buyers"], by_item["n_best"])
    actual = by_item["n_buyers"] / by_item["n_best"].clip(lower=1)
    spotted = spots.groupby("item")
    known = spots[spots["reason"] != UNKNOWN].groupby(["item", "reason"]).size()
    ranked = known.rename("n").reset_index().sort_values(
        ["n", "reason"], ascending=[False, True]
    ).drop_duplicates("item")  # fmt: skip
    table = pd.DataFrame(
        {
            "item": by_item["item"].astype("str"),
            "n_best": by_item["n_best"],
            "actual_rate": actual,
            "actual_low_rate": ends["low"],
            "actual_high_rate": ends["high"],
            "expected_rate": by_item["expected_rate"],
            "gap_share": by_item["expected_rate"] - actual,
            "n_white_spots": by_item["item"].map(spotted.size()).fillna(0).astype("int64"),
            "potential_amount": by_item["item"].map(spotted["potential_amount"].sum()).fillna(0.0),
            "reason": by_item["item"]
            .map(dict(zip(ranked["item"], ranked["reason"], strict=True)))
            .astype("str")
            .fillna(UNKNOWN),
        }
    )
    return table.sort_values(
        ["potential_amount", "item"], ascending=[False, True], ignore_index=True
    )


def total_with_interval(
    spots: pd.DataFrame, categories: pd.DataFrame, *, rng: np.random.Generator
) -> pd.Series:
    """Add up the potential of all white spots, with the interval over customers.

    Parameters
    ----------
    spots
        White spots with `potential_amount`.
    categories
        From `categories`: customers looked at; those without a white spot count as 0.
    rng
        Source of randomness.

    Returns
    -------
    pandas.Series
        `value`, `low`, `high` in a year, account currency; no ends with too few customers.
    """
    each = spots.groupby("customer_id", sort=True)["potential_amount"].sum().to_numpy()
    n_best = int(categories["n_best"].max()) if len(categories) else 0
    values = np.r_[each, np.zeros(max(n_best - len(each), 0))]
    try:
        low, high = mean_interval(values, rng=rng)
    except DataRejectedError:  # too few, or all alike
        low, high = np.nan, np.nan
    n = len(values)
    return pd.Series({"value": float(values.sum()), "low": n * low, "high": n * high})


def customers_to_act_on(spots: pd.DataFrame, *, n_listed: int = 5000) -> pd.DataFrame:
    """List the white spots with the greatest potential, those to leave alone left out.

    Returns
    -------
    pandas.DataFrame
        `customer_id`, `item`, `expected_rate`, `next_rate`, `potential_amount`, `reason`,
        `evidence`, `what_to_do`.
    """
    listed = spots[spots["reason"] != _LEFT_ALONE]
    listed = listed.assign(what_to_do=listed["reason"].map(REASONS))
    order = ["potential_amount", "customer_id", "item"]
    names = ["customer_id", "item", "expected_rate", "next_rate", "potential_amount", "reason",
             "evidence", "what_to_do"]  # fmt: skip
    ordered = listed.sort_values(order, ascending=[False, True, True], ignore_index=True)
    return ordered[names].head(n_listed)


def actions_from_white_spots(reasons: pd.DataFrame) -> pd.DataFrame:
    """Turn each reason but the substitutes into one action.

    Parameters
    ----------
    reasons
        From `by_reason`.
    """
    lines = [
        attention.Action(
            row.what_to_do,
            who=f"best customers with white spots, reason: {row.reason}",
            n_customers=int(row.n_customers),
            net_amount=float(row.potential_amount),
            evidence="observational: customers like them buy it",
        )
        for row in reasons.itertuples()
        if row.reason != _LEFT_ALONE
    ]
    return attention.actions(*lines)
