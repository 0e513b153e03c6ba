"""Simpler ways to rank customers, which every score has to beat."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmlib.errors import CrmlibError
from crmlib.models.btyd import ModifiedBetaGeo

__all__ = [
    "RECENCY_RULE",
    "RULE_COLUMNS",
    "SILENCE_RULE",
    "SURVIVAL_RULE",
    "btyd_orders",
    "loss_rules",
    "purchase_rules",
]

RECENCY_RULE = "recency rule"
"""Who ordered last orders next."""
SILENCE_RULE = "silence rule"
"""Who has been silent longest stays away."""
SURVIVAL_RULE = "survival curve"
"""Of contracts of one length the same share ends."""
RULE_COLUMNS = ("recency_days", "tenure_days", "n_order_days", "n_orders_91")
"""Features that the simpler ways of all scores look at."""

_DAYS_PER_WEEK = 7


def purchase_rules(features: pd.DataFrame, *, horizon_days: int) -> pd.DataFrame:
    """Rank customers by how soon they order again, in ways that need no training.

    Parameters
    ----------
    features
        From `crmlib.features.score_features`: `recency_days`, `tenure_days`, `n_order_days`.

    Returns
    -------
    pandas.DataFrame
        `recency rule` (the last order the later, the better) and `MBG/NBD` (orders expected in the
        horizon by a buy-till-you-die model); without the second where it cannot be fitted.
    """
    rules = pd.DataFrame({RECENCY_RULE: -features["recency_days"].astype(float)})
    orders = btyd_orders(features, horizon_days=horizon_days)
    return rules if orders is None else rules.assign(**{"MBG/NBD": orders})


def loss_rules(features: pd.DataFrame, *, horizon_days: int) -> pd.DataFrame:
    """Rank customers by how surely they stay away, in ways that need no training.

    Returns
    -------
    pandas.DataFrame
        `silence rule` (the longer the silence, the surer), and by a buy-till-you-die model
        `P(gone)` (one less the probability of being alive) and `MBG/NBD` (no order expected);
        without these where it cannot be fitted.
    """
    rules = pd.DataFrame({SILENCE_RULE: features["recency_days"].astype(float)})
    summary = _summary(features)
    try:
        model = ModifiedBetaGeo().fit(summary)
    except CrmlibError:
        return rules
    expected = model.conditional_expected_purchases(summary, horizon_days / _DAYS_PER_WEEK)
    alive = model.probability_alive(summary)
    return rules.assign(
        **{"P(gone)": 1 - np.asarray(alive), "MBG/NBD": np.exp(-np.asarray(expected))}
    )


def btyd_orders(features: pd.DataFrame, *, horizon_days: int) -> pd.Series | None:
    """Give the orders each customer is expected to place, by the model of Batislam et al.

    Returns
    -------
    pandas.Series or None
        None where the customers are too few or too alike for the model.

    References
    ----------
    E. Batislam, M. Denizel and A. Filiztekin (2007), International Journal of Research in
    Marketing 24, 201-209 (MBG/NBD).
    """
    summary = _summary(features)
    try:
        model = ModifiedBetaGeo().fit(summary)
    except CrmlibError:
        return None
    expected = model.conditional_expected_purchases(summary, horizon_days / _DAYS_PER_WEEK)
    return pd.Series(np.asarray(expected), index=features.index)


def _summary(features: pd.DataFrame) -> pd.DataFrame:
    """Give what a buy-till-you-die model sees of each customer, in weeks."""
    tenure = features["tenure_days"].to_numpy(float)
    return pd.DataFrame(
        {
            "btyd_frequency": np.maximum(features["n_order_days"].to_numpy(float) - 1, 0),
            "btyd_recency": (tenure - features["recency_days"].to_numpy(float)) / _DAYS_PER_WEEK,
            "btyd_T": tenure / _DAYS_PER_WEEK,
            "time_unit": "week",
        },
        index=features.index,
    )
