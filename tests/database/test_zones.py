"""Local time as nested comparisons equals the engine's calendar at every half hour."""

from __future__ import annotations

import pytest

from crmlib.database import zones
from crmlib.database.engine import connect

_MOMENTS = """
    select unnest(generate_series(timestamp '1989-06-01', timestamp '2046-01-01',
        interval 30 minute)) as x
    union all select unnest([null, timestamp 'infinity', timestamp '-infinity',
        timestamp '1850-02-03 04:05:06', timestamp '2007-11-04 00:01:00.5'])"""


@pytest.mark.parametrize(
    "zone",
    [
        "UTC",
        "America/New_York",
        "America/St_Johns",  # changed its clocks at 00:01
        "America/Sao_Paulo",  # skipped midnight
        "Antarctica/Troll",  # steps of two hours
        "Australia/Lord_Howe",  # steps of half an hour
        "Africa/Casablanca",  # follows the moon
        "Pacific/Apia",  # left a day out
        "Asia/Kathmandu",  # never changes
    ],
)
def test_days_and_moments_are_those_of_the_calendar(zone: str) -> None:
    day, moment = zones.day_number("x", zone), zones.from_local("x", zone)
    with connect() as connection:
        found = connection.execute(
            f"""select count(*),
                count_if(({day}) is distinct from
                    (timezone('{zone}', x::timestamptz)::date - date '1970-01-01')),
                count_if(({moment}) is distinct from
                    timezone('UTC', timezone('{zone}', x)))
            from ({_MOMENTS})"""
        ).fetchone()
    assert found
    assert found[0] > 900_000
    assert found[1:] == (0, 0)


def test_a_moment_with_an_offset_becomes_utc() -> None:
    expression = zones.in_utc("z")
    with connect() as connection:
        found = connection.execute(
            f"""select count_if(({expression}) is distinct from timezone('UTC', z)), count(*)
            from (select unnest([timestamptz '2017-03-12 02:30:00-05', timestamptz 'infinity',
                timestamptz '-infinity', timestamptz '1850-01-01 00:00:00+00', null]) as z)"""
        ).fetchone()
    assert found == (0, 5)
