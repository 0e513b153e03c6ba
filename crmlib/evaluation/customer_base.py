"""The customer base in a few rows: stages, transitions, retention, weeks."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmlib.evaluation.intervals import wilson_interval
from crmlib.features.stages import STAGES
from crmlib.periods import day_text
from crmlib.schema import require_columns

__all__ = ["retention_curve", "stage_summary", "stage_transitions", "whole_weeks", "with_sales"]


def with_sales(stages: pd.DataFrame, sales: pd.DataFrame) -> pd.DataFrame:
    """Join the stage of each customer with the sales of a window (0 where nothing was bought).

    Parameters
    ----------
    stages
        One row per customer: `customer_id`, `stage`, `silence_days`.
    sales
        `customer_id`, `n_orders`, `net_cents` of the window.

    Returns
    -------
    pandas.DataFrame
        `customer_id`, `stage`, `silence_days`, `n_orders`, `net_amount`, in the order of `stages`.
    """
    known = stages[["customer_id", "stage", "silence_days"]]
    joined = known.merge(sales, on="customer_id", how="left", validate="one_to_one")
    filled = joined.fillna({"n_orders": 0, "net_cents": 0})
    return known.assign(
        n_orders=filled["n_orders"].astype("int64").to_numpy(),
        net_amount=filled["net_cents"].to_numpy(dtype=float) / 100,
    )


def stage_summary(customers: pd.DataFrame) -> pd.DataFrame:
    """Count customers and their sales per stage.

    Parameters
    ----------
    customers
        One row per customer: `stage`, `net_amount` (sales of the window looked at).

    Returns
    -------
    pandas.DataFrame
        One row per stage, all stages, in their order: `stage`, `n_customers`, `customer_share`,
        `net_amount`, `net_share` (0 where nothing was sold).
    """
    require_columns(customers, ["stage", "net_amount"], what="The table of customers")
    grouped = customers.groupby("stage")["net_amount"].agg(["size", "sum"])
    grouped = grouped.reindex(list(STAGES), fill_value=0)
    n, net = grouped["size"].astype("int64"), grouped["sum"].astype(float)
    return pd.DataFrame(
        {
            "stage": list(STAGES),
            "n_customers": n.to_numpy(),
            "customer_share": (n / max(n.sum(), 1)).to_numpy(),
            "net_amount": net.to_numpy(),
            "net_share": (net / net.sum()).to_numpy() if net.sum() else np.zeros(len(net)),
        }
    )


def stage_transitions(before: pd.DataFrame, now: pd.DataFrame) -> pd.DataFrame:
    """Count how many customers went from which stage to which.

    Parameters
    ----------
    before, now
        `customer_id` and `stage` at two days. Customers only in `now` were not customers yet.

    Returns
    -------
    pandas.DataFrame
        One row per stage before (`stage_before`, with "not yet a customer" last), one column per
        stage now, counts of customers.
    """
    both = now[["customer_id", "stage"]].merge(
        before[["customer_id", "stage"]],
        on="customer_id",
        how="left",
        suffixes=("", "_before"),
        validate="one_to_one",
    )
    both["stage_before"] = both["stage_before"].fillna("not yet a customer")
    matrix = pd.crosstab(both["stage_before"], both["stage"])
    rows = [*STAGES, "not yet a customer"]
    matrix = matrix.reindex(index=rows, columns=list(STAGES), fill_value=0)
    matrix.columns.name = None
    return matrix.rename_axis("stage_before").reset_index()


def retention_curve(
    cohorts: pd.DataFrame, *, last_complete_month: int, n_first_months_left_out: int = 1
) -> pd.DataFrame:
    """Pool cohorts into the share that orders again m months after the first order.

    Parameters
    ----------
    cohorts
        `cohort_month`, `months_since`, `n_active`.
    last_complete_month
        Months after it are not fully observed and left out.
    n_first_months_left_out
        Cohorts of the first months of data, full of customers older than the data.

    Returns
    -------
    pandas.DataFrame
        `months_since` (from 1), `n_cohort`, `n_active`, `retention_rate`, `low_rate`, `high_rate`
        (95 % Wilson interval); no row if no cohort can be followed.
    """
    first = cohorts["cohort_month"].min() + n_first_months_left_out
    used = cohorts[
        (cohorts["cohort_month"] >= first)
        & (cohorts["cohort_month"] + cohorts["months_since"] <= last_complete_month)
    ]
    sizes = used[used["months_since"] == 0].set_index("cohort_month")["n_active"]
    longest = int(last_complete_month - first) if len(sizes) else 0
    rows = []
    for months in range(1, longest + 1):
        followed = sizes[sizes.index + months <= last_complete_month]
        active = used.loc[used["months_since"] == months, "n_active"].sum()
        rows.append((months, int(followed.sum()), int(active)))
    columns = ["months_since", "n_cohort", "n_active"]
    curve = pd.DataFrame(rows, columns=columns).astype("int64")
    curve = curve[curve["n_cohort"] > 0].reset_index(drop=True)
    bounds = wilson_interval(curve["n_active"].to_numpy(), curve["n_cohort"].to_numpy())
    return curve.assign(
        retention_rate=curve["n_active"] / curve["n_cohort"],
        low_rate=bounds["low"].to_numpy(),
        high_rate=bounds["high"].to_numpy(),
    )


def whole_weeks(daily: pd.DataFrame, *, as_of_day: int) -> pd.DataFrame:
    """Add up days to weeks of seven days that end on the weekday of `as_of_day`.

    Parameters
    ----------
    daily
        `occurred_day`, `n_orders`, `net_cents`; days without a sale may be missing.

    Returns
    -------
    pandas.DataFrame
        `week_ends_on` (ISO text), `n_orders`, `net_amount`; only weeks wholly within the data, no
        row if there is none.
    """
    first = int(daily["occurred_day"].min())
    n_weeks = (as_of_day - first + 1) // 7
    back = (as_of_day - daily["occurred_day"]) // 7
    kept = daily[back < n_weeks].assign(back=back)
    weeks = kept.groupby("back")[["n_orders", "net_cents"]].sum()
    weeks = weeks.reindex(range(n_weeks - 1, -1, -1), fill_value=0)

    return pd.DataFrame(
        {
            "week_ends_on": [day_text(as_of_day - 7 * int(k)) for k in weeks.index],
            "n_orders": weeks["n_orders"].astype("int64").to_numpy(),
            "net_amount": weeks["net_cents"].to_numpy() / 100,
        }
    )
