"""From distances to the frontier to shares of wallet, by what customers answered when asked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

__all__ = ["Answers", "ShareModel", "answers_of", "fit_share"]

Array = npt.NDArray[np.float64]
_STEPS = 50
_EDGE = 0.02
"""Shares are kept this far from 0 and 1, where a need would be infinite or nought."""


@dataclass(frozen=True)
class Answers:
    """What customers say of their share of wallet, one entry per customer.

    Attributes
    ----------
    n
        Number of answers, 0 of those who were not asked.
    mean
        Mean answer, 0 where there is none.
    within
        Sum of squared distances of the answers to their mean.
    """

    n: Array
    mean: Array
    within: Array

    def error_variance(self) -> float:
        """Give the variance of answers about a customer's mean; missing if none answered twice."""
        degrees = np.maximum(self.n - 1, 0).sum()
        return float(self.within.sum() / degrees) if degrees else float("nan")

    def kept(self, rows: npt.NDArray[np.bool_]) -> Answers:
        """Drop the answers of the other customers."""
        return Answers(*(np.where(rows, part, 0.0) for part in (self.n, self.mean, self.within)))


def answers_of(customer_ids: pd.Series, answers: pd.DataFrame) -> Answers:
    """Bring the table of answers into the order of the customers.

    Parameters
    ----------
    answers
        `customer_id`, `wallet_share`, one row per answer.
    """
    shares = answers.assign(wallet_share=answers["wallet_share"].astype(float))
    grouped = shares.groupby("customer_id")["wallet_share"]
    table = pd.DataFrame({"n": grouped.size(), "mean": grouped.mean(), "v": grouped.var(ddof=0)})
    table = table.reindex(customer_ids).fillna(0.0)
    n = table["n"].to_numpy(dtype=float)
    return Answers(n, table["mean"].to_numpy(float), table["v"].to_numpy(float) * n)


@dataclass(frozen=True)
class ShareModel:
    """The share of wallet given the distances to the frontier.

    Attributes
    ----------
    beta
        Coefficients on the logit scale: a constant and one per distance.
    spread
        Standard deviation, on the logit scale, of customers about what the distances say.
    error_variance
        Of one answer.
    """

    beta: Array
    spread: float
    error_variance: float

    def share(self, design: Array) -> Array:
        """Give the expected share of each row of the design."""
        return np.clip(special.expit(design @ self.beta), _EDGE, 1 - _EDGE)

    def combined(self, share: Array, answers: Answers) -> tuple[Array, Array]:
        """Let what a customer answered count beside what the distances say of him.

        Returns
        -------
        tuple of arrays
            The share, and what spread is left on the logit scale.
        """
        own = (self.spread * share * (1 - share)) ** 2
        asked = answers.n > 0
        noise = self.error_variance / np.maximum(answers.n, 1)
        weight = np.where(asked, own / np.maximum(own + noise, 1e-12), 0.0)
        mixed = np.clip(weight * answers.mean + (1 - weight) * share, _EDGE, 1 - _EDGE)
        return mixed, self.spread * np.sqrt(1 - weight)

    def not_won(self, spent: Array, share: Array, spread: Array) -> Array:
        """Give the money expected to be spent elsewhere.

        The mean of (1 - s) / s where the logit of s is normal about that of `share`; leaving out
        the spread would take too little, for those who give us least need most elsewhere.
        """
        return spent * (1 - share) / share * np.exp(spread**2 / 2)


def fit_share(design: Array, answers: Answers) -> ShareModel:
    """Regress the answers on the distances (fractional logit).

    Parameters
    ----------
    design
        A column of ones and the distances, one row per customer.

    References
    ----------
    L. E. Papke and J. M. Wooldridge (1996), Journal of Applied Econometrics 11, 619-632, eq. 5
    (fractional logit). J. Aitchison and S. M. Shen (1980), Biometrika 67, 261-272 (mean of odds of
    a logistic-normal share).
    """
    x, y, n = design[answers.n > 0], answers.mean[answers.n > 0], answers.n[answers.n > 0]
    beta = np.zeros(x.shape[1])
    beta[0] = special.logit(np.clip(np.average(y, weights=n), _EDGE, 1 - _EDGE))
    ridge = 1e-9 * np.eye(x.shape[1])
    for _ in range(_STEPS):
        s = special.expit(x @ beta)
        information = (x * (n * s * (1 - s))[:, None]).T @ x + ridge
        step = np.linalg.solve(information, x.T @ (n * (y - s)))
        beta = beta + step
        if np.abs(step).max() < 1e-10:
            break
    s = np.clip(special.expit(x @ beta), _EDGE, 1 - _EDGE)
    unexplained = float(((y - s) ** 2).mean())
    error = answers.error_variance()
    if not np.isfinite(error):  # nobody answered twice: half of what is unexplained is error
        error = unexplained / 2 / float((1 / n).mean())
    own = max(unexplained - error * float((1 / n).mean()), 0.0)
    spread = float(np.sqrt(own / ((s * (1 - s)) ** 2).mean()))
    return ShareModel(beta, spread, error)
