"""Who answered a survey, and what the silence of the others may hide."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmlib.evaluation.experiments import benjamini_hochberg, compare_proportions
from crmlib.evaluation.experiments.arms import Counts
from crmlib.evaluation.intervals import wilson_interval
from crmlib.periods import Window

__all__ = ["latest_wave", "reweighted_mean", "who_answered"]

_QUARTERS = ("lowest quarter of sales", "second quarter", "third quarter", "best quarter")
_NOBODY = "no sales"
_COLUMNS = [
    "dimension", "group", "n_customers", "n_answered", "answered_rate", "low_rate", "high_rate",
    "customer_share", "respondent_share", "p_adjusted", "is_different",
]  # fmt: skip


def latest_wave(waves: pd.DataFrame, *, otherwise_day: int) -> Window:
    """Give the days of the latest survey that customers answered.

    Parameters
    ----------
    waves
        From `crmlib.features.surveys.survey_waves`, collected.
    otherwise_day
        Day to give where customers have answered none.
    """
    asked = waves[waves["respondent_kind"] == "customer"]
    if asked.empty:
        return Window(otherwise_day, otherwise_day)
    last = asked.sort_values(["last_day", "survey_id"]).iloc[-1]
    return Window(int(last["first_day"]), int(last["last_day"]))


def who_answered(
    customers: pd.DataFrame, respondents: pd.Series, *, threshold: float = 0.05
) -> pd.DataFrame:
    """Compare those who answered with all customers, by stage and by sales.

    Parameters
    ----------
    customers
        Everybody who could have been asked, as they were on the day before the survey:
        `customer_id`, `stage`, `net_amount`.
    respondents
        Ids of those who answered; others than customers are left out.
    threshold
        Share of false ones among the groups called different that is allowed.

    Returns
    -------
    pandas.DataFrame
        `dimension` (all, stage, sales), `group`, `n_customers`, `n_answered`, `answered_rate` with
        its Wilson interval `low_rate`, `high_rate`, `customer_share`, `respondent_share`,
        `p_adjusted` (rate against all other groups, Benjamini-Hochberg), `is_different`.
    """
    if customers.empty:
        return pd.DataFrame(columns=_COLUMNS)
    marked = _classified(customers, respondents)
    parts = []
    for dimension in ("all", "stage", "sales"):
        grouped = marked.groupby(dimension)["has_answered"].agg(["size", "sum"])
        part = grouped.rename_axis("group").reset_index()
        parts.append(part.assign(dimension=dimension))
    table = pd.concat(parts, ignore_index=True)
    table = table.rename(columns={"size": "n_customers", "sum": "n_answered"})
    bounds = wilson_interval(table["n_answered"].to_numpy(), table["n_customers"].to_numpy())
    n, n_answered = len(marked), int(marked["has_answered"].sum())
    table = table.assign(
        answered_rate=table["n_answered"] / table["n_customers"],
        low_rate=bounds["low"].to_numpy(),
        high_rate=bounds["high"].to_numpy(),
        customer_share=table["n_customers"] / n,
        respondent_share=table["n_answered"] / max(n_answered, 1),
    )
    others = table["n_customers"] < n
    p_values = [
        compare_proportions(
            Counts(int(row.n_answered), int(row.n_customers)),
            Counts(n_answered - int(row.n_answered), n - int(row.n_customers)),
        ).p_value
        for row in table[others].itertuples()
    ]
    table["p_adjusted"] = np.nan
    if p_values:
        table.loc[others, "p_adjusted"] = benjamini_hochberg(p_values).to_numpy()
    table["is_different"] = table["p_adjusted"] < threshold
    return table[_COLUMNS]


def _classified(customers: pd.DataFrame, respondents: pd.Series) -> pd.DataFrame:
    """Add the quarter of sales, ties by customer, and whether the customer answered."""
    sales = customers["net_amount"]
    order = customers.assign(sales=sales).sort_values(["sales", "customer_id"]).index
    place = pd.Series(np.arange(len(customers)), index=order).reindex(customers.index)
    buyers = sales > 0
    rank = place - place[buyers].min() if buyers.any() else place
    quarter = (4 * rank // max(int(buyers.sum()), 1)).clip(0, 3).astype(int)
    names = pd.Series(_QUARTERS).reindex(quarter).set_axis(customers.index)
    return customers.assign(
        all="all customers",
        sales=names.where(buyers, _NOBODY),
        has_answered=customers["customer_id"].isin(respondents).astype("int64"),
    )


def reweighted_mean(customers: pd.DataFrame, points: pd.Series) -> tuple[float, float]:
    """Give the mean of some answers, and what it is if each group of customers had answered alike.

    Answers are weighted so that stages and quarters of sales have their share of all customers.
    What decides answering beyond these two is not mended.

    Parameters
    ----------
    customers
        As for `who_answered`.
    points
        One number per respondent, indexed by respondent.

    Returns
    -------
    tuple of float
        Mean of the answers of customers, and the weighted one; missing without any.

    References
    ----------
    R. J. A. Little (1993), Post-stratification: a modeler's perspective, Journal of the American
    Statistical Association 88, 1001-1012.
    """
    if customers.empty:
        return float("nan"), float("nan")
    marked = _classified(customers, pd.Series(points.index))
    marked["points"] = marked["customer_id"].map(points)
    cells = marked.groupby(["stage", "sales"])["points"].agg(["size", "mean"]).dropna()
    if cells.empty:
        return float("nan"), float("nan")
    weighted = float((cells["size"] * cells["mean"]).sum() / cells["size"].sum())
    return float(marked["points"].mean()), weighted
