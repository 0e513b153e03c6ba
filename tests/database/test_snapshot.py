"""Snapshots: cut at a day, read by several at once, and refused when not as written."""

import datetime
import shutil

import pytest

from crmlib.database import connect, load, open_snapshot
from crmlib.errors import CrmlibError, DataRejectedError, ParameterError, SchemaError
from crmlib.periods import day_number
from crmlib.settings import Settings
from tests.database.deliveries import LINES


@pytest.fixture
def snapshot(good):
    good.write(
        "campaigns.csv", "campaign_id,channel,starts_on,ends_on\nk1,mail,2017-03-02,2017-04-01\n"
    )
    good.write("assignments.csv", "campaign_id,customer_id,arm,assigned_at\nk1,c1,x,2017-03-02\n")
    good.write(
        "conversions.csv",
        "conversion_id,campaign_id,customer_id,occurred_at,kind\nv1,k1,c1,2017-03-03,visit\n",
    )
    good.write("products.csv", "product_id,launched_on\np1,2018-01-01\np2,\n")
    return good.take_in()


@pytest.mark.parametrize(
    ("last_day", "expected"),
    [
        ("2017-02-28", (0, 0, 0, 0, 0)),
        ("2017-03-01", (2, 0, 0, 0, 1)),
        ("2017-03-02", (3, 1, 1, 0, 2)),
        ("2017-03-03", (3, 1, 1, 1, 2)),
    ],
)
def test_rows_known_later_are_left_out(snapshot, last_day, expected):
    day = day_number(datetime.date.fromisoformat(last_day))
    connection = connect()

    def count(table):
        return len(snapshot.relation(connection, table, as_of_day=day).fetchall())

    events = ("transactions", "campaigns", "assignments", "conversions", "customers")
    assert tuple(count(table) for table in events) == expected  # customers come with their sales
    assert count("products") == 1  # p1 is launched later
    assert len(snapshot.relation(connection, "transactions").fetchall()) == 3


def test_several_relations_work_on_one_connection(snapshot):
    connection = connect()
    lines = snapshot.relation(connection, "transactions")
    products = snapshot.relation(connection, "products")
    assert lines.columns[:3] == ["transaction_id", "customer_id", "product_id"]
    assert products.columns == ["product_id", "launched_on", "launched_day"]
    assert connection.sql(
        "select count(*) from lines join products using (product_id)"
    ).fetchall() == [(3,)]


def test_tables_follow_the_schema_and_an_unknown_one_is_refused(snapshot):
    expected = ("transactions", "customers", "products", "campaigns", "assignments", "conversions")
    assert snapshot.tables == expected
    with pytest.raises(SchemaError, match=r"holds no table 'visits'; it holds \['transactions'"):
        snapshot.path("visits")


def test_opening_proves_that_nothing_changed(snapshot):
    again = open_snapshot(snapshot.folder)
    assert again == snapshot
    assert again.report.findings_frame().equals(snapshot.report.findings_frame())


def test_a_missing_or_half_copied_or_renamed_snapshot_is_refused(snapshot, tmp_path):
    with pytest.raises(DataRejectedError, match=r"is not a snapshot: it has no snapshot\.json"):
        open_snapshot(tmp_path / "nothing")
    half = tmp_path / "copies" / snapshot.name
    shutil.copytree(snapshot.folder, half, ignore=shutil.ignore_patterns("customers*"))
    with pytest.raises(DataRejectedError, match=r"customers\.parquet \(missing\).*copy the whole"):
        open_snapshot(half)
    renamed = tmp_path / "copies" / "0123456789abcdef"
    shutil.copytree(snapshot.folder, renamed)
    with pytest.raises(DataRejectedError, match=r"changed: snapshot\.json"):
        open_snapshot(renamed)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            '"format_version": 3',
            '"format_version": 1',
            "has format version 1, this program reads 3",
        ),
        ('"format_version": 3', '"version": 2', "is damaged"),
        ("{", "[", "is damaged"),
        ('"rows_used": 3', '"rows_used": 4', r"changed: snapshot\.json"),
    ],
)
def test_a_changed_report_is_refused(snapshot, old, new, says):
    file = snapshot.folder / "snapshot.json"
    file.chmod(0o644)
    file.write_text(file.read_text().replace(old, new))
    with pytest.raises(DataRejectedError, match=says):
        open_snapshot(snapshot.folder)


def test_the_frames_of_the_report(delivery):
    delivery.lines(*LINES, LINES[0], "t9,c9,p9,never,1,1")
    report = delivery.take_in().report
    assert report.tables_frame().loc["transactions"].tolist() == [5, 3, 1, 0, 1, True]
    frame = report.findings_frame()
    assert frame.columns.tolist() == [
        *("table", "column", "rule", "action", "n_rows", "examples", "meaning"),
    ]
    assert frame.loc[0, ["column", "rule", "action", "n_rows", "examples"]].tolist() == [
        *("occurred_at", "type", "quarantine", 1, "'never'"),
    ]


def test_a_report_without_findings_has_an_empty_frame(delivery):
    delivery.lines(*LINES[:2])
    assert len(delivery.take_in().report.findings_frame()) == 0


def test_load_takes_the_source_of_the_settings_in(good):
    settings = Settings(folder=good.root, source="delivery", max_quarantined_share=0.0)
    snapshot = load(settings)
    assert snapshot.folder.parent == good.root / "data" / "snapshots"
    assert load(settings) == snapshot
    with pytest.raises(ParameterError, match="did you mean 'delivery'"):
        load(settings.model_copy(update={"source": "delivry"}))


def test_too_little_memory_is_explained(good):
    with pytest.raises(CrmlibError, match=r"more than memory_limit=1MB.*Raise memory_limit"):
        good.take_in(memory_limit="1MB")


def test_files_of_a_snapshot_are_read_only(snapshot):
    files = [path for path in snapshot.folder.rglob("*") if path.is_file()]
    assert files
    assert {path.stat().st_mode & 0o777 for path in files} == {0o444}
