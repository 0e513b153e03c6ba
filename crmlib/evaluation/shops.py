"""How many of their orders customers place in the one shop they use most."""

from __future__ import annotations

import pandas as pd

from crmlib.evaluation.clusters import clustered_rates
from crmlib.evaluation.intervals import wilson_interval

__all__ = ["main_shop"]


def main_shop(choices: pd.DataFrame, *, option: str = "store_id") -> pd.DataFrame:
    """Say how faithful customers with at least two orders are to one shop.

    The share is that of what was seen, so that a customer of two orders in two shops counts with
    one half; the interval knows that orders of one customer are alike.

    Parameters
    ----------
    choices
        `customer_id`, `option`, `n_times` (orders).

    Returns
    -------
    pandas.DataFrame
        Two rows, `what`: orders in the customer's main shop, customers who use one shop only;
        `n_successes`, `n_trials`, `success_rate`, `low_rate`, `high_rate`; no row without such
        customers.
    """
    by_customer = choices.groupby("customer_id")["n_times"].agg(["sum", "max"])
    kept = by_customer[by_customer["sum"] > 1]
    names = ["what", "n_successes", "n_trials", "success_rate", "low_rate", "high_rate"]
    if kept.empty:
        return pd.DataFrame(columns=names)
    n, y = kept["sum"], kept["max"]
    sums = {
        "n_clusters": len(kept), "n_trials": n.sum(), "n_successes": y.sum(),
        "trials_squared": (n * n).sum(), "successes_squared": (y * y).sum(), "both": (n * y).sum(),
    }  # fmt: skip
    orders = clustered_rates(pd.DataFrame([sums])).assign(what="orders in the main shop")
    n_single = int((n == y).sum())
    single = wilson_interval([n_single], [len(kept)])
    customers = pd.DataFrame(
        {
            "what": ["customers who use one shop only"],
            "n_successes": n_single,
            "n_trials": len(kept),
            "success_rate": n_single / len(kept),
            "low_rate": single["low"],
            "high_rate": single["high"],
        }
    )
    return pd.concat([orders[names], customers], ignore_index=True)
