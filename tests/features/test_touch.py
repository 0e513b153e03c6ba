"""How customers turn to us and we to them: counted by hand."""

import pandas as pd
import pytest

from crmlib.errors import SchemaError
from crmlib.features import touch
from crmlib.features.clusters import cluster_sums
from crmlib.features.collect import collect
from crmlib.periods import Window, day_number, parse_day

WINDOW = Window(day_number(parse_day("2024-07-01")), day_number(parse_day("2024-07-31")))
LOCAL = {"window": WINDOW, "zone": "Europe/Berlin"}


def contacts(rows: list[tuple]) -> pd.DataFrame:
    """Contacts from (customer, moment in UTC, channel, direction, reaction)."""
    frame = pd.DataFrame(rows, columns=["customer_id", "at", "channel", "direction", "reaction"])
    frame["occurred_at"] = pd.to_datetime(frame.pop("at"))
    local = frame["occurred_at"].dt.tz_localize("UTC").dt.tz_convert("Europe/Berlin")
    frame["occurred_day"] = [day_number(date) for date in local.dt.date]
    return frame


MADE = contacts(
    [
        ("a", "2024-07-01T09:59", "mail", "in", None),  # 11:59 in Berlin
        ("a", "2024-07-01T10:00", "mail", "in", None),  # noon
        ("a", "2024-07-02T15:00", "phone", "out", "interested"),
        ("a", "2024-07-02T15:00", "phone", "out", "none"),
        ("b", "2024-07-02T06:00", "phone", "out", None),
        ("b", "2024-07-30T22:00", "mail", "in", None),  # midnight: a day without a time
        ("b", "2024-08-01T10:00", "mail", "in", None),  # after the window
        (None, "2024-07-03T10:00", "mail", "in", None),
    ]
)
LINES = pd.DataFrame(
    {
        "transaction_id": ["1", "1", "2", "3"],
        "customer_id": ["a", "a", "b", None],
        "occurred_at": pd.to_datetime(
            ["2024-07-05T16:00", "2024-07-05T15:00", "2024-07-05T08:00", "2024-07-05T08:00"]
        ),
        "occurred_day": day_number(parse_day("2024-07-05")),
        "quantity": [1.0, 1.0, -1.0, 1.0],
        "net_cents": [5, 5, -5, 5],
        "store_id": ["s", "s", "s", "s"],
    }
)


def test_only_what_a_known_customer_started_is_his_choice(lazy):
    own = touch.own_contacts(lazy(MADE), window=WINDOW)
    found = collect(touch.choices(own, "channel"))
    assert found.values.tolist() == [["a", "mail", 2], ["b", "mail", 1]]


def test_moments_are_local_and_mere_days_have_none(lazy):
    """Two contacts of a and the first line of his order; b only returned, and wrote at midnight."""
    moments = collect(touch.own_moments(lazy(MADE), lazy(LINES), **LOCAL), by=("hour", "weekday"))
    assert moments["hour"].tolist() == [11, 12, 17]
    assert moments["day_part"].tolist() == ["before noon", "noon to five", "after five"]
    assert moments["weekday"].tolist() == [0, 0, 4]


def test_contacts_without_a_reaction_on_record_are_no_trials(lazy):
    ours = touch.our_contacts(lazy(MADE), success="interested", **LOCAL)
    assert len(collect(ours)) == 3
    sums = collect(cluster_sums(ours, by=["channel"], cluster="customer_id")).iloc[0]
    assert sums.to_dict() == {
        "channel": "phone",
        "n_clusters": 1,
        "n_trials": 2,
        "n_successes": 1,
        "trials_squared": 4,
        "successes_squared": 1,
        "both": 2,
    }


def test_source_without_reactions_has_no_trial(lazy):
    bare = lazy(MADE.drop(columns="reaction"))
    ours = touch.our_contacts(bare, success="interested", **LOCAL)
    assert collect(cluster_sums(ours, by=["channel"], cluster="customer_id")).empty


def test_purchases_say_where_as_far_as_the_source_does(lazy):
    found = collect(touch.purchases(lazy(LINES), window=WINDOW))
    assert found["transaction_id"].tolist() == ["1"]
    assert found["store_id"].tolist() == ["s"]
    assert found["channel"].isna().all()


def test_who_was_held_out_was_not_reached(lazy):
    assignments = pd.DataFrame(
        {
            "campaign_id": ["m", "m", "m"],
            "customer_id": ["a", "b", "c"],
            "arm": ["letter", "letter", "control"],
            "assigned_day": [1, 1, 1],
        }
    )
    campaigns = pd.DataFrame({"campaign_id": ["m"], "channel": ["post"]})
    conversions = pd.DataFrame(
        {
            "campaign_id": ["m", "m", "m"],
            "customer_id": ["a", "a", "c"],
            "occurred_day": [2, 3, 2],
        }
    )
    tables = (lazy(frame) for frame in (assignments, campaigns, conversions))
    found = collect(touch.campaign_reactions(*tables, as_of_day=9))
    assert found[["customer_id", "channel", "is_success"]].values.tolist() == [
        ["a", "post", 1],
        ["b", "post", 0],
    ]


def test_contacts_without_a_direction_are_refused(lazy):
    with pytest.raises(SchemaError, match="direction"):
        touch.own_contacts(lazy(MADE.drop(columns="direction")), window=WINDOW)
