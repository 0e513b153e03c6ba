"""What customers could spend in each category."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from crmlib.models.wallet.estimate import Wallets
from crmlib.schema import require_columns

__all__ = ["OTHER_CATEGORIES", "category_potential", "category_summary"]

OTHER_CATEGORIES = "other categories"
_MIN_GROUP = 30


def category_potential(
    wallets: Wallets,
    cells: pd.DataFrame,
    purchases: pd.DataFrame,
    attributes: pd.DataFrame,
    *,
    categories: Sequence[str],
) -> pd.DataFrame:
    """Share the potential of each customer among the categories.

    He is taken to need the categories as comparable customers buy them (of the same kind and main
    category) and as he does himself: his own purchases count against theirs as their amount does
    against that of the median customer. So a category that he does not buy keeps a potential.

    Parameters
    ----------
    wallets
        From `crmlib.models.wallet.estimate_wallets`.
    cells
        From `crmlib.features.wallet.category_purchases`, collected.
    purchases
        `customer_id`, `main_category`.
    attributes
        `customer_id` and, if known, `kind`. Groups of fewer than 30 customers are taken together.
    categories
        Names of the categories of `cells`, in order.

    Returns
    -------
    pandas.DataFrame
        One row per customer: `customer_id`, and per category k (the last one is all others)
        `spent_k` and `potential_k`, account currency a year; the potential is never below what is
        spent.
    """
    names = [*(f"cents_{k}" for k in range(len(categories))), "cents_other"]
    require_columns(cells.columns, ("customer_id", *names), what="The table of purchases")
    kinds = [name for name in ("customer_id", "kind") if name in attributes]
    table = wallets.customers[["customer_id", "spent_amount", "potential_amount"]]
    for part in (cells, purchases[["customer_id", "main_category"]], attributes[kinds]):
        table = table.merge(part, on="customer_id", how="left")
    own = table[names].fillna(0).clip(lower=0).to_numpy(dtype=float)
    key = pd.Series("", index=table.index)
    for name in ("main_category", *kinds[1:]):
        key = key + "|" + table[name].astype("object").fillna("").astype(str)
    key = key.where(key.map(key.value_counts()) >= _MIN_GROUP, "few")
    typical = _mix(pd.DataFrame(own).groupby(key.to_numpy()).transform("sum").to_numpy())
    total = own.sum(axis=1, keepdims=True)
    weight = float(np.median(total[total > 0])) if (total > 0).any() else 1.0
    mix = (own + weight * typical) / (total + weight)
    spent = _mix(own) * table["spent_amount"].to_numpy(dtype=float)[:, None]
    potential = np.maximum(mix * table["potential_amount"].to_numpy(dtype=float)[:, None], spent)
    result = {f"spent_{k}": spent[:, k] for k in range(len(names))}
    result |= {f"potential_{k}": potential[:, k] for k in range(len(names))}
    return pd.DataFrame({"customer_id": table["customer_id"], **result})


def _mix(amounts: np.ndarray) -> np.ndarray:
    """Turn amounts into shares of their row."""
    return np.asarray(amounts / np.maximum(amounts.sum(axis=1, keepdims=True), 1e-9))


def category_summary(
    potential: pd.DataFrame, totals: pd.DataFrame, *, categories: Sequence[str]
) -> pd.DataFrame:
    """Say per category how much is spent here, how much could be, and the share won.

    Parameters
    ----------
    potential
        From `category_potential`.
    totals
        Of the same customers, from `crmlib.models.wallet.estimate_wallets`: how sure the sum is.
        How it is spread over the categories is an assumption without an interval.

    Returns
    -------
    pandas.DataFrame
        The largest amount not won first: `category`, `n_customers` who bought it, `spent_amount`,
        `potential_amount`, `won_share`, `not_won_amount`, `low_amount`, `high_amount`.
    """
    ends = totals[["low_amount", "high_amount"]].sum() / max(totals["not_won_amount"].sum(), 1e-9)
    scale = (float(ends.iloc[0]), float(ends.iloc[1]))
    rows = []
    for k, name in enumerate([*categories, OTHER_CATEGORIES]):
        spent, could = potential[f"spent_{k}"], potential[f"potential_{k}"]
        if could.sum() <= 0:
            continue
        not_won = float((could - spent).sum())
        rows.append(
            (name, int((spent > 0).sum()), spent.sum(), could.sum(), spent.sum() / could.sum(),
             not_won, not_won * scale[0], not_won * scale[1])
        )  # fmt: skip
    names = ["category", "n_customers", "spent_amount", "potential_amount", "won_share",
             "not_won_amount", "low_amount", "high_amount"]  # fmt: skip
    table = pd.DataFrame(rows, columns=names)
    return table.sort_values(
        ["not_won_amount", "category"], ascending=[False, True], ignore_index=True
    )
