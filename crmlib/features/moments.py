"""Time of day and weekday on the clocks of the place, from moments stored in UTC."""

from __future__ import annotations

import datetime
import zoneinfo

import narwhals as nw

from crmlib.features.orders import whole
from crmlib.periods import Window
from crmlib.schema import require_columns

__all__ = ["DAY_MINUTES", "WEEKDAYS", "offset_changes", "with_local_time"]

DAY_MINUTES = 1440
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
"""Names of the weekdays 0 to 6."""
_FIRST_WEEKDAY = 3  # 1970-01-01 was a Thursday


def offset_changes(zone: str, *, window: Window) -> list[tuple[int, int]]:
    """List how far local clocks are ahead of UTC, and from which minute on.

    Parameters
    ----------
    zone
        Name of a time zone, such as `Europe/Berlin`.
    window
        Local days that are to be covered.

    Returns
    -------
    list of tuple
        Minutes since 1970-01-01 in UTC, and minutes ahead from then on; the first entry lies
        before the window, each further one is the minute of a change, such as to summer time.

    Examples
    --------
    >>> first, spring = offset_changes("Europe/Berlin", window=Window(19_800, 19_850))
    >>> first[1], spring[1], divmod(spring[0], DAY_MINUTES)  # 2024-03-31 01:00 UTC
    (60, 120, (19813, 60))
    """
    place = zoneinfo.ZoneInfo(zone)

    def ahead(minute: int) -> int:
        offset = datetime.datetime.fromtimestamp(60 * minute, place).utcoffset()
        return round((offset or datetime.timedelta()) / datetime.timedelta(minutes=1))

    start = (window.first_day - 1) * DAY_MINUTES
    changes = [(start, ahead(start))]
    for first in range(start, (window.last_day + 2) * DAY_MINUTES, DAY_MINUTES):
        before = changes[-1][1]
        minutes = range(first + 1, first + DAY_MINUTES + 1)
        if ahead(minutes[-1]) != before:
            change = next(minute for minute in minutes if ahead(minute) != before)
            changes.append((change, ahead(change)))
    return changes


def with_local_time(
    frame: nw.LazyFrame, *, zone: str, window: Window, at: str = "occurred_at"
) -> nw.LazyFrame:
    """Add the minute, hour and weekday that clocks and calendars of the place show.

    Guards against three mistakes: hours of UTC taken for those of the place, a fixed offset that
    is an hour wrong half of the year, and weekday numbers, which engines count from different
    days. On the two days a year on which clocks change, each side of the change has its own
    offset; the hour that autumn repeats is shown twice.

    Parameters
    ----------
    frame
        A table with a moment in UTC and its local day number, such as `occurred_at` and
        `occurred_day`; rows outside the window are left out.
    zone
        Time zone of the local days: that of the snapshot, `report.time_zone`.
    window
        First and last local day that count.
    at
        Column of the moment; its local day is the column of that name with `_day` for `_at`.

    Returns
    -------
    narwhals.LazyFrame
        The same columns, and `minute_of_day` (0 to 1439), `hour` (0 to 23), `weekday` (0 = Monday
        to 6 = Sunday).

    Raises
    ------
    SchemaError
        If a column is missing.

    References
    ----------
    H. Hinnant (2014), chrono-compatible low-level date algorithms, `weekday_from_days`.
    """
    day = f"{at.removesuffix('_at')}_day"
    require_columns(frame.collect_schema().names(), (at, day), what="The table of moments")
    (_, ahead), *changes = offset_changes(zone, window=window)
    in_utc, shift = nw.col("_utc"), nw.lit(ahead)
    for minute, later in changes:
        shift = shift + nw.when(in_utc >= minute).then(later - ahead).otherwise(0)
        ahead = later
    return (
        frame.filter(nw.col(day) >= window.first_day, nw.col(day) <= window.last_day)
        .with_columns(_minutes_since_1970(at).alias("_utc"))
        .with_columns((in_utc + shift - DAY_MINUTES * nw.col(day)).alias("minute_of_day"))
        .with_columns(
            (nw.col("minute_of_day") // 60).alias("hour"),
            ((nw.col(day) + _FIRST_WEEKDAY) % 7).alias("weekday"),
        )
        .with_columns(whole("minute_of_day", "hour", "weekday"))
        .drop("_utc")
    )


def _minutes_since_1970(at: str) -> nw.Expr:
    """Count the minutes of a moment in UTC, by the calendar fields on which engines agree."""
    moment = nw.col(at).dt
    year = moment.year()
    leap_days = (year - 1969) // 4 - (year - 1901) // 100 + (year - 1601) // 400
    days = 365 * (year - 1970) + leap_days + moment.ordinal_day() - 1
    return DAY_MINUTES * days + 60 * moment.hour() + moment.minute()
