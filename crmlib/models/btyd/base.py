"""What all buy-till-you-die models have in common: fitting, and asking in the right time unit."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from crmlib.errors import NotEnoughDataError, ParameterError
from crmlib.models.btyd.clock import known_unit, same_unit, unit_of_summary
from crmlib.models.btyd.futures import Futures
from crmlib.models.btyd.histories import Histories, checked_weights, histories_of, horizon_of
from crmlib.models.likelihood import Array, LikelihoodModel, Scored, maximise

__all__ = ["BtydModel"]

MIN_REPEATERS = 10
"""Customers with a repeat purchase below which four parameters are guesswork."""


class BtydModel(LikelihoodModel):
    """Buy-till-you-die model: customers buy at their own rate until, unseen, they stop for good.

    All times are in one unit, kept as `time_unit_`; a summary or horizon in another is refused.

    Attributes
    ----------
    time_unit_ : str
        Unit of the summary the model learned from.
    n_customers_ : float
        Customers it learned from, or the sum of their weights.
    """

    time_unit_: str
    n_customers_: float
    is_discrete: ClassVar[bool] = False

    def fit(
        self,
        summary: pd.DataFrame,
        weights: npt.ArrayLike | None = None,
        *,
        time_unit: str | None = None,
    ) -> Self:
        """Learn the parameters by maximum likelihood.

        Parameters
        ----------
        summary
            One row per customer, from `crmlib.features.btyd.btyd_summary`.
        weights
            How many customers each row stands for; one by default.
        time_unit
            Needed where the summary has no column `time_unit`; checked where it has.

        Raises
        ------
        DataRejectedError
            If a row is no possible history, or a weight negative.
        NotEnoughDataError
            If fewer than ten customers have a repeat purchase.
        ParameterError
            If the unit is unknown, or not the summary's.
        """
        unit = unit_of_summary(summary, time_unit)
        return self._fit(
            self._histories(summary, weights=weights, min_repeaters=MIN_REPEATERS), unit
        )

    def _fit(self, rows: Histories, unit: str, *, start: Array | None = None) -> Self:
        """Learn from histories already checked, from a first guess if there is one."""
        optimum = maximise(
            self._likelihood(rows), self._start(rows) if start is None else start, n=rows.n
        )
        self._keep(optimum)
        self.time_unit_ = unit
        self.n_customers_ = rows.n
        return self

    @classmethod
    def from_params(cls, params: Mapping[str, float], *, time_unit: str = "week") -> Self:
        """Make a model from published or stored parameters, with their time unit.

        Raises
        ------
        ParameterError
            If a parameter is missing, unknown or not positive, or the unit unknown.
        """
        model = super().from_params(params)
        model.time_unit_ = known_unit(time_unit)
        return model

    def expected_purchases(self, t: npt.ArrayLike, *, time_unit: str | None = None) -> Array:
        """Expect so many repeat purchases of a new customer within `t` of the first purchase.

        Parameters
        ----------
        t
            One or several times in the unit of the model, 0 or more.
        time_unit
            Unit of `t`, to be safe; refused if it is not the model's.
        """
        times = self._times(t, time_unit)
        return self._told(self._expected(times))[()]

    def conditional_expected_purchases(
        self, summary: pd.DataFrame, t: float, *, time_unit: str | None = None
    ) -> pd.Series:
        """Expect so many purchases of each customer within the next `t` after `btyd_T`.

        Returns
        -------
        pandas.Series
            `expected_purchases` by the index of the summary.

        Raises
        ------
        ParameterError
            If the summary or the horizon is in another time unit.
        """
        rows = self._asked(summary)
        found = self._if_alive(rows, self._one_time(t, time_unit)) * self._alive(rows)
        found = self._told(found)
        return pd.Series(found[rows.inverse], index=summary.index, name="expected_purchases")

    def probability_alive(self, summary: pd.DataFrame) -> pd.Series:
        """Give the probability that each customer has not stopped buying at `btyd_T`.

        Returns
        -------
        pandas.Series
            `p_alive` by the index of the summary.
        """
        rows = self._asked(summary)
        found = self._told(self._alive(rows))
        return pd.Series(found[rows.inverse], index=summary.index, name="p_alive")

    def purchase_count_pmf(
        self, counts: npt.ArrayLike, t: float, *, time_unit: str | None = None
    ) -> pd.Series:
        """Give the probability that a new customer makes so many repeat purchases within `t`.

        Parameters
        ----------
        counts
            Whole numbers, 0 or more, such as `range(10)`.

        Returns
        -------
        pandas.Series
            `probability` by `purchases`.
        """
        asked = np.atleast_1d(np.asarray(counts, dtype=float))
        if not (np.isfinite(asked).all() and (asked >= 0).all() and (asked % 1 == 0).all()):
            raise ParameterError(
                f"counts={counts!r} must be whole numbers of purchases, 0 or more."
            )
        found = self._pmf(asked, self._one_time(t, time_unit))
        index = pd.Index(asked.astype(np.int64), name="purchases")
        return pd.Series(found, index=index, name="probability")

    def cumulative_purchases(
        self,
        summary: pd.DataFrame,
        times: npt.ArrayLike,
        weights: npt.ArrayLike | None = None,
        *,
        time_unit: str | None = None,
    ) -> pd.Series:
        """Expect all customers' repeat purchases up to each time, to track against what happened.

        Each customer counts from the first purchase on. Time 0 is the first purchase of the
        oldest customer; times beyond the snapshot day are the forecast for these customers.

        Returns
        -------
        pandas.Series
            `expected_purchases` by `time`.
        """
        rows = self._asked(summary)
        asked = np.atleast_1d(self._times(times, time_unit))
        given = checked_weights(weights, len(summary))
        births, which = np.unique(rows.T.max() - rows.T, return_inverse=True)
        per_row = np.bincount(rows.inverse, weights=given, minlength=len(rows.x))
        weight = np.bincount(which, weights=per_row)
        total = [float(weight @ self._expected(np.maximum(time - births, 0))) for time in asked]
        return pd.Series(total, index=pd.Index(asked, name="time"), name="expected_purchases")

    def bootstrap_params(
        self,
        summary: pd.DataFrame,
        weights: npt.ArrayLike | None = None,
        *,
        n_replicates: int = 200,
        random_state: int | np.random.RandomState | None = None,
    ) -> pd.DataFrame:
        """Refit to customers drawn with replacement; needs no asymptotic theory.

        Fit the model first: its parameters are the first guess of every replicate.

        Returns
        -------
        pandas.DataFrame
            One row per replicate whose fit converged, one column per parameter.
        """
        rng = check_random_state(random_state)
        rows = self._asked(summary, weights)
        start = np.array(self._values())
        share = rows.weight / rows.n
        found = []
        for _ in range(n_replicates):
            weight = rng.multinomial(round(rows.n), share).astype(float)
            drawn = weight > 0
            again = Histories(
                rows.x[drawn], rows.t_x[drawn], rows.T[drawn], weight[drawn], rows.inverse
            )
            replicate = type(self)(**self.get_params())._fit(again, self.time_unit_, start=start)
            if replicate.converged_:
                found.append(replicate.params_.to_numpy())
        return pd.DataFrame(found, columns=list(self.param_names))

    def _asked(self, summary: pd.DataFrame, weights: npt.ArrayLike | None = None) -> Histories:
        """Check the summary a fitted model is asked about."""
        check_is_fitted(self, "params_")
        if "time_unit" in summary.columns:
            same_unit(unit_of_summary(summary, None), self.time_unit_, what="The summary")
        return self._histories(summary, weights=weights)

    def _times(self, t: npt.ArrayLike, time_unit: str | None) -> Array:
        check_is_fitted(self, "params_")
        same_unit(time_unit, self.time_unit_, what="The horizon")
        return horizon_of(t)

    def _told(self, values: Array) -> Array:
        """Refuse numbers that parameters beyond any sense have spoilt."""
        if not np.isfinite(values).all():
            raise NotEnoughDataError(
                f"{type(self).__name__} gives no number at {self.params_.round(4).to_dict()}: "
                f"converged_ is {self.converged_}. Fit it to more customers with repeat purchases."
            )
        return values

    def _one_time(self, t: float, time_unit: str | None) -> float:
        times = self._times(t, time_unit)
        if times.ndim:
            raise ParameterError(f"t={t!r} must be one number. Ask for each horizon by itself.")
        return float(times)

    def _histories(
        self,
        summary: pd.DataFrame,
        *,
        weights: npt.ArrayLike | None = None,
        min_repeaters: int = 0,
    ) -> Histories:
        return histories_of(summary, weights=weights, min_repeaters=min_repeaters)

    @abstractmethod
    def _likelihood(self, rows: Histories) -> Scored:
        """Log-likelihood and gradient as a function of the parameters."""

    @abstractmethod
    def _start(self, rows: Histories) -> Array:
        """First guess, in the order of `param_names`."""

    @abstractmethod
    def _expected(self, times: Array) -> Array:
        """Expect so many repeat purchases of a new customer."""

    @abstractmethod
    def _if_alive(self, rows: Histories, t: float) -> Array:
        """Expect so many purchases in the next `t` of each history, if it is alive."""

    @abstractmethod
    def _alive(self, rows: Histories) -> Array:
        """Probability of being alive, one per history."""

    @abstractmethod
    def _pmf(self, counts: Array, t: float) -> Array:
        """Probability of each count within `t`."""

    @abstractmethod
    def _simulate(
        self, rows: Histories, horizon: float, rate: float, rng: np.random.RandomState
    ) -> Futures:
        """Draw one future of each customer (`rows.inverse`), discounted by `rate` per unit."""
