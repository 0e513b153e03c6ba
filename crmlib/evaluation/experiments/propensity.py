"""Who could as well have been in the other group: propensity and overlap weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import linalg, special

from crmlib.errors import DataRejectedError, NotEnoughDataError, ParameterError
from crmlib.evaluation.experiments.arms import Array

__all__ = ["Groups", "groups_of"]

_MAX_STEPS = 50
_PERFECT = 1e-4
_MIN_PER_COLUMN = 10


@dataclass(frozen=True)
class Groups:
    """Two groups that were not drawn at random, and how probable each customer's group was.

    Attributes
    ----------
    design
        A column of ones and the standardised covariates, one row per customer.
    names
        Of the covariates.
    treated
        1 or 0.
    propensity
        Probability of being treated, by logistic regression on the design.
    """

    design: Array
    names: list[str]
    treated: Array
    propensity: Array

    @property
    def weights(self) -> Array:
        """Overlap weights: the probability of having been in the other group (eq. 5)."""
        return np.where(self.treated == 1, 1 - self.propensity, self.propensity)

    def effective_sizes(self) -> tuple[float, float]:
        """Give the number of equally weighted customers that each group is worth (Kish)."""
        first, second = (self.weights[self.treated == arm] for arm in (1, 0))
        return (
            float(first.sum() ** 2 / (first**2).sum()),
            float(second.sum() ** 2 / (second**2).sum()),
        )


def groups_of(covariates: pd.DataFrame, is_treated: npt.ArrayLike) -> Groups:
    """Estimate who was how probably treated, given what was known before.

    Parameters
    ----------
    covariates
        One row per customer, numbers, True and False, or texts, known before the treatment.
        Texts become one column per value but the first.
    is_treated
        One True or False per customer, in the same order.

    Raises
    ------
    ParameterError
        If `is_treated` is not one True or False per customer.
    DataRejectedError
        If a covariate is missing, constant, a combination of others, or tells the groups apart
        without error.
    NotEnoughDataError
        With fewer customers in a group than 10 per covariate.

    References
    ----------
    F. Li, K. L. Morgan & A. M. Zaslavsky (2018), Journal of the American Statistical Association
    113, 390-400, eqs. 5 and 6.
    """
    treated = np.asarray(is_treated)
    if treated.dtype != bool or treated.shape != (len(covariates),):
        raise ParameterError(
            f"is_treated has type {treated.dtype} and shape {treated.shape}: one True or False for "
            f"each of {len(covariates)} customers is needed."
        )
    numbers = _numbers(covariates)
    for name, count in (("treated", int(treated.sum())), ("control", int((~treated).sum()))):
        need = _MIN_PER_COLUMN * (1 + numbers.shape[1])
        if count < need:
            raise NotEnoughDataError(
                f"Not enough data in the {name} group for {numbers.shape[1]} covariates (have "
                f"{count} customers, need {need})."
            )
    standardised = ((numbers - numbers.mean()) / numbers.std()).to_numpy()
    design = np.column_stack([np.ones(len(numbers)), standardised])
    _refuse_combinations(design, list(numbers.columns))
    arms = treated.astype(float)
    log_odds = _logistic(design, arms, list(numbers.columns))
    return Groups(design, list(numbers.columns), arms, special.expit(log_odds))


def _numbers(covariates: pd.DataFrame) -> pd.DataFrame:
    """Turn covariates into columns of numbers, or name those that are not fit."""
    missing = covariates.columns[covariates.isna().any()]
    if len(missing):
        raise DataRejectedError(
            f"Covariates with missing values: {', '.join(map(str, missing))}. Fill them and add a "
            "column that says where."
        )
    numbers = pd.get_dummies(covariates, drop_first=True).astype(float)
    if not np.isfinite(numbers.to_numpy()).all():
        raise DataRejectedError("A covariate is infinite.")
    constant = [str(name) for name in numbers if np.ptp(numbers[name].to_numpy()) == 0]
    if constant or numbers.shape[1] == 0:
        raise DataRejectedError(
            f"Covariates that are the same for everybody: {', '.join(constant) or 'all'}. Leave "
            "them out."
        )
    return numbers.rename(columns=str)


def _refuse_combinations(design: Array, names: list[str]) -> None:
    """Name the covariates that are combinations of others."""
    _, upper, order = linalg.qr(design, mode="economic", pivoting=True)
    size = np.abs(np.diag(upper))
    extra = [names[k - 1] for k in order[size < 1e-9 * size[0]] if k > 0]
    if extra:
        raise DataRejectedError(
            f"Covariates that are combinations of others: {', '.join(extra)}. Leave them out."
        )


def _logistic(design: Array, treated: Array, names: list[str]) -> Array:
    """Fit a logistic regression by Newton's method; give the log-odds."""
    coefficients = np.zeros(design.shape[1])
    coefficients[0] = special.logit(treated.mean())
    for _ in range(_MAX_STEPS):
        p = special.expit(design @ coefficients)
        if np.abs(treated - p).max() < _PERFECT:
            break
        information = (design * (p * (1 - p))[:, None]).T @ design
        step = np.linalg.solve(information, design.T @ (treated - p))
        coefficients += step
        if np.abs(step).max() < 1e-9 * (1 + np.abs(coefficients).max()):
            return design @ coefficients
    strongest = names[int(np.abs(coefficients[1:]).argmax())]
    raise DataRejectedError(
        "For all or some customers the covariates tell without error who was treated, most of all "
        f"{strongest!r}: nobody like them was in the other group. Leave out these customers, or "
        "the covariate if it follows from the treatment."
    )
