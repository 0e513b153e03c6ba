"""Durations, events and their counts by time, checked once for all survival methods."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from crmlib.errors import ParameterError

__all__ = ["Array", "EventTable", "checked_durations", "checked_events", "event_table"]

Array = npt.NDArray[np.float64]


def checked_durations(durations: npt.ArrayLike, *, n_needed: int = 1) -> Array:
    """Give durations as floats; raise if any is missing, negative or infinite, or there are few."""
    times = np.asarray(durations, dtype=float)
    if times.ndim != 1 or len(times) < n_needed:
        raise ParameterError(
            f"Not enough data for survival (have {times.size} durations, need {n_needed})."
        )
    wrong = ~np.isfinite(times) | (times < 0)
    if wrong.any():
        raise ParameterError(
            f"{int(wrong.sum())} of {len(times)} durations are missing, negative or infinite, for "
            f"example {times[wrong][0]:g} at position {int(wrong.argmax())}. Check the two days "
            "they are the difference of."
        )
    return times


def checked_events(events: npt.ArrayLike, *, n: int, n_needed: int = 0) -> npt.NDArray[np.bool_]:
    """Give events as true and false; raise if any is neither, or there are fewer than needed."""
    values = np.asarray(events)
    if values.shape != (n,):
        raise ParameterError(f"There are {n} durations but {values.size} events. Give one each.")
    known = pd.Series(values).isin([0, 1]).to_numpy()
    if not known.all():
        raise ParameterError(
            f"{int((~known).sum())} of {n} events are neither 0 (still a customer) nor 1 (left), "
            f"for example {values[~known][0]!r}."
        )
    happened = values.astype(bool)
    if happened.sum() < n_needed:
        raise ParameterError(
            f"Not enough data for survival (have {int(happened.sum())} events, need {n_needed})."
        )
    return happened


@dataclass(frozen=True)
class EventTable:
    """Counts at each distinct duration: who is at risk, who leaves, who is seen no longer."""

    time: Array
    n_at_risk: Array
    n_events: Array
    n_censored: Array


def event_table(
    times: Array, happened: npt.NDArray[np.bool_], weights: npt.ArrayLike | None = None
) -> EventTable:
    """Count events by time; customers censored at a time are at risk at that time."""
    counts = np.ones(len(times)) if weights is None else np.asarray(weights, dtype=float)
    if counts.shape != times.shape or not np.isfinite(counts).all() or (counts < 0).any():
        raise ParameterError("weights must be one count from 0 on per duration.")
    distinct, place = np.unique(times, return_inverse=True)
    n_events = np.bincount(place, counts * happened, len(distinct)).astype(float)
    n_all = np.bincount(place, counts, len(distinct)).astype(float)
    at_risk = np.cumsum(n_all[::-1])[::-1]
    return EventTable(distinct, at_risk, n_events, n_all - n_events)
