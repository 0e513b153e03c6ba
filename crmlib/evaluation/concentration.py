"""How much depends on how few: classes of customers, their margin, what goes with the best."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmlib.errors import ParameterError
from crmlib.evaluation.inequality import descending, has_sales, margins

__all__ = [
    "abc_classes",
    "class_summary",
    "classify",
    "loss_sensitivity",
    "margin_by_class",
    "sold_at_a_loss",
]


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
    descending(values.to_numpy())
    ordered = values.sort_index().sort_values(ascending=False, kind="stable")
    before = (ordered.cumsum() - ordered) / ordered.sum()
    labels = np.select([before < a_share - 1e-12, before < b_share - 1e-12], ["A", "B"], "C")
    classes = pd.Series(labels, index=ordered.index, name="abc_class")
    return classes.reindex(values.index)


def loss_sensitivity(customers: pd.DataFrame, *, lost: tuple[int, ...]) -> pd.DataFrame:
    """Say what share of sales, and of the margin, goes if the best n customers go.

    The best are those of the largest sales for the sales, of the largest margin for the margin.

    Parameters
    ----------
    customers
        `net_amount` and, where it is known, `margin_amount`.

    Returns
    -------
    pandas.DataFrame
        One row per entry of `lost` not above the number of customers: `n_lost`, `lost_amount`,
        `lost_share` (0-1) and, where a margin is known, `lost_margin_amount`,
        `lost_margin_share`; no row where nothing was sold.
    """
    sales = customers["net_amount"].to_numpy(dtype=float)
    counts = [n for n in lost if n <= len(sales)] if has_sales(sales) else []
    table = pd.DataFrame({"n_lost": counts}, dtype="int64")
    for prefix, values in (("lost", sales), ("lost_margin", margins(customers))):
        if has_sales(values):
            cumulated = np.cumsum(descending(values))
            at = table["n_lost"].to_numpy() - 1
            table[f"{prefix}_amount"] = cumulated[np.minimum(at, len(cumulated) - 1)]
            table[f"{prefix}_share"] = table[f"{prefix}_amount"] / cumulated[-1]
        elif prefix == "lost":
            table[["lost_amount", "lost_share"]] = np.empty((0, 2))
    return table


def classify(
    sales: pd.DataFrame,
    stages: pd.DataFrame,
    margin: pd.DataFrame | None = None,
    *,
    a_share: float,
    b_share: float,
) -> pd.DataFrame:
    """Join sales of a window with class, lifecycle stage and margin.

    Parameters
    ----------
    sales
        `customer_id`, `n_orders`, `net_cents` of the window.
    stages
        `customer_id`, `stage`, `silence_days`, one row per customer.
    margin
        `customer_id`, `margin_cents` of the window, missing where it is not known.

    Returns
    -------
    pandas.DataFrame
        `customer_id`, `abc_class` (by sales; all C where nothing was sold), `stage`,
        `silence_days`, `n_orders`, `net_amount` and, where a margin is known, `margin_amount` and
        `margin_class` (the same by margin, missing where it is not known); the largest sales
        first, ties by `customer_id`.
    """
    known = stages[["customer_id", "stage", "silence_days"]]
    joined = sales.merge(known, on="customer_id", how="left", validate="one_to_one")
    joined["net_amount"] = joined["net_cents"] / 100
    by_customer = joined.set_index("customer_id")["net_cents"].astype(float)
    joined["abc_class"] = _classes(by_customer, a_share=a_share, b_share=b_share).to_numpy()
    names = ["customer_id", "abc_class", "stage", "silence_days", "n_orders", "net_amount"]
    if margin is not None and margin["margin_cents"].notna().any():
        joined = joined.merge(margin[["customer_id", "margin_cents"]], how="left")
        joined["margin_amount"] = joined["margin_cents"] / 100
        by_customer = joined.set_index("customer_id")["margin_cents"].dropna()
        classes = _classes(by_customer, a_share=a_share, b_share=b_share)
        joined["margin_class"] = joined["customer_id"].map(classes)
        names += ["margin_amount", "margin_class"]
    return joined[names].sort_values(
        ["net_amount", "customer_id"], ascending=[False, True], ignore_index=True
    )


def _classes(values: pd.Series, *, a_share: float, b_share: float) -> pd.Series:
    """Class customers, all C where nothing was sold."""
    if has_sales(values.to_numpy()):
        return abc_classes(values, a_share=a_share, b_share=b_share)
    return pd.Series("C", index=values.index)


def class_summary(customers: pd.DataFrame, *, quiet_stages: tuple[str, ...]) -> pd.DataFrame:
    """Count customers and sales of each class, and the sales of those who are going quiet.

    Parameters
    ----------
    customers
        `abc_class`, `stage`, `net_amount` and, where it is known, `margin_amount`.

    Returns
    -------
    pandas.DataFrame
        One row per class A, B, C: `abc_class`, `n_customers`, `customer_share`, `net_amount`,
        `net_share`, `n_quiet`, `quiet_amount` and, where a margin is known, `margin_amount`,
        `margin_share`.
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
    if has_sales(margins(customers)):
        margin = customers.groupby("abc_class")["margin_amount"].sum()
        table["margin_amount"] = table["abc_class"].map(margin).fillna(0.0)
        table["margin_share"] = table["margin_amount"] / table["margin_amount"].sum()
    return table


def margin_by_class(customers: pd.DataFrame) -> pd.DataFrame:
    """Hold the classes by sales against those by margin.

    Returns
    -------
    pandas.DataFrame
        One row per class by sales and class by margin that has customers: `abc_class`,
        `margin_class`, `n_customers`, `net_amount`, `margin_amount`, `margin_rate` (margin over
        sales, missing without sales); no row where no margin is known.
    """
    names = ["abc_class", "margin_class"]
    if "margin_class" not in customers:
        empty = [*names, "n_customers", "net_amount", "margin_amount", "margin_rate"]
        return pd.DataFrame(columns=empty)
    grouped = customers.groupby(names)
    table = grouped[["net_amount", "margin_amount"]].sum()
    table.insert(0, "n_customers", grouped.size())
    table["margin_rate"] = table["margin_amount"] / table["net_amount"].where(
        table["net_amount"] > 0
    )
    return table.reset_index()


def sold_at_a_loss(customers: pd.DataFrame) -> pd.DataFrame:
    """List the customers whose margin is below nought, the largest loss first.

    Returns
    -------
    pandas.DataFrame
        `customer_id`, `abc_class`, `n_orders`, `net_amount`, `margin_amount`; no row where no
        margin is known.
    """
    names = ["customer_id", "abc_class", "n_orders", "net_amount", "margin_amount"]
    if "margin_amount" not in customers:
        return pd.DataFrame(columns=names)
    lost = customers[customers["margin_amount"] < 0]
    return lost[names].sort_values(["margin_amount", "customer_id"], ignore_index=True)
