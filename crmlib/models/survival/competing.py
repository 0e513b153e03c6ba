"""Several causes of leaving that compete: whom one takes, no other can."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from crmlib.errors import ParameterError
from crmlib.models.survival.cox import CoxModel
from crmlib.models.survival.observations import Array, checked_durations, event_table

__all__ = ["CumulativeIncidence", "cause_specific_cox"]


class CumulativeIncidence:
    """Estimate the share that has left by each cause until t (Aalen-Johansen).

    Guards against one minus Kaplan-Meier per cause, which counts as still at risk those whom
    another cause took and so adds up to more than all who left.

    Parameters
    ----------
    level
        Nominal coverage of the intervals.

    Attributes
    ----------
    table_
        Index `cause, time`; columns `n_at_risk, n_events, incidence, standard_error, low, high`
        (by log(-log)), `hazard` and `cumulative_hazard` of the cause (Nelson-Aalen), with
        `cumulative_hazard_low` and `cumulative_hazard_high` (by log).

    References
    ----------
    O. O. Aalen and S. Johansen (1978), Scandinavian Journal of Statistics 5, 141-150.
    E. Marubini and M. G. Valsecchi (1995), Analysing Survival Data, eq. 10.12 (variance).
    J. P. Klein and M. L. Moeschberger (2003), Survival Analysis, 2nd ed., eq. 4.2.3 and 4.2.4
    (Nelson-Aalen), 4.7.1.

    Examples
    --------
    >>> found = CumulativeIncidence().fit([1, 2, 3, 4], ["price", "moved", None, "price"])
    >>> found.incidence_at([4])["incidence"].to_dict()
    {('moved', 4.0): 0.25, ('price', 4.0): 0.75}
    """

    def __init__(self, *, level: float = 0.95) -> None:
        self.level = level

    def fit(self, durations: npt.ArrayLike, causes: npt.ArrayLike) -> CumulativeIncidence:
        """Estimate the curves.

        Parameters
        ----------
        durations
            Time each customer was seen.
        causes
            Why the customer left at the end of it; missing: still a customer.

        Raises
        ------
        ParameterError
            With no rows, missing or negative durations, or nobody who left.
        """
        times = checked_durations(durations)
        codes, names = _causes(causes, n=len(times))
        counts = event_table(times, codes >= 0)
        n, d = counts.n_at_risk, counts.n_events
        before = np.concatenate([[1.0], np.cumprod(1 - d / n)[:-1]])
        place = np.searchsorted(counts.time, times)
        parts = {}
        for code, name in enumerate(names):
            own = np.bincount(place, codes == code, len(n)).astype(float)
            table = self._curve(before, n, d, own)
            parts[name] = table.set_axis(pd.Index(counts.time, name="time"))
        self.table_ = pd.concat(parts, names=["cause"])
        return self

    def incidence_at(self, times: npt.ArrayLike) -> pd.DataFrame:
        """Give the share that has left by each cause at each time, with its interval.

        Raises
        ------
        ParameterError
            If a time is beyond the longest duration.
        """
        wanted = np.atleast_1d(np.asarray(times, dtype=float))
        found = {}
        for cause, part in self.table_.droplevel("cause").groupby(
            self.table_.index.get_level_values("cause"), sort=False
        ):
            last = float(part.index[-1])
            if not ((wanted >= 0) & (wanted <= last)).all():
                raise ParameterError(f"Incidence is known from 0 to {last:g}, asked {wanted}.")
            columns = part[["incidence", "low", "high"]]
            columns = pd.concat([columns.iloc[:1] * 0, columns])  # nobody has left before the first
            place = part.index.searchsorted(wanted, side="right")
            found[cause] = columns.iloc[place].set_axis(pd.Index(wanted, name="time"))
        return pd.concat(found, names=["cause"])

    def _curve(self, before: Array, n: Array, d: Array, own: Array) -> pd.DataFrame:
        z = stats.norm.isf((1 - self.level) / 2)
        step = before / n
        incidence = np.cumsum(step * own)
        error = np.sqrt(np.maximum(_variance(incidence, step, n, d, own), 0))
        inside = (incidence > 0) & (incidence < 1)
        log = np.log(np.where(inside, incidence, 0.5))
        reach = np.exp(z * error / (-log * np.where(inside, incidence, 1.0)))
        hazard = own / n
        total = np.cumsum(hazard)
        # all with the same cause at once have no spread: binomial variance of each increase
        spread = np.sqrt(np.cumsum(own * (n - own) / n**3))
        factor = np.exp(z * spread / np.where(total > 0, total, 1.0))
        return pd.DataFrame(
            {
                "n_at_risk": n,
                "n_events": own,
                "incidence": incidence,
                "standard_error": error,
                "low": np.where(inside, np.exp(log * reach), incidence),
                "high": np.where(inside, np.exp(log / reach), incidence),
                "hazard": hazard,
                "cumulative_hazard": total,
                "cumulative_hazard_low": total / factor,
                "cumulative_hazard_high": total * factor,
            }
        )


def _variance(incidence: Array, step: Array, n: Array, d: Array, own: Array) -> Array:
    """Marubini and Valsecchi, eq. 10.12, with the square multiplied out."""
    leave = np.divide(d, n * (n - d), out=np.zeros_like(n), where=n > d)
    both = step * own / n
    variance: Array = (
        incidence**2 * np.cumsum(leave)
        - 2 * incidence * np.cumsum(incidence * leave)
        + np.cumsum(incidence**2 * leave)
        + np.cumsum(step**2 * (n - own) * own / n)
        - 2 * incidence * np.cumsum(both)
        + 2 * np.cumsum(incidence * both)
    )
    return variance


def cause_specific_cox(
    covariates: pd.DataFrame,
    durations: npt.ArrayLike,
    causes: npt.ArrayLike,
    *,
    level: float = 0.95,
) -> dict[str, CoxModel]:
    """Fit one Cox model per cause, customers whom another cause took being seen until then.

    Each hazard ratio says what drives a cause, not how many it will take: for that see
    `CumulativeIncidence`.

    References
    ----------
    R. L. Prentice et al. (1978), Biometrics 34, 541-554, section 3.
    """
    times = checked_durations(durations)
    codes, names = _causes(causes, n=len(times))
    return {
        str(name): CoxModel(level=level).fit(covariates, times, codes == code)
        for code, name in enumerate(names)
    }


def _causes(causes: npt.ArrayLike, *, n: int) -> tuple[npt.NDArray[np.int64], pd.Index]:
    """Causes as numbers, -1 for customers who stay, and their names."""
    codes, names = pd.factorize(pd.Series(causes), sort=True)
    if len(codes) != n:
        raise ParameterError(f"There are {n} durations but {len(codes)} causes. Give one each.")
    if not len(names):
        raise ParameterError("Not enough data for causes of leaving (have 0 losses, need 1).")
    return codes.astype(np.int64), pd.Index(names)
