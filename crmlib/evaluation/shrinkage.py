"""Groups of different size compared fairly: small ones drawn towards all, as far as data demand.

The model: group g has the true value theta_g and the estimate y_g with standard error s_g,

    y_g ~ N(theta_g, s_g^2),   theta_g ~ N(mu, tau^2),   mu and tau equally likely a priori   (1)

The spread tau between groups is not plugged in as if it were known, which would make intervals too
narrow with few groups; it is drawn from its posterior distribution on a grid,

    p(tau | y) ~ V^(1/2) prod_g (s_g^2 + tau^2)^(-1/2) exp(-(y_g - m)^2 / 2 (s_g^2 + tau^2))  (2)

    with 1/V = sum_g 1 / (s_g^2 + tau^2),   m = V sum_g y_g / (s_g^2 + tau^2);

then mu given tau from N(m, V), and theta_g given both from the normal distribution with

    precision 1/s_g^2 + 1/tau^2,   mean (y_g / s_g^2 + mu / tau^2) / precision.               (3)

On average over groups like these the intervals cover; a group unlike the others is drawn too far.
So `interval_of_both` gives the hull with the interval of the group by itself, which covers
whatever the others are like; the price is that intervals of small groups stay wide.

References
----------
A. Gelman et al. (2013), Bayesian Data Analysis, 3rd edition, CRC Press, eq. 5.17, 5.20 and 5.21.
C. N. Morris (1983), Parametric empirical Bayes inference, Journal of the American Statistical
Association 78, 47-55 (why tau must not be taken as known). B. Efron & C. Morris (1972), Limiting
the risk of Bayes and empirical Bayes estimators, part II, ibid. 67, 130-139 (groups unlike the
others).
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from crmlib.errors import ParameterError

__all__ = [
    "MIN_GROUPS",
    "draw_group_values",
    "draw_groups_alone",
    "interval_of_both",
    "ratio_errors",
]

Array = npt.NDArray[np.float64]
MIN_GROUPS = 3
"""With fewer groups nothing is known of the spread between them: they are taken as they are."""

_TAILS = (0.025, 0.975)
_GRID = 400
_REACH = 10.0


def draw_group_values(
    estimates: npt.ArrayLike,
    errors: npt.ArrayLike,
    *,
    rng: np.random.Generator,
    n_draws: int = 4_000,
) -> Array:
    """Draw what the true values of groups may be, given their estimates.

    Quantiles of the draws are intervals; functions of several groups, such as the difference to
    the mean of all, are computed draw by draw.

    Parameters
    ----------
    estimates, errors
        One estimate per group and its standard error; an infinite error says that nothing is
        known of the group but that it is one of these.
    rng
        Source of randomness.
    n_draws
        Draws per group.

    Returns
    -------
    numpy.ndarray
        Draws x groups.

    Raises
    ------
    ParameterError
        If an error is not positive, or an estimate with a finite error is missing.

    Examples
    --------
    >>> draws = draw_group_values([0.0, 0.1, 2.0], [1.0] * 3, rng=np.random.default_rng(1))
    >>> bool(0 < draws.mean(axis=0)[2] < 2)
    True
    """
    y, s = np.asarray(estimates, dtype=float), np.asarray(errors, dtype=float)
    is_known = np.isfinite(s)
    if (np.isnan(s) | (s <= 0)).any() or not np.isfinite(y[is_known]).all():
        raise ParameterError(
            f"{len(y)} groups: every error must be positive, and every estimate with a finite "
            "error be known. Leave groups without customers out."
        )
    if is_known.sum() < MIN_GROUPS:
        return draw_groups_alone(y, s, rng=rng, n_draws=n_draws)
    tau, mean, variance = _spread(y[is_known], s[is_known], rng=rng, n_draws=n_draws)
    mu = mean + np.sqrt(variance) * rng.standard_normal(n_draws)
    own = np.where(is_known, 1 / s**2, 0.0)
    prior = 1 / tau[:, None] ** 2
    centre = (np.where(is_known, y, 0.0) * own + mu[:, None] * prior) / (own + prior)
    return np.asarray(centre + rng.standard_normal((n_draws, len(y))) / np.sqrt(own + prior))


def draw_groups_alone(
    estimates: npt.ArrayLike,
    errors: npt.ArrayLike,
    *,
    rng: np.random.Generator,
    n_draws: int = 4_000,
) -> Array:
    """Draw what the true values of groups may be, each by its own estimate only.

    Returns
    -------
    numpy.ndarray
        Draws x groups; missing (NaN) for a group with an infinite error.
    """
    y, s = np.asarray(estimates, dtype=float), np.asarray(errors, dtype=float)
    is_known = np.isfinite(s)
    noise = rng.standard_normal((n_draws, len(y)))
    return np.asarray(np.where(is_known, y, np.nan) + np.where(is_known, s, np.nan) * noise)


def interval_of_both(shrunk: Array, alone: Array) -> tuple[Array, Array]:
    """Give the hull of the 95 % intervals of two sets of draws, such as of the two functions above.

    Parameters
    ----------
    shrunk, alone
        Draws x groups; missing values of `alone` do not count.
    """
    low, high = np.quantile(shrunk, _TAILS, axis=0)
    own_low, own_high = np.quantile(alone, _TAILS, axis=0)
    return np.fmin(low, own_low), np.fmax(high, own_high)


def _spread(
    y: Array, s: Array, *, rng: np.random.Generator, n_draws: int
) -> tuple[Array, Array, Array]:
    """Draw the spread between groups from equation (2); give it with m and V of each draw."""
    reach = _REACH * max(float(y.std()), float(np.median(s)))
    place = (np.arange(_GRID) + 0.5) / _GRID
    tau = reach * place**2  # dense near 0; each point stands for a width in proportion to place
    weight = 1 / (s**2 + tau[:, None] ** 2)
    variance = 1 / weight.sum(axis=1)
    mean = variance * (weight * y).sum(axis=1)
    log_density = (
        0.5 * np.log(variance)
        + 0.5 * np.log(weight).sum(axis=1)
        - 0.5 * (weight * (y - mean[:, None]) ** 2).sum(axis=1)
        + np.log(place)
    )
    density = np.exp(log_density - log_density.max())
    drawn = rng.choice(_GRID, size=n_draws, p=density / density.sum())
    return tau[drawn], mean[drawn], variance[drawn]


def ratio_errors(
    totals: tuple[npt.ArrayLike, npt.ArrayLike],
    squares: tuple[npt.ArrayLike, npt.ArrayLike, npt.ArrayLike],
    *,
    scale: Literal["log", "root"] = "log",
) -> tuple[Array, Array]:
    """Give a ratio of totals in each group on a scale on which its error is known, and the error.

    Guards against small groups that look certain because none of their few customers is a large
    one: how much customers differ is pooled over the groups. With R_g the ratio of group g and
    S_g = sum (y - R_g x)^2 over its customers,

        log:  f = sum_g S_g / R_g^2 / sum_g sum x^2,   error of log R_g:  sqrt(f sum x^2) / sum x
        root: f = sum_g S_g / sum_g R_g sum x^2,       error of sqrt R_g: half of the same     (4)

    The logarithm is right where all customers of a group buy more or less, the root where more or
    fewer of them buy at all, and where a group may have bought nothing.

    Parameters
    ----------
    totals
        Sums of y and of x in each group.
    squares
        Sums of y^2, x^2 and x y in each group.

    Returns
    -------
    tuple of numpy.ndarray
        Logarithms or roots, and errors; infinite where x, or for logarithms y, is not positive.

    References
    ----------
    W. G. Cochran (1977), Sampling Techniques, 3rd edition, Wiley, eq. 6.9 and 6.13. M. S. Bartlett
    (1947), The use of transformations, Biometrics 3, 39-52, table 1.
    """
    y, x = (np.asarray(total, dtype=float) for total in totals)
    yy, xx, xy = (np.asarray(square, dtype=float) for square in squares)
    is_log = scale == "log"
    is_known = (x > 0) & ((y > 0) | (not is_log))
    ratio = np.divide(y, x, out=np.ones_like(y), where=is_known).clip(0)
    spread = (yy - 2 * ratio * xy + ratio**2 * xx).clip(0)
    if is_log:
        found = float((spread / ratio**2)[is_known].sum()), float(xx[is_known].sum())
    else:
        found = float(spread[is_known].sum()), float((ratio * xx)[is_known].sum())
    pooled = found[0] / found[1] if found[1] > 0 else 0.0
    share = np.divide(xx, x**2, out=np.zeros_like(x), where=is_known)
    is_known &= share * pooled > 0
    error = np.sqrt(pooled * share) if is_log else np.sqrt(pooled * share) / 2
    errors = np.where(is_known, error, np.inf)
    return (np.log(ratio) if is_log else np.sqrt(ratio)), errors
