"""Pareto/NBD: customers may stop at any time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special

from crmlib.models.btyd.base import BtydModel
from crmlib.models.btyd.futures import Futures, mean_discount
from crmlib.models.btyd.histories import Histories
from crmlib.models.likelihood import Array, Scored

__all__ = ["ParetoNBD"]

_N_NODES = 40
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(_N_NODES)
_NODES, _WEIGHTS = (_NODES + 1) / 2, _WEIGHTS / 2
_DECAY = 45.0
"""Where the integrand has fallen by e^-45 the integral ends: no float holds the rest."""
_BLOCK = 50_000
"""Histories worked on at once, to bound memory."""


class ParetoNBD(BtydModel):
    """Pareto / negative binomial: gamma purchase rates, and gamma rates of stopping at any time.

    Guards against counting the silent as customers, as `BetaGeo` does, without its assumption
    that customers stop at a purchase only.

    Parameters are `r`, `alpha` (purchase rates) and `s`, `beta` (rates of stopping), `alpha` and
    `beta` in the time unit.

    References
    ----------
    D. C. Schmittlein, D. G. Morrison and R. Colombo (1987), Counting your customers: who are they
    and what will they do next?, Management Science 33(1). In the notation of P. S. Fader and
    B. G. S. Hardie (2005), A note on deriving the Pareto/NBD model, brucehardie.com/notes/009:
    likelihood (18)-(20), E[X(t)] (27), P(alive) (36)-(37), E[Y(t) | x, t_x, T] (41). The integral
    over the time of stopping, which (19) and (20) write with 2F1, is done by Gauss-Legendre
    quadrature in logarithms: it neither cancels nor overflows, and gives the gradient too; so is
    P(X(t) = x) of Fader and Hardie (2020), brucehardie.com/notes/012.

    Examples
    --------
    >>> import pandas as pd
    >>> params = {"r": 0.5532, "alpha": 10.578, "s": 0.6062, "beta": 11.67}
    >>> model = ParetoNBD.from_params(params, time_unit="week")
    >>> known = pd.DataFrame({"btyd_frequency": [26], "btyd_recency": 30.86, "btyd_T": 31.0})
    >>> model.probability_alive(known).round(4).tolist()
    [0.9979]
    >>> model.conditional_expected_purchases(known, 52).round(2).tolist()
    [25.46]
    """

    param_names = ("r", "alpha", "s", "beta")

    def _start(self, rows: Histories) -> Array:
        weight = rows.weight / rows.n
        length, bought = max(float(weight @ rows.T), 1e-6), max(float(weight @ rows.x), 1e-6)
        return np.array([1.0, length / bought / 2, 1.0, length])

    def _likelihood(self, rows: Histories) -> Scored:
        parts = [slice(k, k + _BLOCK) for k in range(0, len(rows.x), _BLOCK)]

        def scored(params: Array) -> tuple[float, Array]:
            found = [_scored(params, rows, part) for part in parts]
            return sum(f[0] for f in found), np.sum([f[1] for f in found], axis=0)

        return scored

    def _alive(self, rows: Histories) -> Array:
        params = np.array(self._values())
        found = np.empty(len(rows.x))
        for k in range(0, len(rows.x), _BLOCK):
            part = slice(k, k + _BLOCK)
            stopped = _Stopped(params, rows.x[part], rows.t_x[part], rows.T[part])
            found[part] = special.expit(stopped.log_alive - stopped.log_gone)
        return found

    def _expected(self, times: Array) -> Array:
        r, alpha, s, beta = self._values()
        return r / alpha * _mean_lifetime(s, beta, times)

    def _if_alive(self, rows: Histories, t: float) -> Array:
        r, alpha, s, beta = self._values()
        rate = (r + rows.x) / (alpha + rows.T)
        return rate * _mean_lifetime(s, beta + rows.T, t)

    def _pmf(self, counts: Array, t: float) -> Array:
        r, alpha, s, beta = self._values()
        chosen = special.gammaln(r + counts) - special.gammaln(r) - special.gammaln(counts + 1)

        def log_nbd(time: Array) -> Array:
            gone = special.xlogy(counts, time) - (r + counts) * np.log(alpha + time)
            return chosen + r * np.log(alpha) + gone

        alive = log_nbd(np.array(t)) - s * np.log1p(t / beta)
        if t == 0:
            return np.exp(alive)
        # die at tau: tau = m (e^w - 1), w in 40 pieces of 40 nodes each
        scale = min(alpha, beta)
        edges = np.linspace(0, np.log1p(t / scale), _N_NODES + 1)
        w = (edges[:-1, None] + np.diff(edges)[:, None] * _NODES).ravel()
        weights = (np.diff(edges)[:, None] * _WEIGHTS).ravel()
        tau = scale * np.expm1(w)[:, None]
        log_density = np.log(s / beta) - (s + 1) * np.log1p(tau / beta) + np.log(scale + tau)
        return np.exp(alive) + weights @ np.exp(log_density + log_nbd(tau))

    def _simulate(
        self, rows: Histories, horizon: float, rate: float, rng: np.random.RandomState
    ) -> Futures:
        r, alpha, s, beta = self._values()
        x, seen, n = rows.x[rows.inverse], rows.T[rows.inverse], len(rows.inverse)
        alive = rng.uniform(size=n) < self._alive(rows)[rows.inverse]
        stopping = np.maximum(rng.gamma(s, size=n), 1e-300) / (beta + seen)
        end = np.minimum(rng.exponential(size=n) / stopping, horizon)
        bought = rng.poisson(alive * end * rng.gamma(r + x) / (alpha + seen)).astype(float)
        return Futures(bought, bought * mean_discount(end, rate))


def _mean_lifetime(s: float, beta: Array | float, t: npt.ArrayLike) -> Array:
    """Expect so much time alive within `t`: beta / (s - 1) [1 - (beta / (beta + t))^(s - 1)]."""
    passed = np.log1p(np.asarray(t) / beta)
    return beta * passed * special.exprel(-(s - 1) * passed)


class _Stopped:
    """Likelihood of having stopped between t_x and T, with what its gradient needs.

    Integral of s (alpha + tau)^-(r + x) (beta + tau)^-(s + 1) over tau, t_x to T. The variable is
    w = log((m + tau) / (m + t_x)) with the smaller m of alpha and beta; the integrand falls with
    it, and is smooth wherever the parameters are.
    """

    def __init__(self, params: Array, x: Array, t_x: Array, seen: Array) -> None:
        r, alpha, s, beta = params
        power = r + x
        self.log_alive = -power * np.log(alpha + seen) - s * np.log(beta + seen)
        smaller = min(alpha, beta)
        reach = np.minimum(
            _reach(alpha + t_x, _DECAY / power), _reach(beta + t_x, _DECAY / (s + 1))
        )
        end = np.log1p(np.minimum(seen - t_x, reach) / (smaller + t_x))
        tau = t_x + (smaller + t_x) * np.expm1(_NODES[:, None] * end)
        self.after_alpha, self.after_beta = alpha + tau, beta + tau
        self.log_alpha, self.log_beta = np.log(self.after_alpha), np.log(self.after_beta)
        smaller_log = self.log_alpha if smaller == alpha else self.log_beta
        logs = smaller_log - power * self.log_alpha - (s + 1) * self.log_beta
        top = logs.max(axis=0)
        share = np.exp(logs - top) * _WEIGHTS[:, None]
        total = share.sum(axis=0)
        with np.errstate(divide="ignore"):
            self.log_gone = np.log(s) + np.log(end) + top + np.log(total)
        self.share = share / total
        self.power = power

    def mean(self, values: Array) -> Array:
        """Average over the time of stopping, given that it lies before T."""
        return np.einsum("kn,kn->n", self.share, values)


def _reach(base: Array, decay: Array | float) -> Array:
    """Time until (base + time) / base reaches exp(decay), short of overflow."""
    return base * np.expm1(np.minimum(decay, 600.0))


def _scored(params: Array, rows: Histories, part: slice) -> tuple[float, Array]:
    """Log-likelihood and gradient of some of the histories."""
    r, alpha, s, beta = params
    x, t_x, seen, weight = rows.x[part], rows.t_x[part], rows.T[part], rows.weight[part]
    stopped = _Stopped(params, x, t_x, seen)
    value = np.logaddexp(stopped.log_alive, stopped.log_gone)
    value += special.gammaln(r + x) - special.gammaln(r) + r * np.log(alpha) + s * np.log(beta)
    gone = special.expit(stopped.log_gone - stopped.log_alive)
    alive = 1 - gone
    power = stopped.power
    by_alpha = alive / (alpha + seen) + gone * stopped.mean(1 / stopped.after_alpha)
    by_beta = alive * s / (beta + seen) + gone * (s + 1) * stopped.mean(1 / stopped.after_beta)
    gradient = np.array([
        weight @ (
            special.psi(r + x) - special.psi(r) + np.log(alpha)
            - alive * np.log(alpha + seen) - gone * stopped.mean(stopped.log_alpha)
        ),
        weight @ (r / alpha - power * by_alpha),
        weight @ (
            np.log(beta) - alive * np.log(beta + seen)
            + gone * (1 / s - stopped.mean(stopped.log_beta))
        ),
        weight @ (s / beta - by_beta),
    ])  # fmt: skip
    return float(weight @ value), gradient
