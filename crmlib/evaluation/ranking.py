"""Customers of a randomised trial in the order of a score, and what each part of the order shows.

Equal scores form one block: within it the curve is straight and groups take parts of it, which is
the average over all orders of the block.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from crmlib.errors import ParameterError

__all__ = [
    "MIN_PER_ARM",
    "RankedTrial",
    "Trial",
    "check_trial",
    "edges_of",
    "finite",
    "interval",
    "need_in_groups",
    "resampled",
]

Array = npt.NDArray[np.float64]
MIN_PER_ARM = 10
"""Fewer treated or control customers than this (in a group, where groups are made): no interval."""


@dataclass(frozen=True)
class Trial:
    """Outcome, treatment (0/1) and transformed outcome of the customers of an experiment."""

    outcome: Array
    treated: Array
    gain: Array

    @property
    def n_per_arm(self) -> tuple[int, int]:
        """Treated and control customers."""
        n_treated = int(self.treated.sum())
        return n_treated, len(self.treated) - n_treated


class RankedTrial:
    """Customers of a trial by falling score; equal scores form one block with a common place."""

    def __init__(self, score: npt.ArrayLike, trial: Trial, *, name: str = "prediction") -> None:
        values = finite(score, name=name, n=len(trial.outcome))
        self.order = np.argsort(-values, kind="stable")
        descending = values[self.order]
        self.starts = np.flatnonzero(np.r_[True, descending[1:] != descending[:-1]])
        self.gain = trial.gain[self.order]
        self.treated = trial.treated[self.order]
        self.hits = trial.outcome[self.order]

    def _sums(self, values: Array) -> Array:
        """Sum within each block of equal scores."""
        return values if len(self.starts) == len(values) else np.add.reduceat(values, self.starts)

    def curve(self, weights: Array) -> tuple[Array, Array]:
        """Share of customers and incremental outcome per customer after each block."""
        drawn = weights[self.order]
        total = drawn.sum()
        shares = np.cumsum(self._sums(drawn)) / total
        gains = np.cumsum(self._sums(drawn * self.gain)) / total
        return np.r_[0.0, shares], np.r_[0.0, gains]

    def areas(self, weights: Array) -> tuple[float, float]:
        """Area under the curve, and what of it lies above the straight line of a random order."""
        shares, gains = self.curve(weights)
        area = float(np.trapezoid(gains, shares))
        return area, area - float(gains[-1]) / 2

    def groups(self, weights: Array, edges: Array) -> tuple[Array, Array, Array, Array]:
        """Count customers and add up their outcome by arm between `edges` (shares) of the order.

        A block of equal scores that lies across an edge counts in parts on both sides.
        """
        drawn = weights[self.order]
        size = self._sums(drawn)
        ends = np.cumsum(size)
        found = []
        for values in (self.treated, 1 - self.treated,
                       self.treated * self.hits, (1 - self.treated) * self.hits):  # fmt: skip
            running = np.cumsum(self._sums(drawn * values))
            at_edges = np.interp(edges * ends[-1], np.r_[0.0, ends], np.r_[0.0, running])
            found.append(np.diff(at_edges))
        return found[0], found[1], found[2], found[3]

    def uplifts(self, weights: Array, edges: Array) -> Array:
        """Mean outcome of the treated minus that of the controls in each group."""
        n_treated, n_control, treated_sum, control_sum = self.groups(weights, edges)
        with np.errstate(divide="ignore", invalid="ignore"):
            return treated_sum / n_treated - control_sum / n_control


def finite(values: npt.ArrayLike, *, name: str, n: int) -> Array:
    """Give one finite number per customer."""
    array = np.asarray(values, dtype=float)
    if array.shape != (n,):
        raise ParameterError(
            f"{name} has the shape {array.shape}, must be one number for each of {n} customers."
        )
    if not np.isfinite(array).all():
        raise ParameterError(
            f"{name} holds {int((~np.isfinite(array)).sum())} missing or infinite values of {n}. "
            "Leave these customers out, or give them a number."
        )
    return array


def check_trial(outcome: npt.ArrayLike, treated: npt.ArrayLike, *, need: int = 1) -> Trial:
    """Check outcome and treatment, and transform the outcome."""
    n = np.size(outcome)
    hits, arm = finite(outcome, name="outcome", n=n), finite(treated, name="treated", n=n)
    other = ~np.isin(arm, (0, 1))
    if other.any():
        raise ParameterError(
            f"treated holds {int(other.sum())} values other than 0 and 1, for example "
            f"{arm[other][0]:g}. Compare one arm with the control at a time."
        )
    n_treated = int(arm.sum())
    if min(n_treated, n - n_treated) < need:
        raise ParameterError(
            f"Not enough data for uplift (have {n_treated} treated and {n - n_treated} control "
            f"customers, need {need} of each)."
        )
    return Trial(hits, arm, n * hits * (arm / n_treated - (1 - arm) / (n - n_treated)))


def edges_of(share: float) -> Array:
    """Give the ends of the best-scored share of the order."""
    if not 0 < share <= 1:
        raise ParameterError(f"share={share:g} must lie above 0 and at most at 1.")
    return np.array([0.0, share])


def need_in_groups(ranked: RankedTrial, edges: Array, *, need: int) -> None:
    """Refuse groups with too few customers of an arm."""
    n_treated, n_control, _, _ = ranked.groups(np.ones(len(ranked.order)), edges)
    fewest = np.minimum(n_treated, n_control)
    if (fewest < need - 1e-9).any():
        k = int(np.argmin(fewest))
        raise ParameterError(
            f"Not enough data in the group from {edges[k]:.0%} to {edges[k + 1]:.0%} of the order "
            f"(have {n_treated[k]:.0f} treated and {n_control[k]:.0f} control customers, need "
            f"{need} of each). Use fewer groups or a larger share."
        )


def resampled(
    statistic: Callable[[Array], Array], trial: Trial, *, rng: np.random.Generator, n: int
) -> Array:
    """Draw customers with replacement within each arm; one row of the statistic per draw."""
    arms = [np.flatnonzero(trial.treated == arm) for arm in (1, 0)]
    weights = np.empty(len(trial.treated))
    rows = []
    for _ in range(n):
        for arm in arms:
            weights[arm] = np.bincount(rng.integers(0, len(arm), len(arm)), minlength=len(arm))
        rows.append(statistic(weights))
    return np.array(rows)


def interval(draws: Array, *, level: float) -> tuple[Array, Array, Array]:
    """Percentile interval of each column, and the two-sided p-value of zero that belongs to it."""
    tail = (1 - level) / 2
    low, high = np.nanquantile(draws, [tail, 1 - tail], axis=0)
    below, above = (draws <= 0).sum(axis=0), (draws >= 0).sum(axis=0)
    p_value = np.minimum(1.0, 2 * (np.minimum(below, above) + 1) / (len(draws) + 1))
    return low, high, p_value
