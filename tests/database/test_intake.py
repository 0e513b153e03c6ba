"""What intake keeps, sets aside, counts and types: hand-worked values on tiny deliveries."""

import concurrent.futures
import datetime
import json
import os

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crmlib.database import connect, open_snapshot
from crmlib.errors import DataRejectedError, PublicationError
from crmlib.periods import day_number
from tests.database.deliveries import HEADER, LINES, Delivery, csv_text


def rows_of(snapshot, table, columns="*"):
    return connect().execute(f"select {columns} from '{snapshot.path(table)}'").fetchall()


def quarantined(snapshot, table):
    path = snapshot.quarantine_path(table)
    return connect().execute(f"from '{path}'").fetchall() if path else []


def counts(snapshot, table):
    row = snapshot.report.tables_frame().loc[table]
    assert row["reconciles"]
    return tuple(row[f"rows_{name}"] for name in ("in", "used", "quarantined", "deduplicated"))


def finding(snapshot, column, kind):
    frame = snapshot.report.findings_frame()
    found = frame[(frame["column"] == column) & (frame["rule"] == kind)]
    return list(zip(found["action"], found["n_rows"], strict=True))


def test_good_lines_are_typed_with_their_companions(good):
    snapshot = good.take_in()
    assert rows_of(snapshot, "transactions")[0] == (
        *("t1", "c1", "p1", datetime.datetime(2017, 3, 1, 10), 17226, 1.0, 2.5, 250),
    )
    assert list(snapshot.report.tables[0].columns.items())[3:] == [
        ("occurred_at", "TIMESTAMP"),
        ("occurred_day", "BIGINT"),
        ("quantity", "DOUBLE"),
        ("net_amount", "DOUBLE"),
        ("net_cents", "BIGINT"),
    ]
    assert day_number(datetime.date(2017, 3, 1)) == 17226


def test_the_report_gives_days_and_totals(good):
    report = good.take_in().report
    assert (report.first_day, report.last_day) == ("2017-03-01", "2017-03-02")
    assert report.totals_used.model_dump() == {"n_customers": 2, "n_orders": 2, "net_cents": 500}
    assert report.note.caveats == ("no source note given",)


@pytest.mark.parametrize("n_twice", [0, 7])
def test_orders_are_counted_exactly_over_many_row_groups_in_any_order(delivery, n_twice):
    query = f"""select 't' || (i // 3) % 90000 as transaction_id, 'c' || i % 999 as customer_id,
        'p' || i as product_id, timestamp '2017-01-01' + to_minutes(i) as occurred_at,
        1 as quantity, 2 as net_amount
        from (from range(300000) as r(i) union all from range({n_twice})) order by hash(i, 5)"""
    path = delivery.folder / "transactions.parquet"
    duckdb.connect().execute(f"copy ({query}) to '{path}'")
    report = delivery.take_in().report
    expected = {"n_customers": 999, "n_orders": 90000, "net_cents": 60_000_000}
    assert report.totals_used.model_dump() == expected
    expected["net_cents"] += 200 * n_twice
    assert report.totals_in.model_dump() == expected


def test_customers_are_derived_where_there_is_no_such_table(good):
    snapshot = good.take_in()
    assert rows_of(snapshot, "customers", "customer_id, first_contact_date::varchar") == [
        ("c1", "2017-03-01"),
        ("c2", "2017-03-02"),
    ]
    assert any("customers are those named" in note for note in snapshot.report.notes)


def test_other_spellings_of_an_id_are_counted(good):
    ids = ["c1", "c1 ", " c1", "c1\u200b", "Mu\u0308ller", "Müller", "c 2"]
    good.write("customers.csv", "customer_id\n" + "".join(f'"{one}"\n' for one in ids))
    (finding,) = [one for one in good.take_in().report.findings if one.column == "customer_id"
                  and one.table == "customers"]  # fmt: skip
    assert (finding.action, finding.n_rows) == ("keep", 4)


def test_ids_are_kept_to_the_letter(delivery):
    ids = ["007", "9223372036854775808", "NA", "17850.0", "1e5", " x", "null", "\u00e9", "e\u0301"]
    delivery.lines(*[f"{one},{one},{one},2017-03-01,1,1" for one in ids])
    snapshot = delivery.take_in()
    for column in ("transaction_id", "customer_id", "product_id"):
        assert sorted(value for (value,) in rows_of(snapshot, "transactions", column)) == sorted(
            ids
        )


def test_integer_ids_in_parquet_become_exact_text(delivery):
    table = pa.table(
        {
            "transaction_id": pa.array([9007199254740993, 2], pa.int64()),
            "customer_id": ["", None],
            "product_id": ["01", "NA"],
            "occurred_at": pa.array([0, 1], pa.timestamp("us")),
            "quantity": [1, 2],
            "net_amount": [0.1 + 0.2, 1e6 + 0.07],
        }
    )
    pq.write_table(table, delivery.folder / "transactions.parquet")
    columns = "transaction_id, customer_id, product_id, net_cents, net_amount"
    assert rows_of(delivery.take_in(), "transactions", columns) == [
        ("2", None, "NA", 100000007, 1000000.07),
        ("9007199254740993", None, "01", 30, 0.3),
    ]


def test_empty_customers_are_anonymous_sales(delivery):
    delivery.lines("t1,,p1,2017-03-01,1,1", 't2,"",p1,2017-03-01,1,1')
    assert rows_of(delivery.take_in(), "transactions", "customer_id") == [(None,), (None,)]


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize(("delimiter", "end"), [(",", "\n"), (";", "\n"), ("\t", "\r\n")])
def test_byte_order_mark_delimiters_and_line_ends_make_no_difference(delivery, bom, delimiter, end):
    text = csv_text(*LINES).replace(",", delimiter).replace("\n", end)
    delivery.write("transactions.csv", bom + text.encode())
    assert rows_of(delivery.take_in(), "transactions", "transaction_id, net_cents") == [
        ("t1", 250),
        ("t1", 500),
        ("t2", -250),
    ]


def test_equal_rows_are_used_once(delivery):
    delivery.lines(*LINES, LINES[0], LINES[0], LINES[1])
    snapshot = delivery.take_in()
    assert counts(snapshot, "transactions") == (6, 3, 0, 3)
    assert finding(snapshot, "transaction_id, product_id", "key") == [("deduplicate", 3)]
    assert snapshot.report.totals_in.net_cents == 1500
    assert snapshot.report.totals_used.net_cents == 500


@pytest.mark.parametrize(
    ("header", "first", "second"),
    [(",line_no", ",1", ",2"), ("", "", "0"), (",Line_Number", ",a", ",b")],
)
def test_rows_that_differ_in_any_raw_value_are_not_equal(delivery, header, first, second):
    delivery.lines(
        LINES[0] + first, LINES[0] + second, LINES[0] + first, LINES[2] + first,
        header=HEADER + header,
    )  # fmt: skip
    snapshot = delivery.take_in()
    assert counts(snapshot, "transactions") == (4, 1, 2, 1)
    assert finding(snapshot, "transaction_id, product_id", "key") == [
        *(("deduplicate", 1), ("quarantine", 2)),
    ]
    with pytest.raises(DataRejectedError, match="2 of 4 rows break a rule"):
        delivery.take_in(max_quarantined_share=0.4)


def test_rows_of_one_key_that_differ_are_all_set_aside(delivery):
    other = LINES[0].replace("2.50", "9.99")
    delivery.lines(*LINES, other, LINES[0])
    snapshot = delivery.take_in()
    assert counts(snapshot, "transactions") == (5, 2, 2, 1)
    reason, column, file, row, original = quarantined(snapshot, "transactions")[1]
    assert (column, file, row) == ("transaction_id, product_id", "transactions.csv", 4)
    assert "differs" in reason
    assert json.loads(original)["net_amount"] == "9.99"


def test_line_numbers_tell_equal_products_in_an_order_apart(delivery):
    lines = [LINES[0] + ",1", LINES[0].replace("2.50", "9.99") + ",2"]
    delivery.lines(*lines, header=HEADER + ",line_number")
    assert counts(delivery.take_in(), "transactions") == (2, 2, 0, 0)


@pytest.mark.parametrize(
    ("column", "value", "kind"),
    [
        ("occurred_at", "1900-01-01", "date"),
        ("occurred_at", "9999-12-31", "date"),
        ("occurred_at", "2020-01-02T00:00:00Z", "date"),
        ("occurred_at", "03/04/2011", "type"),
        ("occurred_at", "2019-02-29", "type"),
        ("occurred_at", "", "required"),
        ("occurred_at", "2017-03-01T10:00:00+99:00", "type"),
        ("occurred_at", "2017-03-01T10:00:00+14:01", "type"),
        ("occurred_at", "2017-03-01T10:00:00-12:30", "type"),
        ("occurred_at", "2017-03-01T10:00:00+02:60", "type"),
        ("quantity", "1e308", "range"),
        ("quantity", "-1000000000.5", "range"),
        ("net_amount", "9999999999999999", "range"),
        ("net_amount", "-1e14", "range"),
        ("net_amount", "1000000000000.01", "range"),
        ("net_amount", "9" * 400, "range"),
        ("quantity", "many", "type"),
        ("quantity", "1_000", "type"),
        ("quantity", "0x10", "type"),
        ("quantity", "inf", "range"),
        ("quantity", "1e999", "range"),
        ("net_amount", "NaN", "range"),
        ("net_amount", "-Infinity", "range"),
        ("net_amount", "$5", "type"),
        ("net_amount", "1e30", "range"),
        ("net_amount", "", "required"),
        ("product_id", "", "required"),
    ],
)
def test_values_that_break_a_rule_are_set_aside(delivery, column, value, kind):
    values = dict(zip(HEADER.split(","), LINES[0].split(","), strict=True)) | {column: value}
    delivery.lines(",".join(values.values()), *LINES[1:])
    snapshot = delivery.take_in()
    assert counts(snapshot, "transactions") == (3, 2, 1, 0)
    assert ("quarantine", 1) in finding(snapshot, column, kind)
    assert quarantined(snapshot, "transactions")[0][1:4] == (column, "transactions.csv", 1)


@pytest.mark.parametrize("column", ["quantity", "net_amount"])
@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("170141183460469231731687303715884105727", "hugeint"),
        ("340282366920938463463374607431768211455", "uhugeint"),
        ("18446744073709551615", "ubigint"),
        ("1e300", "double"),
        ("1e38", "float"),
        ("9999999999999999.99", "decimal(18,2)"),
        ("99999999999999999999999999999999999999", "decimal(38,0)"),
    ],
)
def test_numbers_beyond_belief_in_parquet_are_set_aside(delivery, column, kind, value):
    source = delivery.root / "good.csv"
    source.write_text(csv_text(*LINES))
    path = delivery.folder / "transactions.parquet"
    duckdb.connect().execute(
        f"""copy (select * replace (case when transaction_id = 't2' then '{value}'::{kind}
        else 1::{kind} end as {column}) from '{source}') to '{path}' (format parquet)"""
    )
    snapshot = delivery.take_in()
    assert counts(snapshot, "transactions") == (3, 2, 1, 0)
    assert finding(snapshot, column, "range") == [("quarantine", 1)]


def test_the_largest_amounts_and_quantities_are_used(delivery):
    delivery.lines(*LINES, "t4,c1,p1,2017-03-01,1e9,1e12", "t5,c1,p1,2017-03-01,-1e9,-1e12")
    snapshot = delivery.take_in(max_quarantined_share=0.0)
    values = rows_of(snapshot, "transactions", "quantity, net_cents")
    assert values[-2:] == [(1e9, 10**14), (-1e9, -(10**14))]


@pytest.mark.parametrize(
    ("column", "kind", "value"), [("net_amount", "double", "inf"), ("quantity", "double", "nan")]
)
def test_infinite_numbers_in_parquet_are_set_aside(delivery, column, kind, value):
    path = delivery.folder / "transactions.parquet"
    source = delivery.root / "good.csv"
    source.write_text(csv_text(*LINES))
    duckdb.connect().execute(
        f"""copy (select * replace (case when transaction_id = 't2' then '{value}'::{kind}
        else {column}::{kind} end as {column}) from '{source}') to '{path}'"""
    )
    assert finding(delivery.take_in(), column, "range") == [("quarantine", 1)]


def test_the_day_of_intake_counts_in_the_configured_zone(delivery):
    delivery.lines("t1,c1,p1,2020-01-02T04:59:59Z,1,1", "t2,c1,p1,2020-01-02T05:00:00Z,1,1")
    snapshot = delivery.take_in(time_zone="America/New_York")
    assert rows_of(snapshot, "transactions", "transaction_id") == [("t1",)]


def test_negative_and_zero_prices_are_used_and_counted(delivery):
    delivery.lines(*LINES, "t5,c1,p1,2017-03-01,0,0")
    snapshot = delivery.take_in()
    assert counts(snapshot, "transactions") == (4, 4, 0, 0)
    assert finding(snapshot, "net_amount", "range") == [("keep", 1), ("keep", 1)]
    assert finding(snapshot, "quantity", "range") == [("keep", 1), ("keep", 1)]


@pytest.mark.parametrize(
    ("text", "cents", "n_rounded"),
    [
        ("1.005", 101, 1),
        ("-1.005", -101, 1),
        ("1.00499999999999999", 100, 1),
        ("19.99", 1999, 0),
        ("1e3", 100000, 0),
        (".5", 50, 0),
        (" +7.10 ", 710, 0),
    ],
)
def test_amounts_are_exact_cents_rounded_half_away_from_zero(delivery, text, cents, n_rounded):
    delivery.lines(f"t1,c1,p1,2017-03-01,1,{text}")
    snapshot = delivery.take_in()
    assert rows_of(snapshot, "transactions", "net_cents, net_amount") == [(cents, cents / 100)]
    frame = snapshot.report.findings_frame()
    assert frame["meaning"].str.contains("more than two decimals").sum() == n_rounded


@pytest.mark.parametrize(
    ("text", "utc", "local_day"),
    [
        ("2017-03-12T06:59:00Z", "2017-03-12 06:59", "2017-03-12"),  # 01:59, before the clock jumps
        ("2017-03-12T04:59:00Z", "2017-03-12 04:59", "2017-03-11"),
        ("2017-11-05T04:30:00Z", "2017-11-05 04:30", "2017-11-05"),  # 00:30, before the clock falls
        ("2017-11-05T03:59:59Z", "2017-11-05 03:59:59", "2017-11-04"),
        ("2017-11-06T04:59:00Z", "2017-11-06 04:59", "2017-11-05"),
        ("2016-02-29T12:00:00+02:00", "2016-02-29 10:00", "2016-02-29"),
        ("2016-02-29 23:30:00 -0500", "2016-03-01 04:30", "2016-02-29"),
        ("2016-03-01T00:30:00+14:00", "2016-02-29 10:30", "2016-02-29"),
        ("2016-03-01T00:30:00+13:45", "2016-02-29 10:45", "2016-02-29"),
        ("2016-02-29T20:00:00-12:00", "2016-03-01 08:00", "2016-03-01"),
        ("2017-07-01 00:30", "2017-07-01 04:30", "2017-07-01"),
        ("2017-01-01", "2017-01-01 05:00", "2017-01-01"),
    ],
)
def test_moments_become_utc_and_days_are_local(delivery, text, utc, local_day):
    delivery.lines(f"t1,c1,p1,{text},1,1")
    snapshot = delivery.take_in(time_zone="America/New_York")
    moment = datetime.datetime.fromisoformat(utc)
    day = day_number(datetime.date.fromisoformat(local_day))
    assert rows_of(snapshot, "transactions", "occurred_at, occurred_day") == [(moment, day)]


def test_a_source_note_gives_the_zone_of_naive_times(delivery):
    delivery.write("source.yaml", "title: Shop\nprovider: us\nis_simulated: true\ntime_zone: UTC\n")
    delivery.lines("t1,c1,p1,2017-01-01 03:00,1,1")
    snapshot = delivery.take_in(time_zone="America/New_York")
    assert rows_of(snapshot, "transactions", "occurred_day") == [(17166,)]
    assert (snapshot.report.note.title, snapshot.report.note.is_simulated) == ("Shop", True)


def test_orphans_are_kept_or_set_aside_as_the_schema_says(good):
    good.write("customers.csv", "customer_id,kind,Hobby\nc1,person,=1+1\nc3,person,\n")
    good.write(
        "campaigns.csv", "campaign_id,channel,starts_on,ends_on\nk1,mail,2017-01-01,2090-01-01\n"
    )
    good.write(
        "assignments.csv",
        "campaign_id,customer_id,arm,assigned_at,randomised\nk1,c1,control,2017-01-01,true\n"
        "k1,c9,mail,2017-01-01,0\nk9,c3,mail,2017-01-01,no\n",
    )
    snapshot = good.take_in()
    assert finding(snapshot, "customer_id", "reference") == [("keep", 1), ("quarantine", 1)]
    assert finding(snapshot, "campaign_id", "reference") == [("quarantine", 1)]
    assert counts(snapshot, "assignments") == (3, 1, 2, 0)
    assert counts(snapshot, "transactions") == (3, 3, 0, 0)
    assert rows_of(snapshot, "customers", '"Hobby"') == [("=1+1",), (None,)]


def test_rows_set_aside_do_not_count_as_found(good):
    good.write("customers.csv", "customer_id,kind\nc1,alien\nc2,person\n")
    snapshot = good.take_in()
    assert finding(snapshot, "kind", "values") == [("quarantine", 1)]
    assert finding(snapshot, "customer_id", "reference") == [("keep", 2)]


def test_unknown_files_and_columns_are_noted(good):
    good.write("product.csv", "a\n").write("README.md", "x")
    good.lines(*[f"{line},x" for line in LINES], header=HEADER + ",chanel")
    notes = " ".join(good.take_in().report.notes)
    assert "'product.csv' is left aside: no such table; did you mean 'products'" in notes
    assert (
        "column 'chanel' is not part of transactions and left out; did you mean 'channel'" in notes
    )
    assert "README" not in notes


@pytest.mark.parametrize("name", ["a'b", "a[1]*?{x}", "x=1", "'; drop table x; --", "é ü"])
def test_odd_folder_names_are_only_names(tmp_path, name):
    (tmp_path / name).mkdir()
    delivery = Delivery(tmp_path / name).lines(*LINES)
    pq.write_table(pa.table({"customer_id": ["c1"]}), delivery.folder / "customers.parquet")
    snapshot = delivery.take_in()
    assert counts(snapshot, "transactions")[1] == 3
    relation = snapshot.relation(connect(), "customers")
    assert relation.columns == ["customer_id"]


@pytest.mark.parametrize(
    ("name", "beside"), [("a[1]", "a1"), ("shop*", "shop2"), ("q?", "qx"), ("[[]*", "[x")]
)
def test_a_folder_named_like_a_pattern_reads_no_other_folder(tmp_path, name, beside):
    made = []
    for number, folder in enumerate((beside, name)):
        (tmp_path / folder).mkdir()
        delivery = Delivery(tmp_path / folder).lines(LINES[number])
        pq.write_table(
            pa.table({"product_id": [f"p{number}"]}), delivery.folder / "products.parquet"
        )
        made.append(delivery)
    made[0].take_in()
    snapshot = made[1].take_in()
    assert counts(snapshot, "transactions") == (1, 1, 0, 0)
    for table, found in (("transactions", ["p2"]), ("products", ["p1"])):
        rows = snapshot.relation(connect(), table).select("product_id").fetchall()
        assert [value for (value,) in rows] == found
    assert snapshot.report.last_day == "2017-03-01"
    assert snapshot.report.tables[1].rows_used == 1


def test_row_order_and_threads_do_not_change_a_byte(delivery):
    lines = [
        f"t{i % 997},c{i % 53},p{i % 101},2017-0{1 + i % 9}-01T10:00:00Z,{i % 7},{i % 97}.{i % 10}"
        for i in range(40_000)
    ]
    rows = list({tuple(line.split(",")[0:3:2]): line for line in lines}.values())
    hashes = set()
    for order, threads in ((rows, 1), (rows[::-1], 2), (sorted(rows, key=hash), 2)):
        report = delivery.lines(*order).take_in(workers=threads, force=True).report
        hashes.add(tuple(table.sha256 for table in report.tables))
    assert len(hashes) == 1


def test_row_order_does_not_change_the_findings(delivery):
    values = ["no", "x", "b", "a", "1e99", "b", ""]
    rows = [f"t{i},c1,p{i},2017-03-01,{value},1" for i, value in enumerate(values)]
    rows += [LINES[0], LINES[1], LINES[0], LINES[1], LINES[2], LINES[2].replace("c2", "c3")]
    found = [
        delivery.lines(*order).take_in(max_quarantined_share=0.95).report.findings
        for order in (rows, rows[::-1], sorted(rows, key=lambda row: row[::-1]))
    ]
    assert found[0] == found[1] == found[2]
    assert ("a", "b", "b") in {finding.examples for finding in found[0]}


def test_an_unchanged_source_is_not_read_again(good):
    first, said = good.take_in(), []
    again = good.take_in(progress=said.append)
    assert (again.name, said) == (first.name, [f"The source is unchanged: snapshot {first.name}."])
    assert good.take_in(force=True).name == first.name
    good.write("README.md", "new words")
    assert good.take_in(progress=said.append).name == first.name
    assert len(said) == 2


def lookup_entries(delivery):
    paths = (delivery.snapshots / "lookup").iterdir()
    return {path.stem: path for path in paths if not path.stem.startswith("source-")}


def test_a_copied_lookup_entry_does_not_bring_another_delivery(good):
    other = good.take_in()
    old = set(lookup_entries(good))
    mine = good.lines(*LINES[:2]).take_in()
    entries = lookup_entries(good)
    (new,) = set(entries) - old
    entries[new].write_bytes(entries[old.pop()].read_bytes())
    said = []
    assert good.take_in(progress=said.append).name == mine.name != other.name
    assert said[0] == f"The snapshot {other.name} is not of this source and is passed over."


def test_a_copied_lookup_entry_does_not_bring_another_time_zone(good):
    first = good.take_in(time_zone="Asia/Tokyo")
    (entry,) = lookup_entries(good).values()
    second = good.take_in()
    for path in lookup_entries(good).values():
        path.write_bytes(entry.read_bytes())
    assert good.take_in().name == second.name != first.name


def test_a_lookup_entry_never_leads_out_of_the_folder(good):
    first = good.take_in()
    outside = good.root / first.name
    first.folder.rename(outside)
    (entry,) = lookup_entries(good).values()
    entry.write_text(entry.read_text().replace(first.name, f"../{first.name}"))
    assert good.take_in().folder == good.snapshots / first.name


def test_other_settings_and_earlier_days_of_intake_read_again(good):
    first = good.take_in()
    assert good.take_in(time_zone="Asia/Tokyo").name != first.name
    earlier = good.take_in(received_on=datetime.date(2017, 3, 1))
    assert counts(earlier, "transactions") == (3, 2, 1, 0)
    assert good.take_in(received_on=datetime.date(2017, 3, 2)).name == first.name


def test_a_damaged_snapshot_is_made_again(good):
    first = good.take_in()
    first.path("transactions").chmod(0o644)
    first.path("transactions").write_bytes(b"PAR1")
    with pytest.raises(DataRejectedError, match=r"changed: transactions\.parquet"):
        open_snapshot(first.folder)
    assert good.take_in().name == first.name
    open_snapshot(first.folder)


def test_an_interruption_leaves_nothing_behind_and_the_next_intake_is_clean(good):
    def interrupt(line):
        if line.startswith("Checking"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        good.take_in(progress=interrupt)
    assert list(good.snapshots.iterdir()) == []
    assert counts(good.take_in(), "transactions") == (3, 3, 0, 0)


def test_a_full_disk_is_explained_and_nothing_is_left(good, monkeypatch):
    first = good.take_in()
    before = sorted(good.snapshots.rglob("*"))

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("crmlib.database.publishing.canonical", fail)
    with pytest.raises(PublicationError, match=r"No space left.*Earlier snapshots are untouched"):
        good.lines(*LINES[:2]).take_in()
    assert sorted(good.snapshots.rglob("*")) == before
    open_snapshot(first.folder).verify()


def test_native_types_of_parquet_are_read_exactly(delivery):
    query = """select 'c' || i as transaction_id, 3::utinyint as customer_id,
        12345678901234567890::decimal(38,0) as product_id,
        timestamptz '2017-03-12 07:00:00+00' as occurred_at, 2::tinyint as quantity,
        1.005::decimal(10,3) as net_amount, 7::integer as list_amount,
        0.1::float as discount_amount,
        2.0::double as line_number, 5 as channel from range(2) as r(i)"""
    path = delivery.folder / "transactions.parquet"
    duckdb.connect().execute(f"set TimeZone = 'UTC'; copy ({query}) to '{path}'")
    snapshot = delivery.take_in(time_zone="America/New_York")
    columns = "* exclude (transaction_id)"
    assert rows_of(snapshot, "transactions", columns)[0] == (
        *("3", "12345678901234567890", datetime.datetime(2017, 3, 12, 7), 17237, 2.0, 1.01, 101),
        *(2, 7.0, 700, 0.1, 10, "5"),
    )


def test_a_day_stored_as_a_moment_must_be_midnight(good):
    query = "select 'p' || i as product_id, timestamp '2017-01-01' + to_hours(i) as launched_on"
    path = good.folder / "products.parquet"
    duckdb.connect().execute(f"copy ({query} from range(2) as r(i)) to '{path}'")
    snapshot = good.take_in()
    assert rows_of(snapshot, "products") == [("p0", datetime.date(2017, 1, 1), 17167)]
    assert finding(snapshot, "launched_on", "type") == [("quarantine", 1)]


@pytest.mark.parametrize(
    ("value", "stored"), [("true", True), ("0", False), ("No", False), ("", None), ("maybe", "bad")]
)
def test_flags_are_words_or_digits(good, value, stored):
    good.write(
        "campaigns.csv", "campaign_id,channel,starts_on,ends_on\nk,m,2017-01-01,2017-01-02\n"
    )
    header = "campaign_id,customer_id,arm,assigned_at,randomised"
    good.write("assignments.csv", f"{header}\nk,c1,a,2017-01-01,{value}\nk,c2,a,2017-01-01,\n")
    found = rows_of(good.take_in(), "assignments", "randomised")
    assert found == ([(None,)] if stored == "bad" else [(stored,), (None,)])


def test_attributes_named_like_our_own_columns_are_left_out(good):
    header = "customer_id,first_contact_date,First_Contact_Day,a b"
    good.write("customers.csv", f"{header}\nc1,2017-01-01,x,kept\nc2,,x,\n")
    snapshot = good.take_in()
    names = ["customer_id", "first_contact_date", "first_contact_day", "a b"]
    assert list(snapshot.report.tables[1].columns) == names
    assert sum("left out" in note for note in snapshot.report.notes) == 1


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_attributes_may_have_any_name(good, ending):
    names = [
        "code",
        "copy",
        "says",
        "column",
        "rule",
        "reason",
        "reasons",
        "row",
        "r",
        "a",
        "value",
    ]
    names += ["source_row", "source_file", "raw:code", "raw:kind", "twice", "copies", "n_different"]
    header = ["customer_id", "kind", *names]
    people = [
        *(["c1", "person", *names], ["c1", "person", *names], ["c2", "alien", *names]),
        *(["c3", "person", *names], ["c3", "person", *names[:-1], "other"]),
        ["c4", "person", *names],
    ]
    if ending == "csv":
        good.write("customers.csv", csv_text(*map(",".join, people), header=",".join(header)))
    else:
        columns = dict(zip(header, zip(*people, strict=True), strict=True))
        pq.write_table(pa.table(columns), good.folder / "customers.parquet")
    snapshot = good.take_in()
    assert counts(snapshot, "customers") == (6, 2, 3, 1)
    listed = ", ".join(f'"{name}"' for name in names)
    assert rows_of(snapshot, "customers", listed) == [tuple(names)] * 2
    reason, _, _, row, original = quarantined(snapshot, "customers")[0]
    assert ("is not one of" in reason, row, json.loads(original)["says"]) == (True, 3, "says")


def test_work_folders_of_killed_intakes_are_removed_after_a_day(good):
    good.snapshots.mkdir()
    old, new = good.snapshots / ".intake-old", good.snapshots / ".intake-new"
    old.mkdir()
    new.mkdir()
    os.utime(old, (0, 0))
    good.take_in()
    assert (old.exists(), new.exists()) == (False, True)


def test_two_intakes_at_once_agree(good):
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        names = {future.result().name for future in [pool.submit(good.take_in) for _ in range(4)]}
    assert len(names) == 1
    open_snapshot(good.snapshots / names.pop())


texts = st.sampled_from(["", "1", "2", "-3.5", "x", "inf", "2017-03-01", "9999-12-31", "01", "NA"])


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    rows=st.lists(st.tuples(*[texts] * 6), min_size=1, max_size=12),
    customers=st.lists(st.tuples(texts, texts), max_size=5),
)
def test_rows_in_are_used_quarantined_or_deduplicated(delivery, rows, customers):
    delivery.lines(LINES[0], *[",".join(row) for row in rows])
    people = [",".join(row) for row in customers]
    delivery.write("customers.csv", csv_text(*people, header="customer_id,birth_year"))
    snapshot = delivery.take_in(max_quarantined_share=1.0)
    assert counts(snapshot, "transactions")[0] == len(rows) + 1
    assert counts(snapshot, "customers")[0] == len(customers)
    keys = rows_of(snapshot, "transactions", "transaction_id, product_id")
    assert len(set(keys)) == len(keys)
