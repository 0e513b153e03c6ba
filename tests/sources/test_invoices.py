"""A messy invoice export: every fault is counted, and what is left adds up."""

import re

import pytest

from crmlib.errors import DataRejectedError
from tests.sources.invoices import PRODUCTS, write_export, write_rates
from tests.sources.mapped import PROJECT, take_in

MAPPING = PROJECT / "mappings" / "invoices.yaml"


@pytest.fixture(scope="module")
def export():
    return write_export()


@pytest.fixture(scope="module")
def taken(export, tmp_path_factory):
    root = tmp_path_factory.mktemp("invoices")
    folder = root / "files"
    folder.mkdir()
    (folder / "invoices.csv").write_bytes(export.content)
    (folder / "rates.csv").write_text(write_rates(), encoding="utf-8")
    return take_in(MAPPING, folder, root / "snapshots", currency="GBP", allowed=0.01)


def test_every_line_is_used_or_counted(taken, export):
    n = export.n
    aside = n["ambiguous"] + n["impossible"] + n["no rate"] + n["misprinted"]
    lines = taken.tables["transactions"]
    assert lines.rows_in == len(export.lines)
    assert lines.rows_excluded == n["fee"] == 25
    assert lines.rows_quarantined == aside + 25 == 41
    assert lines.rows_deduplicated == n["duplicate"] == 25
    assert lines.rows_used == lines.rows_in - 41 - 25
    assert len(export.lines) > 1_500


def test_what_is_left_adds_up_in_the_account_currency(taken, export):
    assert taken.report.totals_used.net_cents == export.pence_used


def test_reasons_name_what_is_wrong(taken, export):
    reasons = dict(
        taken.ask(
            """select reason || ' ' || coalesce("column", ''), count(*)
            from quarantine_transactions group by all"""
        )
    )
    counts = {
        "a fee is not a product": export.n["fee"],
        "moment .* occurred_at": export.n["ambiguous"] + export.n["impossible"],
        "no exchange rate .* currency": export.n["no rate"],
        "amount with a decimal point.* net_amount": export.n["misprinted"],
    }
    for pattern, count in counts.items():
        assert [n for reason, n in reasons.items() if re.search(pattern, reason)] == [count]
    assert sum(reasons.values()) == sum(counts.values())
    assert any("7 values of occurred_at are ambiguous" in note for note in taken.report.notes)


def test_set_aside_rows_are_kept_as_they_came(taken):
    row, file, number = taken.ask(
        """select "row", source_file, source_row from quarantine_transactions
        where reason like '%decimal point%' order by source_row limit 1"""
    )[0]
    assert '"Preis":"12.50"' in row
    assert '"Währung":"£"' in row
    assert (file, number > 1_500) == ("invoices.csv", True)


def test_unusual_lines_are_used_and_counted(taken, export):
    assert (
        taken.one("select count(*) from transactions where customer_id is null")
        == (export.n["anonymous"])
    )
    assert taken.finding("transactions", "net_amount", "is zero") == export.n["free"]
    assert (
        taken.finding("transactions", "net_amount", "although units were sold")
        == (export.n["negative price"])
    )
    assert taken.finding("transactions", "quantity", "is negative") == export.n["cancelled"]


def test_cancelled_orders_name_the_order_they_take_back(taken):
    assert taken.one("select count(cancelled_transaction_id) from transactions") == 30
    known = """select count(*) from transactions where cancelled_transaction_id in
        (select transaction_id from transactions)"""
    assert taken.one(known) == 28
    assert taken.finding("transactions", "cancelled_transaction_id", "is not in the table") == 2


def test_a_product_twice_in_an_order_has_two_line_numbers(taken):
    lines = taken.ask(
        """select line_number, quantity::int from transactions where transaction_id = '600000'
        order by 1"""
    )
    assert sorted(number for number, _ in lines) == [1, 2]
    assert sorted(quantity for _, quantity in lines) == [3, 4]


def test_ids_and_texts_are_exact(taken):
    assert taken.one("select count(*) from customers where contains(customer_id, '.')") == 0
    assert taken.one("select min(length(customer_id)) from customers") == 5
    assert dict(taken.ask("select product_id, name from products")) == PRODUCTS
    assert taken.ask("select distinct region from transactions order by 1") == [
        ("England",),
        ("Österreich",),
    ]


def test_a_day_equal_to_its_month_is_not_ambiguous(taken):
    assert taken.one("select occurred_at::date::varchar from transactions "
                     "where transaction_id = '680000'") == "2011-03-03"  # fmt: skip


def test_the_order_of_the_lines_changes_nothing(taken, export, tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    head, *lines = export.content.decode("cp1252").splitlines(keepends=True)
    text = head + "".join(reversed(lines))
    (folder / "invoices.csv").write_bytes(text.encode("cp1252"))
    (folder / "rates.csv").write_text(write_rates(), encoding="utf-8")
    again = take_in(MAPPING, folder, tmp_path / "snapshots", currency="GBP", allowed=0.01)
    hashes = [{name: table.sha256 for name, table in one.tables.items()} for one in (taken, again)]
    assert hashes[0] == hashes[1]


def test_an_encoding_that_is_not_stated_is_refused_with_its_place(export, tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "invoices.csv").write_bytes(export.content)
    (folder / "rates.csv").write_text(write_rates(), encoding="utf-8")
    mapping = tmp_path / "invoices.yaml"
    mapping.write_text(
        MAPPING.read_text(encoding="utf-8").replace("encoding: cp1252, ", ""), encoding="utf-8"
    )
    place = export.content.index("ä".encode("cp1252"))
    with pytest.raises(DataRejectedError, match=rf"byte {place} is not UTF-8.*cp1252"):
        take_in(mapping, folder, tmp_path / "snapshots", currency="GBP")
