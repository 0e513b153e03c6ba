"""BG/BB: purchases at discrete occasions, such as one a year."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from crmlib.errors import DataRejectedError, ParameterError
from crmlib.models.btyd.base import BtydModel
from crmlib.models.btyd.futures import Futures
from crmlib.models.btyd.histories import Histories, histories_of
from crmlib.models.likelihood import Array, Scored

__all__ = ["BetaGeoBetaBinomial"]


class BetaGeoBetaBinomial(BtydModel):
    """Beta-geometric / beta-Bernoulli (BG/BB): at each occasion buy or not; before each, stop.

    Guards against a rate in continuous time where there are only occasions: a yearly appeal, a
    monthly box. The time unit is the time from one occasion to the next; `btyd_T` counts the
    occasions after the first purchase, `btyd_recency` is the number of the last one bought at.

    Parameters are `alpha`, `beta` (chance to buy at an occasion) and `gamma`, `delta` (chance to
    stop before one).

    References
    ----------
    P. S. Fader, B. G. S. Hardie and J. Shang (2010), Customer-base analysis in a discrete-time
    noncontractual setting, Marketing Science 29(6): likelihood (5), P(X(n) = x) (7), E[X(n)] (8),
    P(alive at n + 1) (11), E[X(n, n + n*) | x, t_x, n] (13), the last as the sum it comes from.

    Examples
    --------
    >>> params = {"alpha": 1.204, "beta": 0.750, "gamma": 0.657, "delta": 2.783}
    >>> model = BetaGeoBetaBinomial.from_params(params, time_unit="year")
    >>> known = pd.DataFrame({"btyd_frequency": [0, 2, 6], "btyd_recency": [0, 4, 6], "btyd_T": 6})
    >>> model.probability_alive(known).round(2).tolist()
    [0.11, 0.59, 0.93]
    """

    param_names = ("alpha", "beta", "gamma", "delta")
    is_discrete = True

    def _histories(
        self,
        summary: pd.DataFrame,
        *,
        weights: npt.ArrayLike | None = None,
        min_repeaters: int = 0,
    ) -> Histories:
        rows = histories_of(summary, weights=weights, min_repeaters=min_repeaters)
        bad = (rows.t_x % 1 != 0) | (rows.T % 1 != 0) | (rows.x > rows.t_x)
        if bad.any():
            row = int(bad.argmax())
            raise DataRejectedError(
                f"{bad.sum()} of {len(bad)} different histories do not count occasions, the first "
                f"with btyd_frequency {rows.x[row]:g}, btyd_recency {rows.t_x[row]:g}, btyd_T "
                f"{rows.T[row]:g}: whole numbers, at most one purchase at each. Count purchases "
                "by occasion, or use BetaGeo for purchases at any time."
            )
        return rows

    def _start(self, rows: Histories) -> Array:
        return np.ones(4)

    def _likelihood(self, rows: Histories) -> Scored:
        def scored(params: Array) -> tuple[float, Array]:
            value, gradient = _scored(params, rows)
            return float(rows.weight @ value), gradient @ rows.weight

        return scored

    def _alive(self, rows: Histories) -> Array:
        alpha, beta, gamma, delta = self._values()
        buys = special.betaln(alpha + rows.x, beta + rows.T - rows.x) - special.betaln(alpha, beta)
        stays = special.betaln(gamma, delta + rows.T + 1) - special.betaln(gamma, delta)
        log_history = _scored(np.array(self._values()), rows)[0]
        return np.exp(np.minimum(buys + stays - log_history, 0))

    def _if_alive(self, rows: Histories, t: float) -> Array:
        alpha, beta, gamma, delta = self._values()
        buys = (alpha + rows.x) / (alpha + beta + rows.T)
        ahead = delta + rows.T + 1
        chance, total = np.ones(len(rows.x)), np.zeros(len(rows.x))
        for _ in range(_whole(t)):
            total += chance
            chance = chance * ahead / (gamma + ahead)
            ahead = ahead + 1
        return buys * total

    def _expected(self, times: Array) -> Array:
        alpha, beta, gamma, delta = self._values()
        last = max((_whole(float(time)) for time in times.ravel()), default=0)
        j = np.arange(1, last + 1)
        stays = np.exp(special.betaln(gamma, delta + j) - special.betaln(gamma, delta))
        total = np.concatenate([[0.0], np.cumsum(alpha / (alpha + beta) * stays)])
        return total[times.astype(np.intp)]

    def _pmf(self, counts: Array, t: float) -> Array:
        alpha, beta, gamma, delta = self._values()
        n = _whole(t)
        i = np.arange(n + 1.0)[:, None]
        possible = i >= counts
        missed = np.where(possible, i - counts, 0.0)
        logs = -special.betaln(counts + 1, missed + 1) - np.log(counts + missed + 1)
        logs = logs + special.betaln(alpha + counts, beta + missed) - special.betaln(alpha, beta)
        stops = special.betaln(gamma + 1, delta + i)
        stops[n] = special.betaln(gamma, delta + n)
        return np.where(possible, np.exp(logs + stops - special.betaln(gamma, delta)), 0.0).sum(
            axis=0
        )

    def _simulate(
        self, rows: Histories, horizon: float, rate: float, rng: np.random.RandomState
    ) -> Futures:
        alpha, beta, gamma, delta = self._values()
        x, seen, n = rows.x[rows.inverse], rows.T[rows.inverse], len(rows.inverse)
        last = _whole(horizon)
        alive = rng.uniform(size=n) < self._alive(rows)[rows.inverse]
        stops = np.clip(rng.beta(gamma, delta + seen + 1), 1e-300, 1 - 1e-16)
        stayed = np.floor(rng.exponential(size=n) / -np.log1p(-stops))
        occasions = np.where(alive, np.minimum(1 + stayed, last), 0).astype(np.int64)
        chance = rng.beta(alpha + x, beta + seen - x)
        bought = rng.binomial(occasions, chance).astype(float)
        discount = np.cumsum(np.exp(-rate * np.arange(last + 1)))[occasions] - 1
        return Futures(bought, bought * discount / np.maximum(occasions, 1))


def _whole(t: float) -> int:
    """Check a number of occasions."""
    if t % 1:
        raise ParameterError(f"t={t:g} must be a whole number of occasions.")
    return int(t)


def _beta_slope(p: Array, q: Array) -> tuple[Array, Array]:
    """Differentiate log B(p, q) by p and by q."""
    both = special.psi(p + q)
    return special.psi(p) - both, special.psi(q) - both


def _scored(params: Array, rows: Histories) -> tuple[Array, Array]:
    """Log-likelihood of each history, and its gradient: one row per parameter."""
    alpha, beta, gamma, delta = params
    x, missed = rows.x, rows.t_x - rows.x
    at_zero = special.betaln(alpha, beta) + special.betaln(gamma, delta)
    slopes_zero = np.array([*_beta_slope(alpha, beta), *_beta_slope(gamma, delta)])
    value = np.full(len(x), -np.inf)
    gradient = np.zeros((4, len(x)))

    def add(which: npt.NDArray[np.intp], after: Array, is_stop: int) -> None:
        """Add one way the history can have come about: stopped then, or alive to the end."""
        bought = alpha + x[which], beta + missed[which] + after
        stayed = gamma + is_stop, delta + rows.t_x[which] + after
        log_way = special.betaln(*bought) + special.betaln(*stayed) - at_zero
        slopes = np.array([*_beta_slope(*bought), *_beta_slope(*stayed)]) - slopes_zero[:, None]
        before = value[which]
        value[which] = np.logaddexp(before, log_way)
        share = np.exp(log_way - value[which])
        gradient[:, which] += share * (slopes - gradient[:, which])

    after_last = rows.T - rows.t_x
    add(np.arange(len(x)), after_last, 0)
    for i in range(int(after_last.max())):
        which = np.flatnonzero(after_last > i)
        add(which, np.full(len(which), float(i)), 1)
    return value, gradient
