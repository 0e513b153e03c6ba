"""Lifecycle stages: won, developing, maintained, leaving, lost, told from what a customer buys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from crmlib.errors import ParameterError
from crmlib.periods import Window
from crmlib.schema import require_columns

__all__ = [
    "LEAVING_STAGES",
    "LIFECYCLE_STAGES",
    "LifecycleRules",
    "LifecycleStage",
    "n_stages_known",
    "standings",
]

LifecycleStage = Literal["won", "developing", "maintained", "leaving", "lost"]
LIFECYCLE_STAGES: tuple[LifecycleStage, ...] = (
    "won", "developing", "maintained", "leaving", "lost",
)  # fmt: skip
"""All stages, in the order of a relationship; every customer who ever ordered is at one."""

LEAVING_STAGES: tuple[LifecycleStage, ...] = ("leaving", "lost")
"""Stages of a customer who goes or is gone."""

Array = npt.NDArray[np.float64]
_MIN_FOR_TREND = 20
_COLUMNS = [
    "customer_id", "periods_back", "stage", "reason", "silence_days", "n_orders",
    "n_orders_before", "now_amount", "before_amount",
]  # fmt: skip


@dataclass(frozen=True)
class LifecycleRules:
    """What decides about a stage.

    Attributes
    ----------
    period_days
        Length in days of the two periods that are compared.
    active_days, lapse_days
        Silence in days beyond which a customer is leaving, and beyond which he is lost.
    chance_share
        Share (0-1) of customers who buy as before that chance may call developing, and as many
        leaving.

    Raises
    ------
    ParameterError
        Unless 0 < active_days < lapse_days, period_days > 0 and 0 < chance_share < 0.5.
    """

    period_days: int
    active_days: int
    lapse_days: int
    chance_share: float = 0.05

    def __post_init__(self) -> None:
        if not (0 < self.active_days < self.lapse_days and self.period_days > 0):
            raise ParameterError(
                f"active_days={self.active_days}, lapse_days={self.lapse_days}, period_days="
                f"{self.period_days}: 0 < active_days < lapse_days and a period of at least one "
                "day are needed."
            )
        if not 0 < self.chance_share < 0.5:
            raise ParameterError(f"chance_share={self.chance_share} must lie between 0 and 0.5.")


def n_stages_known(known: Window, *, as_of_day: int, period_days: int, most: int) -> int:
    """Count at how many days, a period apart, the stages can be told; each needs two periods.

    Examples
    --------
    >>> n_stages_known(Window(0, 364), as_of_day=363, period_days=91, most=5)
    3
    """
    covered = as_of_day - known.first_day + 1 + 3  # a closed day or two at the start
    return int(min(max(covered // period_days - 1, 0), most))


def standings(
    spending: pd.DataFrame,
    *,
    as_of_day: int,
    known_since_day: int,
    n_stages: int,
    rules: LifecycleRules,
) -> pd.DataFrame:
    """Say at which lifecycle stage each customer is at the snapshot day and at days before it.

    The first that holds decides. *Lost*: no order for more than `lapse_days`. *Leaving*: none for
    more than `active_days`. *Won*: the first order, or the first after a silence longer than
    `lapse_days`, lies less than two periods back, so that there is no whole period to compare
    with. *Leaving*: bought for clearly less in the last period than in the one before.
    *Developing*: for clearly more. *Maintained*: the rest.

    *Clearly* allows for season and chance: with S1 and S0 the sales of the two periods, r the
    change of everybody (the median of log S1/S0 of those who bought in both) and Q the sums of
    squared amounts of orders, z = (S1 - r S0) / sqrt(Q1 + r^2 Q0) lies beyond the normal quantile
    of `chance_share`. Orders that come by chance at an unchanged rate, with amounts of any kind,
    give a z of about mean 0 and variance 1. Guards against calling every ripple a trend.

    Nobody is won whose first order lies within `lapse_days` of the start of the data: he may have
    been a customer before. Who only ever returned is no customer here.

    Parameters
    ----------
    spending
        From `features.lifecycle.spending_by_period` with `n_periods` = `n_stages` + 1.
    known_since_day
        First day of the data.
    n_stages
        Days at which the stages are told: `as_of_day` and those one, two, ... periods before.

    Returns
    -------
    pandas.DataFrame
        One row per customer and day: `customer_id`, `periods_back` (0 = `as_of_day`), `stage`,
        `reason`, `silence_days`, `n_orders` and `now_amount` of the period that ends on the day,
        `n_orders_before` and `before_amount` of the one before; by `periods_back`, `customer_id`.

    References
    ----------
    D. R. Cox and P. A. W. Lewis (1966), The Statistical Analysis of Series of Events, Methuen,
    section 9.2 (comparison of two Poisson processes), with random amounts.
    """
    cubes = _Cubes(spending, n_periods=n_stages + 1)
    parts = [
        _standing(cubes, back, as_of_day=as_of_day, since=known_since_day, rules=rules)
        for back in range(n_stages)
    ]
    if not parts:
        return pd.DataFrame(columns=_COLUMNS)
    return pd.concat(parts, ignore_index=True)


class _Cubes:
    """Spending as arrays of periods by customers; the last period holds all before."""

    def __init__(self, spending: pd.DataFrame, *, n_periods: int) -> None:
        names = ("customer_id", "periods_back", "n_orders", "net_cents", "square_sum",
                 "first_day", "last_day", "back_day")  # fmt: skip
        require_columns(spending, names, what="The table of spending by period")
        codes, self.customers = pd.factorize(spending["customer_id"], sort=True)
        at = (spending["periods_back"].to_numpy(dtype="int64"), codes)
        shape = (n_periods + 1, len(self.customers))

        def cube(name: str, empty: float) -> Array:
            filled = np.full(shape, empty)
            filled[at] = spending[name].to_numpy(dtype=float, na_value=np.nan)
            return filled

        self.orders, self.net = cube("n_orders", 0.0), cube("net_cents", 0.0)
        self.squares = cube("square_sum", 0.0)
        self.first = np.fmin.reduce(cube("first_day", np.nan), axis=0)
        # what was the last by the end of a period: look at it and at all before
        self.last = np.fmax.accumulate(cube("last_day", np.nan)[::-1], axis=0)[::-1]
        self.back = np.fmax.accumulate(cube("back_day", np.nan)[::-1], axis=0)[::-1]


def _standing(
    cubes: _Cubes, back: int, *, as_of_day: int, since: int, rules: LifecycleRules
) -> pd.DataFrame:
    """Tell the stages at one day."""
    day = as_of_day - back * rules.period_days
    is_known = ~np.isnan(cubes.last[back])
    silence = day - cubes.last[back]
    came = np.where(cubes.first > since + rules.lapse_days, cubes.first, -np.inf)
    is_won = np.fmax(came, cubes.back[back]) > day - 2 * rules.period_days
    z = _change(cubes, back)
    limit = stats.norm.isf(rules.chance_share)
    conditions = {
        ("lost", "silent"): silence > rules.lapse_days,
        ("leaving", "silent"): silence > rules.active_days,
        ("won", "came back"): is_won & (cubes.back[back] >= came),
        ("won", "first order"): is_won,
        ("leaving", "buys less"): z < -limit,
        ("developing", "buys more"): z > limit,
    }
    chosen = np.select(list(conditions.values()), range(len(conditions)), len(conditions))
    words = np.array([*conditions, ("maintained", "as before")])[chosen]
    frame = pd.DataFrame(
        {
            "customer_id": cubes.customers,
            "periods_back": back,
            "stage": words[:, 0],
            "reason": words[:, 1],
            "silence_days": silence,
            "n_orders": cubes.orders[back],
            "n_orders_before": cubes.orders[back + 1],
            "now_amount": cubes.net[back] / 100,
            "before_amount": cubes.net[back + 1] / 100,
        }
    )[is_known]
    whole = dict.fromkeys(("silence_days", "n_orders", "n_orders_before"), "int64")
    return frame.astype(whole)


def _change(cubes: _Cubes, back: int) -> Array:
    """Give the change of each customer's sales in standard errors, that of everybody taken off."""
    now, before = cubes.net[back], cubes.net[back + 1]
    both = (now > 0) & (before > 0)
    trend = 1.0
    if both.sum() >= _MIN_FOR_TREND:
        trend = float(np.exp(np.median(np.log(now[both] / before[both]))))
    variance = cubes.squares[back] + trend**2 * cubes.squares[back + 1]
    return np.divide(
        now - trend * before, np.sqrt(variance), out=np.zeros_like(now), where=variance > 0
    )
