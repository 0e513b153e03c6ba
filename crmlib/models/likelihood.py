"""Maximum likelihood of a few positive parameters: optimum, standard errors and intervals.

All models of this room that have a formula for their likelihood learn through `maximise`. It works
on the logarithms of the parameters, so that no parameter turns negative and a change of the time
unit is a shift.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted
from threadpoolctl import ThreadpoolController

from crmlib.errors import NotEnoughDataError, ParameterError

__all__ = ["Array", "LikelihoodModel", "Optimum", "Scored", "confidence_level", "maximise"]

Array = npt.NDArray[np.float64]
Scored = Callable[[Array], tuple[float, Array]]
"""Log-likelihood of the parameters, and its derivative by each of them."""
Cost = Scored
"""The same per customer, with the sign turned, of the logarithms of the parameters."""

_SHORT = 10_000
"""Customers below which BLAS shares no work between threads."""
_MAX_ITERATIONS = 1000
_LEAP = 2.0
"""Longest step in logarithms at once."""
_NEARLY_FLAT = 1e-4
"""Slope per customer from which Newton's steps finish."""

_REACH = 14.0
"""How far, in logarithms, the search goes from its start: a factor of a million either way."""
_STEP = 1e-4
"""Step in logarithms for differences of what a model says (error about its square)."""
_NUDGE = 1e-6
"""Step in logarithms for differences of the exact gradient (error about as large)."""
_NEAR = 1e-3
"""A last step in logarithms so short changes neither the optimum nor the curvature visibly."""
_SLOPE = 1e-6
"""Largest slope per customer, by the logarithm of a parameter, that counts as flat."""
_FLATTEST = 1e-8
"""Smallest curvature per customer at which the data still tell a parameter."""


@dataclass(frozen=True)
class Optimum:
    """Where the likelihood is largest; `covariance` is that of the logarithms."""

    params: Array
    covariance: Array | None
    log_likelihood: float
    converged: bool


@cache
def _pools() -> ThreadpoolController:
    """Find the thread pools of this process once: looking takes longer than a fit."""
    return ThreadpoolController()


def _one_thread(n: float) -> AbstractContextManager[Any]:
    """Keep BLAS to one thread; on short vectors it uses one anyway, and changing takes time."""
    if n < _SHORT:
        return nullcontext()
    limit: AbstractContextManager[Any] = _pools().limit(limits=1, user_api="blas")
    return limit


def maximise(scored: Scored, start: Array, *, n: float) -> Optimum:
    """Find the largest likelihood from `start`, with one BLAS thread.

    BFGS comes near; Newton's steps, on a Hessian of differences of the exact gradient, finish.

    Parameters
    ----------
    scored
        Log-likelihood and gradient of positive parameters.
    start
        Positive first guess.
    n
        Number of customers; slope and curvature are judged per customer.

    Returns
    -------
    Optimum
        `covariance` is None, and `converged` False, where the likelihood is flat in some
        direction: the data do not tell the parameters.
    """
    middle = np.log(start)

    def cost(logs: Array) -> tuple[float, Array]:
        value, gradient = scored(np.exp(logs))
        return -value / n, -gradient * np.exp(logs) / n

    with _one_thread(n):
        logs, value, gradient, curvature = _finish(cost, *_climb(cost, middle))
    told = curvature is not None and bool(np.abs(logs - middle).max() < _REACH - 1)
    covariance: Array | None = None
    if told and curvature is not None:
        covariance = np.asarray(np.linalg.inv(curvature) / n, dtype=float)
    converged = told and bool(np.abs(gradient).max() < _SLOPE)
    return Optimum(np.exp(logs), covariance, -n * float(value), converged)


def _climb(cost: Cost, middle: Array) -> tuple[Array, float, Array]:
    """Come near the optimum by BFGS with halved steps; SciPy's takes twice as long for its checks.

    References
    ----------
    J. Nocedal and S. Wright (2006), Numerical Optimization, 2nd ed.: (6.17), (6.20), (3.4).
    """
    logs, inverse = middle, np.eye(len(middle))
    value, gradient = cost(logs)
    for iteration in range(_MAX_ITERATIONS):
        step = -inverse @ gradient
        step *= min(1.0, _LEAP / np.abs(step).max())
        while True:
            new = np.clip(logs + step, middle - _REACH, middle + _REACH)
            new_value, new_gradient = cost(new)
            if new_value <= value + 1e-4 * (gradient @ step) or np.abs(step).max() < 1e-9:
                break
            step = step / 2
        moved, turned = new - logs, new_gradient - gradient
        logs, value, gradient = new, new_value, new_gradient
        if np.abs(gradient).max() < _NEARLY_FLAT or not np.abs(moved).max() > 1e-9:
            break
        curved = moved @ turned
        if curved > 1e-14:
            if iteration == 0:
                inverse *= curved / (turned @ turned)
            across = np.eye(len(logs)) - np.outer(moved, turned) / curved
            inverse = across @ inverse @ across.T + np.outer(moved, moved) / curved
    return logs, value, gradient


def _finish(
    cost: Cost, logs: Array, value: float, gradient: Array
) -> tuple[Array, float, Array, Array | None]:
    """Take Newton's last steps; return also the curvature, None if flat."""
    while True:
        curvature = _curvature(cost, logs, gradient)
        if np.linalg.eigvalsh(curvature)[0] < _FLATTEST:
            return logs, value, gradient, None
        step = np.linalg.solve(curvature, gradient)
        new_value, new_gradient = cost(logs - step)
        if not np.abs(new_gradient).max() < 0.5 * np.abs(gradient).max():
            return logs, value, gradient, curvature
        logs, value, gradient = logs - step, new_value, new_gradient
        if np.abs(step).max() < _NEAR:
            return logs, value, gradient, curvature


def _curvature(cost: Cost, logs: Array, gradient: Array) -> Array:
    """Hessian from differences of the gradient, good to about five digits."""
    steps = _NUDGE * np.eye(len(logs))
    hessian = np.array([(cost(logs + step)[1] - gradient) / _NUDGE for step in steps])
    return (hessian + hessian.T) / 2


def confidence_level(level: float) -> float:
    """Check a confidence level and return its normal quantile.

    Examples
    --------
    >>> round(confidence_level(0.95), 3)
    1.96
    """
    if not 0 < level < 1:
        raise ParameterError(f"level={level} must lie between 0 and 1, such as 0.95.")
    return float(stats.norm.ppf((1 + level) / 2))


class LikelihoodModel(BaseEstimator):
    """What every model learned by maximum likelihood can say of its parameters.

    Attributes
    ----------
    params_ : pandas.Series
        Parameters by the paper's names.
    standard_errors_ : pandas.Series
        From the observed information; infinite where the data do not tell the parameter.
    log_likelihood_ : float
        At the parameters, over all customers.
    converged_ : bool
        False where the likelihood has no inner maximum; then use no result of the model.
    """

    param_names: ClassVar[tuple[str, ...]]
    params_: pd.Series
    standard_errors_: pd.Series
    log_likelihood_: float
    converged_: bool
    log_covariance_: Array | None

    @classmethod
    def from_params(cls, params: Mapping[str, float]) -> Self:
        """Make a model from published or stored parameters instead of fitting it.

        Raises
        ------
        ParameterError
            If a name is missing or unknown, or a value is not positive.
        """
        if set(params) != set(cls.param_names):
            raise ParameterError(
                f"{cls.__name__} has the parameters {list(cls.param_names)}, got {sorted(params)}. "
                "Give each of them once."
            )
        values = np.array([params[name] for name in cls.param_names], dtype=float)
        if not (np.isfinite(values).all() and (values > 0).all()):
            raise ParameterError(
                f"The parameters of {cls.__name__} must be positive numbers, got {dict(params)}."
            )
        model = cls()
        model._keep(Optimum(values, None, np.nan, True))
        return model

    def _keep(self, optimum: Optimum) -> None:
        """Store an optimum as the learned attributes."""
        index = pd.Index(self.param_names, name="parameter")
        self.params_ = pd.Series(optimum.params, index=index, name="estimate")
        covariance = optimum.covariance
        errors = np.full(len(index), np.inf)
        if covariance is not None:
            errors = optimum.params * np.sqrt(np.diag(covariance))
        self.standard_errors_ = pd.Series(errors, index=index, name="standard_error")
        self.log_covariance_ = covariance
        self.log_likelihood_ = optimum.log_likelihood
        self.converged_ = optimum.converged

    def _values(self) -> tuple[float, ...]:
        """Give the parameters in the order of `param_names`."""
        check_is_fitted(self, "params_")
        return tuple(float(value) for value in self.params_)

    def _moved(self, logs: Array) -> Self:
        """Return the same model at other logarithms of the parameters."""
        moved = type(self)(**self.get_params())
        moved.__dict__.update(self.__dict__)
        moved.params_ = pd.Series(np.exp(logs), index=self.params_.index, name="estimate")
        return moved

    def _known_covariance(self) -> Array:
        """Covariance of the logarithms, or an error that says why there is none."""
        check_is_fitted(self, "params_")
        if self.log_covariance_ is None:
            raise NotEnoughDataError(
                f"{type(self).__name__} has no standard errors: its parameters were given, or the "
                f"likelihood is flat at {self.params_.round(4).to_dict()}. Fit it to more "
                "customers with repeat purchases, or over a longer time."
            )
        return self.log_covariance_

    def confidence_intervals(self, *, level: float = 0.95) -> pd.DataFrame:
        """Give intervals of the parameters, symmetric in their logarithms.

        Returns
        -------
        pandas.DataFrame
            Index `parameter`; columns `estimate`, `lower`, `upper`.

        Raises
        ------
        NotEnoughDataError
            If the data do not tell the parameters.
        """
        half = confidence_level(level) * np.sqrt(np.diag(self._known_covariance()))
        frame = self.params_.to_frame()
        return frame.assign(
            lower=frame["estimate"] * np.exp(-half), upper=frame["estimate"] * np.exp(half)
        )

    def interval(
        self,
        function: Callable[[Self], Any],
        *,
        level: float = 0.95,
        scale: Literal["log", "logit"] = "log",
    ) -> pd.DataFrame:
        """Give the interval of anything the model says, by the delta method.

        It holds the uncertainty of the parameters only, not the chance in what customers do.

        Parameters
        ----------
        function
            What to ask of a model, such as `lambda model: model.expected_purchases(39.0)`;
            positive numbers, or probabilities with `scale="logit"`.

        Returns
        -------
        pandas.DataFrame
            One row per number: `estimate`, `lower`, `upper`; the index of a returned Series.

        Raises
        ------
        NotEnoughDataError
            If the data do not tell the parameters.
        """
        covariance = self._known_covariance()
        z = confidence_level(level)
        asked = function(self)
        index = asked.index if isinstance(asked, pd.Series) else None
        at = np.log(self.params_.to_numpy())
        forth, back = _SCALES[scale]

        def scaled(logs: Array) -> Array:
            return forth(np.atleast_1d(np.asarray(function(self._moved(logs)), dtype=float)))

        steps = _STEP * np.eye(len(at))
        with np.errstate(invalid="ignore"):
            slopes = [(scaled(at + step) - scaled(at - step)) / (2 * _STEP) for step in steps]
        slope = np.nan_to_num(np.array(slopes))  # what is certain does not move
        middle = forth(np.atleast_1d(np.asarray(asked, dtype=float)))
        half = z * np.sqrt(np.einsum("in,ij,jn->n", slope, covariance, slope))
        return pd.DataFrame(
            {"estimate": back(middle), "lower": back(middle - half), "upper": back(middle + half)},
            index=index,
        )

    def draw_params(
        self, n_draws: int, *, random_state: int | np.random.RandomState | None = None
    ) -> pd.DataFrame:
        """Draw parameters from their asymptotic distribution: normal in the logarithms.

        Raises
        ------
        NotEnoughDataError
            If the data do not tell the parameters.
        """
        rng = check_random_state(random_state)
        logs = rng.multivariate_normal(
            np.log(self.params_.to_numpy()), self._known_covariance(), size=n_draws
        )
        return pd.DataFrame(np.exp(logs), columns=list(self.param_names))


def _log(values: Array) -> Array:
    with np.errstate(divide="ignore"):
        return np.log(values)


def _logit(values: Array) -> Array:
    with np.errstate(divide="ignore"):
        return np.log(values) - np.log1p(-values)


def _expit(values: Array) -> Array:
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-values))


_SCALES: dict[str, tuple[Callable[[Array], Array], Callable[[Array], Array]]] = {
    "log": (_log, np.exp),
    "logit": (_logit, _expit),
}
