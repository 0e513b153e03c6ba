"""One line per customer that says what he prefers, and tables of who prefers what."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from crmlib.evaluation.lasting import WORDS
from crmlib.evaluation.preferences import Choices, preferred

__all__ = ["leanings", "profiles"]

_GOODS = "category"


def profiles(
    sales: pd.DataFrame,
    favourites: pd.DataFrame,
    aspects: Sequence[Choices],
    habits: pd.DataFrame,
    gaps: pd.DataFrame,
) -> pd.DataFrame:
    """Say of each customer what he prefers, only where it is clear, and what his habits are.

    Parameters
    ----------
    sales
        `customer_id`, `n_orders`, `net_cents` of the window: the customers to describe.
    favourites
        From `crmlib.evaluation.favourites.clear_favourites`.
    aspects
        Choices of price bands, brands and moments.
    habits, gaps
        From `crmlib.features.habits.habits_by_half` and `crmlib.features.rhythm.gap_quartiles`.

    Returns
    -------
    pandas.DataFrame
        One row per customer: `customer_id`, `net_amount`, `favourite`, `preference_index`,
        `above_amount`; one column per aspect apart from categories, empty where no preference is
        clear; `basket_lines`, `gap_median_days`, `n_orders`, `favourite_amount`, `is_clear`. The
        largest `above_amount` first.
    """
    lines = habits.assign(_lines=habits["basket_lines"] * habits["n_orders"])
    sums = lines.groupby("customer_id")[["_lines", "n_orders"]].sum()
    size = (sums["_lines"] / sums["n_orders"]).rename("basket_lines")
    table = sales.assign(net_amount=sales["net_cents"] / 100).drop(columns="net_cents")
    chosen = ["customer_id", "favourite", "preference_index", "favourite_amount", "above_amount",
              "is_clear"]  # fmt: skip
    table = table.merge(favourites[chosen], on="customer_id", how="left", validate="one_to_one")
    table["is_clear"] = table["is_clear"].eq(True)
    table["favourite"] = table["favourite"].where(table["is_clear"], "")
    amounts = ["favourite_amount", "above_amount", "preference_index"]
    table[amounts] = table[amounts].astype(float).where(table["is_clear"])
    for one in aspects:
        if one.aspect != _GOODS:
            found = preferred(one)
            clear = found[found["is_clear"].astype(bool)]
            values = dict(zip(clear["customer_id"], clear["value"], strict=True))
            named = [values.get(customer, "") for customer in table["customer_id"]]
            table[one.aspect] = pd.Series(named, dtype="str")
    table = table.join(size, on="customer_id").merge(
        gaps[["customer_id", "gap_median_days"]], on="customer_id", how="left"
    )
    names = [one.aspect for one in aspects if one.aspect != _GOODS]
    first = ["customer_id", "net_amount", "favourite", "preference_index", "above_amount"]
    last = ["basket_lines", "gap_median_days", "n_orders", "favourite_amount", "is_clear"]
    return table[[*first, *names, *last]].sort_values(
        ["above_amount", "net_amount", "customer_id"],
        ascending=[False, False, True],
        ignore_index=True,
    )


def leanings(customers: pd.DataFrame, aspects: Sequence[Choices]) -> pd.DataFrame:
    """Count who clearly prefers which price band, brand, weekday or part of the day.

    Parameters
    ----------
    customers
        From `profiles`.
    aspects
        The same choices.

    Returns
    -------
    pandas.DataFrame
        One row per aspect (in words) and value that somebody prefers: `aspect`, `value`,
        `usual_share` (of the choices of all customers), `n_customers`, `customer_share`,
        `net_amount` (all they bought in the window).
    """
    rows = []
    for one in aspects:
        if one.aspect == _GOODS or not len(one.customer_id):
            continue
        usual = one.counted.sum(axis=(0, 1)) / max(float(one.n.sum()), 1.0)
        for value, share in zip(one.options, usual, strict=True):
            who = customers[customers[one.aspect] == value]
            if len(who):
                rows.append((WORDS[one.aspect], value, share, len(who), who["net_amount"].sum()))
    columns = ["aspect", "value", "usual_share", "n_customers", "net_amount"]
    table = pd.DataFrame(rows, columns=columns)
    table.insert(4, "customer_share", table["n_customers"] / np.maximum(len(customers), 1))
    return table
