"""The share that stays, with intervals, and how long it takes until a share has left."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from crmlib.errors import ParameterError
from crmlib.models.survival.observations import (
    Array,
    checked_durations,
    checked_events,
    event_table,
)

__all__ = ["KaplanMeier"]

_TIE = 1e-12


class KaplanMeier:
    """Estimate the share of customers who stay longer than t from lives of which many go on.

    Guards against the mean duration of those who left, which leaves out all who stay.

    Parameters
    ----------
    level
        Nominal coverage of the intervals.

    Attributes
    ----------
    table_
        Index `time` (0 and each distinct duration), columns `n_at_risk, n_events, n_censored,
        survival, standard_error` (Greenwood), `low, high` (by log(-log S), within 0 and 1; 1 before
        the first event; where all have left, `high` stays at its last value).
    n_, n_events_
        Customers and customers who left.

    References
    ----------
    E. L. Kaplan and P. Meier (1958), JASA 53, eq. 2b. M. Greenwood (1926). J. D. Kalbfleisch and
    R. L. Prentice (2002), The Statistical Analysis of Failure Time Data, 2nd ed., eq. 1.13 to 1.15
    (log minus log). R. Brookmeyer and J. Crowley (1982), Biometrics 38, 29-41 (quantiles).

    Examples
    --------
    >>> curve = KaplanMeier().fit([6, 6, 6, 7, 10, 13], [1, 1, 1, 1, 0, 1])
    >>> curve.survival_at([6, 8])["survival"].round(4).tolist()
    [0.5, 0.3333]
    """

    def __init__(self, *, level: float = 0.95) -> None:
        self.level = level

    def fit(
        self,
        durations: npt.ArrayLike,
        events: npt.ArrayLike,
        weights: npt.ArrayLike | None = None,
    ) -> KaplanMeier:
        """Estimate the curve.

        Parameters
        ----------
        durations
            Time each customer was seen, from 0 on.
        events
            1 or true: left at the end of it; 0 or false: still a customer.
        weights
            How many customers each row stands for, by default 1.

        Raises
        ------
        ParameterError
            With no rows, missing or negative durations, events other than 0 and 1.
        """
        times = checked_durations(durations)
        happened = checked_events(events, n=len(times))
        counts = event_table(times, happened, weights)
        n, d = counts.n_at_risk, counts.n_events
        survival: Array = np.asarray(np.cumprod(1 - d / np.where(n > 0, n, 1.0)), dtype=float)
        survival = np.where(survival < _TIE, 0.0, survival)
        terms = np.divide(d, n * (n - d), out=np.zeros_like(n), where=n > d)
        spread: Array = np.sqrt(np.cumsum(terms))
        low, high = self._interval(survival, spread)
        table = pd.DataFrame(
            {
                "n_at_risk": n,
                "n_events": d,
                "n_censored": counts.n_censored,
                "survival": survival,
                "standard_error": survival * spread,
                "low": low,
                "high": high,
            },
            index=pd.Index(counts.time, name="time"),
        )
        if counts.time[0] > 0:
            table.loc[0.0] = [n[0], 0, 0, 1, 0, 1, 1]
        self.table_ = table.sort_index()
        self.n_ = float(n[0])
        self.n_events_ = float(d.sum())
        return self

    def survival_at(self, times: npt.ArrayLike) -> pd.DataFrame:
        """Give the share that stays longer than each time, with its interval.

        Raises
        ------
        ParameterError
            If a time is beyond the longest duration, where nobody was seen.
        """
        wanted = np.atleast_1d(np.asarray(times, dtype=float))
        last = float(self.table_.index[-1])
        if not ((wanted >= 0) & (wanted <= last)).all():
            raise ParameterError(
                f"Survival is known from 0 to {last:g}, not at {np.max(wanted):g} or below 0."
            )
        place = self.table_.index.searchsorted(wanted, side="right") - 1
        found = self.table_[["survival", "low", "high"]].iloc[place]
        return found.set_axis(pd.Index(wanted, name="time"))

    def quantile(self, share: float = 0.5) -> pd.Series:
        """Give the time until `share` of the customers have left (the median by default).

        Returns
        -------
        pandas.Series
            `time`, `low`, `high`; infinite where the curve or its limit does not come down so far
            within the time observed.

        Raises
        ------
        ParameterError
            If the share is not between 0 and 1.
        """
        if not 0 < share < 1:
            raise ParameterError(f"share={share!r}: it must be between 0 and 1.")
        names = {"time": "survival", "low": "low", "high": "high"}
        return pd.Series({key: self._first(column, 1 - share) for key, column in names.items()})

    def _first(self, column: str, limit: float) -> float:
        reached = self.table_[column].to_numpy() <= limit + _TIE
        return float(self.table_.index[reached.argmax()]) if reached.any() else math.inf

    def _interval(self, survival: Array, spread: Array) -> tuple[Array, Array]:
        """Limits by the transformation log(-log S)."""
        z = stats.norm.isf((1 - self.level) / 2)
        inside = (survival > 0) & (survival < 1)
        log = np.log(np.where(inside, survival, 0.5))
        reach = np.exp(z * spread / -log)
        low = np.where(inside, np.exp(log * reach), survival)
        high = np.where(inside, np.exp(log / reach), 1.0)
        return low, np.minimum.accumulate(np.where(survival > 0, high, 1.0))
