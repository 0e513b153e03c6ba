"""Why sales moved between two periods: by factor and by customer."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from crmlib.evaluation.intervals import MIN_CUSTOMERS, bootstrap_interval
from crmlib.periods import Window
from crmlib.schema import require_columns

__all__ = [
    "change_with_interval",
    "comparable",
    "growth_by_customer",
    "growth_by_factor",
    "relative_change",
]

_NEEDED = ("n_orders", "net_cents", "n_orders_before", "net_cents_before")


def comparable(sales: pd.DataFrame, *, current: Window, known: Window) -> pd.DataFrame:
    """Take the period before out of the comparison unless the data cover both periods.

    A period that is only partly in the data would look like growth or loss.

    Parameters
    ----------
    sales
        One row per customer: `n_orders`, `net_cents`, `n_orders_before`, `net_cents_before`.
    current
        The later of the two periods.
    known
        First and last day of the data.

    Returns
    -------
    pandas.DataFrame
        `sales`, or only the customers of the current period with nothing before.
    """
    require_columns(sales, _NEEDED, what="The table of sales in two windows")
    if current.lies_in(known) and current.before().lies_in(known):
        return sales
    bought = sales[sales["n_orders"] > 0]
    return bought.assign(n_orders_before=0, net_cents_before=0).reset_index(drop=True)


def growth_by_factor(sales: pd.DataFrame) -> pd.DataFrame:
    """Split the change of sales exactly into customers x frequency x order value.

    The logarithmic-mean split leaves no rest and does not depend on the order of the factors. It
    needs positive sales in both periods; without them the effects are missing (NaN).

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

    References
    ----------
    B. W. Ang (2005), Energy Policy 33, 867-871, eq. 3 (LMDI-I).
    """
    require_columns(sales, _NEEDED, what="The table of sales in two windows")
    now, before = _factors(sales, ""), _factors(sales, "_before")
    table = pd.DataFrame(
        {
            "factor": ["customers", "orders per customer", "amount per order"],
            "before": before,
            "now": now,
            "effect_amount": np.nan,
        }
    )
    if min(*now, *before) <= 0:
        return table
    total_now, total_before = float(np.prod(now)), float(np.prod(before))
    ratio = np.log(total_now / total_before)
    mean = total_now if abs(ratio) < 1e-12 else (total_now - total_before) / ratio
    return table.assign(effect_amount=mean * np.log(np.divide(now, before)))


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
        No row if nobody ordered in the period before: there is nothing to compare with.
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
    table = table.rename_axis("group").reset_index()
    return table if (sales["n_orders_before"] > 0).any() else table.iloc[:0]


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
        (shares, 0.03 = +3 %); `value` is missing without positive sales before, the interval
        with fewer than 2 customers too.
    """
    now = sales["net_cents"].to_numpy(dtype=float)
    before = sales["net_cents_before"].to_numpy(dtype=float)
    low = high = np.nan
    if len(sales) >= MIN_CUSTOMERS and before.sum() > 0:
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

    Missing (NaN) unless the first is positive.

    Examples
    --------
    >>> relative_change(np.array([6.0, 9.0]), np.array([5.0, 5.0]))
    0.5
    """
    total = float(before.sum())
    return float(now.sum()) / total - 1 if total > 0 else float("nan")
