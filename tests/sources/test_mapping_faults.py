"""Files a mapping must refuse or set aside: what, where, how often, and what to do."""

import re

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crmlib.errors import DataRejectedError
from tests.sources.mapped import Shop

HEAD = "order;customer;item;day;n;price"
LINES = [
    "0001;17850.0;A1;25.12.2011;1;1.234,50",
    "0002;17850.0;A2;26.12.2011;2;0,50",
    "0003;;A1;27.12.2011;-1;-3,00",
]
MAPPING = """
tables:
  transactions:
    read: sales.csv
    columns:
      transaction_id: order
      customer_id: {from: customer, id_from_float: true}
      product_id: item
      occurred_at: day
      quantity: n
      net_amount: price
"""


@pytest.fixture
def shop(tmp_path):
    return Shop(tmp_path).maps(MAPPING)


def text(*lines, head=HEAD):
    return "\n".join([head, *lines]) + "\n"


def refused(shop, *patterns):
    with pytest.raises(DataRejectedError) as caught:
        shop.take_in()
    message = str(caught.value)
    for pattern in patterns:
        assert re.search(pattern, message), f"{pattern} not in {message}"
    return message


def test_delimiter_decimals_and_dates_are_proved_from_all_values(shop):
    taken = shop.write("sales.csv", text(*LINES)).take_in()
    rows = taken.ask(
        """select transaction_id, customer_id, occurred_at::date::varchar, net_cents
        from transactions order by 1"""
    )
    assert rows == [
        ("0001", "17850", "2011-12-25", 123_450),
        ("0002", "17850", "2011-12-26", 50),
        ("0003", None, "2011-12-27", -300),
    ]


@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_a_byte_order_mark_is_no_part_of_a_name(shop, bom):
    assert shop.write("sales.csv", bom + text(*LINES)).take_in().counts("transactions")[1] == 3


@pytest.mark.parametrize(
    ("content", "pattern"),
    [
        ("", "sales.csv: the file is empty"),
        (text(), "sales.csv: the file has a header and no rows"),
        (text(*LINES)[:-3], "the last line has no line end.*truncated.*has_open_end"),
        (text(*LINES, "0004;1.0;A1"), r"number of fields is not the 6 .*\(1 row.*line 5"),
        (text(*LINES, "4;1.0;A1;1.12.2011;1;1,00;x"), r"number of fields is not the 6.*line 5"),
        (text(*(f"{line};" for line in LINES)), r"number of fields is not the 6.*\(3 row"),
        (text(*LINES, '4;"1.0;A1;1.12.2011;1;1,00'), "quote is opened and not closed"),
        (text(*LINES).replace("A2", "A\0"), "byte .* is a NUL"),
        (text(*LINES, "0004,1.0,A1,1.12.2011,1,1.00"), "number of fields is not the 6.*line 5"),
    ],
)  # fmt: skip
def test_damaged_text_is_refused_with_its_line(shop, content, pattern):
    refused(shop.write("sales.csv", content), pattern)


def test_a_missing_file_is_named_with_its_nearest_name(shop):
    refused(shop.write("sale.csv", text(*LINES)), "'sales.csv': the file is missing; did you mean")


def test_renamed_and_doubled_headers_are_refused_with_the_nearest_name(shop):
    shop.write("sales.csv", text(*LINES, head="order;custmer;item;Day;n;price"))
    refused(
        shop,
        "column customer: the column is missing; did you mean 'custmer'",
        "column day: the column is missing; did you mean 'Day'",
    )
    shop.write("sales.csv", text(*LINES, head="order;customer;item;day;n;n"))
    refused(shop, "the header names a column twice: 'n'")


def test_an_amount_that_reads_both_ways_must_be_stated(shop):
    lines = ["1;1.0;A1;25.12.2011;1;1.234", "2;1.0;A1;25.12.2011;1;17"]
    shop.write("sales.csv", text(*lines))
    refused(
        shop,
        r"column price: every value reads both as .*For example '1\.234' is 1\.234 or 1234\.",
        'State how numbers are written, such as decimal: ","',
    )
    stated = MAPPING.replace("net_amount: price", 'net_amount: {from: price, thousands: "."}')
    assert (
        shop.maps(stated).take_in().one("select sum(net_cents)::int from transactions") == 125_100
    )


def test_decimals_that_change_half_way_are_refused_with_their_row(shop):
    refused(
        shop.write("sales.csv", text(*LINES, "4;1.0;A1;28.12.2011;1;2.50")),
        r'column price: decimal "," thousands "\." reads 3 of 4 values.*row 4: \'2\.50\'',
    )


def test_stated_decimals_set_other_values_aside_instead_of_misreading_them(shop):
    stated = MAPPING.replace("net_amount: price", 'net_amount: {from: price, decimal: ","}')
    shop.write("sales.csv", text("1;;A1;28.12.2011;1;2.50", "2;;A1;28.12.2011;1;2,50"))
    taken = shop.maps(stated).take_in()
    assert taken.ask("select transaction_id, net_cents from transactions") == [("2", 250)]
    assert '"price":"2.50"' in taken.one('select "row" from quarantine_transactions')


def test_days_that_read_both_ways_are_refused_with_both_readings(shop):
    shop.write("sales.csv", text("1;;A1;03/04/2011;1;1,50"))
    refused(shop, r"'03/04/2011' is 2011-04-03 or 2011-03-04.*State it: occurred_at: \{from")


def test_a_date_format_that_changes_half_way_is_refused_with_its_row(shop):
    shop.write("sales.csv", text(*LINES, "4;;A1;12/28/2011;1;2,50"))
    refused(shop, r"column day: %d\.%m\.%Y reads 3 of 4 values.*row 4: '12/28/2011'")


def test_stand_ins_for_unknown_days_are_set_aside(shop):
    shop.write("sales.csv", text(*LINES, "4;;A1;01.01.1900;1;2,50", "5;;A1;31.12.9999;1;2,50"))
    taken = shop.take_in()
    assert taken.finding("transactions", "occurred_at", "stand-in for an unknown date") == 2


def test_ids_that_are_no_whole_numbers_are_refused(shop):
    shop.write("sales.csv", text(*LINES, "4;17850.5;A1;28.12.2011;1;2,50"))
    refused(shop, r"column customer: numbers are not whole.*For example '17850\.5'")


def test_ids_are_kept_to_the_letter(shop):
    ids = ["NA", "007", "1234567890123456789", "None", "1e5"]
    lines = [f"{one};;A1;25.12.2011;1;1,50" for one in ids]
    taken = shop.write("sales.csv", text(*lines)).take_in()
    assert [one for (one,) in taken.ask("select transaction_id from transactions")] == sorted(ids)


def test_equal_and_conflicting_keys_are_told_apart(shop):
    other = LINES[1].replace("0,50", "0,60")
    taken = shop.write("sales.csv", text(*LINES, LINES[0], other)).take_in()
    assert taken.counts("transactions") == (5, 2, 2, 1, 0)


def test_all_problems_of_all_files_come_in_one_pass(shop):
    shop.maps(
        MAPPING
        + """
  customers: {read: people.csv, columns: {customer_id: id, kind: type}}
  products: {read: items.csv, columns: {product_id: item}}
"""
    )
    shop.write("sales.csv", text(*LINES)[:-3]).write("people.csv", "ID,type\n1,x\n")
    message = refused(
        shop,
        "sales.csv: the last line has no line end",
        "people.csv, column id: the column is missing; did you mean 'ID'",
        "'items.csv': the file is missing",
    )
    assert "for 3 reason" in message


def test_a_join_that_multiplies_rows_is_refused(shop):
    shop.maps(
        MAPPING.replace("    columns:", "    join: {read: people.csv, on: customer}\n    columns:")
    )
    shop.write("sales.csv", text(*LINES))
    shop.write("people.csv", "customer,town\n17850.0,Bonn\n17850.0,Ulm\n1.0,Jena\n")
    refused(shop, r"would multiply others \(2 row.*'17850.0' stands in 2 rows")


def test_a_code_that_the_mapping_does_not_know_is_refused_with_its_count(shop):
    shop.maps(MAPPING.replace("product_id: item", "product_id: {from: item, values: {A1: Tea}}"))
    refused(
        shop.write("sales.csv", text(*LINES)),
        r"column item: values are not in the list of the mapping \(1 row.*'A2' \(1\)",
    )


def test_daily_files_must_have_the_same_columns_and_may_have_more(shop):
    shop.maps(MAPPING.replace("sales.csv", "day-*.csv"))
    shop.write("day-2.csv", text("9;;A1;28.12.2011;1;2,50"))
    shop.write("day-1.csv", text(*LINES, head="order;customer;item;days;n;price"))
    refused(shop, "day-1.csv, column day: the column is missing; did you mean 'days'")
    shop.write("day-1.csv", text(*(f"{line};x" for line in LINES), head=HEAD + ";new"))
    taken = shop.take_in()
    assert taken.counts("transactions")[1] == 4
    assert any(
        "'new' is not in 1 of 2 files, such as day-2.csv" in one for one in taken.report.notes
    )


def test_a_set_aside_row_names_its_file_and_line(shop):
    shop.maps(MAPPING.replace("read: sales.csv", "read: days"))
    shop.write("days/b.csv", text("9;;;28.12.2011;1;2,50"))
    shop.write("days/a.csv", text(*LINES)).write("days/readme.md", "words")
    taken = shop.take_in()
    places = "select source_file, source_row from quarantine_transactions"
    assert taken.ask(places) == [("b.csv", 1)]


def test_a_damaged_page_of_a_parquet_file_is_refused(shop, tmp_path):
    path = tmp_path / "whole.parquet"
    table = {"order": [f"order {i}" for i in range(2000)], "customer": ["1.0"] * 2000,
             "item": ["A1"] * 2000, "day": ["2011-12-25"] * 2000, "n": ["1"] * 2000,
             "price": ["1.50"] * 2000}  # fmt: skip
    pq.write_table(pa.table(table), path, compression="zstd")
    data = bytearray(path.read_bytes())
    data[50:400] = b"\xff" * 350
    shop.maps(MAPPING.replace("sales.csv", "sales.parquet")).write("sales.parquet", bytes(data))
    refused(shop, "damaged")


def test_a_float_is_no_id_unless_the_mapping_says_so(shop, tmp_path):
    path = tmp_path / "whole.parquet"
    table = {"order": ["1"], "customer": [17850.0], "item": ["A1"], "day": ["2011-12-25"],
             "n": [1], "price": [1.5]}  # fmt: skip
    pq.write_table(pa.table(table), path)
    shop.write("sales.parquet", path.read_bytes())
    stated = MAPPING.replace("sales.csv", "sales.parquet")
    assert shop.maps(stated).take_in().one("select customer_id from transactions") == "17850"
    plain = stated.replace("{from: customer, id_from_float: true}", "customer")
    refused(shop.maps(plain), "column customer: the column is stored as DOUBLE.*id_from_float")


def test_amounts_of_another_currency_are_not_added(shop):
    shop.maps("currency: EUR" + MAPPING).write("sales.csv", text(*LINES))
    refused(
        shop,
        "column currency: the value is not USD.*amounts in different currencies are never added",
    )


def test_columns_that_differ_in_capitals_only_are_refused(shop):
    shop.maps(MAPPING.replace("sales.csv", "day-*.csv"))
    shop.write("day-1.csv", text(*(f"{line};x" for line in LINES), head=HEAD + ";Note"))
    shop.write("day-2.csv", text("9;;A1;28.12.2011;1;2,50;x", head=HEAD + ";note"))
    refused(shop, "the column 'Note' is 'note' in day-2.csv")


def test_an_empty_looking_day_is_named_and_can_be_stated(shop):
    shop.write("sales.csv", text(*LINES, "4;;A1; ;1;2,50"))
    refused(shop, r"row 4: ' '.*Name texts that stand for nothing in empty")
    stated = MAPPING.replace("occurred_at: day", "occurred_at: {from: day, empty: ' '}")
    assert shop.maps(stated).take_in().counts("transactions") == (4, 3, 1, 0, 0)


def test_costs_in_another_currency_are_not_taken_for_ours(shop):
    shop.maps(
        """
currency: EUR
tables:
  spend:
    read: spend.csv
    columns: {week: week, channel: channel, cost: cost}
"""
    )
    shop.write("spend.csv", "week,channel,cost\n2011-05-02,search,12.50\n")
    refused(shop, r"shop.yaml: amounts are in EUR, and the account currency is USD \(in spend\)")
    assert shop.take_in(currency="EUR").counts("spend")[1] == 1
