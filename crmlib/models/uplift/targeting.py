"""From effects to money: which arm, if any, is worth its cost for each customer."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from crmlib.errors import ParameterError

__all__ = ["best_arm"]


def best_arm(
    effects: pd.DataFrame,
    *,
    margin_amount: float | pd.Series,
    cost_amounts: Mapping[str, float],
    control: str = "control",
) -> pd.DataFrame:
    """Choose for each customer the arm with the highest expected gain after its cost.

    Guards against treating whoever has any uplift: an effect that does not earn its cost loses
    money.

    Parameters
    ----------
    effects
        What a learner predicts: one row per customer, one column per arm, units of the outcome.
    margin_amount
        Contribution margin of one unit of the outcome (of one order for a 0/1 outcome; the margin
        rate for an outcome in money), one figure or one per customer.
    cost_amounts
        Cost of treating one customer, by arm.
    control
        Name for "do nothing", which gains and costs 0.

    Returns
    -------
    pandas.DataFrame
        Index of `effects`; `arm` and `gain_amount` (expected, at least 0, account currency).

    Raises
    ------
    ParameterError
        If an arm has no cost, or a cost or margin is missing.

    Examples
    --------
    >>> effects = pd.DataFrame({"mail": [0.02, 0.01], "call": [0.08, 0.02]})
    >>> best_arm(effects, margin_amount=50.0, cost_amounts={"mail": 0.8, "call": 3.5})
           arm  gain_amount
    0     call          0.5
    1  control          0.0
    """
    absent = [str(arm) for arm in effects.columns if arm not in cost_amounts]
    if absent:
        raise ParameterError(
            f"No cost is given for the arms {absent}. Name the cost of one contact of each, 0 if "
            "it is free."
        )
    margin = margin_amount if isinstance(margin_amount, pd.Series) else float(margin_amount)
    gains = effects.mul(margin, axis=0) - pd.Series(cost_amounts)[list(effects.columns)]
    if gains.isna().to_numpy().any():
        raise ParameterError(
            f"{int(gains.isna().any(axis=1).sum())} of {len(gains)} customers have no expected "
            "gain: an effect, margin or cost is missing. Fill or leave out these customers."
        )
    table = np.column_stack([np.zeros(len(gains)), gains.to_numpy()])
    best = table.argmax(axis=1)
    names = np.array([control, *effects.columns], dtype=object)
    return pd.DataFrame({"arm": names[best], "gain_amount": table.max(axis=1)}, index=effects.index)
