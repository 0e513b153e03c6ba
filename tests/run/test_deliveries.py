"""Deliveries merged by the command line, and a run on what has been merged."""

from __future__ import annotations

import json

from crmlib.database import current_database

HEADER = "transaction_id,customer_id,product_id,occurred_at,quantity,net_amount\n"


def deliver(shop, name, *lines):
    folder = shop.folder / name
    folder.mkdir()
    (folder / "transactions.csv").write_text(HEADER + "".join(f"{line}\n" for line in lines))
    return str(folder)


def intake(shop, capsys, *arguments):
    assert shop.crm("intake", *arguments, "--json") == 0
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def test_deliveries_merge_and_a_run_reads_them(shop, capsys):
    first = deliver(shop, "first", "t1,0001,p1,2024-12-01T10:00:00Z,1,10.00")
    second = deliver(
        shop, "second", "t1,0001,p1,2024-12-01T10:00:00Z,1,12.00", "t2,0002,p1,2024-12-04,1,5"
    )
    assert shop.crm("run", "--source", "database") == 2
    assert "crm intake SOURCE --merge" in capsys.readouterr().err
    begun = intake(shop, capsys, first, "--merge")
    merged = intake(shop, capsys, second, "--merge")
    table = next(one for one in merged["tables"] if one["table"] == "transactions")
    assert (table["rows_in"], table["rows_replaced"], table["rows_stored"]) == (2, 1, 2)
    assert begun["snapshot"] != merged["snapshot"]
    again = intake(shop, capsys, second, "--merge")
    assert again["snapshot"] == merged["snapshot"]
    assert current_database(shop.folder / "data" / "snapshots") == merged["snapshot"]
    assert shop.crm("run", "--source", "database") == 0
    (run,) = shop.runs()
    assert run.manifest["data"]["name"] == merged["snapshot"]
    assert run.manifest["as_of"] == "2024-12-04"


def test_an_unchanged_delivery_is_said_to_be_one(shop, capsys):
    first = deliver(shop, "first", "t1,0001,p1,2024-12-01T10:00:00Z,1,10.00")
    for _ in range(2):
        assert shop.crm("intake", first, "--merge") == 0
    assert "The delivery changes nothing: the database holds it already." in capsys.readouterr().err


def test_a_drop_stops_a_run_and_a_reason_lets_it_pass(shop, capsys):
    folder = shop.folder / "orders" / "transactions.csv"
    lines = [f"t{k},000{k % 3},p1,2024-12-01T10:00:00Z,1,1.00\n" for k in range(150)]
    folder.write_text(HEADER + "".join(lines))
    assert shop.crm("run") == 0
    folder.write_text(HEADER + "".join(lines[:70]))
    assert shop.crm("run") == 3
    message = capsys.readouterr().err
    assert "the table holds 70 rows, the delivery before held 150: -53%" in message
    assert len(shop.runs()) == 1
    assert shop.crm("run", "--accept-drop", "two shops closed") == 0
    assert len(shop.runs()) == 2
    assert "Reason given: 'two shops closed'" in capsys.readouterr().err


def test_another_database_is_begun_when_asked_for(shop, capsys):
    first = deliver(shop, "first", "t1,0001,p1,2024-12-01T10:00:00Z,1,10.00")
    other = deliver(shop, "other", "t9,0009,p1,2024-12-01T10:00:00Z,1,10.00")
    intake(shop, capsys, first, "--merge")
    begun = intake(shop, capsys, other, "--merge", "--new-database")
    (table,) = [one for one in begun["tables"] if one["table"] == "transactions"]
    assert table["rows_stored"] == 1
    assert current_database(shop.folder / "data" / "snapshots") == begun["snapshot"]
