"""Why sales moved between two periods: by factor and by customer."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from crmlib.errors import ParameterError
from crmlib.evaluation.intervals import bootstrap_interval
from crmlib.schema import require_columns

__all__ = ["change_with_interval", "growth_by_customer", "growth_by_factor", "relative_change"]

_NEEDED = ("n_orders", "net_cents", "n_orders_before", "net_cents_before")


def growth_by_factor(sales: pd.DataFrame) -> pd.DataFrame:
    """Split the change of sales exactly into customers x frequency x order value.

    The logarithmic-mean split leaves no rest and does not depend on the order of the factors.

    Parameters
    ----------
    sales
        One row per customer: `n_orders`, `net_cents`, `n_orders_before`, `net_cents_before`.

    Returns
    -------
    pandas.DataFrame
        One row per factor: `factor`, `before`, `now` (its own unit: customers, orders per
        customer, account currency per order), `effect_amount` (account currency; the sum is the
        change of sales).

    Raises
    ------
    ParameterError
        If one of the periods has no sales.

    References
    ----------
    B. W. Ang (2005), Energy Policy 33, 867-871, eq. 3 (LMDI-I).
    """
    require_columns(sales, _NEEDED, what="The table of sales in two windows")
    now, before = _factors(sales, ""), _factors(sales, "_before")
    total_now, total_before = float(np.prod(now)), float(np.prod(before))
    if min(*now, *before) <= 0:
        raise ParameterError(
            f"Sales cannot be split: {total_before:,.2f} before and {total_now:,.2f} now; both "
            "periods need customers, orders and positive sales. Choose a shorter period."
        )
    difference = total_now - total_before
    ratio = np.log(total_now / total_before)
    mean = total_now if abs(ratio) < 1e-12 else difference / ratio
    return pd.DataFrame(
        {
            "factor": ["customers", "orders per customer", "amount per order"],
            "before": before,
            "now": now,
            "effect_amount": mean * np.log(np.divide(now, before)),
        }
    )


def _factors(sales: pd.DataFrame, suffix: str) -> list[float]:
    """Give customers, orders per customer and amount per order of one period."""
    orders = float(sales[f"n_orders{suffix}"].sum())
    customers = float((sales[f"n_orders{suffix}"] > 0).sum())
    amount = float(sales[f"net_cents{suffix}"].sum()) / 100
    return [customers, orders / max(customers, 1), amount / max(orders, 1)]


def growth_by_customer(sales: pd.DataFrame) -> pd.DataFrame:
    """Split the change of sales into customers won, grown, unchanged, shrunk and lost.

    *Won* have orders now and none before, *lost* the reverse.

    Returns
    -------
    pandas.DataFrame
        One row per group in that order: `group`, `n_customers`, `before_amount`, `now_amount`,
        `change_amount` (account currency; the last column adds up to the change of sales).
    """
    require_columns(sales, _NEEDED, what="The table of sales in two windows")
    change = sales["net_cents"] - sales["net_cents_before"]
    conditions = [
        (sales["n_orders"] > 0) & (sales["n_orders_before"] == 0),
        (sales["n_orders"] == 0) & (sales["n_orders_before"] > 0),
        change > 0,
        change < 0,
    ]
    groups = ["won", "grown", "unchanged", "shrunk", "lost"]
    label = np.select(conditions, ["won", "lost", "grown", "shrunk"], "unchanged")
    grouped = sales.assign(group=label).groupby("group")
    table = pd.DataFrame(
        {
            "n_customers": grouped.size(),
            "before_amount": grouped["net_cents_before"].sum() / 100,
            "now_amount": grouped["net_cents"].sum() / 100,
        }
    ).reindex(groups, fill_value=0)
    table["change_amount"] = table["now_amount"] - table["before_amount"]
    return table.rename_axis("group").reset_index()


def change_with_interval(sales: pd.DataFrame, *, rng: np.random.Generator) -> pd.DataFrame:
    """Give the relative change of sales with a 95 % bootstrap interval over whole customers.

    Parameters
    ----------
    sales
        One row per customer: `net_cents`, `net_cents_before`.

    Returns
    -------
    pandas.DataFrame
        One row: `now_amount`, `before_amount` (account currency), `value`, `low`, `high`
        (shares, 0.03 = +3 %).
    """
    now = sales["net_cents"].to_numpy(dtype=float)
    before = sales["net_cents_before"].to_numpy(dtype=float)
    low, high = bootstrap_interval(relative_change, now, before, rng=rng)
    row = {
        "now_amount": now.sum() / 100,
        "before_amount": before.sum() / 100,
        "value": relative_change(now, before),
        "low": low,
        "high": high,
    }
    return pd.DataFrame([row])


def relative_change(now: npt.NDArray[np.float64], before: npt.NDArray[np.float64]) -> float:
    """Give the change of a total between two periods as a share of the first (0.03 = +3 %).

    Examples
    --------
    >>> relative_change(np.array([6.0, 9.0]), np.array([5.0, 5.0]))
    0.5
    """
    total = float(before.sum())
    return float(now.sum()) / total - 1 if total else float("inf")
