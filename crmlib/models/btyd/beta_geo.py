"""BG/NBD and MBG/NBD: customers may stop after each purchase."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from scipy import special, stats

from crmlib.models.btyd.base import BtydModel
from crmlib.models.btyd.futures import Futures, mean_discount
from crmlib.models.btyd.histories import Histories, unique_rows
from crmlib.models.likelihood import Array, Scored

__all__ = ["BetaGeo", "ModifiedBetaGeo"]

_NEAR_ONE = 1e-5
"""Nearer to the removable pole at a = 1, the values on both sides are averaged."""


class _GeometricDropout(BtydModel):
    """Poisson purchases with gamma rates; after each purchase a customer stops with beta chance.

    `_first` is 1 where a customer may also stop right after the first purchase (MBG/NBD): both
    models then have one likelihood, with the survived chances b + x + `_first`.
    """

    param_names = ("r", "alpha", "a", "b")
    _first: ClassVar[int]

    def _start(self, rows: Histories) -> Array:
        weight = rows.weight / rows.n
        length, bought = max(float(weight @ rows.T), 1e-6), max(float(weight @ rows.x), 1e-6)
        return np.array([1.0, length / bought / 2, 1.0, 2.0])

    def _likelihood(self, rows: Histories) -> Scored:
        return _Likelihood(rows, self._first)

    def _log_odds_gone(self, rows: Histories) -> Array:
        """Logarithm of P(gone) / P(alive) at T."""
        r, alpha, a, b = self._values()
        survived = rows.x + b + self._first - 1
        possible = (rows.x > 0) | (self._first == 1)
        with np.errstate(divide="ignore"):
            chance = np.log(a) - np.log(np.where(possible, survived, 1.0))
        waited = (r + rows.x) * (np.log(alpha + rows.T) - np.log(alpha + rows.t_x))
        return np.where(possible, chance + waited, -np.inf)

    def _alive(self, rows: Histories) -> Array:
        return special.expit(-self._log_odds_gone(rows))

    def _expected(self, times: Array) -> Array:
        r, alpha, a, b = self._values()
        stays = b / (a + b) if self._first else 1.0
        return stays * _future(a, b + self._first, r, alpha, times)

    def _if_alive(self, rows: Histories, t: float) -> Array:
        r, alpha, a, b = self._values()
        first, inverse = unique_rows((rows.x, rows.T))
        x, seen = rows.x[first], rows.T[first]
        if_alive = _future(a, b + self._first + x, r + x, alpha + seen, np.full(len(x), t))
        return if_alive[inverse]

    def _pmf(self, counts: Array, t: float) -> Array:
        r, alpha, a, b = self._values()
        c = self._first
        never_left = np.exp(special.betaln(a, b + counts + c) - special.betaln(a, b))
        arrivals = stats.nbinom(r, alpha / (alpha + t))
        left = np.zeros(len(counts))
        may = counts + c > 0
        gone = special.betaln(a + 1, b + counts[may] + c - 1) - special.betaln(a, b)
        left[may] = np.exp(gone) * arrivals.sf(counts[may] - 1)
        return never_left * arrivals.pmf(counts) + left

    def _simulate(
        self, rows: Histories, horizon: float, rate: float, rng: np.random.RandomState
    ) -> Futures:
        r, alpha, a, b = self._values()
        x, seen, n = rows.x[rows.inverse], rows.T[rows.inverse], len(rows.inverse)
        alive = rng.uniform(size=n) < self._alive(rows)[rows.inverse]
        arrivals = rng.poisson(alive * horizon * rng.gamma(r + x) / (alpha + seen)).astype(float)
        chance = rng.beta(a, b + self._first + x)
        last = np.ceil(rng.exponential(size=n) / -np.log1p(-np.clip(chance, 1e-300, 1 - 1e-16)))
        stops = last <= arrivals
        bought = np.where(stops, last, arrivals)
        end = np.full(n, float(horizon))  # of those who stop: when they buy for the last time
        end[stops] = horizon * rng.beta(last[stops], arrivals[stops] - last[stops] + 1)
        early = (bought - stops) * mean_discount(end, rate)
        return Futures(bought, early + stops * np.exp(-rate * end))


class BetaGeo(_GeometricDropout):
    """Beta-geometric / negative binomial (BG/NBD): customers may stop after a repeat purchase.

    Guards against reading silence as loss: how long a customer may be silent depends on how often
    he bought. Its own weakness: nobody stops before a repeat purchase, so that P(alive) = 1 for
    everyone without one; `ModifiedBetaGeo` does not say so.

    Parameters are `r`, `alpha` (purchase rates: gamma, `alpha` in the time unit) and `a`, `b`
    (chance to stop after each repeat purchase: beta).

    References
    ----------
    P. S. Fader, B. G. S. Hardie and K. L. Lee (2005), "Counting your customers" the easy way: an
    alternative to the Pareto/NBD model, Marketing Science 24(2): likelihood (6), P(X(t) = x) (8),
    E[X(t)] (9), E[Y(t) | x, t_x, T] (10); here after Euler's transformation, so that no power
    overflows. P(alive): P. S. Fader and B. G. S. Hardie (2008), brucehardie.com/notes/021.

    Examples
    --------
    >>> import pandas as pd
    >>> params = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}
    >>> model = BetaGeo.from_params(params, time_unit="week")
    >>> model.purchase_count_pmf([0], 39).round(7).tolist()
    [0.5737864]
    >>> known = pd.DataFrame({"btyd_frequency": [2], "btyd_recency": 30.43, "btyd_T": 38.86})
    >>> model.conditional_expected_purchases(known, 39).round(3).tolist()
    [1.226]
    """

    _first = 0


class ModifiedBetaGeo(_GeometricDropout):
    """MBG/NBD: customers may stop after any purchase, the first included.

    Guards against the weakness of `BetaGeo`, that whoever never came back is alive for sure.

    Parameters are those of `BetaGeo`.

    References
    ----------
    E. P. Batislam, M. Denizel and A. Filiztekin (2007), Empirical validation and comparison of
    models for customer base analysis, International Journal of Research in Marketing 24(3):
    likelihood and P(alive), appendix A (5), as corrected by U. Wagner and D. Hoppe (2008), Erratum
    on the MBG/NBD model, 25(3).

    Examples
    --------
    >>> import pandas as pd
    >>> params = {"r": 0.525, "alpha": 6.183, "a": 0.891, "b": 1.614}
    >>> model = ModifiedBetaGeo.from_params(params, time_unit="week")
    >>> known = pd.DataFrame({"btyd_frequency": [0], "btyd_recency": 0.0, "btyd_T": 38.86})
    >>> bool(model.probability_alive(known).iloc[0] < 0.5)
    True
    """

    _first = 1


def _future(a: float, b: Array | float, r: Array | float, alpha: Array | float, t: Array) -> Array:
    """Expect purchases within `t` of someone alive with rates gamma(r, alpha), chances beta(a, b).

    (a + b - 1) / (a - 1) [1 - (1 - z)^r 2F1(r, b; a + b - 1; z)] with z = t / (alpha + t), or
    after Euler's transformation (1 - z)^(a - 1) 2F1(a + b - 1 - r, a - 1; a + b - 1; z). Of both
    the one is taken whose 2F1 stays finite at z = 1; so it never overflows.
    """
    if abs(a - 1) < _NEAR_ONE / 2:
        low, high = (_future(side, b, r, alpha, t) for side in (1 - _NEAR_ONE, 1 + _NEAR_ONE))
        return low + (a - 1 + _NEAR_ONE) / (2 * _NEAR_ONE) * (high - low)
    c = np.asarray(a + b - 1.0)
    c = np.where(np.abs(c) < 1e-8, 1e-8, c)  # the pole of 2F1 cancels against the factor
    direct = a - 1 > r
    log_left = np.log(alpha) - np.log(alpha + t)
    still = np.exp(np.where(direct, r, a - 1) * log_left) * _hyp2f1(
        np.where(direct, r, c - r), np.where(direct, b, a - 1), c, t / (alpha + t)
    )
    return c / (a - 1) * (1 - still)


def _hyp2f1(a: Array, b: Array, c: Array, z: Array) -> Array:
    """Give 2F1; by its series where c is large and a and b are not: SciPy returns nan there.

    SciPy 1.17 does so for whole c - a - b beyond 170, which is what 170 purchases make.
    """
    a, b, c, z = np.broadcast_arrays(a, b, c, z)
    quick = (c > 100) & (np.abs(a) < c / 2) & (np.abs(b) < c / 2)
    found = np.array(special.hyp2f1(a, b, np.where(quick, 1, c), np.where(quick, 0, z)))
    a, b, c, z = (part[quick] for part in (a, b, c, z))
    term, total, k = np.ones(a.shape), np.ones(a.shape), 0
    while k < 1000 and np.any(np.abs(term) > 1e-16 * np.abs(total)):
        term = term * (a + k) * (b + k) / ((c + k) * (k + 1)) * z
        total, k = total + term, k + 1
    found[quick] = total
    return found


class _Likelihood:
    """Log-likelihood and gradient; logarithms and gamma functions once per different number."""

    def __init__(self, rows: Histories, first: int) -> None:
        self.weight, self.first, self.n = rows.weight, first, rows.n
        self.x, self.of_x = np.unique(rows.x, return_inverse=True)
        self.seen, self.of_seen = np.unique(rows.T, return_inverse=True)
        self.last, self.of_last = np.unique(rows.t_x, return_inverse=True)
        self.may_leave = self.x + first > 0
        self.n_by_x = np.bincount(self.of_x, weights=rows.weight)

    def __call__(self, params: Array) -> tuple[float, Array]:
        r, alpha, a, b = params
        lived, power = b + self.x + self.first, r + self.x
        chance = np.full(len(lived), -np.inf)
        chance[self.may_leave] = np.log(a) - np.log(lived[self.may_leave] - 1)
        rate = power[self.of_x]
        at_end, at_last = alpha + self.seen, alpha + self.last
        log_end, log_last = np.log(at_end)[self.of_seen], np.log(at_last)[self.of_last]
        odds = chance[self.of_x] + rate * (log_end - log_last)  # gone : alive
        mixed = np.maximum(odds, 0) + np.log1p(np.exp(-np.abs(odds)))  # log(1 + exp(odds))
        gone = self.weight * np.exp(odds - mixed)
        alive = self.weight - gone
        gone_by_x = np.bincount(self.of_x, weights=gone).astype(float)
        value, gradient = self._counts(params, gone_by_x)
        gradient[0] -= alive @ log_end + gone @ log_last
        gradient[1] -= (alive * rate) @ (1 / at_end)[self.of_seen]
        gradient[1] -= (gone * rate) @ (1 / at_last)[self.of_last]
        return float(value + self.weight @ (mixed - rate * log_end)), gradient

    def _counts(self, params: Array, gone_by_x: Array) -> tuple[float, Array]:
        """Give the part of value and gradient that depends on the number of purchases only."""
        r, alpha, a, b = params
        n, k, lived = self.n, len(self.x), b + self.x + self.first
        at = np.concatenate([r + self.x, lived, a + lived, [r, b, a + b]])
        logs, slopes = special.gammaln(at), special.psi(at)
        constant = logs[-1] - logs[-2] - logs[-3] + r * np.log(alpha)
        value = self.n_by_x @ (logs[:k] + logs[k : 2 * k] - logs[2 * k : 3 * k]) + n * constant
        d_r = self.n_by_x @ slopes[:k] + n * (np.log(alpha) - slopes[-3])
        d_sum = n * slopes[-1] - self.n_by_x @ slopes[2 * k : 3 * k]
        d_b = d_sum + self.n_by_x @ slopes[k : 2 * k] - n * slopes[-2]
        d_b -= gone_by_x[self.may_leave] @ (1 / (lived[self.may_leave] - 1))
        return value, np.array([d_r, n * r / alpha, d_sum + gone_by_x.sum() / a, d_b])
