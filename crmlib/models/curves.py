"""Concave response curves of many cells at once: what spending brings and what the next unit adds.

Every family gives `value`, `log_slope` and `spend_at`, its inverse; all work on arrays with one
entry per cell. Slopes are logarithms because a saturated cell's slope is too small for a float.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from crmlib.errors import ParameterError

__all__ = ["Curves", "ExponentialCurves", "HillCurves", "PowerCurves"]

Array = npt.NDArray[np.float64]
_MAX_NEWTON = 60
_LAST_STEP = 1e-9
"""Newton's steps shrink as their squares: after this one the rest is below 1e-16."""


class Curves(Protocol):
    """Increasing response curves, one per cell, each concave from `concave_from` on."""

    @property
    def index(self) -> pd.Index:
        """Names of the cells."""

    @property
    def concave_from(self) -> Array:
        """Spend per cell from which returns diminish."""

    def value(self, spend: Array) -> Array:
        """Response of each cell to its spend."""

    def log_slope(self, spend: Array) -> Array:
        """Logarithm of the marginal response of each cell."""

    def spend_at(self, log_price: float) -> Array:
        """Spend of each cell at which its marginal response is the price; minus infinity: never."""


class _Cells:
    """What the families share: arrays of one length, checked, with names."""

    def _take(self, **parameters: Any) -> None:
        scale = parameters["scale"]
        index = scale.index if isinstance(scale, pd.Series) else None
        arrays = [np.atleast_1d(np.asarray(value, dtype=float)) for value in parameters.values()]
        arrays = [np.array(array) for array in np.broadcast_arrays(*arrays)]
        if arrays[0].ndim != 1 or arrays[0].size == 0:
            raise ParameterError("Response curves need one number per cell and at least one cell.")
        for name, array in zip(parameters, arrays, strict=True):
            wrong = ~np.isfinite(array) | ((array < 0) if name == "scale" else (array <= 0))
            if wrong.any():
                raise ParameterError(
                    f"{name} of {int(wrong.sum())} of {len(array)} response curves is "
                    f"{'negative' if name == 'scale' else 'not above 0'} or not finite, for "
                    f"example {array[wrong][0]:g}. Leave these cells out or fit them anew."
                )
            object.__setattr__(self, name, array)
        cells = pd.RangeIndex(len(arrays[0])) if index is None else index
        object.__setattr__(self, "_index", cells)

    @property
    def index(self) -> pd.Index:
        """Names of the cells: those of `scale` if it is a Series, else 0, 1, 2, ..."""
        index: pd.Index = vars(self)["_index"]
        return index

    @property
    def concave_from(self) -> Array:
        """Spend from which returns diminish: 0."""
        return np.zeros(len(self.index))


@dataclass(frozen=True, eq=False)
class PowerCurves(_Cells):
    """Response `scale * spend ** exponent`, exponent between 0 and 1 (a square root by default).

    Examples
    --------
    >>> PowerCurves(scale=[3, 4]).value(np.array([4.0, 9.0])).tolist()
    [6.0, 12.0]
    """

    scale: Any
    exponent: Any = 0.5

    def __post_init__(self) -> None:
        self._take(scale=self.scale, exponent=self.exponent)
        if (self.exponent >= 1).any():
            raise ParameterError(
                f"The exponent of {int((self.exponent >= 1).sum())} power curves is 1 or more, for "
                f"example {self.exponent.max():g}: returns must diminish (exponent below 1)."
            )

    def value(self, spend: Array) -> Array:
        """Response of each cell to its spend."""
        raised: Array = np.sqrt(spend) if (self.exponent == 0.5).all() else spend**self.exponent
        return np.asarray(self.scale * raised)

    def log_slope(self, spend: Array) -> Array:
        """Logarithm of the marginal response of each cell."""
        with np.errstate(divide="ignore"):
            power = (self.exponent - 1) * np.log(spend)
            start = np.log(self.scale * self.exponent)
        return np.where(self.scale > 0, np.where(self.scale > 0, start, 0.0) + power, -np.inf)

    def spend_at(self, log_price: float) -> Array:
        """Spend of each cell at which its marginal response is the price."""
        with np.errstate(divide="ignore", over="ignore"):
            ratio = (np.log(self.scale * self.exponent) - log_price) / (1 - self.exponent)
            return np.asarray(np.exp(ratio))


@dataclass(frozen=True, eq=False)
class ExponentialCurves(_Cells):
    """Response `scale * (1 - exp(-rate * spend))`: at most `scale`.

    Examples
    --------
    >>> ExponentialCurves(scale=[100], rate=[0.05]).value(np.array([20.0])).round(4).tolist()
    [63.2121]
    """

    scale: Any
    rate: Any

    def __post_init__(self) -> None:
        self._take(scale=self.scale, rate=self.rate)
        with np.errstate(divide="ignore"):
            object.__setattr__(self, "_log_start", np.log(self.scale * self.rate))

    def value(self, spend: Array) -> Array:
        """Response of each cell to its spend."""
        response: Array = self.rate * spend  # in place: new memory costs as much as the arithmetic
        np.negative(response, out=response)
        np.expm1(response, out=response)
        response *= self.scale
        return np.negative(response, out=response)

    def log_slope(self, spend: Array) -> Array:
        """Logarithm of the marginal response of each cell."""
        return np.asarray(vars(self)["_log_start"] - self.rate * spend)

    def spend_at(self, log_price: float) -> Array:
        """Spend of each cell at which its marginal response is the price."""
        spend: Array = vars(self)["_log_start"] - log_price
        spend /= self.rate
        return spend


@dataclass(frozen=True, eq=False)
class HillCurves(_Cells):
    """Response `scale * spend**shape / (half**shape + spend**shape)`: half of `scale` at `half`.

    With a shape above 1 the curve is S-shaped; returns diminish only from `concave_from` on.

    References
    ----------
    Y. Jin et al. (2017), Bayesian methods for media mix modeling with carryover and shape effects,
    Google, eq. 3.

    Examples
    --------
    >>> HillCurves(scale=[10], half=[3]).value(np.array([3.0])).tolist()
    [5.0]
    """

    scale: Any
    half: Any
    shape: Any = 1.0

    def __post_init__(self) -> None:
        self._take(scale=self.scale, half=self.half, shape=self.shape)

    @property
    def concave_from(self) -> Array:
        """Spend at the point of inflection, 0 where there is none."""
        ratio = np.maximum(self.shape - 1, 0) / (self.shape + 1)
        return np.asarray(self.half * ratio ** (1 / self.shape))

    def value(self, spend: Array) -> Array:
        """Response of each cell to its spend."""
        with np.errstate(divide="ignore"):
            return np.asarray(self.scale * special.expit(self.shape * np.log(spend / self.half)))

    def log_slope(self, spend: Array) -> Array:
        """Logarithm of the marginal response of each cell."""
        with np.errstate(divide="ignore", invalid="ignore"):
            log_raised = self.shape * np.log(spend / self.half)
            rest = np.where(self.shape == 1, 0.0, (1 - 1 / self.shape) * log_raised)
            slope = np.log(self.scale * self.shape / self.half) + rest
            slope -= 2 * np.logaddexp(0, log_raised)
        return np.where(self.scale > 0, slope, -np.inf)

    def spend_at(self, log_price: float) -> Array:
        """Spend beyond the point of inflection at which the marginal response is the price.

        Newton's method in the logarithm of the spend; the logarithm of the slope is concave there,
        so that every step from the right stays on the right.
        """
        with np.errstate(divide="ignore"):
            target = log_price - np.log(self.scale * self.shape / self.half)
        lean = 1 - 1 / self.shape
        reached = target < np.where(self.shape > 1, self._log_peak(lean), 0.0)
        reached |= self.shape < 1
        reached &= np.isfinite(target)
        v = np.maximum(0.0, -np.where(reached, target, 0.0) / (2 - lean)) + 1.0
        for _ in range(_MAX_NEWTON):
            gap = lean * v - 2 * np.logaddexp(0, v) - np.where(reached, target, -np.inf)
            gap = np.where(reached, gap, 0.0)
            step = gap / (lean - 2 * special.expit(v))
            v -= step
            if np.abs(step).max() < _LAST_STEP:
                break
        with np.errstate(over="ignore"):
            return np.where(reached, self.half * np.exp(v / self.shape), -np.inf)

    def _log_peak(self, lean: Array) -> Array:
        """Logarithm of the greatest slope, over that of scale * shape / half."""
        raised = np.maximum(self.shape - 1, 1e-300) / (self.shape + 1)
        return np.asarray(lean * np.log(raised) - 2 * np.log1p(raised))
