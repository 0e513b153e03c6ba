"""Shifted-beta-geometric: how long customers under contract stay."""

from __future__ import annotations

from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special
from sklearn.utils.validation import check_is_fitted

from crmlib.errors import DataRejectedError, NotEnoughDataError, ParameterError
from crmlib.models.likelihood import Array, LikelihoodModel, maximise

__all__ = ["ShiftedBetaGeometric"]


class ShiftedBetaGeometric(LikelihoodModel):
    """Shifted-beta-geometric (sBG): at each renewal a customer leaves with his own, beta chance.

    Guards against one average churn rate: those likely to leave leave first, so the retention
    rate of a cohort rises with age, and extrapolating the early rate loses too many.

    Parameters are `alpha` and `beta` of the beta distribution of the chance to leave.

    Attributes
    ----------
    n_customers_ : float
        Size of the cohort at the start.

    References
    ----------
    P. S. Fader and B. G. S. Hardie (2007), How to project customer retention, Journal of
    Interactive Marketing 21(1): P(T = t) (5), S(t) (6), retention rate (8); likelihood, appendix B.
    Residual lifetime: P. S. Fader and B. G. S. Hardie (2010), Customer-base valuation in a
    contractual setting, Marketing Science 29(1).

    Examples
    --------
    >>> survivors = [1000, 631, 468, 382, 326, 289, 262, 241]
    >>> model = ShiftedBetaGeometric().fit(survivors)
    >>> model.params_.round(3).to_dict()
    {'alpha': 0.704, 'beta': 1.182}
    >>> (100 * model.survival([8, 12])).round(1).tolist()
    [22.0, 17.0]
    """

    param_names = ("alpha", "beta")
    n_customers_: float

    def fit(self, survivors: npt.ArrayLike) -> Self:
        """Learn from one cohort, those who never left yet included.

        Parameters
        ----------
        survivors
            Customers left after 0, 1, 2, … renewals, in this order.

        Raises
        ------
        DataRejectedError
            If a number is negative, not finite or larger than the one before.
        NotEnoughDataError
            If there are fewer than two renewals, nobody left or nobody stayed.
        """
        alive = np.asarray(survivors, dtype=float)
        _check(alive)
        left, after = -np.diff(alive), np.arange(1, len(alive))

        def scored(params: Array) -> tuple[float, Array]:
            alpha, beta = params
            still = alive[-1]
            chance = special.betaln(alpha + 1, beta + after - 1)
            stay = special.betaln(alpha, beta + after[-1])
            value = left @ chance + still * stay - alive[0] * special.betaln(alpha, beta)
            both = left @ special.psi(alpha + beta + after)
            both += still * special.psi(alpha + beta + after[-1])
            both -= alive[0] * special.psi(alpha + beta)
            d_alpha = left.sum() * special.psi(alpha + 1) + still * special.psi(alpha)
            d_beta = left @ special.psi(beta + after - 1) + still * special.psi(beta + after[-1])
            gradient = [d_alpha - alive[0] * special.psi(alpha), d_beta]
            gradient[1] -= alive[0] * special.psi(beta)
            return float(value), np.array(gradient) - both

        self._keep(maximise(scored, np.ones(2), n=float(alive[0])))
        self.n_customers_ = float(alive[0])
        return self

    def survival(self, renewals: npt.ArrayLike) -> Array:
        """Expect this share of a cohort to be left after so many renewals."""
        check_is_fitted(self, "params_")
        alpha, beta = self._values()
        n = _whole(renewals, least=0, name="renewals")
        return np.exp(special.betaln(alpha, beta + n) - special.betaln(alpha, beta))[()]

    def retention_rate(self, renewals: npt.ArrayLike) -> Array:
        """Expect this share of those left to renew at the given renewal, the first being 1."""
        check_is_fitted(self, "params_")
        alpha, beta = self._values()
        n = _whole(renewals, least=1, name="renewals")
        return ((beta + n - 1) / (alpha + beta + n - 1))[()]

    def expected_renewals(
        self, renewals: npt.ArrayLike, horizon: int, *, discount_rate: float
    ) -> pd.Series:
        """Expect so many more renewals within the horizon of customers who renewed so often.

        Parameters
        ----------
        renewals
            How often the customers have renewed already, 0 or more.
        horizon
            How many renewals ahead count.
        discount_rate
            Per contract period; the next renewal, one period ahead, is discounted once. 0 gives
            plain numbers.

        Returns
        -------
        pandas.Series
            `expected_renewals` by `renewals`: times the margin of one period, the customer's value.
        """
        check_is_fitted(self, "params_")
        if not (np.isfinite(discount_rate) and discount_rate > -1):
            raise ParameterError(
                f"discount_rate={discount_rate} must be above -1, such as 0.1 for 10 % a period."
            )
        alpha, beta = self._values()
        n = np.atleast_1d(_whole(renewals, least=0, name="renewals"))
        last = int(_whole(horizon, least=1, name="horizon"))
        stays, total = np.ones(len(n)), np.zeros(len(n))
        for ahead in range(1, last + 1):
            stays = stays * (beta + n + ahead - 1) / (alpha + beta + n + ahead - 1)
            total += stays / (1 + discount_rate) ** ahead
        index = pd.Index(n.astype(np.int64), name="renewals")
        return pd.Series(total, index=index, name="expected_renewals")


def _whole(values: npt.ArrayLike, *, least: int, name: str) -> Array:
    """Check whole numbers from `least` on."""
    found = np.asarray(values, dtype=float)
    if not (np.isfinite(found).all() and (found >= least).all() and (found % 1 == 0).all()):
        raise ParameterError(f"{name}={values!r} must be whole numbers, {least} or more.")
    return found


def _check(alive: Array) -> None:
    """Refuse what is no row of survivors."""
    if alive.ndim != 1 or not (np.isfinite(alive).all() and (alive >= 0).all()):
        raise DataRejectedError(
            f"survivors={alive.tolist()} must be one row of finite numbers, 0 or more: the "
            "customers left after 0, 1, 2, … renewals."
        )
    if len(alive) < 3:
        raise NotEnoughDataError(
            f"Not enough data: have {max(len(alive) - 1, 0)} renewals, need at least 2 for two "
            "parameters."
        )
    grown = np.diff(alive) > 0
    if grown.any():
        at = int(grown.argmax())
        raise DataRejectedError(
            f"survivors rise from {alive[at]:g} to {alive[at + 1]:g} at renewal {at + 1}. Count "
            "one cohort only, and nobody who comes back."
        )
    if alive[0] == alive[-1] or alive[1] == 0:
        raise NotEnoughDataError(
            f"Not enough data: of {alive[0]:g} customers {alive[0] - alive[-1]:g} left and "
            f"{alive[1]:g} renewed once, need at least 1 of each. Watch the cohort for longer."
        )
