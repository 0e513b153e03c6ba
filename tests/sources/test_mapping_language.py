"""Every word of the mapping language does what its page says."""

import gzip
import json
import sqlite3

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crmlib.errors import DataRejectedError, ParameterError
from crmlib.settings import Settings
from crmlib.sources import open_mapping, open_source
from tests.sources.mapped import Shop, sales


@pytest.fixture
def shop(tmp_path):
    return Shop(tmp_path)


def column(shop, name, spec, values, *, kind="sales"):
    """Take in a file with one column `x`, and give what it became."""
    rows = "".join(f"{k:03};c;1.50;{value}\n" for k, value in enumerate(values))
    shop.write("s.csv", "id;who;paid;x\n" + rows).maps(sales(**{name: spec}))
    taken = shop.take_in()
    return [one for (one,) in taken.ask(f"select {name} from transactions order by transaction_id")]


def test_texts_stand_for_nothing_or_for_others(shop):
    spec = "{from: x, empty: ['-'], values: {N: North}, other: keep}"
    assert column(shop, "region", spec, ["N", "-", "South", ""]) == ["North", None, "South", None]
    spec = "{from: x, values: {N: North}, other: empty, if_empty: elsewhere}"
    assert column(shop, "region", spec, ["N", "x", ""]) == ["North", "elsewhere", "elsewhere"]


def test_a_pattern_takes_a_part_of_a_text(shop):
    spec = '{from: x, pattern: "C(\\\\d+)"}'
    assert column(shop, "coupon_id", spec, ["C007", "007", "XC007", ""]) == [
        "007",
        None,
        None,
        None,
    ]


def test_several_columns_are_joined_unless_one_is_empty(shop):
    spec = "{from: [who, x], join: '-'}"
    assert column(shop, "coupon_id", spec, ["1", ""]) == ["c-1", None]


def test_amounts_are_cleaned_and_scaled_exactly(shop):
    assert column(shop, "list_amount", "{from: x, factor: '0.01'}", ["123456", "-7", "0"]) == [
        1234.56, -0.07, 0.0,
    ]  # fmt: skip
    spec = "{from: x, strip: ['$', ' USD']}"
    assert column(shop, "list_amount", spec, ["$1,234.50", "12.00 USD"]) == [1234.5, 12.0]
    spec = '{from: x, thousands: " ", decimal: ","}'
    assert column(shop, "list_amount", spec, ["1 234,50", "1\u00a0000"]) == [1234.5, 1000.0]


def test_a_product_is_exact(shop):
    shop.write("s.csv", "id;who;n;each\n1;c;3;0,07\n2;c;-1000;1.234,50\n3;c;7;0,1\n")
    taken = shop.maps(sales(net_amount="{product: [n, each]}")).take_in()
    cents = "select net_cents from transactions order by transaction_id"
    assert taken.ask(cents) == [(21,), (-123_450_000,), (70,)]


def test_a_moment_is_read_in_its_own_zone(shop):
    spec = '{from: x, format: "%d.%m.%Y %H:%M", time_zone: Europe/Berlin}'
    values = ["01.01.2011 00:30", "01.07.2011 00:30"]
    moments = [str(one) for one in column(shop, "occurred_at", spec, values)]
    assert moments == ["2010-12-31 23:30:00", "2011-06-30 22:30:00"]


def test_the_zone_of_the_mapping_holds_for_times_without_one(shop):
    shop.write("s.csv", "id;who;paid;x\n1;c;1.50;2011-07-01 00:30:00\n")
    taken = shop.maps("time_zone: Europe/Berlin\n" + sales(occurred_at="x")).take_in()
    assert str(taken.one("select occurred_at from transactions")) == "2011-06-30 22:30:00"


@pytest.mark.parametrize(
    ("equal_rows", "n_used", "n_equal"), [("keep", 4, 0), ("drop", 3, 1)]
)  # fmt: skip
def test_line_numbers_tell_equal_rows_apart_or_not(shop, equal_rows, n_used, n_equal):
    number = f"{{number_within: [transaction_id, product_id], equal_rows: {equal_rows}}}"
    rows = ["1;c;1.50", "1;c;2.50", "1;c;1.50", "2;c;1.50"]
    shop.maps(sales(line_number=number))
    taken = shop.write("s.csv", "\n".join(["id;who;paid", *rows, ""])).take_in()
    assert taken.counts("transactions") == (4, n_used, 0, n_equal, 0)
    lines = "select transaction_id, line_number, net_cents from transactions order by all"
    first = taken.ask(lines)
    shop.write("s.csv", "\n".join(["id;who;paid", *reversed(rows), ""]))
    assert shop.take_in().ask(lines) == first


def test_rows_without_an_id_are_numbered_alike_in_every_table(shop):
    text = sales(customer_id="{row_id: R}") + (
        "  customers:\n    read: s.csv\n    where: {column: paid, not_values: '0'}\n"
        "    columns: {customer_id: {row_id: R}, region: who}\n"
    )
    shop.write("s.csv", "id;who;paid\n1;a;1\n2;b;0\n3;a;1\n").maps(text)
    taken = shop.take_in()
    assert taken.ask("select customer_id, region from customers order by 1") == [
        ("R1", "a"), ("R3", "a"),
    ]  # fmt: skip
    assert any("2 of 3 rows belong to customers" in note for note in taken.report.notes)


@pytest.mark.parametrize(
    ("condition", "ids"),
    [
        ("values: [a, '']", "13"),
        ("not_values: a", "23"),
        ("pattern: '[ab]'", "12"),
        ("filled: true", "12"),
        ("filled: false", "3"),
    ],
)
def test_rows_are_chosen_by_conditions(shop, condition, ids):
    shop.write("s.csv", "id;who;paid\n1;a;1\n2;b;1\n3;;1\n")
    shop.maps(sales(head=f"read: s.csv\n    where: {{column: who, {condition}}}"))
    taken = shop.take_in()
    assert "".join(one for (one,) in taken.ask("select transaction_id from transactions")) == ids


def test_columns_become_rows(shop):
    head = (
        "read: s.csv\n    unpivot: {columns: {wine: W, fish: F}, name: product, value: spent}\n"
        "    where: {column: spent, not_values: '0'}"
    )
    shop.maps(sales(head=head, product_id="product", net_amount="{from: spent, decimal: .}"))
    taken = shop.write("s.csv", "id;who;wine;fish\n1;a;5;0\n2;b;x;7\n").take_in()
    lines = "select transaction_id, product_id, net_cents from transactions order by 1"
    assert taken.ask(lines) == [("1", "W", 500), ("2", "F", 700)]
    assert taken.ask("select source_file, source_row from quarantine_transactions") == [
        ("s.csv", 2)
    ]


def test_another_file_adds_columns_to_the_rows_it_knows(shop):
    shop.maps(sales(head="read: s.csv\n    join: {read: t.csv, on: {who: number}, prefix: t_}",
                    region="t_paid"))  # fmt: skip
    shop.write("s.csv", "id;who;paid\n1;a;1\n2;b;1\n3;;1\n").write(
        "t.csv", "number;paid\na;North\n"
    )
    taken = shop.take_in()
    assert taken.ask("select region from transactions order by transaction_id") == [
        ("North",), (None,), (None,),
    ]  # fmt: skip
    assert any("1 of 3 rows have a partner in t.csv" in note for note in taken.report.notes)


def test_names_that_clash_in_a_join_are_refused(shop):
    shop.maps(sales(head="read: s.csv\n    join: {read: t.csv, on: who}"))
    shop.write("s.csv", "id;who;paid\n1;a;1\n").write("t.csv", "who;Paid\na;North\n")
    with pytest.raises(DataRejectedError, match=r"joining t\.csv makes a column 'Paid', and there"):
        shop.take_in()


def test_parts_of_a_table_follow_each_other_and_set_aside_their_own(shop):
    part = sales(head="- read: s.csv\n      set_aside: {column: who, values: x, because: a test}")
    columns = part.split("    columns:\n")[1].replace("      ", "        ")
    shop.maps(
        part.split("    columns:\n")[0] + "      columns:\n" + columns
        + "    - read: t.csv\n      columns:\n" + columns.replace(": id\n", ": nr\n")
    )  # fmt: skip
    shop.write("s.csv", "id;who;paid\n1;x;1\n2;b;1\n").write("t.csv", "nr;who;paid\n3;x;1\n4;y;\n")
    taken = shop.take_in()
    assert taken.ask("select transaction_id from transactions") == [("2",), ("3",)]
    aside = "select reason, source_file, source_row from quarantine_transactions order by 2"
    assert [row[1:] for row in taken.ask(aside)] == [("s.csv", 1), ("t.csv", 2)]
    assert taken.ask(aside)[0][0].endswith("set aside by the mapping: a test")


def test_every_combination_once(shop):
    text = (
        sales() + "  products:\n    read: s.csv\n    distinct: true\n    columns: {product_id: x}\n"
    )
    shop.write("s.csv", "id;who;paid;x\n1;a;1;A\n2;b;1;B\n3;b;1;A\n").maps(text)
    assert shop.take_in().ask("select product_id from products") == [("A",), ("B",)]


def test_rows_may_stand_in_the_mapping_itself(shop):
    rows = "rows: [{id: '007', who: NO, paid: 1.50}, {id: 2, who: ~, paid: '2'}]"
    taken = shop.maps(sales(head=rows)).take_in()
    assert taken.ask("select transaction_id, customer_id, net_cents from transactions") == [
        ("007", "NO", 150), ("2", "~", 200),
    ]  # fmt: skip


ROWS = [{"id": "01", "who": "a", "paid": "1.50"}, {"id": "02", "who": "b", "paid": "2.50"}]
TEXT = "id,who,paid\n01,a,1.50\n02,b,2.50\n"


def _workbook(path):
    book = openpyxl.Workbook()
    book.active.title = "Sales"
    for row in [("id", "who", "paid"), ("01", "a", 1.5), ("02", "b", 2.5)]:
        book.active.append(row)
    book.save(path)


WRITERS = {
    "s.csv": lambda path: path.write_text(TEXT),
    "s.csv.gz": lambda path: path.write_bytes(gzip.compress(TEXT.encode())),
    "s.tsv": lambda path: path.write_text(TEXT.replace(",", "\t")),
    "s.txt": lambda path: path.write_bytes(TEXT.replace(",", "|").encode("utf-16")),
    "s.parquet": lambda path: pq.write_table(pa.Table.from_pylist(ROWS), path),
    "s.jsonl": lambda path: path.write_text("".join(f"{json.dumps(row)}\n" for row in ROWS)),
    "s.xlsx": _workbook,
}


@pytest.mark.parametrize("name", WRITERS)
def test_every_sort_of_file_gives_the_same_rows(shop, name):
    WRITERS[name](shop.folder / name)
    form = "\n    csv: {encoding: utf-16}" if name == "s.txt" else ""
    sheet = "\n    sheet: Sales" if name == "s.xlsx" else ""
    taken = shop.maps(sales(head=f"read: {name}{form}{sheet}")).take_in()
    assert taken.ask("select transaction_id, customer_id, net_cents from transactions") == [
        ("01", "a", 150), ("02", "b", 250),
    ]  # fmt: skip


@pytest.mark.parametrize("place", ["table: sales", "query: select * from sales where id > '00'"])
def test_tables_of_a_database_give_the_same_rows(shop, place, monkeypatch):
    pytest.importorskip("sqlalchemy", reason="sqlalchemy is not installed")
    path = shop.root / "shop.db"
    with sqlite3.connect(path) as database:
        database.execute("create table sales (id text, who text, paid text)")
        database.executemany("insert into sales values (:id, :who, :paid)", ROWS)
    database.close()
    monkeypatch.setenv("SHOP_DATABASE", f"sqlite:///{path}")
    taken = shop.maps("database: SHOP_DATABASE\n" + sales(head=place)).take_in()
    assert taken.one("select sum(net_cents)::int from transactions") == 400


def test_a_file_without_a_header_and_quotes_is_stated(shop):
    form = "csv: {header: [id, who, paid], quote: '', delimiter: '~', has_open_end: true}"
    shop.write("s.csv", '1~the "x~1.50\n2~b~2').maps(sales(head=f"read: s.csv\n    {form}"))
    assert shop.take_in().ask("select customer_id from transactions") == [('the "x',), ("b",)]


def test_the_fingerprint_follows_the_mapping_and_the_bytes_of_its_files(shop, tmp_path):
    def fingerprint():
        settings = Settings(folder=tmp_path)
        return open_mapping(shop.mapping, folder=shop.folder, settings=settings).fingerprint()

    shop.write("s.csv", TEXT).maps(sales())
    first = fingerprint()
    shop.write("other.csv", "x\n")
    assert fingerprint() == first
    shop.write("s.csv", TEXT + "3,c,1\n")
    second = fingerprint()
    shop.maps(sales(region="who"))
    assert len({first, second, fingerprint()}) == 3


def test_settings_may_name_a_mapping_as_source(shop):
    shop.write("s.csv", TEXT).maps("title: Shop\n" + sales())
    settings = Settings(folder=shop.root, source="shop.yaml", files="files")
    source = open_source(settings.source, settings=settings)
    assert (source.name, source.note.title) == ("shop", "Shop")
    with pytest.raises(ParameterError, match=r"no folder .*nowhere.*crm intake FOLDER --mapping"):
        open_source("shop.yaml", settings=settings.model_copy(update={"files": "nowhere"}))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("tables: {}\n", "tables.*at least 1"),
        ("- a\n", "is not a mapping: it must begin with"),
        ("titel: x\n" + sales(), "unknown field 'titel'; did you mean 'title'"),
        (sales().replace("transactions", "transaction"), "no table 'transaction'; did you mean"),
        (sales(net_amout="x"), "no column 'net_amout'; did you mean 'net_amount'"),
        (sales(net_amount=""), "the column net_amount is missing: amount paid"),
        (sales(customer_id=""), "the column customer_id is missing: the buyer"),
        (sales(region="{form: x}"), "unknown field 'form'; did you mean 'from'|format"),
        (sales(region="{from: x, constant: y}"), "state exactly one of from, constant"),
        (sales(region="{from: x, format: '%d.%m.%Y'}"), "format does not fit a column of kind"),
        (sales(occurred_at="{from: x, format: '%d.%m'}"), "does not hold a day, a month"),
        (sales(occurred_at="{from: x, format: '%d.%m.%Q'}"), "uses %Q; known are %d"),
        (sales(occurred_at="{from: x, time_zone: Berlin}"), "not a time zone such as"),
        (sales(region="{from: x, pattern: '('}"), "is not a regular expression"),
        (sales(region="{from: x, pattern: 'a'}"), "the pattern needs one group"),
        (sales(line_number="{number_within: y, equal_rows: keep}"), "names 'y', which is not"),
        (sales(line_number="{number_within: product_id}"), "number_within and equal_rows"),
        (sales(head="read: s.csv\n    table: t"), "state exactly one of read, table, query, rows"),
        (sales(head="table: t"), "table and query need `database: NAME"),
        (sales(head="read: s.csv\n    csv: {encoding: cp9}"), "not an encoding such as cp1252"),
        (sales(head="read: s.csv\n    where: {column: x}"), "state exactly one of values"),
        (sales(Region="who", region="who"), "columns.region: the name is reserved, or given twice"),
        (sales() + "    read: t.csv\n", "the key 'read' is given twice"),
    ],
)  # fmt: skip
def test_a_mapping_that_cannot_be_used_says_why(shop, text, says):
    with pytest.raises(ParameterError, match=says):
        shop.maps(text).take_in()


def test_an_address_with_a_password_is_refused_and_not_shown(shop):
    text = "database: postgresql://me:canary@host/shop\n" + sales(head="table: t")
    with pytest.raises(ParameterError, match="must be the name of an environment") as caught:
        shop.maps(text).take_in()
    assert "canary" not in str(caught.value)


def test_all_mistakes_of_a_mapping_are_said_at_once(shop):
    text = sales(net_amout="x", net_amount="", region="{from: x, factor: '2'}")
    with pytest.raises(ParameterError, match="for 3 reason") as caught:
        shop.maps(text).take_in()
    assert len(str(caught.value).splitlines()) == 4
