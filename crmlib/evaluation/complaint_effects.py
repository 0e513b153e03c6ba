"""What follows a complaint: whether complainers stay and buy like others of their kind."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from crmlib.errors import DataRejectedError, NotEnoughDataError
from crmlib.evaluation.experiments import (
    Comparison,
    balance_table,
    compare_proportions,
    holm,
    overlap_weighted_comparison,
)
from crmlib.evaluation.experiments.arms import Counts

__all__ = ["COMPARISONS", "balance", "effects", "leaving"]

_MIN_CUSTOMERS = 20
_EFFECTS = [
    "comparison", "n_with", "n_without", "difference_share", "low_share", "high_share",
    "p_adjusted", "difference_amount", "low_amount", "high_amount", "remark",
]  # fmt: skip
COMPARISONS = {
    "all complaints against none": ("is_case", "is_control"),
    "answered in time against no complaint": ("is_prompt", "is_control"),
    "late or no answer against answered in time": ("is_late", "is_prompt"),
    "compensated against explained only": ("is_paid", "is_explained"),
}
"""What is compared, and the marks of the customers on either side."""


def leaving(counts: pd.DataFrame) -> pd.DataFrame:
    """Compare the share that left of those who complained with that of those who never did.

    Nothing is taken into account but the complaint: see `effects` for like customers.

    Parameters
    ----------
    counts
        `has_complained` (0, 1), `n_customers`, `n_left`.

    Returns
    -------
    pandas.DataFrame
        One row: `n_complainers`, `complainers_left_share`, `n_others`, `others_left_share`,
        `difference_share`, `low_share`, `high_share` (Newcombe); no row unless both groups exist.
    """
    by = counts.set_index("has_complained").reindex([1, 0]).fillna(0).astype("int64")
    names = ["n_complainers", "complainers_left_share", "n_others", "others_left_share",
             "difference_share", "low_share", "high_share"]  # fmt: skip
    if (by["n_customers"] == 0).any() or by["n_left"].sum() == 0:
        return pd.DataFrame(columns=names, dtype=float)
    sides = [Counts(int(row.n_left), int(row.n_customers)) for row in by.itertuples()]
    found = compare_proportions(*sides)
    shares = [side.successes / side.n for side in sides]
    row = [sides[0].n, shares[0], sides[1].n, shares[1], found.estimate, found.low, found.high]
    return pd.DataFrame([row], columns=names)


def effects(comparison: pd.DataFrame) -> pd.DataFrame:
    """Compare what customers did after a complaint with what like customers did. Observational.

    Like means: same season, time as a customer, days since the last order, orders and sales of the
    year before, and complaints before, by overlap weights.

    Parameters
    ----------
    comparison
        From `crmlib.features.complaint_comparison.complaint_comparison`, collected.

    Returns
    -------
    pandas.DataFrame
        One row per comparison of `COMPARISONS`: `comparison`, `n_with`, `n_without`,
        `difference_share` (of customers who order again, with `low_share`, `high_share`),
        `p_adjusted` (Holm over the comparisons), `difference_amount` (sales per customer, with
        `low_amount`, `high_amount`), `remark` (why a comparison could not be made).
    """
    marked = _marked(comparison)
    rows, p_values = [], {}
    for number, (name, (with_, without)) in enumerate(COMPARISONS.items()):
        chosen = marked[marked[with_] | marked[without]]
        n_with = int(chosen[with_].sum())
        row: dict[str, object] = dict.fromkeys(_EFFECTS, np.nan)
        row |= {"comparison": name, "n_with": n_with, "n_without": len(chosen) - n_with}
        try:
            stay = _compared(chosen, with_, (chosen["n_orders_after"] > 0).astype(float))
            money = _compared(chosen, with_, chosen["net_cents_after"] / 100)
        except (NotEnoughDataError, DataRejectedError) as error:
            row["remark"] = str(error)
        else:
            p_values[number] = stay.p_value
            row |= {
                "remark": "",
                "difference_share": stay.estimate, "low_share": stay.low, "high_share": stay.high,
                "difference_amount": money.estimate, "low_amount": money.low,
                "high_amount": money.high,
            }  # fmt: skip
        rows.append(row)
    table = pd.DataFrame(rows, columns=_EFFECTS)
    if p_values:
        table.loc[list(p_values), "p_adjusted"] = holm(pd.Series(p_values))
    return table


def balance(comparison: pd.DataFrame) -> pd.DataFrame:
    """Show how alike complainers and the others are before and after weighting.

    Returns
    -------
    pandas.DataFrame
        As `crmlib.evaluation.experiments.balance_table`; no row where they cannot be compared.
    """
    marked = _marked(comparison)
    try:
        return balance_table(_covariates(marked), is_treated=_two_sides(marked["is_case"]))
    except (NotEnoughDataError, DataRejectedError):
        names = ["covariate", "treated_mean", "control_mean", "difference_sd",
                 "weighted_difference_sd", "weighted_variance_ratio", "is_balanced"]  # fmt: skip
        return pd.DataFrame(columns=names)


def _marked(comparison: pd.DataFrame) -> pd.DataFrame:
    """Mark who stands on which side; those who left before the answer was due stand on none."""
    table = comparison[comparison["has_left"] == 0]
    table = table.sort_values(["customer_id", "is_complaint"], ignore_index=True)
    case, prompt = table["is_complaint"] == 1, table["is_in_time"] == 1
    paid = table["is_compensated"] == 1
    return table.assign(
        is_case=case,
        is_control=~case,
        is_prompt=case & prompt,
        is_late=case & ~prompt,
        is_paid=case & prompt & paid,
        is_explained=case & prompt & ~paid,
    )


def _compared(chosen: pd.DataFrame, with_: str, outcome: pd.Series) -> Comparison:
    is_with = _two_sides(chosen[with_])
    return overlap_weighted_comparison(outcome, is_treated=is_with, covariates=_covariates(chosen))


def _two_sides(marks: pd.Series) -> npt.NDArray[np.bool_]:
    """Give who stands on the first side, if there are enough on both."""
    is_with = marks.to_numpy(dtype=bool)
    n_least = min(int(is_with.sum()), int((~is_with).sum()))
    if n_least < _MIN_CUSTOMERS:
        raise NotEnoughDataError(
            f"Not enough customers on one side (have {n_least}, need {_MIN_CUSTOMERS})."
        )
    return is_with


def _covariates(table: pd.DataFrame) -> pd.DataFrame:
    """Give what was known on the day, on scales on which differences mean the same throughout."""
    values = pd.DataFrame(
        {
            "day": table["moment_day"],
            "log_tenure": np.log1p(table["tenure_days"]),
            "log_recency": np.log1p(table["recency_days"]),
            "log_orders": np.log1p(table["n_orders_before"]),
            "log_sales": np.log1p(table["net_cents_before"].clip(lower=0) / 100),
            "complained_before": (table["n_complaints_before"] > 0),
        }
    ).astype(float)
    return values.loc[:, values.min() < values.max()]
