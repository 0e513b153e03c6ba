"""Hours and weekdays are those of the place, also on the days on which clocks change."""

import datetime
import zoneinfo

import pandas as pd
import pytest

from crmlib.errors import SchemaError
from crmlib.features.collect import collect
from crmlib.features.moments import WEEKDAYS, offset_changes, with_local_time
from crmlib.periods import Window, day_number, parse_day

EPOCH = datetime.date(1970, 1, 1)


def number(text: str) -> int:
    return day_number(parse_day(text))


def moments(
    zone: str, *, first: str, last: str, step: str
) -> tuple[pd.DataFrame, pd.DatetimeIndex]:
    """Moments in UTC at equal steps, with their local days, and what local clocks show."""
    utc = pd.date_range(first, last, freq=step, tz="UTC", unit="us")
    local = utc.tz_convert(zoneinfo.ZoneInfo(zone))
    days = [(date - EPOCH).days for date in local.date]
    return pd.DataFrame({"occurred_at": utc.tz_localize(None), "occurred_day": days}), local


@pytest.mark.parametrize(
    "zone",
    [
        "UTC",
        "Europe/Berlin",
        "America/New_York",
        "America/Sao_Paulo",  # changed at midnight: days began at one o'clock
        "Asia/Kathmandu",  # 5:45 ahead
        "Australia/Lord_Howe",  # summer time by half an hour
    ],
)
def test_every_local_clock_of_two_years(lazy, zone):
    frame, local = moments(zone, first="2017-01-02", last="2018-12-30", step="17min")
    window = Window(int(frame["occurred_day"].min()), int(frame["occurred_day"].max()))
    found = collect(with_local_time(lazy(frame), zone=zone, window=window), by=("occurred_at",))
    assert found["minute_of_day"].tolist() == (60 * local.hour + local.minute).tolist()
    assert found["hour"].tolist() == local.hour.tolist()
    assert [WEEKDAYS[day] for day in found["weekday"]] == local.day_name().tolist()


def test_both_sides_of_each_change_of_the_clocks(lazy):
    """Half past one in UTC is half past three in spring; autumn shows half past two twice."""
    rows = ["2024-03-31T00:59", "2024-03-31T01:00", "2024-10-27T00:30", "2024-10-27T01:30"]
    frame = pd.DataFrame({"started_at": pd.to_datetime(rows)})
    frame["started_day"] = [number(row[:10]) for row in rows]
    window = Window(number("2024-03-31"), number("2024-10-27"))
    found = collect(
        with_local_time(lazy(frame), zone="Europe/Berlin", window=window, at="started_at"),
        by=("started_at",),
    )
    assert found["minute_of_day"].tolist() == [119, 180, 150, 150]
    assert set(found["weekday"]) == {6}


def test_rows_outside_the_window_are_left_out(lazy):
    frame, _ = moments("Europe/Berlin", first="2024-01-01", last="2024-01-10", step="1D")
    window = Window(number("2024-01-03"), number("2024-01-04"))
    found = collect(with_local_time(lazy(frame), zone="Europe/Berlin", window=window))
    assert found["occurred_day"].tolist() == [window.first_day, window.last_day]


def test_zone_without_summer_time_has_one_offset():
    window = Window(number("2020-01-01"), number("2024-12-31"))
    assert [ahead for _, ahead in offset_changes("Asia/Kathmandu", window=window)] == [345]


def test_table_without_moments_is_refused(lazy):
    frame = lazy(pd.DataFrame({"occurred_day": [1]}))
    with pytest.raises(SchemaError, match="occurred_at"):
        with_local_time(frame, zone="UTC", window=Window(0, 1))
