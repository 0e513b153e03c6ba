"""Weekly spend per channel and region, and the response that is planted: carry-over, saturation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crmlib.simulation.market import REGION_SHARES, REGIONS
from crmlib.simulation.randomness import stream

__all__ = ["RESPONSES", "Media", "Response", "make_media"]

_MONDAY = 4  # 1970-01-05 was a Monday


@dataclass(frozen=True)
class Response:
    """How orders answer to weekly spend in one channel.

    Parameters
    ----------
    usual
        Usual weekly spend per thousand customers of the company's final size, account currency.
    carry_over
        Share of the effective spend that still works in the next week.
    scale
        Effective spend per thousand customers at which 1 - 1/e of the most is reached.
    most
        Greatest addition to the orders, as a share of those made without any spend.
    """

    channel: str
    usual: float
    carry_over: float
    scale: float
    most: float


RESPONSES = (
    Response("search", 60, 0.1, 80, 0.12),
    Response("social", 40, 0.3, 60, 0.08),
    Response("print", 90, 0.5, 250, 0.10),
    Response("radio", 70, 0.6, 400, 0.06),
)


@dataclass(frozen=True)
class Media:
    """Whole weeks only: `week_days` are their first days, counted from the company's first day.

    Parameters
    ----------
    cost_cents
        Weeks x channels x regions.
    uplift
        Addition to the orders as a share of the baseline, same shape.
    """

    week_days: np.ndarray
    cost_cents: np.ndarray
    uplift: np.ndarray

    def daily(self, n_days: int) -> np.ndarray:
        """Sum of the additions of all channels: regions x days; nothing outside whole weeks."""
        days = np.zeros((len(REGIONS), n_days))
        for week, day in enumerate(self.week_days):
            days[:, day : day + 7] = self.uplift[week].sum(axis=0)[:, None]
        return days


def make_media(seed: int, *, first_day: int, n_days: int, n_customers: int) -> Media:
    r"""Draw weekly spend and work out its effect.

    Effective spend is :math:`a_t = x_t + \\theta a_{t-1}`, its addition to the orders
    :math:`\\beta (1 - e^{-a_t/\\kappa})`, with x per thousand customers.

    References
    ----------
    Jin et al. (2017), Bayesian methods for media mix modeling with carryover and shape effects,
    equations (1) and (4), with geometric carry-over and exponential saturation.
    """
    rng = stream(seed, "media")
    week_days = np.arange((_MONDAY - first_day) % 7, n_days - 6, 7)
    thousands = n_customers * REGION_SHARES / 1000
    shape = (len(week_days), len(RESPONSES), len(REGIONS))
    usual = np.array([one.usual for one in RESPONSES])
    spend = usual[None, :, None] * np.exp(rng.normal(0, 0.6, shape)) * (rng.random(shape) < 0.7)
    cost_cents = np.rint(spend * thousands * 100).astype(np.int64)
    spent = cost_cents / 100 / thousands
    uplift, effective = np.zeros(shape), np.zeros(shape[1:])
    carry, scale, most = (
        np.array([[getattr(one, name)] for one in RESPONSES])
        for name in ("carry_over", "scale", "most")
    )
    for week in range(len(week_days)):
        effective = spent[week] + carry * effective
        uplift[week] = most * (1 - np.exp(-effective / scale))
    return Media(week_days, cost_cents, uplift)
