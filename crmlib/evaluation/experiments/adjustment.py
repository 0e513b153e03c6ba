"""Sharper comparisons of randomised arms: pre-period data and strata."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from crmlib.errors import DataRejectedError, NotEnoughDataError, ParameterError
from crmlib.evaluation.experiments.arms import (
    Array,
    Moments,
    arm_values,
    difference_skewness,
    moments_of,
    require_same_customers,
)
from crmlib.evaluation.experiments.result import Comparison, from_parts

__all__ = ["cuped", "post_stratify"]

_MIN_IN_STRATUM = 2


def cuped(
    treatment: npt.ArrayLike,
    control: npt.ArrayLike,
    *,
    treatment_before: npt.ArrayLike,
    control_before: npt.ArrayLike,
    level: float = 0.95,
    unit: str = "per customer",
) -> Comparison:
    """Compare means after taking out what the time before already foretold.

    Each arm gets its own slope, so the adjustment never costs precision in large samples, also
    with arms of unequal size. The effect stays the mean difference of all customers.

    Parameters
    ----------
    treatment, control
        One value per customer.
    treatment_before, control_before
        One value (or one row of several) per customer in the same order, known **before** the
        assignment. Something the campaign could have changed destroys the comparison.
    level
        Nominal coverage, 0-1.
    unit
        Of the outcome.

    Returns
    -------
    Comparison
        Its remark says how much of the variance was taken out.

    Raises
    ------
    ParameterError
        If outcome and pre-period data differ in length.
    NotEnoughDataError
        With fewer customers in an arm than 10 per column of pre-period data.
    DataRejectedError
        If a value is missing or a column of pre-period data is constant.

    References
    ----------
    A. Deng, Y. Xu, R. Kohavi & T. Walker (2013), WSDM 2013, 123-132, eqs. 3 and 4; own slopes: W.
    Lin (2013), Annals of Applied Statistics 7, 295-318, section 4; sampled customers: A. Negi & J.
    Wooldridge (2021), Econometric Reviews 40, 504-534, theorem 5.2.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> before = rng.gamma(2, 10, 400)
    >>> after = before + rng.normal(0, 2, 400)
    >>> after[:200] += 1
    >>> found = cuped(after[:200], after[200:],
    ...     treatment_before=before[:200], control_before=before[200:])
    >>> found.low < 1 < found.high, found.remarks
    (True, ('Pre-period data take out 98 % of the variance.',))
    """
    outcomes = arm_values(treatment, control)
    require_same_customers(treatment, treatment_before, name="treatment")
    require_same_customers(control, control_before, name="control")
    before = [
        _covariates(treatment_before, len(outcomes[0]), "treatment"),
        _covariates(control_before, len(outcomes[1]), "control"),
    ]
    pooled = np.concatenate(before)
    if (np.ptp(pooled, axis=0) == 0).any():
        column = int((np.ptp(pooled, axis=0) == 0).argmax())
        raise DataRejectedError(
            f"Column {column} of the pre-period data is {pooled[0, column]:g} for everybody and "
            "foretells nothing. Leave it out."
        )
    centre = pooled.mean(axis=0)
    fits = [_fit(arm, rows - centre) for arm, rows in zip(outcomes, before, strict=True)]
    (rest_1, slope_1), (rest_0, slope_0) = fits
    gap = slope_1 - slope_0
    spread = np.atleast_2d(np.cov(pooled, rowvar=False))
    n_columns = len(gap)
    parts = [
        (rest.standard_deviation**2 / rest.n, rest.n - 1 - n_columns) for rest in (rest_1, rest_0)
    ]
    parts.append((float(gap @ spread @ gap) / len(pooled), len(pooled) - 1))
    raw = sum(arm.standard_deviation**2 / arm.n for arm in moments_of(*outcomes))
    share = 1 - sum(part for part, _ in parts) / raw
    return from_parts(
        rest_1.mean - rest_0.mean,
        parts,
        sizes=(len(outcomes[0]), len(outcomes[1])),
        level=level,
        method="CUPED comparison of means",
        unit=unit,
        remarks=(f"Pre-period data take out {100 * share:.0f} % of the variance.",),
        skewness=difference_skewness(rest_1, rest_0),
    )


def _covariates(values: npt.ArrayLike, n: int, name: str) -> Array:
    """Turn pre-period data of one arm into rows, or say why they are not fit."""
    rows = np.asarray(values, dtype=float)
    rows = rows[:, None] if rows.ndim == 1 else rows
    if len(rows) != n:
        raise ParameterError(
            f"The {name} arm has {n} outcomes and {len(rows)} rows of pre-period data: one of each "
            "per customer, in the same order."
        )
    wrong = int((~np.isfinite(rows)).any(axis=1).sum())
    if wrong:
        raise DataRejectedError(
            f"{wrong} of {n} customers of the {name} arm have no pre-period data. Fill them with 0 "
            "and add a column that says who is new."
        )
    need = 10 * rows.shape[1]
    if n < need:
        raise NotEnoughDataError(
            f"Not enough data in the {name} arm for {rows.shape[1]} columns of pre-period data "
            f"(have {n} customers, need {need})."
        )
    return rows


def _fit(outcome: Array, rows: Array) -> tuple[Moments, Array]:
    """Regress one arm; give its mean at the centre, the spread of the rest, and the slopes."""
    design = np.column_stack([np.ones(len(rows)), rows])
    coefficients = np.linalg.lstsq(design, outcome, rcond=None)[0]
    residuals = outcome - design @ coefficients
    n, free = len(outcome), len(outcome) - design.shape[1]
    deviation = float(np.sqrt(residuals @ residuals / free))
    skewness = float((residuals**3).mean()) / deviation**3 if deviation > 0 else 0.0
    return Moments(float(coefficients[0]), deviation, n, skewness), np.asarray(coefficients[1:])


def post_stratify(
    treatment: npt.ArrayLike,
    control: npt.ArrayLike,
    *,
    treatment_strata: npt.ArrayLike,
    control_strata: npt.ArrayLike,
    level: float = 0.95,
    unit: str = "per customer",
) -> Comparison:
    """Compare means stratum by stratum and weight the strata by their customers.

    Takes out chance differences in the mix of the arms, and is the right analysis where the draw
    itself was stratified with different shares.

    Parameters
    ----------
    treatment, control
        One value per customer.
    treatment_strata, control_strata
        Stratum of each customer, in the same order, fixed before the assignment.
    level
        Nominal coverage, 0-1.
    unit
        Of the outcome.

    Raises
    ------
    NotEnoughDataError
        If a stratum has fewer than 2 customers in an arm.
    ParameterError
        If outcomes and strata differ in length.
    DataRejectedError
        If a stratum or a value is missing.

    References
    ----------
    L. W. Miratrix, J. S. Sekhon & B. Yu (2013), Journal of the Royal Statistical Society B 75,
    369-396, eqs. 3 and 4.

    Examples
    --------
    >>> post_stratify([1, 3, 10, 12], [0, 2, 5, 5], treatment_strata=list("aabb"),
    ...     control_strata=list("aabb")).estimate
    3.5
    """
    arms = arm_values(treatment, control)
    require_same_customers(treatment, treatment_strata, name="treatment")
    require_same_customers(control, control_strata, name="control")
    cells = [
        _cells(arms[0], treatment_strata, "treatment"),
        _cells(arms[1], control_strata, "control"),
    ]
    table = cells[0].add_suffix("_1").join(cells[1].add_suffix("_0"), how="outer")
    sizes = table[["n_1", "n_0"]].fillna(0)
    thin = sizes.min(axis=1) < _MIN_IN_STRATUM
    if thin.any():
        raise NotEnoughDataError(
            f"Not enough data in {int(thin.sum())} of {len(table)} strata, for example "
            f"{sizes.index[thin][0]!r} (have {int(sizes[thin].iloc[0].min())} customers in an arm, "
            f"need {_MIN_IN_STRATUM}). Merge strata."
        )
    weight = sizes.sum(axis=1) / sizes.to_numpy().sum()
    differences = table["mean_1"] - table["mean_0"]
    parts = [
        (float(w**2 * row[f"v_{arm}"] / row[f"n_{arm}"]), float(row[f"n_{arm}"] - 1))
        for w, (_, row) in zip(weight, table.iterrows(), strict=True)
        for arm in (1, 0)
    ]
    return from_parts(
        float((weight * differences).sum()),
        parts,
        sizes=(len(arms[0]), len(arms[1])),
        level=level,
        method=f"Post-stratified comparison of means, {len(table)} strata",
        unit=unit,
    )


def _cells(values: Array, strata: npt.ArrayLike, name: str) -> pd.DataFrame:
    """Give customers, mean and variance of each stratum of one arm."""
    labels = pd.Series(np.asarray(strata))
    if len(labels) != len(values):
        raise ParameterError(
            f"The {name} arm has {len(values)} values and {len(labels)} strata: one of each per "
            "customer."
        )
    if labels.isna().any():
        raise DataRejectedError(
            f"{int(labels.isna().sum())} customers of the {name} arm have no stratum. Give them "
            "one of their own, such as 'unknown'."
        )
    grouped = pd.Series(values).groupby(labels.to_numpy())
    return pd.DataFrame({"n": grouped.size(), "mean": grouped.mean(), "v": grouped.var()})
