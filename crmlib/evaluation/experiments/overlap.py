"""Compare groups that were not drawn at random: overlap weights, doubly robust, with balance."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from crmlib.errors import DataRejectedError, NotEnoughDataError, ParameterError
from crmlib.evaluation.experiments.arms import Array
from crmlib.evaluation.experiments.propensity import Groups, groups_of
from crmlib.evaluation.experiments.result import Comparison, from_parts

__all__ = ["balance_table", "overlap_weighted_comparison"]

_MIN_EFFECTIVE = 20.0
_MAX_IMBALANCE = 0.1


def overlap_weighted_comparison(
    outcome: npt.ArrayLike,
    *,
    is_treated: npt.ArrayLike,
    covariates: pd.DataFrame,
    level: float = 0.95,
    unit: str = "per customer",
) -> Comparison:
    """Compare treated customers with like ones where nobody drew lots. Observational.

    Each customer is weighted by the probability of having been in the other group, so those decide
    who could have been in either, and no weight explodes. The outcome is regressed on the
    covariates in both groups with these weights. It is right if either the probability or the
    regression is; wrong, without a sign of it, if something that decided is not among the
    covariates.

    Parameters
    ----------
    outcome
        One value per customer.
    is_treated
        One True or False per customer, in the same order.
    covariates
        What was known **before** the treatment, one row per customer, in the same order. Nothing
        that the treatment could have changed.
    level
        Nominal coverage, 0-1. The interval allows for the estimated probabilities.
    unit
        Of the outcome.

    Returns
    -------
    Comparison
        Labelled observational, with its assumptions, and the sizes the groups are worth.

    Raises
    ------
    NotEnoughDataError
        If a group is worth fewer than 20 customers after weighting, or too small for the
        covariates.
    DataRejectedError
        If values are missing, or the covariates tell the groups apart without error.
    ParameterError
        If the inputs differ in length or in their index.

    References
    ----------
    F. Li, K. L. Morgan & A. M. Zaslavsky (2018), Journal of the American Statistical Association
    113, 390-400, eqs. 5-7; H. Mao, L. Li & T. Greene (2019), Statistical Methods in Medical
    Research 28, 2439-2454, eq. 4 (augmented estimator); L. A. Stefanski & D. D. Boos (2002), The
    American Statistician 56, 29-38, eq. 10 (standard error).

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> size = rng.normal(0, 1, 2000)
    >>> called = rng.random(2000) < 1 / (1 + np.exp(-size))
    >>> sales = 10 + 3 * size + 1.0 * called + rng.normal(0, 1, 2000)
    >>> found = overlap_weighted_comparison(
    ...     sales, is_treated=called, covariates=pd.DataFrame({"size": size}))
    >>> found.low < 1 < found.high, found.is_randomised
    (True, False)
    """
    y = _outcome(outcome, covariates)
    groups = groups_of(covariates, is_treated)
    sizes = groups.effective_sizes()
    if min(sizes) < _MIN_EFFECTIVE:
        raise NotEnoughDataError(
            f"Not enough overlap: the groups are worth {sizes[0]:.0f} and {sizes[1]:.0f} customers "
            f"after weighting (need {_MIN_EFFECTIVE:.0f})."
        )
    estimate, influence = _effect(y, groups)
    n, k = groups.design.shape
    variance = float(influence @ influence) * n / (n - 2 * k)
    n_treated = int(groups.treated.sum())
    found = from_parts(
        estimate,
        [(variance, n - 2 * k)],
        sizes=(n_treated, n - n_treated),
        level=level,
        method="Overlap-weighted doubly robust comparison",
        unit=unit,
        remarks=(
            f"After weighting the groups are worth {sizes[0]:,.0f} and {sizes[1]:,.0f} customers.",
        ),
    )
    return found.observational(
        "Whatever decided both who was treated and what he does is among "
        f"{', '.join(map(str, covariates.columns))}. Holds for customers who could have been in "
        "either group."
    )


def _outcome(outcome: npt.ArrayLike, covariates: pd.DataFrame) -> Array:
    """Check the outcome against the covariates."""
    if isinstance(outcome, pd.Series) and not outcome.index.equals(covariates.index):
        raise ParameterError("Outcome and covariates have different indexes: align them first.")
    y = np.asarray(outcome, dtype=float)
    if y.shape != (len(covariates),):
        raise ParameterError(
            f"{len(covariates)} rows of covariates and an outcome of shape {y.shape}: one value "
            "per customer."
        )
    wrong = int((~np.isfinite(y)).sum())
    if wrong:
        raise DataRejectedError(f"{wrong} of {len(y)} outcomes are missing or infinite.")
    return y


def _effect(y: Array, groups: Groups) -> tuple[float, Array]:
    """Give the effect and each customer's influence on it.

    The estimating equations of propensity, both regressions and effect are solved one after the
    other; the influence of each is carried to the next. The regressions carry the overlap weights,
    so their weighted residuals add up to nothing and the augmented estimator is the weighted mean
    of the two predictions' difference.
    """
    x, e, a = groups.design, groups.propensity, groups.treated
    tilt = e * (1 - e)
    of_propensity = _solved(x, tilt, x * (a - e)[:, None])
    slopes, influences = [], []
    # the weight of a treated customer is 1 - e and falls with the log-odds, that of others rises
    for in_arm, weight, sign in ((a, 1 - e, -1.0), (1 - a, e, 1.0)):
        w = in_arm * weight
        slope = np.linalg.solve((x * w[:, None]).T @ x, x.T @ (w * y))
        residual = y - x @ slope
        through = (x * (sign * in_arm * tilt * residual)[:, None]).T @ x
        own = x * (w * residual)[:, None] + of_propensity @ through.T
        slopes.append(slope)
        influences.append(_solved(x, w, own))
    difference = x @ (slopes[0] - slopes[1])
    total = tilt.sum()
    effect = float(tilt @ difference / total)
    away = tilt * (difference - effect)
    influence = (
        away
        + of_propensity @ (x.T @ (away * (1 - 2 * e)))
        + (influences[0] - influences[1]) @ (x.T @ tilt)
    ) / total
    return effect, influence


def _solved(x: Array, weight: Array, scores: Array) -> Array:
    """Turn the scores of a regression into influences on its coefficients, one row each."""
    information = (x * weight[:, None]).T @ x
    return np.asarray(np.linalg.solve(information, scores.T).T, dtype=float)


def balance_table(covariates: pd.DataFrame, *, is_treated: npt.ArrayLike) -> pd.DataFrame:
    """Show how alike the groups are in each covariate, before and after overlap weighting.

    Means are alike after weighting by construction; whether the spread is too tells if the
    weighting went far enough.

    Parameters
    ----------
    covariates, is_treated
        As in `overlap_weighted_comparison`.

    Returns
    -------
    pandas.DataFrame
        One row per covariate (texts: per value): `covariate`, `treated_mean`, `control_mean`,
        `difference_sd` (in standard deviations), `weighted_difference_sd`,
        `weighted_variance_ratio` (treated / control, after), `is_balanced` (the weighted
        difference within 0.1, the ratio between 1/2 and 2).

    Raises
    ------
    NotEnoughDataError, DataRejectedError, ParameterError
        As `overlap_weighted_comparison`.

    References
    ----------
    P. C. Austin & E. A. Stuart (2015), Statistics in Medicine 34, 3661-3679, sections 2 and 3.
    """
    groups = groups_of(covariates, is_treated)
    numbers = pd.get_dummies(covariates, drop_first=True).astype(float)
    arms = [groups.treated == 1, groups.treated == 0]
    rows = []
    for name in numbers:
        values = [numbers[name].to_numpy()[arm] for arm in arms]
        spread = float(np.sqrt((values[0].var(ddof=1) + values[1].var(ddof=1)) / 2))
        weights = [groups.weights[arm] / groups.weights[arm].sum() for arm in arms]
        means = [float(w @ v) for w, v in zip(weights, values, strict=True)]
        variances = [
            float(w @ (v - m) ** 2) for w, v, m in zip(weights, values, means, strict=True)
        ]
        gap, weighted_gap = values[0].mean() - values[1].mean(), means[0] - means[1]
        ratio = variances[0] / variances[1] if variances[1] > 0 else np.inf
        rows.append(
            (
                str(name),
                values[0].mean(),
                values[1].mean(),
                gap / spread,
                weighted_gap / spread,
                ratio,
            )
        )
    names = ["covariate", "treated_mean", "control_mean", "difference_sd",
             "weighted_difference_sd", "weighted_variance_ratio"]  # fmt: skip
    table = pd.DataFrame(rows, columns=names)
    alike = table["weighted_difference_sd"].abs() <= _MAX_IMBALANCE
    table["is_balanced"] = alike & table["weighted_variance_ratio"].between(0.5, 2)
    return table
