"""Small tables with everything in them that engines answer differently.

Ties, groups without rows, nulls in every optional column, returns, customers who only returned,
the leap day, both nights of daylight saving in Berlin, a customer of one day, anonymous sales,
names beyond ASCII, and rows after `AS_OF_DAY`.
"""

from __future__ import annotations

import datetime
import zoneinfo
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from crmlib.periods import day_number, parse_day

AS_OF_DAY = day_number(parse_day("2024-10-28"))
BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")
EPOCH = datetime.date(1970, 1, 1)

LINES = [
    # order, customer, product, moment in UTC, quantity, cents, discount, channel, region
    ("1", "a", "p1", "2024-02-28T23:30", 1, 1000, 100, "online", "North"),  # Berlin: 29 February
    ("1", "a", "p2", "2024-02-28T23:30", 2, 250, None, "online", "North"),
    ("2", "a", "p1", "2024-03-30T23:30", 1, 999, 0, "shop", "North"),  # the night without 2 o'clock
    ("3", "a", "p3", "2024-03-31T01:30", 1, 1, 0, "shop", None),
    ("4", "a", "p1", "2024-03-31T22:30", 1, 700, 50, None, None),
    ("5", "a", "p4", "2024-10-26T22:30", 1, 300, 0, "online", "South"),  # the night with 2 twice
    ("6", "a", "p4", "2024-10-27T23:30", 1, 400, 0, "online", "South"),
    ("6", "a", "p4", "2024-10-27T23:30", -1, -400, None, "online", "South"),
    ("7", "b", "p2", "2024-01-01T12:00", 1, 500, 0, "shop", "East"),  # ties everywhere
    ("8", "b", "p1", "2024-01-11T12:00", 1, 500, 0, "online", "West"),
    ("9", "b", "p3", "2024-01-21T12:00", 0, 0, 0, None, None),
    ("10", "c", "p1", "2024-05-05T12:00", -1, -100, 0, "shop", "East"),  # only ever returned
    ("11", "d", "p9", "2024-10-28T10:00", 3, 0, 0, "shop", "East"),  # unknown product, given away
    ("12", "Ünal", "p1", "2024-06-01T10:00", 1, 12345678901, 9, "shop", "Østfold"),
    ("13", "Ünal", "p2", "2024-06-01T18:00", 1, 5, 0, "Zürich", "Østfold"),
    ("14", "Ünal", "p2", "2024-07-01T18:00", 1, -5, 0, "zürich", "Østfold"),
    ("15", None, "p1", "2024-06-01T10:00", 1, 800, 0, "shop", "East"),
    ("15", None, "p3", "2024-06-01T10:00", 1, 800, 0, "shop", "East"),
    ("16", "e", "p1", "2024-10-28T23:30", 1, 100, 0, "shop", "East"),  # first seen after the day
    ("17", "b", "p1", "2024-11-05T10:00", 1, 900, 0, "online", "West"),
    ("18", "f", "p1", "2024-08-01T10:00", 1, 900, 0, "online", "West"),  # returned, order too
    ("19", "f", "p1", "2024-08-03T10:00", -1, -900, 0, "online", "West"),
]  # fmt: skip


def local_day(moment: str) -> int:
    """Day number in Berlin of a moment in UTC."""
    at = datetime.datetime.fromisoformat(moment).replace(tzinfo=datetime.UTC)
    return (at.astimezone(BERLIN).date() - EPOCH).days


def order_lines() -> pd.DataFrame:
    names = "transaction_id customer_id product_id moment quantity net_cents discount_cents"
    frame = pd.DataFrame(LINES, columns=[*names.split(), "channel", "region"])
    frame["occurred_at"] = pd.to_datetime(frame["moment"])
    frame["occurred_day"] = frame.pop("moment").map(local_day)
    frame["net_amount"] = frame["net_cents"] / 100
    return frame


def others() -> dict[str, pd.DataFrame]:
    day = AS_OF_DAY
    return {
        "products": pd.DataFrame(
            {"product_id": ["p1", "p2", "p3", "p4"], "category": ["Bread", "Ärmel", "Bread", None]}
        ),
        "contacts": at_noon(
            [
                ("1", "a", day - 200, "telephone", "in", 350, None),
                ("2", "a", day, "e-mail", "out", None, "interested"),
                ("3", "b", day - 89, "e-mail", "out", 5, "none"),
                ("4", "b", day - 90, "e-mail", "out", 5, None),
                ("5", None, day - 1, "e-mail", "out", 5, "interested"),
                ("6", "c", day + 1, "e-mail", "in", 5, None),
            ],
            columns=[
                "contact_id",
                "customer_id",
                "occurred_day",
                "channel",
                "direction",
                "cost_cents",
                "reaction",
            ],
        ),
        "complaints": pd.DataFrame(
            [
                ("1", "a", day - 10, "late", day - 3, 1000),
                ("2", "a", day - 9, "broken", day, None),
                ("3", "a", day - 5, "late", day + 1, 700),  # answered after the day: open
                ("4", "b", day - 1, "late", None, None),
                ("5", "c", day + 1, "late", day + 2, 300),
                ("6", "d", day, "broken", None, None),
                ("7", "d", day, "late", day, 0),
            ],
            columns=[
                "complaint_id",
                "customer_id",
                "opened_day",
                "reason",
                "resolved_day",
                "compensation_cents",
            ],
        ),
        "visits": pd.DataFrame(
            [
                ("1", "w", "a", day - 400, "search", "site"),
                ("2", "w", "a", day - 2, "letter", "shop"),
                ("3", "x", None, day - 2, "letter", "shop"),
                ("4", "y", "e", day + 1, "search", "site"),
                ("5", "z", "Ünal", day - 149, "search", "site"),
                ("6", "z", "b", day - 3, "search", "site"),
            ],
            columns=[
                "visit_id",
                "visitor_id",
                "customer_id",
                "started_day",
                "source",
                "channel",
            ],
        ),
        "visit_events": pd.DataFrame(
            [
                ("1", 1, "enter", None, None),
                ("1", 2, "search", None, " Ähre "),
                ("1", 3, "view", "p1", None),
                ("1", 4, "view", "p2", None),
                ("1", 5, "view", "p1", None),
                ("1", 6, "leave", None, None),
                ("2", 1, "view", "p9", None),
                ("2", 3, "search", None, "ähre"),
                ("2", 7, "search", None, "Brot"),
                ("2", 9, "basket", "p3", None),
                ("3", 2, "ask", None, "Brot"),  # neither enters nor leaves on record
                ("5", 1, "enter", None, None),
                ("5", 2, "buy", "p1", None),
                ("6", 1, "basket", "p1", None),
            ],
            columns=["visit_id", "position", "kind", "product_id", "term"],
        ),
        "prospects": pd.DataFrame(
            [
                ("1", "fair", day - 60, day - 50, "a"),
                ("2", "fair", day - 60, day + 1, "b"),  # won after the day: still a prospect
                ("3", "mail", day, None, None),
                ("4", "mail", day + 1, None, None),
                ("5", "mail", day - 9, day - 9, None),
            ],
            columns=[
                "prospect_id",
                "source",
                "first_contact_day",
                "converted_day",
                "customer_id",
            ],
        ),
        "campaigns": pd.DataFrame({"campaign_id": ["m1", "m2"], "channel": ["letter", "e-mail"]}),
        "memberships": pd.DataFrame(
            [
                ("a", "Club", day - 300, None, "gold"),
                ("a", "Plus", day - 30, day + 5, "gold"),  # ends after the day: a member
                ("b", "Club", day - 300, day - 1, "none"),
                ("c", "Club", day - 300, day, "none"),
                ("d", "Club", day + 1, None, "none"),
            ],
            columns=["customer_id", "programme", "joined_day", "left_day", "tier"],
        ),
        "referrals": pd.DataFrame(
            [("a", "b", day - 3, True), ("a", "x", day + 3, True), ("b", "y", day, False)],
            columns=["referrer_id", "referred_id", "occurred_day", "converted"],
        ),
        "assignments": pd.DataFrame(
            [
                ("m1", "a", "letter", day - 50),
                ("m1", "b", "control", day - 50),
                ("m2", "a", "control", day - 20),
                ("m2", "b", "e-mail", day + 1),
            ],
            columns=["campaign_id", "customer_id", "arm", "assigned_day"],
        ),
        "conversions": pd.DataFrame(
            [
                ("1", "m1", "a", day - 45),
                ("2", "m1", "a", day - 40),
                ("3", "m1", "c", day - 40),
                ("4", "m1", None, day - 40),
                ("5", "m1", "a", day + 1),
            ],
            columns=["conversion_id", "campaign_id", "customer_id", "occurred_day"],
        ),
    }


def at_noon(rows: list[tuple], *, columns: list[str]) -> pd.DataFrame:
    """A table with a moment on each day: noon in UTC."""
    frame = pd.DataFrame(rows, columns=columns)
    seconds = 86_400 * frame["occurred_day"] + 43_200
    return frame.assign(occurred_at=pd.to_datetime(seconds, unit="s"))


def all_tables() -> dict[str, pa.Table]:
    """All tables, typed like those of a snapshot: days 32, cents 64 bits, text text."""
    frames = {"transactions": order_lines()} | others()
    return {name: typed(frame) for name, frame in frames.items()}


def typed(frame: pd.DataFrame) -> pa.Table:
    """Give a frame the column types of a snapshot."""
    kinds = {
        "_at": pa.timestamp("us"),
        "_day": pa.int32(),
        "_cents": pa.int64(),
        "quantity": pa.float64(),
        "position": pa.int64(),
    }
    fields = []
    for name in frame.columns:
        kind = next((kind for end, kind in kinds.items() if name.endswith(end)), None)
        fields.append((name, kind or (pa.float64() if name == "net_amount" else pa.string())))
    if "converted" in frame:
        fields = [(name, pa.bool_() if name == "converted" else kind) for name, kind in fields]
    return pa.Table.from_pandas(frame, schema=pa.schema(fields), preserve_index=False)


def write_all(folder: Path) -> dict[str, Path]:
    """Write every table as Parquet."""
    paths = {}
    for name, table in all_tables().items():
        paths[name] = folder / f"{name}.parquet"
        pq.write_table(table, paths[name])
    return paths
