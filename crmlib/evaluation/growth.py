"""Why sales moved between two periods: by factor and by customer."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from crmlib.evaluation.intervals import MIN_CUSTOMERS, bootstrap_totals
from crmlib.periods import Window
from crmlib.schema import require_columns

__all__ = [
    "change_with_interval",
    "comparable",
    "growth_by_customer",
    "growth_by_factor",
    "price_change",
]

Array = npt.NDArray[np.float64]
_FACTORS = (
    "customers",
    "orders per customer",
    "basket per order, at old prices",
    "prices of the same products",
    "returns",
)
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


def growth_by_factor(
    sales: pd.DataFrame, products: pd.DataFrame, *, rng: np.random.Generator | None = None
) -> pd.DataFrame:
    """Split the change of sales exactly into customers x frequency x basket x price, and returns.

    Sales before returns are customers x orders per customer x basket x price. The price is the
    Montgomery-Vartia index of the products sold in both periods, each weighed by the logarithmic
    mean of its sales; so units of different kinds (litres, pieces) are never added up, and the
    unit a product is counted in does not matter. The basket is the rest of the amount per order:
    units and choice of products, at the prices of the period before. The logarithmic-mean split
    leaves no rest and does not depend on the order of the factors.

    A product sold in one period only, without a known number of units, or for nothing, tells no
    price: its change belongs to the basket. The split needs sales in both periods; without them
    the effects are missing (NaN).

    Parameters
    ----------
    sales
        One row per customer: `n_orders`, `net_cents`, `return_cents` (0 without the column) and
        the same with the ending `_before`.
    products
        One row per product: `quantity` (units), `net_cents` and the same with the ending
        `_before`, from `features.sales.product_sales_in_two_windows`.
    rng
        Source of randomness of the intervals; without it there are none.

    Returns
    -------
    pandas.DataFrame
        One row per factor: `factor`, `before`, `now` (its own unit: customers; orders per
        customer; account currency per order at old prices; index of prices, 1 before; account
        currency returned), `effect_amount` (account currency; the sum is the change of sales) and
        `low_amount`, `high_amount` (95 % bootstrap interval over whole customers, the index taken
        as known). The row of returns is left out where there are none.

    References
    ----------
    B. W. Ang (2005), Energy Policy 33, 867-871, eq. 3 (LMDI-I). Y. O. Vartia (1976), Ideal
    log-change index numbers, Scandinavian Journal of Statistics 3, 121-126 (Vartia index I).

    Examples
    --------
    >>> sales = pd.DataFrame({"n_orders": [2], "net_cents": [2400], "return_cents": [0],
    ...     "n_orders_before": [1], "net_cents_before": [1000], "return_cents_before": [0]})
    >>> products = pd.DataFrame({"quantity": [2.0], "net_cents": [2400],
    ...     "quantity_before": [1.0], "net_cents_before": [1000]})
    >>> growth_by_factor(sales, products)["now"].round(6).tolist()
    [1.0, 2.0, 10.0, 1.2]
    """
    require_columns(sales, _NEEDED, what="The table of sales in two windows")
    parts = _parts(sales)
    totals = parts.sum(axis=0)[None, :]
    log_price = price_change(products, sold=totals[0, 2], sold_before=totals[0, 6])
    effects = _effects(totals, log_price)[0]
    low = high = np.full(len(_FACTORS), np.nan)
    if rng is not None and len(sales) >= MIN_CUSTOMERS and np.isfinite(effects).all():
        drawn = _effects(bootstrap_totals(parts, rng=rng), log_price)
        low, high = np.percentile(drawn[np.isfinite(drawn).all(axis=1)], [2.5, 97.5], axis=0)
    table = pd.DataFrame(
        {
            "factor": _FACTORS,
            "before": _levels(totals[0, 4:], 0.0),
            "now": _levels(totals[0, :4], log_price),
            "effect_amount": effects / 100,
            "low_amount": low / 100,
            "high_amount": high / 100,
        }
    )
    has_returns = totals[0, 3] or totals[0, 7]
    return table if has_returns else table.iloc[:-1]


def price_change(products: pd.DataFrame, *, sold: float, sold_before: float) -> float:
    """Give the log of the Montgomery-Vartia index of prices, 0 where no product tells a price.

    Parameters
    ----------
    products
        As in `growth_by_factor`.
    sold, sold_before
        All sales before returns in the two periods, cents.
    """
    names = ("quantity", "net_cents", "quantity_before", "net_cents_before")
    require_columns(products, names, what="The table of products in two windows")
    units, net, units_before, net_before = (products[name].to_numpy(dtype=float) for name in names)
    told = (units > 0) & (net > 0) & (units_before > 0) & (net_before > 0)
    if not told.any() or min(sold, sold_before) <= 0:
        return 0.0
    # engines add units up in any order: what they leave beyond the sixth digit is noise
    now = net[told] / np.round(units[told], 6)
    before = net_before[told] / np.round(units_before[told], 6)
    weights = _log_mean(net[told], net_before[told])
    whole = float(_log_mean(np.array([float(sold)]), np.array([float(sold_before)]))[0])
    return float((weights * np.log(now / before)).sum() / whole)


def _parts(sales: pd.DataFrame) -> Array:
    """Lay out what is added up of each customer: buyers, orders, sales, returns; then before."""
    columns = []
    for ending in ("", "_before"):
        orders = sales[f"n_orders{ending}"].to_numpy(dtype=float)
        net = sales[f"net_cents{ending}"].to_numpy(dtype=float)
        name = f"return_cents{ending}"
        returned = sales[name].to_numpy(dtype=float) if name in sales else np.zeros(len(sales))
        columns += [(orders > 0).astype(float), orders, net - returned, returned]
    return np.column_stack(columns)


def _levels(totals: Array, log_price: float) -> list[float]:
    """Give the level of each factor in one period, in the units of the table."""
    buyers, orders, sold, returned = (float(value) for value in totals)
    price = float(np.exp(log_price))
    per_order = sold / max(orders, 1) / price / 100
    return [buyers, orders / max(buyers, 1), per_order, price, -returned / 100]


def _effects(totals: Array, log_price: float) -> Array:
    """Split the change of each row of totals, in cents; missing (NaN) where it cannot be."""
    now, before = totals[:, :4], totals[:, 4:]
    can = np.asarray((totals[:, [0, 1, 2, 4, 5, 6]] > 0).all(axis=1))
    safe_now, safe_before = np.where(can[:, None], now, 1.0), np.where(can[:, None], before, 1.0)
    logs = np.log(safe_now[:, :3] / safe_before[:, :3])
    buyers, orders, sold = logs.T
    factors = np.column_stack(
        [buyers, orders - buyers, sold - orders - log_price, np.full(len(logs), log_price)]
    )
    mean = _log_mean(safe_now[:, 2], safe_before[:, 2])
    split = np.column_stack([mean[:, None] * factors, now[:, 3] - before[:, 3]])
    return np.where(can[:, None], split, np.nan)


def _log_mean(first: Array, second: Array) -> Array:
    """Give the logarithmic mean (a - b) / log(a / b) of positive numbers; a where both are equal.

    Near equality the quotient loses digits; there the mean of the two is as good to 1e-12.
    """
    ratio = np.log(first / second)
    near = np.abs(ratio) < 1e-6
    quotient = np.divide(first - second, ratio, out=np.zeros_like(first), where=~near)
    return np.where(near, (first + second) / 2, quotient)


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
    both = sales[["net_cents", "net_cents_before"]].to_numpy(dtype=float)
    now, before = both.sum(axis=0)
    value = now / before - 1 if before > 0 else np.nan
    low = high = np.nan
    if len(sales) >= MIN_CUSTOMERS and before > 0:
        drawn = bootstrap_totals(both, rng=rng)
        usable = drawn[:, 1] > 0
        if usable.mean() >= 0.99:
            changes = drawn[usable, 0] / drawn[usable, 1] - 1
            low, high = np.percentile(changes, [2.5, 97.5])
    row = {
        "now_amount": now / 100,
        "before_amount": before / 100,
        "value": value,
        "low": low,
        "high": high,
    }
    return pd.DataFrame([row])
