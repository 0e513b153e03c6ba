"""Drivers of overall satisfaction, of recommendation and of staying, from the same answers."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmlib.errors import NotEnoughDataError
from crmlib.evaluation.satisfaction import overall_points, ratings
from crmlib.models.drivers import correlation_beyond_level, driver_importance

__all__ = ["OUTCOMES", "main_outcome", "satisfaction_drivers", "scale_usage_check"]

OUTCOMES = ("overall satisfaction", "recommendation", "ordering again")
"""What drivers are looked for of; the first that can be explained ranks the attributes."""

_COLUMNS = [
    "outcome", "attribute", "n_answers", "r2_share", "slope", "weight", "low_weight",
    "high_weight", "p_adjusted", "importance_share", "low_share", "high_share", "is_driver",
]  # fmt: skip


def satisfaction_drivers(
    answers: pd.DataFrame,
    *,
    followed: pd.DataFrame,
    after: pd.DataFrame,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Rank the attributes by what they explain of each outcome. Observational.

    Parameters
    ----------
    answers
        From `crmlib.features.surveys.latest_answers`, customers only, collected.
    followed
        The same of answers after which the days to follow are over.
    after
        From `crmlib.features.surveys.orders_after_answers`, collected.
    rng
        Source of randomness of the intervals.

    Returns
    -------
    pandas.DataFrame
        The tables of `driver_importance` of the outcomes of `OUTCOMES` that the answers suffice
        for, one below the other: `outcome`, `r2_share` (of the variance explained by all
        attributes), and its columns.
    """
    again = after.set_index("respondent_id")["n_orders_after"] > 0
    tried = [
        (answers, overall_points(answers)),
        (answers, answers.groupby("respondent_id")["recommend_0_10"].mean()),
        (followed, again.astype(float)),
    ]
    tables = []
    for name, (part, outcome) in zip(OUTCOMES, tried, strict=True):
        rated = ratings(part)
        try:
            found = driver_importance(rated, outcome.reindex(rated.index), rng=rng)
        except NotEnoughDataError:
            continue
        tables.append(found.assign(outcome=name, r2_share=found.attrs["r2"]))
    if not tables:
        return pd.DataFrame(columns=_COLUMNS)
    return pd.concat(tables, ignore_index=True)[_COLUMNS]


def main_outcome(drivers: pd.DataFrame) -> str:
    """Name the outcome by which the attributes are ranked."""
    return str(drivers["outcome"].iloc[0]) if len(drivers) else OUTCOMES[0]


def scale_usage_check(answers: pd.DataFrame, drivers: pd.DataFrame) -> pd.DataFrame:
    """Rank the attributes again, with each respondent's general level taken out.

    Parameters
    ----------
    answers
        As for `satisfaction_drivers`.
    drivers
        What it found.

    Returns
    -------
    pandas.DataFrame
        `attribute`, `importance_share`, `importance_rank`, `partial_correlation`, `level_rank`:
        for overall satisfaction, the most important first; no row where answers do not suffice.
    """
    names = ["attribute", "importance_share", "importance_rank", "partial_correlation",
             "level_rank"]  # fmt: skip
    table = drivers.loc[drivers["outcome"] == OUTCOMES[0], names[:2]].reset_index(drop=True)
    rated = ratings(answers)
    try:
        beyond = correlation_beyond_level(rated, overall_points(answers).reindex(rated.index))
    except NotEnoughDataError:
        return pd.DataFrame(columns=names)
    table["importance_rank"] = range(1, len(table) + 1)
    table["partial_correlation"] = table["attribute"].map(beyond)
    rank = table["partial_correlation"].rank(ascending=False, method="first")
    table["level_rank"] = rank.astype("Int64")
    return table
