"""Whom to develop: customers who could buy much more from us, and which categories of theirs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from crmlib.decisions.attention import Action, actions
from crmlib.models.wallet import Wallets

__all__ = ["actions_from_wallets", "largest_categories", "names_in", "to_develop"]

NOT_TESTED = "estimate; what a contact wins of it is not yet tested"
_SHOWN_CATEGORIES = 12
_COLUMNS = ["customer_id", "spent_amount", "potential_amount", "not_won_amount", "won_share",
            "low_share", "high_share", "source", "category", "category_amount"]  # fmt: skip


def names_in(text: str) -> list[str]:
    """Read a list of names from a parameter: separated by commas, blanks left out.

    Examples
    --------
    >>> names_in("region, kind,")
    ['region', 'kind']
    """
    return [name.strip() for name in text.split(",") if name.strip()]


def largest_categories(totals: pd.DataFrame, *, n: int = _SHOWN_CATEGORIES) -> list[str]:
    """Name the categories with the largest sales, of ties the first by name.

    Parameters
    ----------
    totals
        From `crmlib.features.wallet.category_totals`, collected.
    """
    ordered = totals[totals["net_cents"] > 0]
    ordered = ordered.sort_values(["net_cents", "category"], ascending=[False, True])
    return [str(name) for name in ordered["category"].head(n)]


def to_develop(
    wallets: Wallets, potential: pd.DataFrame, *, categories: Sequence[str], most_share: float
) -> pd.DataFrame:
    """List customers with much money elsewhere, each with the category in which most of it lies.

    Parameters
    ----------
    wallets
        From `crmlib.models.wallet.estimate_wallets`.
    potential
        From `crmlib.models.wallet.category_potential`.
    categories
        Names of the categories of `potential`, in order.
    most_share
        Share won up to which a customer is worth developing.

    Returns
    -------
    pandas.DataFrame
        The most money not won first: the columns of `wallets.customers` and `category`,
        `category_amount` (not won in it a year; empty without categories).
    """
    chosen = wallets.customers[wallets.customers["won_share"] <= most_share]
    gaps = potential.set_index("customer_id").reindex(chosen["customer_id"])
    names = list(categories)
    table = chosen.assign(category="", category_amount=np.nan)
    if names:
        missing = np.column_stack(
            [gaps[f"potential_{k}"] - gaps[f"spent_{k}"] for k in range(len(names))]
        )
        best = missing.argmax(axis=1)
        table["category"] = np.array(names, dtype=object)[best]
        table["category_amount"] = missing[np.arange(len(best)), best]
    return table.sort_values(["not_won_amount", "customer_id"], ascending=[False, True])[
        _COLUMNS
    ].reset_index(drop=True)


def actions_from_wallets(develop: pd.DataFrame, *, n_first: int) -> pd.DataFrame:
    """Turn the list of customers to develop into one action for the first of them.

    Parameters
    ----------
    develop
        From `to_develop`.
    n_first
        Customers at the top of the list to begin with.
    """
    first = develop.head(n_first)
    return actions(
        Action(
            "Offer more to customers who buy most of their need elsewhere",
            who="customers with the most money not won",
            n_customers=len(first),
            net_amount=float(first["not_won_amount"].sum()),
            evidence=NOT_TESTED,
        )
    )
