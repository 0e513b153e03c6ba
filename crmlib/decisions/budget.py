"""Share a budget among measures, channels or regions so that it brings the most."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import optimize

from crmlib.errors import ParameterError
from crmlib.models.curves import Curves

__all__ = ["Allocation", "allocate"]

Array = npt.NDArray[np.float64]
Cents = npt.NDArray[np.int64]
_CENT = 0.01
_SAME_GAIN = 1e-9
_ROUNDING = 4 * float(np.finfo(float).eps)
_FLAT = -700.0
"""A marginal return below exp(-700) of a money unit is no return."""
_MAX_ROUNDS = 1000
_SAMPLE = 1000
"""Cells that are enough for a first guess."""


@dataclass(frozen=True)
class Allocation:
    """A budget shared out.

    Attributes
    ----------
    table
        One row per cell: `spend_cents` (whole cents that add up to the total), `spend_amount`,
        `optimum_amount` (before rounding to cents), `expected_value`, `marginal_return` (response
        to one more money unit, the slope) and `bound` (`floor`, 0 where none is given, `cap`, or
        empty).
    shadow_price
        Response that one more money unit of the total would bring.
    value
        Response to the whole budget.
    """

    table: pd.DataFrame
    shadow_price: float
    value: float


def allocate(curves: Curves, total: float, floors: Any = None, caps: Any = None) -> Allocation:
    """Share `total` among the cells so that the sum of their responses is the greatest.

    At the optimum every cell strictly between its bounds has the same marginal return, the shadow
    price; it is found by bracketing its logarithm. The amounts are then rounded to cents and cents
    are moved as long as a move brings more: for concave curves no other split into cents is better,
    up to the rounding of floating-point responses.
    Guards against parts that do not add up to the budget, and against S-shaped curves, where equal
    marginal returns may be the worst choice.

    Parameters
    ----------
    curves
        Response curves of the cells: `PowerCurves`, `ExponentialCurves` or `HillCurves` of
        `crmlib.models.curves`. Spend in the account currency.
    total
        The budget, whole cents, spent to the last.
    floors, caps
        Least and greatest spend, one number or one per cell; by default 0 and no limit. Parts of a
        cent are rounded inward. A Series is taken by the names of the cells.

    Returns
    -------
    Allocation

    Raises
    ------
    ParameterError
        If the total is negative or not in whole cents, a floor is above its cap, the floors exceed
        the total, the caps do not reach it, or a curve is not concave from its floor on.

    References
    ----------
    S. Boyd and L. Vandenberghe (2004), Convex Optimization, example 5.2 (water-filling), section
    5.5.3 (Karush-Kuhn-Tucker conditions). B. Fox (1966), Discrete optimization via marginal
    analysis, Management Science 13(3), section 2.

    Examples
    --------
    >>> from crmlib.models.curves import PowerCurves
    >>> found = allocate(PowerCurves(scale=[3, 4, 5]), 100)
    >>> found.table["spend_cents"].tolist(), round(found.value, 4)
    ([1800, 3200, 5000], 70.7107)
    """
    total_cents = _whole_cents(total)
    low, high = _bounds(curves, floors, caps, total_cents=total_cents)
    optimum, log_price = _water_filled(curves, low / 100, high / 100, total=total_cents / 100)
    cents, value = _rounded(curves, optimum, low, high, total_cents=total_cents)
    spend = cents / 100
    code = np.where(cents == low, 1, np.where(cents == high, 2, 0)).astype(np.int8)
    table = pd.DataFrame(
        {
            "spend_cents": cents,
            "spend_amount": spend,
            "optimum_amount": optimum,
            "expected_value": value,
            "marginal_return": np.exp(curves.log_slope(spend)),
            "bound": pd.Categorical.from_codes(code, categories=["", "floor", "cap"]),
        },
        index=curves.index,
        copy=False,
    )
    return Allocation(table, shadow_price=math.exp(log_price), value=float(value.sum()))


def _whole_cents(total: float) -> int:
    cents = round(total * 100) if math.isfinite(total) else -1
    if cents < 0 or not math.isclose(cents, total * 100, rel_tol=1e-12, abs_tol=1e-6):
        raise ParameterError(f"A budget of {total!r} is no whole number of cents from 0 on.")
    return cents


def _bounds(curves: Curves, floors: Any, caps: Any, *, total_cents: int) -> tuple[Cents, Cents]:
    """Floors and caps of all cells in cents; raise if no split obeys them."""
    n = len(curves.index)
    low, high = np.zeros(n), np.full(n, total_cents + 1.0)
    if floors is not None:
        low = np.ceil(_per_cell(curves, floors, what="floors") * 100 - 1e-6)
        high = np.maximum(high, low)
    if caps is not None:
        high = np.minimum(high, np.floor(_per_cell(curves, caps, what="caps") * 100 + 1e-6))
    crossed = (low > high) | (low < 0)
    if crossed.any():
        first = int(crossed.argmax())
        raise ParameterError(
            f"{int(crossed.sum())} of {len(low)} cells have a floor below 0 or above their cap, "
            f"for example {curves.index[first]!r}: floor {low[first] / 100:.2f}, cap "
            f"{high[first] / 100:.2f}. Correct the bounds."
        )
    if low.sum() > total_cents:
        raise ParameterError(
            f"The floors add up to {low.sum() / 100:,.2f}, more than the total of "
            f"{total_cents / 100:,.2f}. Lower the floors or raise the total."
        )
    if high.sum() < total_cents:
        raise ParameterError(
            f"The caps add up to {high.sum() / 100:,.2f}, less than the total of "
            f"{total_cents / 100:,.2f}. Raise the caps or lower the total."
        )
    start = curves.concave_from
    curved = (start > low / 100 + _CENT) & (high > low)
    if curved.any():
        first = int(curved.argmax())
        raise ParameterError(
            f"{int(curved.sum())} of {len(low)} response curves are S-shaped below their floor, "
            f"for example {curves.index[first]!r}, whose returns diminish only from "
            f"{start[first]:,.2f} on. Set its floor there, its cap to its floor, or leave it out."
        )
    return low.astype(np.int64), high.astype(np.int64)


def _per_cell(curves: Curves, bound: Any, *, what: str) -> Array:
    """One bound per cell, in the order of the cells."""
    n = len(curves.index)
    if isinstance(bound, pd.Series):
        bound = bound.reindex(curves.index)
    array = np.asarray(bound, dtype=float)
    if array.ndim > 1 or array.shape not in {(), (n,)} or np.isnan(array).any():
        raise ParameterError(
            f"{what} must be one number or one per cell ({n} cells, none missing), got shape "
            f"{array.shape} with {int(np.isnan(array).sum())} missing."
        )
    return np.broadcast_to(array, (n,)).astype(float)


def _water_filled(curves: Curves, low: Array, high: Array, *, total: float) -> tuple[Array, float]:
    """Spend of each cell, not rounded, and the logarithm of the shadow price."""

    def spend(log_price: float) -> Array:
        filled: Array = np.clip(curves.spend_at(log_price), low, high)
        return filled

    @cache
    def excess(log_price: float) -> float:
        return float(spend(log_price).sum()) - total

    free = high > low
    if not free.any() or total <= low.sum():
        return low, _best_slope(curves, low, free)
    if excess(_FLAT) <= 0:  # every cell that responds at all has its fill
        filled = spend(_FLAT)
        room = high - filled
        share = (total - filled.sum()) / room.sum() if room.any() else 0.0
        return filled + share * room, -math.inf
    bottom = top = _start(curves, low, high, total=total)
    step = 1.0
    while excess(bottom) < 0:
        top, bottom, step = bottom, max(bottom - step, _FLAT), 2 * step
    while excess(top) > 0:
        bottom, top, step = top, top + step, 2 * step
    if bottom == top:
        return spend(top), top
    log_price = optimize.brentq(excess, bottom, top, xtol=1e-12, rtol=1e-12)
    return spend(log_price), float(log_price)


def _start(curves: Curves, low: Array, high: Array, *, total: float) -> float:
    """Guess the log price: the middle slope when what is free is shared equally."""
    equal = np.minimum(low + (total - low.sum()) / len(low), high)
    slopes = curves.log_slope(equal)[:: len(low) // _SAMPLE + 1]
    usable = slopes[np.isfinite(slopes)]
    return float(np.median(usable)) if usable.size else 0.0


def _best_slope(curves: Curves, spend: Array, free: npt.NDArray[np.bool_]) -> float:
    """Logarithm of what one more unit would bring where the bounds leave no choice."""
    slopes = curves.log_slope(spend)[free]
    return float(slopes.max()) if slopes.size else -math.inf


def _rounded(
    curves: Curves, optimum: Array, low: Cents, high: Cents, *, total_cents: int
) -> tuple[Cents, Array]:
    """Round to cents that add up to the total, no move of which brings more; and their value."""
    cents = np.clip((optimum * 100 + 1e-7).astype(np.int64), low, high)
    while (left := total_cents - int(cents.sum())) != 0:
        side = 1 if left > 0 else -1
        gain = _gain(curves, cents, curves.value(cents / 100), low if side < 0 else high, side=side)
        cents[_greatest(gain, min(abs(left), int(np.isfinite(gain).sum())))] += side
    for _ in range(_MAX_ROUNDS):
        here = curves.value(cents / 100)
        more = _gain(curves, cents, here, high, side=1)
        less = _gain(curves, cents, here, low, side=-1)
        # the best cents to add and to take, in pairs as long as the pair brings something
        n = max(1, int((more > -less.max() * (1 + _SAME_GAIN)).sum()))
        to, by = _sorted(more, n), _sorted(less, n)
        # a difference within the rounding of the responses is none: it would go to and fro
        same = _SAME_GAIN * np.abs(less[by]) + _ROUNDING * (here[to] + here[by])
        worth = more[to] + less[by] > same
        worth &= (to != by) & np.isfinite(more[to]) & np.isfinite(less[by])
        if not worth.any():
            return cents, here
        cents[to[worth]] += 1
        cents[by[worth]] -= 1
    return cents, curves.value(cents / 100)


def _greatest(gain: Array, n: int) -> npt.NDArray[np.intp]:
    """Positions of the `n` greatest, in any order."""
    return np.argpartition(-gain, n - 1)[:n]


def _sorted(gain: Array, n: int) -> npt.NDArray[np.intp]:
    """Positions of the `n` greatest, best first."""
    top = _greatest(gain, n) if n > 1 else np.array([np.argmax(gain)])
    return np.asarray(top[np.argsort(-gain[top], kind="stable")])


def _gain(curves: Curves, cents: Cents, here: Array, limit: Cents, *, side: int) -> Array:
    """Value a cent more (or less) per cell; minus infinity where the limit forbids it."""
    gain = curves.value(np.maximum(cents + side, 0) / 100)
    gain -= here
    gain[cents == limit] = -np.inf
    return gain
