"""The time unit of a model: read from the summary, kept, and asked of every horizon."""

from __future__ import annotations

import pandas as pd

from crmlib.errors import NotEnoughDataError, ParameterError
from crmlib.features.btyd import DAYS_PER_UNIT

__all__ = ["DAYS_PER_PERIOD", "known_unit", "same_unit", "unit_of_summary"]

DAYS_PER_PERIOD: dict[str, float] = {
    **{str(unit): days for unit, days in DAYS_PER_UNIT.items()},
    "quarter": 365.25 / 4,
    "year": 365.25,
}
"""Length of each unit in days; a year has 365.25 days, a quarter and a month are its parts."""


def known_unit(time_unit: str) -> str:
    """Refuse a unit that is none of `DAYS_PER_PERIOD`.

    Examples
    --------
    >>> known_unit("week")
    'week'
    """
    if time_unit not in DAYS_PER_PERIOD:
        raise ParameterError(
            f"time_unit={time_unit!r} must be one of {list(DAYS_PER_PERIOD)}. Name the unit in "
            "which the model counts time."
        )
    return time_unit


def same_unit(time_unit: str | None, expected: str, *, what: str) -> None:
    """Refuse a stated unit other than the model's; nothing stated means the model's.

    Raises
    ------
    ParameterError
        If the units differ.
    """
    if time_unit is not None and known_unit(time_unit) != expected:
        raise ParameterError(
            f"{what} counts time in {time_unit}s, the model in {expected}s. Convert it: one "
            f"{time_unit} has {DAYS_PER_PERIOD[time_unit]:g} days, one {expected} "
            f"{DAYS_PER_PERIOD[expected]:g}."
        )


def unit_of_summary(summary: pd.DataFrame, time_unit: str | None) -> str:
    """Read the unit of a summary from its column `time_unit`, or take the one stated.

    Raises
    ------
    ParameterError
        If the summary names no unit and none is stated, names several, or names another one.
    NotEnoughDataError
        If the summary has no rows.

    Examples
    --------
    >>> unit_of_summary(pd.DataFrame({"btyd_T": [3.0], "time_unit": ["week"]}), None)
    'week'
    """
    if "time_unit" not in summary.columns:
        if time_unit is None:
            raise ParameterError(
                f"The summary of {len(summary)} rows does not say its time unit. Make it by "
                "btyd_summary, or state time_unit=."
            )
        return known_unit(time_unit)
    found = list(pd.unique(summary["time_unit"]))
    if not found:
        raise NotEnoughDataError(
            "Not enough data: the summary has 0 customers, need at least 1. Check the snapshot day."
        )
    if len(found) != 1 or found[0] not in DAYS_PER_PERIOD:
        raise ParameterError(
            f"The column time_unit of a summary of {len(summary)} rows holds {found[:5]}; it must "
            f"hold one of {list(DAYS_PER_PERIOD)} in every row. Make it by btyd_summary."
        )
    unit = str(found[0])
    same_unit(time_unit, unit, what="The horizon or option time_unit")
    return unit
