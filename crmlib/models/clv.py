"""Customer lifetime value: discounted margin of future purchases, with its interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.utils import check_random_state

from crmlib.errors import ParameterError
from crmlib.models.btyd.base import BtydModel
from crmlib.models.btyd.clock import DAYS_PER_PERIOD, known_unit, same_unit
from crmlib.models.btyd.histories import Histories
from crmlib.models.likelihood import Array, confidence_level
from crmlib.models.spend import GammaGamma

__all__ = ["LifetimeValues", "ValueTerms", "customer_lifetime_value"]

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(24)
_NODES, _WEIGHTS = (_NODES + 1) / 2, _WEIGHTS / 2
_BLOCK = 10_000_000
"""Drawn values held at once (80 MB)."""


@dataclass(frozen=True, kw_only=True)
class ValueTerms:
    """What a future purchase is worth today.

    Parameters
    ----------
    horizon
        How far ahead purchases count, in `time_unit`.
    time_unit
        Unit of the horizon: `day`, `week`, `month`, `quarter` or `year`; that of the model.
    discount_rate
        Per `discount_period`: 0.1 and `year` take 10 % off for each year of waiting.
    discount_period
        Period of the discount rate; converted exactly, (1 + rate)^(unit / period).
    margin_rate
        Share of `monetary_amount` that is contribution margin; 1 only where the summary was made
        of margins (`btyd_summary(..., amount="margin_cents")`).

    Raises
    ------
    ParameterError
        If a value is out of its range or a unit unknown.
    """

    horizon: float
    time_unit: str
    discount_rate: float
    discount_period: str
    margin_rate: float

    def __post_init__(self) -> None:
        known_unit(self.time_unit)
        known_unit(self.discount_period)
        ranges = {
            "horizon": (self.horizon > 0, "above 0"),
            "discount_rate": (self.discount_rate >= 0, "0 or more, such as 0.1 for 10 %"),
            "margin_rate": (0 < self.margin_rate <= 1, "above 0 and at most 1"),
        }
        for name, (is_right, right) in ranges.items():
            value = getattr(self, name)
            if not (np.isfinite(value) and is_right):
                raise ParameterError(f"{name}={value} must be a finite number {right}.")

    @property
    def log_rate(self) -> float:
        """Continuous discount rate per time unit."""
        share = DAYS_PER_PERIOD[self.time_unit] / DAYS_PER_PERIOD[self.discount_period]
        return float(np.log1p(self.discount_rate) * share)


@dataclass(frozen=True)
class LifetimeValues:
    """Values of customers and of all together.

    Attributes
    ----------
    customers
        By the index of the summary: `p_alive`, `expected_purchases` (within the horizon, not
        discounted), `expected_margin_amount` (per purchase), `clv_amount`, and `clv_lower`,
        `clv_upper`, between which the margin will lie.
    total
        `estimate`, `lower`, `upper` of the sum.
    """

    customers: pd.DataFrame
    total: pd.Series


def customer_lifetime_value(
    summary: pd.DataFrame,
    *,
    purchases: BtydModel,
    spend: GammaGamma,
    terms: ValueTerms,
    level: float = 0.95,
    n_draws: int = 1000,
    random_state: int | np.random.RandomState | None = 0,
) -> LifetimeValues:
    """Value each customer by the discounted margin of the purchases still to come.

    Guards against values that mix time units, count revenue as if it were margin, or come
    without saying how sure they are: a customer's value is mostly chance, the total is not.

    Parameters
    ----------
    summary
        From `btyd_summary`, in the time unit of the model.
    purchases, spend
        Fitted models; their parameters' uncertainty is part of the intervals.
    terms
        Horizon, discount and margin.
    n_draws
        Futures drawn of each customer, each with parameters of its own; the end points of the
        intervals have a relative error of about 1 / sqrt(n_draws).

    Returns
    -------
    LifetimeValues
        Intervals hold the uncertainty of the parameters and the chance in what customers do. They
        do not depend on the order of the rows; equal histories have equal intervals.

    Raises
    ------
    ParameterError
        If horizon, summary and model differ in their time unit.
    NotEnoughDataError
        If there are no customers, or a model's parameters are not told by the data.

    References
    ----------
    P. S. Fader, B. G. S. Hardie and K. L. Lee (2005), RFM and CLV, Journal of Marketing Research
    42(4), (3): margin x discounted expected transactions, here up to a horizon. Intervals by
    simulation from the posterior of each customer's rates, given parameters drawn from their
    asymptotic distribution.
    """
    confidence_level(level)
    if n_draws < 100:
        raise ParameterError(f"n_draws={n_draws}: an interval needs at least 100 draws.")
    same_unit(terms.time_unit, purchases.time_unit_, what="The horizon")
    rows = purchases._asked(summary)
    alive = purchases._alive(rows)
    ahead = purchases._if_alive(rows, terms.horizon)
    discounted = _discounted_purchases(purchases, rows, terms)
    frame = pd.DataFrame(
        {
            "p_alive": alive[rows.inverse],
            "expected_purchases": (alive * ahead)[rows.inverse],
            "expected_margin_amount": terms.margin_rate * spend.expected_amount(summary),
        },
        index=summary.index,
    )
    frame["clv_amount"] = (alive * discounted)[rows.inverse] * frame["expected_margin_amount"]
    tails = ((1 - level) / 2, (1 + level) / 2)
    drawing = _Drawing(purchases, spend, terms, n_draws=n_draws, random_state=random_state)
    mean = summary["monetary_amount"].to_numpy(dtype=float)
    lower, upper, totals = drawing.quantiles(rows, mean, tails)
    frame["clv_lower"], frame["clv_upper"] = lower, upper
    total = [float(frame["clv_amount"].sum()), *np.quantile(totals, tails, method="weibull")]
    return LifetimeValues(frame, pd.Series(total, index=["estimate", "lower", "upper"]))


def _discounted_purchases(model: BtydModel, rows: Histories, terms: ValueTerms) -> Array:
    """Expect so many purchases if alive, each worth less the later it is made.

    In continuous time the integral of exp(-rate t) dE(t), by parts: E is known, its slope not.
    """
    rate, horizon = terms.log_rate, terms.horizon
    if model.is_discrete:
        expected = [model._if_alive(rows, float(j)) for j in range(int(horizon) + 1)]
        discount = np.exp(-rate * np.arange(1, len(expected)))
        return np.tensordot(discount, np.diff(expected, axis=0), axes=1)
    total = np.exp(-rate * horizon) * model._if_alive(rows, horizon)
    if rate > 0:
        for node, weight in zip(_NODES * horizon, _WEIGHTS * horizon, strict=True):
            total += rate * weight * np.exp(-rate * node) * model._if_alive(rows, float(node))
    return total


class _Drawing:
    """Futures of customers, each draw with its own parameters, the same for all customers."""

    def __init__(
        self,
        purchases: BtydModel,
        spend: GammaGamma,
        terms: ValueTerms,
        *,
        n_draws: int,
        random_state: int | np.random.RandomState | None,
    ) -> None:
        self.rng = check_random_state(random_state)
        self.terms = terms
        drawn = (model.draw_params(n_draws, random_state=self.rng) for model in (purchases, spend))
        by_purchases, by_spend = (np.log(params.to_numpy()) for params in drawn)
        self.models = [
            (purchases._moved(one), spend._moved(other))
            for one, other in zip(by_purchases, by_spend, strict=True)
        ]

    def quantiles(
        self, rows: Histories, mean: Array, tails: tuple[float, float]
    ) -> tuple[Array, Array, Array]:
        """Give the lower and upper end for each customer, and the total of each draw.

        Weibull's quantiles leave the stated share of further draws outside; the usual ones leave
        more, a percent of them with 200 draws.
        """
        mean = np.where(rows.x[rows.inverse] > 0, mean, 0.0)
        keys = (mean, *(part[rows.inverse] for part in (rows.T, rows.t_x, rows.x)))
        order = np.lexsort(keys)
        size = max(1, _BLOCK // len(self.models))
        totals, ends = np.zeros(len(self.models)), np.empty((2, len(order)))
        for start in range(0, len(order), size):
            which = order[start : start + size]
            drawn = self._block(rows, which, mean[which])
            totals += drawn.sum(axis=1)
            ends[:, start : start + size] = np.quantile(drawn, tails, axis=0, method="weibull")
        new = np.any([np.diff(key[order]) != 0 for key in keys], axis=0)
        kind = np.concatenate([[0], np.cumsum(new)])
        size_of = np.bincount(kind)
        same = [np.bincount(kind, weights=end)[kind] / size_of[kind] for end in ends]
        lower, upper = np.empty((2, len(order)))
        lower[order], upper[order] = same
        return lower, upper, totals

    def _block(self, rows: Histories, which: npt.NDArray[np.intp], mean: Array) -> Array:
        """Draw the discounted margin of some customers: one row per draw."""
        kinds, inverse = np.unique(rows.inverse[which], return_inverse=True)
        some = Histories(
            rows.x[kinds],
            rows.t_x[kinds],
            rows.T[kinds],
            np.bincount(inverse).astype(np.float64),
            inverse,
        )
        drawn = np.empty((len(self.models), len(which)))
        for row, (purchases, spend) in zip(drawn, self.models, strict=True):
            future = purchases._simulate(some, self.terms.horizon, self.terms.log_rate, self.rng)
            amount = spend._simulate(some.x[inverse], mean, future.n, self.rng)
            row[:] = amount * future.discounted / np.maximum(future.n, 1)
        return self.terms.margin_rate * drawn
