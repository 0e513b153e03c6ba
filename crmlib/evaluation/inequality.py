"""How unequally sales are spread over customers: Lorenz curve, Gini coefficient, top shares."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np
import numpy.typing as npt
import pandas as pd

from crmlib.errors import ParameterError
from crmlib.evaluation.intervals import MIN_CUSTOMERS, MOST_DRAWN, bootstrap_interval

__all__ = [
    "descending",
    "gini",
    "gini_with_interval",
    "has_sales",
    "lorenz_curve",
    "lorenz_curves",
    "margins",
    "measures",
    "top_share",
]

Array = npt.NDArray[np.float64]


def has_sales(values: npt.ArrayLike) -> bool:
    """Say whether there is anything to be concentrated: a customer, and sales above nought."""
    array = np.asarray(values, dtype=float)
    return len(array) > 0 and float(array.sum()) > 0


def descending(values: npt.ArrayLike) -> Array:
    """Sort sales from the largest down; refuse what has no total."""
    array = np.sort(np.asarray(values, dtype=float))[::-1]
    if not has_sales(array):
        raise ParameterError(
            f"Not enough data for a concentration: {len(array)} customers with sales of "
            f"{array.sum():g} in all; at least one customer with positive total sales is needed."
        )
    return array


def margins(customers: pd.DataFrame) -> Array:
    """Give the margins of those customers whose margin is known; none without the column."""
    if "margin_amount" not in customers:
        return np.empty(0)
    return customers["margin_amount"].dropna().to_numpy(dtype=float)


def top_share(values: npt.ArrayLike, *, top: float = 0.1) -> float:
    """Give the share of all sales that the best customers bring.

    Parameters
    ----------
    values
        Sales per customer, any unit.
    top
        Share of the customers who count as best, 0-1; the number is rounded up to whole customers
        (a tenth of 2,469 customers are 247).

    Examples
    --------
    >>> top_share([50, 20, 10, 10, 10], top=0.2)
    0.5
    """
    array = descending(values)
    n_top = math.ceil(round(top * len(array), 9))
    return float(array[:n_top].sum() / array.sum())


def gini(values: npt.ArrayLike) -> float:
    """Give the Gini coefficient: 0 if all customers bring the same, near 1 if one brings all.

    References
    ----------
    G. J. Glasser (1962), Journal of the American Statistical Association 57, 648-654, eq. 6.

    Examples
    --------
    >>> gini([1, 1, 1, 1]), gini([0, 0, 0, 8])
    (0.0, 0.75)
    """
    array = descending(values)[::-1]
    n = len(array)
    weights = 2 * np.arange(1, n + 1) - n - 1
    return float((weights * array).sum() / (n * array.sum()))


def lorenz_curve(values: npt.ArrayLike, *, n_points: int = 101) -> pd.DataFrame:
    """Give the share of sales that the best x % of customers bring.

    Returns
    -------
    pandas.DataFrame
        `customer_share` (0-1, from the best customer down) and `net_share` (0-1; missing where
        nothing was sold).
    """
    at = np.linspace(0, 1, n_points)
    if not has_sales(values):
        return pd.DataFrame({"customer_share": at, "net_share": np.nan})
    array = descending(values)
    cumulated = np.concatenate([[0.0], np.cumsum(array) / array.sum()])
    share = np.interp(at, np.linspace(0, 1, len(array) + 1), cumulated)
    return pd.DataFrame({"customer_share": at, "net_share": share})


def lorenz_curves(customers: pd.DataFrame) -> pd.DataFrame:
    """Give the Lorenz curve of sales and, where a margin is known, that of the margin beside it.

    Returns
    -------
    pandas.DataFrame
        As `lorenz_curve`; `margin_share` is the share of the margin of the best by margin.
    """
    curve = lorenz_curve(customers["net_amount"])
    margin = margins(customers)
    if has_sales(margin):
        curve["margin_share"] = lorenz_curve(margin)["net_share"]
    return curve


def measures(customers: pd.DataFrame, *, rng: np.random.Generator) -> pd.DataFrame:
    """Give the shares of the best customers with 95 % bootstrap intervals over whole customers.

    Parameters
    ----------
    customers
        `net_amount` and, where it is known, `margin_amount`.

    Returns
    -------
    pandas.DataFrame
        `measure`, `value_share`, `low_share`, `high_share` (0-1): sales of the best tenth first,
        then of the best hundredth and the better half; then the margin of the best by margin.
        Missing where there is not enough data.
    """
    kinds = {
        "best tenth of customers": 0.1,
        "best hundredth of customers": 0.01,
        "better half of customers": 0.5,
    }
    rows: list[tuple[str, float, float, float]] = []
    sales, margin = customers["net_amount"].to_numpy(dtype=float), margins(customers)
    for what, values in {"Sales": sales, **({"Margin": margin} if len(margin) else {})}.items():
        for place, (name, top) in enumerate(kinds.items()):
            if place and top < 1 / max(len(values), 1):
                continue  # less than one customer
            found = _with_interval(values, partial(_top_of_counts, top=top), rng)
            rows.append((f"{what} of the {name}", *found))
    return pd.DataFrame(rows, columns=["measure", "value_share", "low_share", "high_share"])


def gini_with_interval(amounts: npt.ArrayLike, *, rng: np.random.Generator) -> pd.Series:
    """Give the Gini coefficient with a 95 % bootstrap interval over whole customers.

    Returns
    -------
    pandas.Series
        `value`, `low`, `high`.
    """
    names = ["value", "low", "high"]
    values = np.asarray(amounts, dtype=float)
    return pd.Series(dict(zip(names, _with_interval(values, _gini_of_counts, rng), strict=True)))


def _with_interval(
    values: Array, statistic: Callable[[Array, Array], float], rng: np.random.Generator
) -> tuple[float, float, float]:
    """Give a statistic with its interval, missing (NaN) where the data do not suffice.

    The customers are sorted once; a resample is then no more than how often each was drawn. Of
    very many customers, those next to each other stand for one another: see `_in_groups`.
    """
    order = np.argsort(values, kind="stable")[::-1]
    sorted_, n = values[order], len(values)

    def of(values: Array, counts: Array) -> float:
        return statistic(values, counts) if counts @ values > 0 else float("nan")

    def of_drawn(drawn: Array) -> float:
        counts = np.bincount(drawn.astype("int64"), minlength=n)[order]
        return of(sorted_, counts.astype(float))

    value = of(sorted_, np.ones(n))
    if n < MIN_CUSTOMERS:
        return value, float("nan"), float("nan")
    if n <= MOST_DRAWN:
        return value, *bootstrap_interval(of_drawn, np.arange(n), rng=rng)
    means, sizes = _in_groups(sorted_)
    counts = rng.multinomial(n, sizes / n, size=999).astype(float)
    low, high = np.nanpercentile([of(means, one) for one in counts], [2.5, 97.5])
    return value, float(low), float(high)


def _in_groups(values: Array) -> tuple[Array, Array]:
    """Put customers sorted by value into groups of neighbours; give mean and size of each.

    The largest and the smallest stay alone, so that only values that hardly differ are averaged.
    """
    n_alone, n_groups = MOST_DRAWN // 8, MOST_DRAWN // 8
    middle = np.linspace(n_alone, len(values) - n_alone, n_groups + 1).astype("int64")[1:-1]
    starts = np.concatenate([np.arange(n_alone + 1), middle])
    starts = np.concatenate([starts, np.arange(len(values) - n_alone, len(values))])
    sizes = np.diff(np.append(starts, len(values))).astype(float)
    return np.add.reduceat(values, starts) / sizes, sizes


def _top_of_counts(values: Array, counts: Array, *, top: float) -> float:
    """Give the share of the best of customers who count several times; values from the largest."""
    n, amounts = np.cumsum(counts), np.cumsum(counts * values)
    n_top = math.ceil(round(top * n[-1], 9))
    last = int(np.searchsorted(n, n_top))
    beyond = (n[last] - n_top) * values[last]
    return float((amounts[last] - beyond) / amounts[-1])


def _gini_of_counts(values: Array, counts: Array) -> float:
    """Give the Gini coefficient of customers who count several times; values from the largest."""
    n = counts.sum()
    smaller = n - np.cumsum(counts)
    weights = counts * (2 * smaller + counts - n)
    return float((weights * values).sum() / (n * (counts @ values)))
