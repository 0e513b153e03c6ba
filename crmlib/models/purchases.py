"""Who bought what, as a matrix of customers and items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from crmlib.schema import require_columns

__all__ = ["Purchases", "purchases"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Purchases:
    """Who bought what in a window, as a matrix of customers and items.

    Attributes
    ----------
    customers, items
        Names of the rows and of the columns.
    held
        1 where the customer bought the item in the window.
    net
        What he paid for it; account currency.
    ahead
        1 where he bought it in the days after the window.
    spend, value
        What he paid in all, and margin (or sales, where no margin is known) in all; account
        currency.
    """

    customers: pd.Index
    items: pd.Index
    held: sparse.csr_array
    net: sparse.csr_array
    ahead: sparse.csr_array
    spend: Floats
    value: Floats

    def best(self, share: float) -> Ints:
        """Give the rows of the customers with the greatest value; of ties the first by name."""
        order = np.lexsort((np.arange(len(self.value)), -self.value))
        return np.sort(order[: int(np.ceil(share * len(order)))])

    def sample(self, n: int) -> Ints:
        """Give the rows of about `n` customers, evenly spread by name, all if there are fewer."""
        step = max(1, -(-len(self.customers) // n))
        return np.arange(0, len(self.customers), step)


def purchases(rows: pd.DataFrame, *, n_items: int, drop: Sequence[str] = ()) -> Purchases:
    """Arrange what customers bought in a matrix.

    Parameters
    ----------
    rows
        `crmlib.features.customer_items.customer_items`, collected.
    n_items
        Columns at most: the items most customers bought; of ties the first by name.
    drop
        Items that get no column.

    Returns
    -------
    Purchases
        Of all customers with sales above 0 in the window. Items without a column count in spend
        and value.

    Raises
    ------
    SchemaError
        If a column is missing.
    """
    names = ("customer_id", "item", "n_lines", "net_cents", "value_cents", "n_ahead")
    require_columns(rows, names, what="The table of purchases")
    totals = rows.groupby("customer_id", sort=True)[["net_cents", "value_cents"]].sum()
    totals = totals[totals["net_cents"] > 0]
    bought = rows[rows["item"].notna() & ~rows["item"].isin(list(drop))]
    counts = bought.loc[bought["n_lines"] > 0, "item"].value_counts().rename_axis("item")
    ranked = counts.reset_index(name="n").sort_values(["n", "item"], ascending=[False, True])
    items = pd.Index(np.sort(ranked["item"].to_numpy()[:n_items]), dtype="str")
    row = totals.index.get_indexer(bought["customer_id"])
    column = items.get_indexer(bought["item"])
    kept = (row >= 0) & (column >= 0)
    at, shape = (row[kept], column[kept]), (len(totals), len(items))

    def matrix(values: pd.Series) -> sparse.csr_array:
        found = sparse.csr_array((values.to_numpy(float)[kept], at), shape=shape)
        found.eliminate_zeros()
        return found

    return Purchases(
        customers=totals.index,
        items=items,
        held=matrix((bought["n_lines"] > 0).astype(float)),
        net=matrix(bought["net_cents"] / 100),
        ahead=matrix((bought["n_ahead"] > 0).astype(float)),
        spend=totals["net_cents"].to_numpy(float) / 100,
        value=totals["value_cents"].to_numpy(float) / 100,
    )
