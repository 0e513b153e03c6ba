"""Slow sellers that earn their place, because the baskets they are in hold more than by chance."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from crmlib.evaluation.experiments.multiplicity import benjamini_hochberg
from crmlib.evaluation.experiments.result import checked_level
from crmlib.periods import Window
from crmlib.schema import require_columns

__all__ = ["BASKET_COLUMNS", "basket_value"]

BASKET_COLUMNS: dict[str, str] = {
    "item": "the item",
    "n_baskets": "baskets with it",
    "n_customers": "customers who bought it and other things",
    "own_amount": "sales of the item itself",
    "own_margin_amount": "its margin, where the source tells",
    "rest_amount": "all else in a basket with it",
    "expected_amount": "all else beside other slow sellers of the same customers",
    "excess_amount": "rest less expected, per basket",
    "excess_low_amount": "low end of its interval",
    "excess_high_amount": "high end of its interval",
    "usual_share": "what lies beside other slow sellers of its buyers, against all: 0 = the same",
    "total_amount": "excess of all its baskets together",
    "p_value": "chance of such an excess or a greater one if there is none",
    "q_value": "share of false ones to expect among items with a q-value no greater",
    "is_found": "with a q-value small enough",
}
"""Names and meanings of the columns of `basket_value`."""

_MIN_CUSTOMERS = 30


def basket_value(
    companions: pd.DataFrame,
    *,
    window: Window,
    max_false_share: float = 0.05,
    level: float = 0.95,
) -> pd.DataFrame:
    """Say which slow sellers lie in baskets larger than their buyers' lines usually do.

    Observational: it shows that a product goes with large baskets, not that they would shrink
    without it. Guards against taking a product new on the shelf for a slow one: items first sold
    in the second half of the window are left out.

    Parameters
    ----------
    companions
        `crmlib.features.companions.basket_companions`, collected.
    window
        The days it was counted over.
    max_false_share
        Greatest share of false ones among the items found.
    level
        Nominal coverage of the intervals, each for itself; customers are what was drawn.

    Returns
    -------
    pandas.DataFrame
        One row per item bought by at least 30 customers who can be compared, those found first,
        then the greatest `total_amount`: `BASKET_COLUMNS`.

    Raises
    ------
    SchemaError
        If a column is missing.

    References
    ----------
    W. G. Cochran (1977), Sampling Techniques, 3rd ed., eq. 9A.17 (ratio of totals over clusters).
    Y. Benjamini and Y. Hochberg (1995), JRSS B 57, eq. 1.
    """
    names = ("item", "n_compared", "excess_squared_amount", "all_rest_cents", "first_day")
    require_columns(companions, names, what="The table of items")
    known = companions["n_customers"] >= _MIN_CUSTOMERS
    settled = companions["first_day"] <= window.first_day + window.n_days // 2
    table = _measures(companions[known & settled].reset_index(drop=True), level=level)
    table["q_value"] = benjamini_hochberg(table["p_value"]).to_numpy()
    table["is_found"] = table["q_value"] <= max_false_share
    order = ["is_found", "total_amount", "item"]
    table = table.sort_values(order, ascending=[False, False, True], ignore_index=True)
    return table[list(BASKET_COLUMNS)]


def _measures(sums: pd.DataFrame, *, level: float) -> pd.DataFrame:
    """Turn sums over customers into amounts per basket with intervals."""
    n, n_customers = sums["n_compared"], sums["n_customers"]
    rest, expected = sums["rest_cents"] / 100 / n, sums["expected_cents"] / 100 / n
    excess = rest - expected
    squares = (
        sums["excess_squared_amount"]
        - 2 * excess * sums["excess_baskets_cents"] / 100
        + excess**2 * sums["baskets_squared"]
    )
    error = np.sqrt(squares.clip(lower=0) * n_customers / (n_customers - 1)) / n
    reach = stats.t.isf((1 - checked_level(level)) / 2, n_customers - 1) * error
    everywhere = sums["all_rest_cents"] / 100 / sums["n_all"]
    return pd.DataFrame(
        {
            "item": sums["item"],
            "n_baskets": sums["n_baskets"],
            "n_customers": n_customers,
            "own_amount": sums["own_cents"] / 100,
            "own_margin_amount": sums["own_margin_cents"].astype(float) / 100,
            "rest_amount": rest,
            "expected_amount": expected,
            "excess_amount": excess,
            "excess_low_amount": excess - reach,
            "excess_high_amount": excess + reach,
            "usual_share": expected / everywhere.where(everywhere > 0) - 1,
            "total_amount": excess * n,
            "p_value": stats.t.sf(excess / error.where(error > 0, np.inf), n_customers - 1),
        }
    )
