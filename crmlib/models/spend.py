"""Gamma-Gamma: what a customer spends per purchase, or leaves as margin."""

from __future__ import annotations

from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special
from sklearn.utils.validation import check_is_fitted

from crmlib.errors import DataRejectedError, NotEnoughDataError
from crmlib.models.btyd.histories import checked_weights
from crmlib.models.likelihood import Array, LikelihoodModel, Scored, maximise
from crmlib.schema import require_columns

__all__ = ["GammaGamma"]

COLUMNS = ("btyd_frequency", "monetary_amount")
MIN_REPEATERS = 10
"""Customers with a repeat purchase below which three parameters are guesswork."""


class GammaGamma(LikelihoodModel):
    """Gamma-Gamma model of the mean amount per purchase, independent of how often one buys.

    Guards against taking a customer's own average at face value: after two purchases most of its
    distance from the others is chance, and the expected amount lies between. Amounts are revenue
    or margin, whichever the summary was made of.

    Parameters are `p` (shape of one purchase), `q` and `v` (gamma of the customers' scale; `v` in
    the account currency; the papers also write gamma).

    Attributes
    ----------
    correlation_ : float
        Of purchases and mean amount among those with a repeat purchase: the model takes it to
        be 0, and above about 0.3 its product with the expected purchases is biased.
    n_customers_ : float
        Customers with a repeat purchase, the only ones it learns from.

    References
    ----------
    P. S. Fader, B. G. S. Hardie and K. L. Lee (2005), RFM and CLV: using iso-value curves for
    customer base analysis, Journal of Marketing Research 42(4). P. S. Fader and B. G. S. Hardie
    (2013), The Gamma-Gamma model of monetary value, brucehardie.com/notes/025: likelihood (1a),
    expected amount (5).

    Examples
    --------
    >>> model = GammaGamma.from_params({"p": 6.25, "q": 3.74, "v": 15.44})
    >>> known = pd.DataFrame({"btyd_frequency": [0, 2], "monetary_amount": [0.0, 22.3]})
    >>> model.expected_amount(known).round(1).tolist()
    [35.2, 24.6]
    """

    param_names = ("p", "q", "v")
    correlation_: float
    n_customers_: float

    def fit(self, summary: pd.DataFrame, weights: npt.ArrayLike | None = None) -> Self:
        """Learn the parameters from customers with a repeat purchase.

        Parameters
        ----------
        summary
            `btyd_frequency` and `monetary_amount`, the mean per repeat purchase, above 0.
        weights
            How many customers each row stands for; one by default.

        Raises
        ------
        SchemaError
            If a column is missing.
        DataRejectedError
            If a frequency or amount cannot be, or a weight is negative.
        NotEnoughDataError
            If fewer than ten customers have a repeat purchase, or all spend the same.
        """
        x, mean = _checked(summary)
        given = checked_weights(weights, len(summary))
        weight = np.ones(len(x)) if given is None else given
        repeats = (x > 0) & (weight > 0)
        x, mean, weight = x[repeats], mean[repeats], weight[repeats]
        n = float(weight.sum())
        if n < MIN_REPEATERS:
            raise NotEnoughDataError(
                f"Not enough data: have {n:g} customers with a repeat purchase, need "
                f"{MIN_REPEATERS}. Use a longer history or more customers."
            )
        if np.ptp(mean) == 0:
            raise NotEnoughDataError(
                f"Not enough data: all {n:g} customers have the mean amount {mean[0]:g}, need at "
                "least 2 different ones. Use that amount instead of a model."
            )
        optimum = maximise(
            _likelihood(x, mean, weight), np.array([2.0, 3.0, 2 * float(weight @ mean) / n]), n=n
        )
        self._keep(optimum)
        self.n_customers_ = n
        self.correlation_ = _correlation(x, mean, weight)
        return self

    def expected_amount(self, summary: pd.DataFrame) -> pd.Series:
        """Expect so much per future purchase of each customer; without a repeat, the mean of all.

        Returns
        -------
        pandas.Series
            `expected_amount` by the index of the summary, in the account currency.

        Raises
        ------
        NotEnoughDataError
            If q is 1 or less: the mean over customers is infinite.
        """
        check_is_fitted(self, "params_")
        x, mean = _checked(summary)
        p, q, v = self._values()
        if q <= 1:
            raise NotEnoughDataError(
                f"The Gamma-Gamma model has q={q:.3g}: its mean over customers is infinite, need "
                "q above 1. Look at the largest amounts, or fit to more customers."
            )
        found = p * (v + x * np.where(x > 0, mean, 0)) / (p * x + q - 1)
        return pd.Series(found, index=summary.index, name="expected_amount")

    def _simulate(
        self, x: Array, mean: Array, n_purchases: Array, rng: np.random.RandomState
    ) -> Array:
        """Draw what each customer spends on so many purchases together."""
        p, q, v = self._values()
        scale = np.maximum(rng.gamma(q + p * x), 1e-300) / (v + x * np.where(x > 0, mean, 0))
        return np.where(n_purchases > 0, rng.gamma(p * n_purchases), 0.0) / scale


def _checked(summary: pd.DataFrame) -> tuple[Array, Array]:
    """Check frequencies and amounts."""
    require_columns(summary, COLUMNS, what="The summary")
    x, mean = (summary[name].to_numpy(dtype=float) for name in COLUMNS)
    problems = {
        "a btyd_frequency that is no whole number, 0 or more": ~np.isfinite(x)
        | (x < 0)
        | (x != np.floor(x)),
        "repeat purchases with a monetary_amount that is not finite and above 0": (x > 0)
        & ~(np.isfinite(mean) & (mean > 0)),
    }
    for text, bad in problems.items():
        if bad.any():
            row = int(bad.argmax())
            raise DataRejectedError(
                f"{bad.sum()} of {len(x)} rows of the summary have {text}, the first row {row}: "
                f"btyd_frequency {x[row]:g}, monetary_amount {mean[row]:g}. Leave customers out "
                "whose returns or discounts outweigh their purchases, and say so."
            )
    return x, mean


def _likelihood(x: Array, mean: Array, weight: Array) -> Scored:
    """Log-likelihood (1a) and its gradient."""
    total, log_mean, log_total, n = x * mean, np.log(mean), np.log(x * mean), weight.sum()

    def scored(params: Array) -> tuple[float, Array]:
        p, q, v = params
        px = p * x
        log_all = np.log(v + total)
        value = special.gammaln(px + q) - special.gammaln(px) + px * log_total - log_mean
        value += -special.gammaln(q) + q * np.log(v) - (px + q) * log_all
        both = special.psi(px + q)
        d_p = x * (both - special.psi(px) + log_total - log_all)
        d_q = both - log_all
        d_v = weight @ (-(px + q) / (v + total)) + n * q / v
        gradient = [weight @ d_p, weight @ d_q + n * (np.log(v) - special.psi(q)), d_v]
        return float(weight @ value), np.array(gradient)

    return scored


def _correlation(x: Array, mean: Array, weight: Array) -> float:
    """Weighted correlation; 0 where all bought equally often."""
    centred = np.array([x - np.average(x, weights=weight), mean - np.average(mean, weights=weight)])
    (xx, xy), (_, yy) = np.einsum("in,jn,n->ij", centred, centred, weight)
    return float(xy / np.sqrt(xx * yy)) if xx > 0 and yy > 0 else 0.0
