"""Deliveries merged by key: added, replaced, unchanged; immutable snapshots; volume."""

import shutil

import duckdb
import pandas as pd
import pytest

from crmlib.database.intake import intake
from crmlib.database.lookup import current_database, set_current_database
from crmlib.database.snapshot import open_snapshot
from crmlib.errors import DataRejectedError
from crmlib.sources import open_source
from tests.database.deliveries import HEADER, LINES, RECEIVED_ON, Delivery


@pytest.fixture
def merge(tmp_path):
    """Merge order lines (and other files) into a base; each delivery is a folder of its own."""
    made = []

    def take(*lines, base=None, header=HEADER, files=None, accept_drop="", name=None, **options):
        root = tmp_path / f"d{len(made)}"
        root.mkdir()
        made.append(root)
        delivery = Delivery(root)
        if lines:
            delivery.lines(*lines, header=header)
        for file, text in (files or {}).items():
            delivery.write(file, text)
        settings = delivery.settings(**options)
        source = open_source("delivery", settings=settings)
        source.name = name or source.name
        return intake(
            source,
            settings=settings,
            snapshots=tmp_path / "snapshots",
            received_on=RECEIVED_ON,
            base=base,
            accept_drop=accept_drop,
        )

    return take


def rows(snapshot, table="transactions"):
    return pd.read_parquet(snapshot.path(table))


def amounts(snapshot):
    frame = rows(snapshot)
    keys = frame["transaction_id"] + "/" + frame["product_id"]
    return dict(zip(keys, frame["net_cents"], strict=True))


def stored_bytes(snapshot):
    return {path: path.read_bytes() for path in snapshot.folder.rglob("*") if path.is_file()}


def test_new_rows_are_added_and_corrected_rows_replaced(merge):
    first = merge(*LINES)
    before = stored_bytes(first)
    second = merge("t2,c2,p1,2017-03-02T10:00:00Z,-1,-2.25", "t3,c3,p1,2017-03-05,1,4", base=first)
    assert amounts(second) == {"t1/p1": 250, "t1/p2": 500, "t2/p1": -225, "t3/p1": 400}
    table = next(one for one in second.report.tables if one.name == "transactions")
    assert (table.rows_in, table.rows_used, table.rows_replaced, table.rows_stored) == (5, 5, 1, 4)
    assert table.reconciles
    assert list(rows(second, "customers")["customer_id"]) == ["c1", "c2", "c3"]
    assert (second.report.first_day, second.report.last_day) == ("2017-03-01", "2017-03-05")
    assert [one.rows["transactions"] for one in second.report.deliveries] == [3, 2]
    assert stored_bytes(first) == before
    assert open_snapshot(first.folder) == first
    assert open_snapshot(second.folder) == second


def test_the_same_delivery_twice_changes_nothing(merge):
    first = merge(*LINES)
    second = merge("t3,c3,p1,2017-03-05,1,4", base=first)
    again = merge("t3,c3,p1,2017-03-05,1,4", base=second)
    assert again == second
    assert merge(*LINES, base=second) == second


def test_equal_rows_in_another_file_change_nothing(merge):
    first = merge(*LINES)
    assert merge(*reversed(LINES), base=first) == first


def test_merging_in_steps_gives_the_tables_of_one_delivery(merge):
    lines = [f"t{k},c{k % 7},p{k % 3},2017-03-{1 + k % 28:02d},1,{k}.5" for k in range(200)]
    steps = merge(*lines[:90])
    steps = merge(*lines[60:150], base=steps)
    steps = merge(*lines[150:], base=steps)
    whole = merge(*lines)
    pd.testing.assert_frame_equal(rows(steps), rows(whole))
    table = next(one for one in steps.report.tables if one.name == "transactions")
    assert (table.rows_unchanged, table.rows_stored) == (30, 200)


def test_a_column_the_delivery_lacks_keeps_its_value_and_a_new_one_is_added(merge):
    first = merge(*[f"{line},shop" for line in LINES], header=f"{HEADER},channel")
    second = merge("t1,c1,p1,2017-03-01T10:00:00Z,1,9,North", base=first, header=f"{HEADER},region")
    found = rows(second).set_index(["transaction_id", "product_id"])
    assert found.loc[("t1", "p1"), ["net_cents", "channel", "region"]].tolist() == [
        *(900, "shop", "North"),
    ]
    assert found["region"].isna().sum() == 2


def test_master_data_merge_and_references_see_the_whole_database(merge):
    first = merge(*LINES, files={"products.csv": "product_id,category\np1,A\np2,B\n"})
    files = {"products.csv": "product_id,category\np2,C\np3,D\n"}
    second = merge("t9,c1,p1,2017-04-01,1,1", base=first, files=files)
    found = rows(second, "products").set_index("product_id")["category"].to_dict()
    assert found == {"p1": "A", "p2": "C", "p3": "D"}
    assert not [one for one in second.report.findings if one.kind == "reference"]


def test_a_delivery_without_sales_merges_too(merge, tmp_path):
    first = merge(*LINES, files={"customers.csv": "customer_id\nc1\nc2\n"})
    folder = tmp_path / "complaints"
    folder.mkdir()
    text = "complaint_id,customer_id,opened_at,reason\nb1,c1,2017-03-03,late\nb2,c9,2017-03-04,x\n"
    (folder / "complaints.csv").write_text(text)
    settings = Delivery(tmp_path / "complaints").settings()
    source = open_source(str(folder), settings=settings)
    with pytest.raises(DataRejectedError, match="holds no transactions"):
        intake(source, settings=settings, snapshots=tmp_path / "snapshots")
    second = intake(
        source, settings=settings, snapshots=tmp_path / "snapshots", base=first,
        received_on=RECEIVED_ON,
    )  # fmt: skip
    assert rows(second, "complaints")["complaint_id"].tolist() == ["b1"]
    assert amounts(second) == amounts(first)


def test_rows_set_aside_are_kept_from_delivery_to_delivery(merge):
    first = merge(*LINES, "t8,c1,p1,never,1,1")
    second = merge("t9,c1,p1,soon,1,1", "t10,c1,p1,2017-03-09,1,1", base=first)
    aside = pd.read_parquet(second.quarantine_path("transactions"))
    assert aside["source_row"].tolist() == [4, 1]
    (finding,) = [one for one in second.report.findings if one.kind == "type"]
    assert (finding.n_rows, finding.examples) == (2, ("never", "soon"))


@pytest.mark.parametrize(
    ("options", "header", "says"),
    [
        ({"currency": "EUR"}, HEADER, r"counts in UTC and USD, the settings say UTC and EUR"),
        ({"time_zone": "Asia/Tokyo"}, HEADER, "Begin another database with --merge --new-database"),
        (
            {},
            f"{HEADER},line_number",
            "names a row by transaction_id, product_id, line_number, the",
        ),
    ],
)
def test_what_cannot_be_merged_is_refused(merge, options, header, says):
    first = merge(*LINES)
    line = "t3,c3,p1,2017-03-05,1,4" + (",1" if "line_number" in header else "")
    with pytest.raises(DataRejectedError, match=says):
        merge(line, base=first, header=header, **options)
    assert open_snapshot(first.folder) == first


def many(n, *, day="2017-03-01", start=0):
    return [f"t{start + k},c{k % 9},p1,{day},1,1" for k in range(n)]


def test_a_delivery_that_shrank_by_half_stops(merge):
    merge(*many(200))
    says = (
        r"transactions: the table holds 99 rows, the delivery before held 200: -50%.*--accept-drop"
    )
    with pytest.raises(DataRejectedError, match=says):
        merge(*many(99))
    assert amounts(merge(*many(100)))


def test_a_table_that_vanished_stops(merge):
    customers = "customer_id\n" + "".join(f"c{k}\n" for k in range(150))
    merge(*many(200), files={"customers.csv": customers})
    with pytest.raises(DataRejectedError, match="customers: the table is missing"):
        merge(*many(200, start=7))


def test_an_accepted_drop_is_recorded_with_its_reason(merge):
    merge(*many(200))
    small = merge(*many(50), accept_drop="one shop closed")
    (override,) = small.report.overrides
    assert "holds 50 rows, the delivery before held 200" in override
    assert "Reason given: 'one shop closed'" in override
    assert merge(*many(40)).report.overrides == ()


def test_merged_deliveries_are_compared_by_the_day(merge):
    first = merge(*many(200), *many(200, day="2017-03-02", start=200))
    second = merge(*many(110, day="2017-03-03", start=400), base=first)
    with pytest.raises(
        DataRejectedError, match="holds 50 rows a day, the delivery before held 110"
    ):
        merge(*many(50, day="2017-03-04", start=510), base=second)


def test_dated_folders_are_deliveries_of_one_source(merge):
    merge(*many(1000), name="2024-12-30")
    with pytest.raises(DataRejectedError, match="holds 100 rows, the delivery before held 1,000"):
        merge(*many(100), name="2024-12-31")


def test_a_merged_delivery_is_compared_whatever_its_name(merge):
    first = merge(*many(200), name="shops")
    with pytest.raises(DataRejectedError, match="holds 3 rows a day"):
        merge(*many(3, day="2017-03-02", start=900), base=first, name="web")


def test_one_row_of_long_ago_does_not_lower_the_rows_a_day(merge):
    first = merge(*many(200), "t999,c1,p1,2010-01-01,1,1")
    with pytest.raises(
        DataRejectedError, match=r"holds 10 rows a day, the delivery before held 10"
    ):
        merge(*many(10, day="2017-03-02", start=900), base=first)


def test_an_old_small_delivery_is_not_slipped_in_again(merge):
    merge(*many(120))
    merge(*many(1000))
    with pytest.raises(DataRejectedError, match="holds 120 rows, the delivery before held 1,000"):
        merge(*many(120))


def test_rows_set_aside_come_in_when_what_they_lacked_has_come(merge):
    campaigns = "campaign_id,channel,starts_on,ends_on\n"
    assignments = "campaign_id,customer_id,arm,assigned_at\nk2,c1,x,2017-03-02\n"
    known = f"{campaigns}k1,mail,2017-03-01,2017-03-09\n"
    whole = {"campaigns.csv": known, "assignments.csv": assignments}
    first = merge(*LINES, files=whole, max_quarantined_share=1.0)
    assert not len(rows(first, "assignments"))
    later = f"{campaigns}k2,mail,2017-03-01,2017-03-09\n"
    second = merge(LINES[0], files={"campaigns.csv": later}, base=first)
    again = merge(*LINES, files=whole, base=second)
    assert rows(again, "assignments")["campaign_id"].tolist() == ["k2"]


def test_a_correction_without_the_currency_is_refused(merge):
    rates = {"rates.csv": "currency,day,rate_to_base\nGBP,2017-03-01,2\n"}
    first = merge("t1,c1,p1,2017-03-01,1,100,GBP", header=f"{HEADER},currency", files=rates)
    with pytest.raises(DataRejectedError, match="knows the currency of every line"):
        merge("t1,c1,p1,2017-03-01,1,120", base=first)


def test_lines_numbered_on_one_side_only_are_refused(merge):
    header = f"{HEADER},line_number"
    first = merge("t1,c1,p1,2017-03-01,1,10,1", header=header)
    with pytest.raises(
        DataRejectedError, match=r"have a number in the delivery or in the database"
    ):
        merge("t1,c1,p1,2017-03-01,1,10,", base=first, header=header)


def test_customers_named_by_sales_only_may_complain(merge):
    head = "complaint_id,customer_id,opened_at,reason\n"
    first = merge(*LINES, files={"complaints.csv": f"{head}b1,c1,2017-03-02,late\n"})
    second = merge(
        "t7,c7,p1,2017-03-03,1,1",
        files={"complaints.csv": f"{head}b2,c7,2017-03-04,late\n"},
        base=first,
    )
    assert rows(second, "complaints")["customer_id"].tolist() == ["c1", "c7"]
    assert not [one for one in second.report.findings if one.column == "customer_id"]


def test_real_and_simulated_data_are_not_merged(merge):
    first = merge(*LINES, files={"source.yaml": "is_simulated: true\n"})
    with pytest.raises(DataRejectedError, match="holds simulated data, the delivery real ones"):
        merge("t3,c3,p1,2017-03-05,1,4", base=first)


def test_the_title_of_daily_deliveries_does_not_grow(merge):
    snapshot = None
    for day in range(1, 5):
        line = f"t{day},c1,p1,2017-03-0{day},1,1"
        files = {"source.yaml": f"title: Orders of 2017-03-0{day}\n"}
        snapshot = merge(line, base=snapshot, files=files)
    assert snapshot.report.note.title == "Orders of 2017-03-01"


def test_a_damaged_or_lost_pointer_does_not_begin_another_database(merge, tmp_path):
    snapshots = tmp_path / "snapshots"
    second = merge("t3,c3,p1,2017-03-05,1,4", base=merge(*LINES))
    set_current_database(snapshots, second.name)
    assert current_database(snapshots) == second.name
    file = snapshots / "lookup" / "database.json"
    for text in ("", "{", "null", "[]", '{"snapshot": "../x"}'):
        file.write_text(text)
        with pytest.raises(DataRejectedError, match=f"is damaged.*{second.name}"):
            current_database(snapshots)
    file.unlink()
    with pytest.raises(DataRejectedError, match=f"is gone.*{second.name}"):
        current_database(snapshots)


def test_small_tables_may_shrink(merge):
    merge(*many(99))
    assert merge(*many(1)).report.overrides == ()


def test_a_simulation_may_be_of_any_size(merge):
    files = {"source.yaml": "is_simulated: true\n"}
    merge(*many(200), files=files)
    assert merge(*many(20), files=files).report.overrides == ()


def test_a_lost_snapshot_only_ends_the_comparison(merge):
    first = merge(*many(200))
    shutil.rmtree(first.folder)
    assert amounts(merge(*many(20)))


def test_a_killed_merge_leaves_the_base_whole(merge, tmp_path, monkeypatch):
    first = merge(*LINES)

    def stop(*_arguments, **_options):
        raise duckdb.InterruptException("killed")

    monkeypatch.setattr("crmlib.database.merging.copy_query", stop)
    with pytest.raises(duckdb.InterruptException):
        merge("t3,c3,p1,2017-03-05,1,4", base=first)
    assert open_snapshot(first.folder) == first
    assert {path.name for path in (tmp_path / "snapshots").iterdir()} == {first.name, "lookup"}
