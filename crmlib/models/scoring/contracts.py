"""Loss where customers say goodbye: whose contract runs, and the risk by its length alone."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from crmlib.features.everyone import People, columns_of
from crmlib.models.scoring.rules import SILENCE_RULE, SURVIVAL_RULE
from crmlib.models.survival import KaplanMeier

__all__ = ["contract_rules", "ended_after", "under_contract", "under_contract_now"]

Frames = Mapping[int, pd.DataFrame]
Array = npt.NDArray[np.float64]
RISK = "survival_risk"
"""Column: the probability that a contract of this length ends within the horizon."""
_LEAST = 20
"""Contracts that a part of the curve rests on at least."""


def under_contract(
    features: Frames, ended: Frames, *, horizon_days: int
) -> dict[int, pd.DataFrame]:
    """Keep those whose contract runs on each day, with the risk by the survival curve.

    Parameters
    ----------
    features
        By day, from `crmlib.features.score_features`: `tenure_days`, index = customer.
    ended
        By day, from `crmlib.features.contracts.contract_ends`: `left_day`, index = customer.

    Returns
    -------
    dict
        By day the features with a further column `survival_risk`.
    """
    kept = {}
    for day, frame in features.items():
        runs, risk = _runs_and_risk(frame["tenure_days"], ended[day], day, horizon_days)
        kept[day] = frame[runs].assign(**{RISK: risk})
    return kept


def under_contract_now(
    everyone: People, ended: pd.DataFrame, *, as_of_day: int, horizon_days: int
) -> People:
    """Do the same for everybody on the day of the iteration."""
    tenure = columns_of(everyone, ["tenure_days"])["tenure_days"]
    runs, risk = _runs_and_risk(tenure, ended, as_of_day, horizon_days)
    more = pd.DataFrame({RISK: risk}, index=tenure.index[runs])
    if isinstance(everyone, pd.DataFrame):
        return everyone[runs].join(more)
    return everyone.where(runs).adding(more)


def ended_after(features: Frames, ended: Frames) -> dict[int, pd.DataFrame]:
    """Give those of each day's customers whose contract ended in the days after it: the outcome."""
    return {
        day: frame.loc[frame.index.isin(ended[day].index[ended[day]["left_day"] > day]), []]
        for day, frame in features.items()
        if day in ended
    }


def contract_rules(features: pd.DataFrame, *, horizon_days: int) -> pd.DataFrame:
    """Rank customers by how surely they leave, in ways that need no training.

    Returns
    -------
    pandas.DataFrame
        `survival curve` (the risk by the length of the contract) and `silence rule`, as far as the
        columns of them are there.
    """
    columns = {SURVIVAL_RULE: RISK, SILENCE_RULE: "recency_days"}
    held = {name: features[one].astype(float) for name, one in columns.items() if one in features}
    return pd.DataFrame(held, index=features.index)


def _runs_and_risk(
    tenure: pd.Series, ended: pd.DataFrame, day: int, horizon_days: int
) -> tuple[npt.NDArray[np.bool_], Array]:
    """Say whose contract runs at the end of a day, and the risk of each of these."""
    left = ended["left_day"].reindex(tenure.index).to_numpy(float)
    is_gone = left <= day  # false where no end is known
    lengths = tenure.to_numpy(float)
    durations = np.where(is_gone, np.maximum(lengths - (day - left), 0), lengths)
    return ~is_gone, _risk(durations, is_gone, lengths[~is_gone], horizon_days)


def _risk(
    durations: Array, is_gone: npt.NDArray[np.bool_], lengths: Array, horizon_days: int
) -> Array:
    """Give 1 - S(t + h) / S(t) of each length t; where the curve ends, the last risk it knows.

    References
    ----------
    J. D. Kalbfleisch and R. L. Prentice (2002), The Statistical Analysis of Failure Time Data, 2nd
    ed., section 1.2 (conditional survival).
    """
    if not len(lengths):
        return np.empty(0)
    curve = KaplanMeier().fit(durations, is_gone.astype(int)).table_
    sure = curve[(curve["n_at_risk"] >= min(_LEAST, len(durations))) & (curve["survival"] > 0)]
    times, survival = sure.index.to_numpy(float), sure["survival"].to_numpy(float)
    start = np.minimum(lengths, max(times[-1] - horizon_days, 0.0))

    def at(wanted: Array) -> Array:
        return np.asarray(survival[np.searchsorted(times, wanted, side="right") - 1])

    return 1 - at(start + horizon_days) / at(start)
