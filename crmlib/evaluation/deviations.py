"""Which parts of the business are off, beyond what moved all of them and beyond chance."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from scipy import stats

from crmlib.evaluation.experiments import benjamini_hochberg
from crmlib.evaluation.sales_plan import DIMENSIONS
from crmlib.features.dimensions import named

__all__ = ["DEVIATIONS", "against_before", "against_plan", "cells_of", "main_cells", "main_source"]

Chance = Callable[..., tuple[pd.Series, pd.Series]]
DEVIATIONS = [
    "dimension", "part", "reference_amount", "actual_amount", "deviation_amount",
    "own_deviation_amount", "is_different", "p_adjusted", "deviation_share", "low_amount",
    "high_amount", "common_deviation_amount", "n_customers",
]  # fmt: skip
_THRESHOLD = 0.05
_MIN_EFFECTIVE = 10.0
"""Customers of equal size that a part must be worth before chance can be told from more."""
_ROUNDS = 6
_CENTS = 100.0
_ORDER = {named(group): place for place, group in enumerate([(), *((n,) for n in DIMENSIONS)])}


def against_plan(cells: pd.DataFrame, plan: pd.DataFrame) -> pd.DataFrame:
    """Hold sales so far against the plan, part by part.

    Guards against two ways of blaming a part: for what moved all parts alike, and for chance. Its
    own deviation is tested as if the plan of the part, moved like all others, were right and whole
    customers were drawn at random; many parts are looked at, so p values are corrected. All parts
    not found off by themselves say what moved all.

    Parameters
    ----------
    cells
        From `crmlib.features.controlling.cell_sales`, collected.
    plan
        From `crmlib.evaluation.sales_plan.planned`, of the same days.

    Returns
    -------
    pandas.DataFrame
        One row per part with a plan or with sales, of dimensions that are planned: `dimension`,
        `part`, `reference_amount`, `actual_amount`, `deviation_amount` (actual less reference),
        `own_deviation_amount`, `is_different`, `p_adjusted` (of the own deviation;
        Benjamini-Hochberg over all single dimensions, and over all cells; missing where nothing
        can be told), `deviation_share`, `low_amount`, `high_amount` (95 % interval of the
        deviation), `common_deviation_amount` (with the own one it adds up to the deviation),
        `n_customers`. The total stands first and is not tested, then come single dimensions, then
        cells; within them the largest deviation.

    References
    ----------
    Compound Poisson sums: the variance of the sum over customers is estimated by the sum of
    squares, here in the ratio to sales that was seen, times the plan (a score test).
    """
    table = plan.merge(cells, on=["dimension", "part"], how="outer")
    table = table[table["dimension"].isin(plan["dimension"])]
    frame = pd.DataFrame(
        {
            "dimension": table["dimension"],
            "part": table["part"],
            "n_customers": table["n_customers_year"].fillna(0).astype("int64"),
            "reference_amount": table["planned_amount"].fillna(0.0),
            "actual_amount": table["year_cents"].fillna(0) / _CENTS,
            "squares": table["year_squared"].fillna(0.0) / _CENTS**2,
            "cross": table["year_total"].fillna(0.0) / _CENTS**2,
        }
    )
    frame = frame[(frame["reference_amount"] != 0) | (frame["actual_amount"] != 0)]
    return _tested(frame.reset_index(drop=True), _chance_of_plan)


def against_before(cells: pd.DataFrame) -> pd.DataFrame:
    """Hold sales against those of the window before, part by part.

    As `against_plan`; the same customers stand in both windows, so chance is what their differences
    say.

    Returns
    -------
    pandas.DataFrame
        As `against_plan`, with the window before as reference; no row where nothing was sold then.
    """
    frame = pd.DataFrame(
        {
            "dimension": cells["dimension"],
            "part": cells["part"],
            "n_customers": cells["n_customers"].astype("int64"),
            "reference_amount": cells["before_cents"] / _CENTS,
            "actual_amount": cells["now_cents"] / _CENTS,
            "squares": cells["now_squared"] / _CENTS**2,
            "cross": cells["now_before"] / _CENTS**2,
            "squares_before": cells["before_squared"] / _CENTS**2,
        }
    )
    frame = frame[(frame["reference_amount"] != 0) | (frame["actual_amount"] != 0)]
    if not (frame["reference_amount"] > 0).any():
        frame = frame.iloc[:0]
    return _tested(frame.reset_index(drop=True), _chance_of_change)


def _tested(frame: pd.DataFrame, chance: Chance) -> pd.DataFrame:
    """Split each deviation into what moved all and the rest, and test the rest."""
    if frame.empty:
        return pd.DataFrame(columns=DEVIATIONS)
    actual, reference = frame["actual_amount"], frame["reference_amount"]
    is_off = pd.Series(data=False, index=frame.index)
    for _ in range(_ROUNDS):
        common = _common(frame, is_off)
        error, effective = chance(frame, common)
        own = actual - common * reference
        can = (effective >= _MIN_EFFECTIVE) & (error > 0) & (frame["dimension"] != "total")
        p = pd.Series(2 * stats.norm.sf(np.abs(own) / np.where(error > 0, error, 1.0)))
        adjusted = _adjusted(p.where(can), is_cell=frame["dimension"].str.contains(" x "))
        found = adjusted < _THRESHOLD
        if found.equals(is_off):
            break
        is_off = found
    spread, _ = chance(frame, pd.Series(1.0, index=frame.index), raw=True)
    reach = stats.norm.isf(0.025) * spread
    deviation = actual - reference
    table = frame.assign(
        deviation_amount=deviation,
        deviation_share=deviation / reference.where(reference > 0),
        low_amount=deviation - reach,
        high_amount=deviation + reach,
        common_deviation_amount=(common - 1) * reference,
        own_deviation_amount=own,
        p_adjusted=adjusted.round(6),
        is_different=found,
        place=frame["dimension"].map(_ORDER).fillna(len(_ORDER)),
        size=deviation.abs(),
    )
    ordered = table.sort_values(
        ["place", "size", "part"], ascending=[True, False, True], kind="stable"
    )
    return ordered[DEVIATIONS].reset_index(drop=True)


def _common(frame: pd.DataFrame, is_off: pd.Series) -> pd.Series:
    """Give for each part the ratio of sales to reference of all parts that are not off."""
    kept = frame[~is_off & (frame["reference_amount"] > 0)]
    sums = kept.groupby("dimension")[["actual_amount", "reference_amount"]].sum()
    ratio = sums["actual_amount"] / sums["reference_amount"]
    return frame["dimension"].map(ratio).fillna(1.0).clip(lower=0.0)


def _chance_of_plan(
    frame: pd.DataFrame, common: pd.Series, *, raw: bool = False
) -> tuple[pd.Series, pd.Series]:
    """Give the standard error under the plan, and how many customers of equal size it is worth.

    A customer's part of the own deviation is what he bought here less the planned share of all he
    bought. Squares are scaled from what was sold to what is planned, and taken from all parts
    where those of the part are smaller: a part to which no large customer came by chance would
    look as if it had none.
    """
    sums = frame.groupby("dimension")[["actual_amount", "squares", "cross"]].transform("sum")
    if raw:
        return np.sqrt(frame["squares"]), frame["squares"]
    expected = common * frame["reference_amount"]
    pooled = {name: sums[name] / sums["actual_amount"] for name in ("squares", "cross")}
    own = {name: frame[name] / frame["actual_amount"] for name in ("squares", "cross")}
    is_known = frame["actual_amount"] > 0
    squares = own["squares"].where(
        is_known & (own["squares"] > pooled["squares"]), pooled["squares"]
    )
    cross = own["cross"].where(is_known & (own["cross"] < pooled["cross"]), pooled["cross"])
    share = expected / sums["actual_amount"].where(sums["actual_amount"] > 0)
    everybody = sums["cross"]  # a customer's sales in all parts times all his sales
    variance = expected * squares - 2 * share * expected * cross + share**2 * everybody
    error = np.sqrt(np.maximum(variance, 0.0))
    effective = expected / squares.where(squares > 0)
    return error.fillna(0.0), effective.fillna(0.0)


def _chance_of_change(
    frame: pd.DataFrame, common: pd.Series, *, raw: bool = False
) -> tuple[pd.Series, pd.Series]:
    """Give the standard error of sales less the moved sales before, and the size of the part."""
    k = 1.0 if raw else common
    variance = frame["squares"] - 2 * k * frame["cross"] + k**2 * frame["squares_before"]
    both = frame["squares"] + k**2 * frame["squares_before"]
    size = (frame["actual_amount"] + k * frame["reference_amount"]) ** 2
    effective = size / both.where(both > 0)
    return np.sqrt(np.maximum(variance, 0.0)), effective.fillna(0.0)


def _adjusted(p: pd.Series, *, is_cell: pd.Series) -> pd.Series:
    """Correct for many looks: all parts of single dimensions together, and all cells together."""
    adjusted = p.copy()
    for family in (p.notna() & is_cell, p.notna() & ~is_cell):
        if family.any():
            adjusted[family] = benjamini_hochberg(p[family]).to_numpy()
    return adjusted


def cells_of(deviations: pd.DataFrame, *, by: Sequence[Sequence[str]]) -> str:
    """Name the dimension whose parts are the cells: the last group of `by` that has any.

    Parameters
    ----------
    by
        Groups of dimensions, from `crmlib.evaluation.sales_plan.groups`; single ones are the
        better the earlier they stand.
    """
    names = [named(by[-1]), *(named(group) for group in by[:-1])]
    known = set(deviations["dimension"])
    return next((name for name in names if name in known), names[0])


def main_source(
    against_plan_: pd.DataFrame, against_before_: pd.DataFrame, *, name: str
) -> tuple[pd.DataFrame, str]:
    """Choose the deviations to look for the main cells in: from the plan, else from before.

    Parameters
    ----------
    name
        What sales before are called.

    Returns
    -------
    tuple
        The deviations, and what they are measured from.
    """
    if (against_plan_["dimension"] != "total").any():
        return against_plan_, "the plan"
    return against_before_, name


def main_cells(deviations: pd.DataFrame, *, dimension: str, share: float = 0.8) -> pd.DataFrame:
    """Find the fewest cells that make up most of the absolute deviation.

    Parameters
    ----------
    deviations
        From `against_plan` or `against_before`.
    dimension
        Whose parts are the cells.
    share
        Part (0-1) of the sum of absolute deviations that is to be made up.

    Returns
    -------
    pandas.DataFrame
        The parts of the dimension, the largest deviation first: the columns of `deviations`,
        `absolute_share` and `cumulated_share` of the absolute deviation, `is_main`.
    """
    cells = deviations[deviations["dimension"] == dimension]
    size = cells["deviation_amount"].abs()
    order = cells.assign(size=size).sort_values(
        ["size", "part"], ascending=[False, True], kind="stable"
    )
    part = order["size"] / max(float(size.sum()), 1e-9)
    before = part.cumsum() - part
    return (
        order.drop(columns="size")
        .assign(absolute_share=part, cumulated_share=part.cumsum(), is_main=before < share - 1e-12)
        .reset_index(drop=True)
    )
