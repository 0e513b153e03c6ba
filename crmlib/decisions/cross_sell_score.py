"""Which category to offer to whom, and what that is worth."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from crmlib.decisions.attention import Action, actions
from crmlib.models.scoring import AdditiveScore
from crmlib.models.scoring.cross_sell import CategoryScore

__all__ = [
    "actions_from_categories",
    "category_summary",
    "models_of",
    "offers",
    "predictions",
    "scores_of_categories",
    "tables_of",
]

_SUMMARY = ["category", "verdict", "points", "auc", "n_candidates", "base_rate", "top_tenth_lift",
            "lift_low", "lift_high", "expected_buyers", "low_buyers", "high_buyers",
            "likely_amount"]  # fmt: skip


def category_summary(scores: Sequence[CategoryScore]) -> pd.DataFrame:
    """List every category with the verdict on its score and what it promises.

    Returns
    -------
    pandas.DataFrame
        `category`, `verdict`, `points`, `auc`, `n_candidates`, `base_rate` (of candidates who
        began to buy), `top_tenth_lift`, `lift_low`, `lift_high`, `expected_buyers` with
        `low_buyers`, `high_buyers`, `likely_amount` (their sales in the category within the
        horizon); nothing is promised where the score is withheld.
    """
    rows = []
    for one in scores:
        trial, tenths = one.score.trial, one.score.trial.table("deciles")
        lift = tenths[["lift", "lift_low", "lift_high"]].iloc[0] if len(tenths) else [None] * 3
        n, low, high = one.score.expected
        promised = (n, low, high, n * one.buyer_amount)
        rows.append(
            (one.category, trial.verdict, trial.points, trial.auc, one.n_candidates)
            + (trial.base_rate, *lift)
            + (promised if not one.score.is_withheld else (None,) * 4)
        )
    return pd.DataFrame(rows, columns=_SUMMARY)


def scores_of_categories(scores: Sequence[CategoryScore]) -> pd.DataFrame:
    """Put the scores of all categories under each other; those withheld have no row.

    Returns
    -------
    pandas.DataFrame
        `customer_id`, `category`, `predicted`, `low`, `high`, `likely_amount` (probability times
        the sales of one who begins to buy).
    """
    parts = [
        one.score.scores.assign(
            category=one.category, likely_amount=one.score.scores["predicted"] * one.buyer_amount
        )
        for one in scores
    ]
    names = ["customer_id", "category", "predicted", "low", "high", "likely_amount"]
    if not parts:
        return pd.DataFrame(columns=names)
    return pd.concat(parts, ignore_index=True)[names]


def tables_of(scores: Sequence[CategoryScore], name: str) -> pd.DataFrame:
    """Put one table of every trial under each other, the category in front."""
    parts = [
        one.score.trial.table(name).assign(category=one.category)[
            ["category", *one.score.trial.table(name)]
        ]
        for one in scores
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame({"category": []})


def offers(table: pd.DataFrame, *, min_rate: float) -> pd.DataFrame:
    """Choose for each customer the category with the largest expected sales.

    Parameters
    ----------
    table
        From `scores_of_categories`.
    min_rate
        Probability below which nothing is offered.
    """
    likely = table[table["predicted"] >= min_rate]
    best = likely.sort_values(
        ["likely_amount", "customer_id", "category"], ascending=[False, True, True]
    )
    return best.drop_duplicates("customer_id").reset_index(drop=True)


def models_of(scores: Sequence[CategoryScore]) -> dict[str, AdditiveScore]:
    """Give the models in use by category, as they are saved."""
    return {one.category: one.score.model for one in scores if one.score.model is not None}


def predictions(scores: Sequence[CategoryScore]) -> dict[str, pd.DataFrame]:
    """Give by quantity what the scores in use foretell, for the ledger."""
    return {
        f"purchase of {one.category}": one.score.scores
        for one in scores
        if not one.score.is_withheld
    }


def actions_from_categories(chosen: pd.DataFrame) -> pd.DataFrame:
    """Recommend the category that promises most in all, with the customers to offer it to."""
    if chosen.empty:
        return actions()
    sums = chosen.groupby("category").agg(
        n=("customer_id", "size"), amount=("likely_amount", "sum")
    )
    best = sums.sort_values(["amount", "n"], ascending=False).head(3)
    return actions(
        *(
            Action(
                f"Offer {row.Index} to those most likely to begin buying it",
                who="customers who do not buy it yet",
                n_customers=int(row.n),
                net_amount=float(row.amount),
            )
            for row in best.itertuples()
        )
    )
