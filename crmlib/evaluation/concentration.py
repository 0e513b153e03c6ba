"""How unequally sales are spread over customers: Lorenz curve, Gini coefficient, top shares."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np
import numpy.typing as npt
import pandas as pd

from crmlib.errors import ParameterError
from crmlib.evaluation.intervals import MIN_CUSTOMERS, bootstrap_interval

__all__ = [
    "abc_classes",
    "class_summary",
    "classify",
    "gini",
    "gini_with_interval",
    "has_sales",
    "lorenz_curve",
    "loss_sensitivity",
    "measures",
    "top_share",
]


def _descending(values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Sort sales from the largest down; refuse what has no total."""
    array = np.sort(np.asarray(values, dtype=float))[::-1]
    if not has_sales(array):
        raise ParameterError(
            f"Not enough data for a concentration: {len(array)} customers with sales of "
            f"{array.sum():g} in all; at least one customer with positive total sales is needed."
        )
    return array


def has_sales(values: npt.ArrayLike) -> bool:
    """Say whether there is anything to be concentrated: a customer, and sales above nought."""
    array = np.asarray(values, dtype=float)
    return len(array) > 0 and float(array.sum()) > 0


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
    array = _descending(values)
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
    array = _descending(values)[::-1]
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
    array = _descending(values)
    cumulated = np.concatenate([[0.0], np.cumsum(array) / array.sum()])
    share = np.interp(at, np.linspace(0, 1, len(array) + 1), cumulated)
    return pd.DataFrame({"customer_share": at, "net_share": share})


def abc_classes(values: pd.Series, *, a_share: float, b_share: float) -> pd.Series:
    """Sort customers into A, B and C by their place in cumulated sales.

    A are the best customers who together bring `a_share` of the sales (the one who crosses the
    line included), B the next up to `b_share`, C the rest.

    Parameters
    ----------
    values
        Sales, indexed by customer. Ties are broken by the index, so the result is the same for
        every row order.

    Raises
    ------
    ParameterError
        Unless 0 < a_share < b_share <= 1.

    Examples
    --------
    >>> sales = pd.Series({"p": 70.0, "q": 20.0, "r": 10.0})
    >>> abc_classes(sales, a_share=0.5, b_share=0.9).to_dict()
    {'p': 'A', 'q': 'B', 'r': 'C'}
    """
    if not 0 < a_share < b_share <= 1:
        raise ParameterError(
            f"a_share={a_share} and b_share={b_share}: 0 < a_share < b_share <= 1 is needed."
        )
    _descending(values.to_numpy())
    ordered = values.sort_index().sort_values(ascending=False, kind="stable")
    before = (ordered.cumsum() - ordered) / ordered.sum()
    labels = np.select([before < a_share - 1e-12, before < b_share - 1e-12], ["A", "B"], "C")
    classes = pd.Series(labels, index=ordered.index, name="abc_class")
    return classes.reindex(values.index)


def loss_sensitivity(values: npt.ArrayLike, *, lost: tuple[int, ...]) -> pd.DataFrame:
    """Say what share of sales goes if the best n customers go.

    Returns
    -------
    pandas.DataFrame
        One row per entry of `lost` not above the number of customers: `n_lost`, `lost_amount`
        (unit of `values`), `lost_share` (0-1); no row where nothing was sold.
    """
    if not has_sales(values):
        return pd.DataFrame({"n_lost": [], "lost_amount": [], "lost_share": []})
    array = _descending(values)
    counts = [n for n in lost if n <= len(array)]
    amounts = [float(array[:n].sum()) for n in counts]
    shares = [amount / float(array.sum()) for amount in amounts]
    return pd.DataFrame({"n_lost": counts, "lost_amount": amounts, "lost_share": shares})


def classify(
    sales: pd.DataFrame, stages: pd.DataFrame, *, a_share: float, b_share: float
) -> pd.DataFrame:
    """Join sales of a window with class and lifecycle stage.

    Parameters
    ----------
    sales
        `customer_id`, `n_orders`, `net_cents` of the window.
    stages
        `customer_id`, `stage`, `silence_days`, one row per customer.

    Returns
    -------
    pandas.DataFrame
        `customer_id`, `abc_class` (all C where nothing was sold), `stage`, `silence_days`,
        `n_orders`, `net_amount`; the largest sales first, ties by `customer_id`.
    """
    known = stages[["customer_id", "stage", "silence_days"]]
    joined = sales.merge(known, on="customer_id", how="left", validate="one_to_one")
    joined["net_amount"] = joined["net_cents"] / 100
    by_customer = joined.set_index("customer_id")["net_cents"]
    joined["abc_class"] = "C"
    if has_sales(by_customer.to_numpy()):
        classes = abc_classes(by_customer, a_share=a_share, b_share=b_share)
        joined["abc_class"] = classes.to_numpy()
    names = ["customer_id", "abc_class", "stage", "silence_days", "n_orders", "net_amount"]
    return joined[names].sort_values(
        ["net_amount", "customer_id"], ascending=[False, True], ignore_index=True
    )


def measures(net_amount: pd.Series, *, rng: np.random.Generator) -> pd.DataFrame:
    """Give the shares of sales of the best customers with 95 % bootstrap intervals.

    Returns
    -------
    pandas.DataFrame
        `measure`, `value_share`, `low_share`, `high_share` (0-1): the best tenth first, then the
        best hundredth and the better half. Missing where there is not enough data.
    """
    kinds = {
        "Sales of the best tenth of customers": 0.1,
        "Sales of the best hundredth of customers": 0.01,
        "Sales of the better half of customers": 0.5,
    }
    values = net_amount.to_numpy(dtype=float)
    rows: list[tuple[str, float, float, float]] = []
    for name, top in kinds.items():
        if top < 1 / max(len(values), 1) and rows:
            continue  # less than one customer
        rows.append((name, *_with_interval(partial(top_share, top=top), values, rng)))
    return pd.DataFrame(rows, columns=["measure", "value_share", "low_share", "high_share"])


def gini_with_interval(net_amount: pd.Series, *, rng: np.random.Generator) -> pd.Series:
    """Give the Gini coefficient with a 95 % bootstrap interval over whole customers.

    Returns
    -------
    pandas.Series
        `value`, `low`, `high`.
    """
    names = ["value", "low", "high"]
    values = net_amount.to_numpy(dtype=float)
    return pd.Series(dict(zip(names, _with_interval(gini, values, rng), strict=True)))


def _with_interval(
    statistic: Callable[..., float], values: npt.NDArray[np.float64], rng: np.random.Generator
) -> tuple[float, float, float]:
    """Give a statistic with its interval, missing (NaN) where the data do not suffice."""

    def defined(sample: npt.NDArray[np.float64]) -> float:
        return statistic(sample) if has_sales(sample) else float("nan")

    if len(values) < MIN_CUSTOMERS:
        return defined(values), float("nan"), float("nan")
    return defined(values), *bootstrap_interval(defined, values, rng=rng)


def class_summary(customers: pd.DataFrame, *, quiet_stages: tuple[str, ...]) -> pd.DataFrame:
    """Count customers and sales of each class, and the sales of those who are going quiet.

    Parameters
    ----------
    customers
        `abc_class`, `stage`, `net_amount`.

    Returns
    -------
    pandas.DataFrame
        One row per class A, B, C: `abc_class`, `n_customers`, `customer_share`, `net_amount`,
        `net_share`, `n_quiet`, `quiet_amount`.
    """
    quiet = customers["stage"].isin(quiet_stages)
    marked = customers.assign(n_quiet=quiet, quiet_amount=customers["net_amount"].where(quiet, 0.0))
    grouped = marked.groupby("abc_class").agg(
        n_customers=("net_amount", "size"),
        net_amount=("net_amount", "sum"),
        n_quiet=("n_quiet", "sum"),
        quiet_amount=("quiet_amount", "sum"),
    )
    table = grouped.reindex(["A", "B", "C"], fill_value=0).rename_axis("abc_class").reset_index()
    table.insert(2, "customer_share", table["n_customers"] / max(table["n_customers"].sum(), 1))
    total = table["net_amount"].sum()
    table.insert(4, "net_share", table["net_amount"] / total if total > 0 else 0.0)
    return table
