"""Season, weekday and advertising: how much is bought on each day, against an average day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crmlib.simulation.market import REGIONS

__all__ = ["FUTURE_DAYS", "Timeline", "make_timeline", "season"]

FUTURE_DAYS = 365
"""Days after the last one for which the truth says what to expect."""

_WEEKDAYS = np.array([0.85, 0.85, 0.9, 1.0, 1.25, 1.45, 0.7])  # Monday to Sunday
_THURSDAY = 3  # 1970-01-01


@dataclass(frozen=True)
class Timeline:
    """The days of the company and a year beyond, counted from its first day.

    Parameters
    ----------
    first_day
        Day number of the first day.
    n_days
        Days with data.
    factor
        Orders of a region on a day against an average day without advertising: regions x days.
    base
        The same without advertising: days.
    cumulative
        Sums of `factor` before each day: regions x (days + 1).
    """

    first_day: int
    n_days: int
    factor: np.ndarray
    base: np.ndarray
    cumulative: np.ndarray

    def exposure(self, region: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
        """Average days from the day `start` to the day before `end`, none where it is earlier."""
        end = np.maximum(start, end)
        return self.cumulative[region, end] - self.cumulative[region, start]

    def draw_days(
        self, rng: np.random.Generator, region: np.ndarray, start: np.ndarray, end: np.ndarray
    ) -> np.ndarray:
        """Draw one day for each entry in proportion to `factor`, by inversion of its sums."""
        low, high = self.cumulative[region, start], self.cumulative[region, end]
        wanted = low + rng.random(len(region)) * (high - low)
        step = self.cumulative[:, -1].max() + 1
        offsets = np.arange(len(REGIONS))[:, None] * step
        sums = (self.cumulative + offsets).ravel()
        place = np.searchsorted(sums, wanted + region * step, side="right") - 1
        day = place - region * self.cumulative.shape[1]
        return np.clip(day, start, end - 1)


def season(days: np.ndarray) -> np.ndarray:
    """Seasonal factor of day numbers: a winter wave and Christmas; its mean over years is 1.

    Examples
    --------
    >>> year = np.arange(19723, 19723 + 365)
    >>> bool(abs(season(year).mean() - 1) < 0.01)
    True
    """
    of_year = (days % 365.25) / 365.25
    wave = 0.15 * np.cos(2 * np.pi * (of_year - 0.93))
    christmas = np.exp(-(((of_year - 0.955) / 0.025) ** 2))
    return 1 + wave + 0.9 * christmas - 0.9 * 0.025 * 1.7


def make_timeline(*, first_day: int, n_days: int, uplift: np.ndarray) -> Timeline:
    """Lay out the days.

    Parameters
    ----------
    uplift
        Additions by advertising: regions x days with data; later days have their mean.
    """
    days = first_day + np.arange(n_days + FUTURE_DAYS)
    base = season(days) * _WEEKDAYS[(days + _THURSDAY) % 7]
    mean = np.repeat(uplift.mean(axis=1, keepdims=True), FUTURE_DAYS, axis=1)
    factor = base * (1 + np.hstack([uplift, mean]))
    cumulative = np.hstack([np.zeros((len(factor), 1)), factor.cumsum(axis=1)])
    return Timeline(first_day, n_days, factor, base, cumulative)
