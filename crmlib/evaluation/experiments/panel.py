"""Difference in differences: a measure that started at one time for some and not for others."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from crmlib.errors import DataRejectedError, NotEnoughDataError, ParameterError
from crmlib.evaluation.experiments.arms import Array
from crmlib.evaluation.experiments.means import compare_means
from crmlib.evaluation.experiments.multiplicity import holm
from crmlib.evaluation.experiments.result import Comparison

__all__ = ["difference_in_differences", "placebo_checks"]

_MIN_UNITS = 2
_PLACEBO_LEVEL = 0.05
_ASSUMPTION = (
    "Without the measure both groups would have changed by the same amount, and nothing else "
    "happened to only one of them at that time."
)


def difference_in_differences(
    outcomes: pd.DataFrame,
    *,
    is_treated: npt.ArrayLike,
    first_period: Any,
    level: float = 0.95,
    unit: str = "per period",
) -> Comparison:
    """Compare how two groups changed when a measure started for one of them.

    Each unit (customer, region, shop) counts once, by its mean after minus its mean before, so
    that the likeness of its periods makes nobody too sure. The placebo checks before the start
    are run along and their result stands in the remarks.

    Parameters
    ----------
    outcomes
        One row per unit, one column per period, ascending, without gaps.
    is_treated
        One True or False per unit, in the same order.
    first_period
        Name of the first column with the measure.
    level
        Nominal coverage, 0-1.
    unit
        Of the outcome.

    Returns
    -------
    Comparison
        Mean effect per period with the measure, labelled observational.

    Raises
    ------
    NotEnoughDataError
        With fewer than 2 units in a group or no period before.
    DataRejectedError
        If outcomes are missing.
    ParameterError
        If the periods do not ascend, or `first_period` is none of them.

    References
    ----------
    M. Bertrand, E. Duflo & S. Mullainathan (2004), Quarterly Journal of Economics 119, 249-275,
    section IV.C (periods averaged before and after).

    Examples
    --------
    >>> sales = pd.DataFrame({"p1": [5, 6, 4, 5], "p2": [5, 6, 5, 5], "p3": [9, 9, 6, 7]})
    >>> found = difference_in_differences(
    ...     sales, is_treated=[True, True, False, False], first_period="p3")
    >>> found.estimate, found.is_randomised
    (1.75, False)
    """
    treated, start = _checked(outcomes, is_treated, first_period)
    values = outcomes.to_numpy(dtype=float)
    found = _at(values, treated, start, level, unit)
    checks = placebo_checks(outcomes, is_treated=is_treated, first_period=first_period)
    remarks = (*found.remarks, _verdict(checks, start))
    changed = dataclasses.replace(found, method="Difference in differences", remarks=remarks)
    return changed.observational(_ASSUMPTION)


def placebo_checks(
    outcomes: pd.DataFrame, *, is_treated: npt.ArrayLike, first_period: Any, level: float = 0.95
) -> pd.DataFrame:
    """Pretend that the measure had started earlier: no effect may be found where there was none.

    Only periods before the true start are used. An effect at a false start says that the groups
    already moved apart and the difference in differences is not to be believed; no effect does not
    prove the opposite.

    Returns
    -------
    pandas.DataFrame
        One row per false start: `false_start` (name of the period), `estimate`, `low`, `high`,
        `p_value`, `p_adjusted` (Holm), `is_ok`; no row with fewer than two periods before or
        where all units of a group changed alike.

    Raises
    ------
    NotEnoughDataError, DataRejectedError, ParameterError
        As `difference_in_differences`.
    """
    treated, start = _checked(outcomes, is_treated, first_period)
    before = outcomes.to_numpy(dtype=float)[:, :start]
    rows = []
    for k in range(1, start):
        change = _change(before, k)
        if np.ptp(change[treated]) == 0 or np.ptp(change[~treated]) == 0:
            continue
        found = _at(before, treated, k, level, "")
        rows.append((outcomes.columns[k], found.estimate, found.low, found.high, found.p_value))
    names = ["false_start", "estimate", "low", "high", "p_value"]
    table = pd.DataFrame(rows, columns=names)
    table["p_adjusted"] = holm(table["p_value"])
    table["is_ok"] = table["p_adjusted"] >= _PLACEBO_LEVEL
    return table


def _change(values: Array, start: int) -> Array:
    """Give the mean from `start` on minus the mean before, per unit."""
    change: Array = values[:, start:].mean(axis=1) - values[:, :start].mean(axis=1)
    return change


def _at(
    values: Array, treated: npt.NDArray[np.bool_], start: int, level: float, unit: str
) -> Comparison:
    """Compare the changes of both groups at a start."""
    change = _change(values, start)
    return compare_means(change[treated], change[~treated], level=level, unit=unit)


def _verdict(checks: pd.DataFrame, n_before: int) -> str:
    """Word what the placebo checks found."""
    if checks.empty:
        return f"No placebo check is possible with {n_before} period before the start."
    smallest = checks["p_adjusted"].min()
    if checks["is_ok"].all():
        return (
            f"{len(checks)} placebo checks before the start find no effect (p >= {smallest:.2f})."
        )
    worst = checks.loc[checks["p_adjusted"].idxmin(), "false_start"]
    return (
        f"Placebo check fails: an effect at {worst}, before the start (p = {smallest:.2g}). The "
        "groups already moved apart; do not believe this effect."
    )


def _checked(
    outcomes: pd.DataFrame, is_treated: npt.ArrayLike, first_period: Any
) -> tuple[npt.NDArray[np.bool_], int]:
    """Give the treated units and the position of the start, or say what is wrong."""
    treated = np.asarray(is_treated)
    if treated.dtype != bool or treated.shape != (len(outcomes),):
        raise ParameterError(
            f"is_treated has type {treated.dtype} and shape {treated.shape}: one True or False for "
            f"each of {len(outcomes)} units is needed."
        )
    columns = outcomes.columns
    if not (columns.is_monotonic_increasing and columns.is_unique):
        raise ParameterError(f"The periods {list(columns)[:5]} ... do not ascend. Sort them.")
    if first_period not in columns:
        raise ParameterError(
            f"first_period={first_period!r} is none of the {len(columns)} periods from "
            f"{columns[0]!r} to {columns[-1]!r}."
        )
    n_missing = int(outcomes.isna().to_numpy().sum())
    if n_missing:
        raise DataRejectedError(
            f"{n_missing} outcomes are missing. A period without sales is 0; leave out units that "
            "were not there all the time."
        )
    for name, count in (("treated", int(treated.sum())), ("control", int((~treated).sum()))):
        if count < _MIN_UNITS:
            raise NotEnoughDataError(
                f"Not enough data in the {name} group (have {count} units, need {_MIN_UNITS})."
            )
    start = int(columns.get_loc(first_period))
    if start == 0:
        raise NotEnoughDataError("Not enough data before the start (have 0 periods, need 1).")
    return treated, start
