"""Deliveries that must be refused: the message says where, what, how often and what to do."""

import gzip
import os
import re

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crmlib.errors import DataRejectedError
from tests.database.deliveries import HEADER, LINES, csv_text


def refused(delivery, *patterns, **options):
    with pytest.raises(DataRejectedError) as caught:
        delivery.take_in(**options)
    message = str(caught.value)
    for pattern in patterns:
        assert re.search(pattern, message), f"{pattern} not in {message}"
    assert caught.value.exit_status == 3
    left = [path.name for path in delivery.snapshots.iterdir()]
    assert not [name for name in left if name.startswith(".")]
    return message


def test_a_missing_column_is_named_with_its_nearest_name(delivery):
    delivery.lines(*LINES, header=HEADER.replace("product_id", "produkt_id"))
    refused(
        delivery,
        r"transactions\.csv, column product_id: .*missing; did you mean 'produkt_id'\? Name",
    )


def test_a_renamed_customer_column_does_not_turn_sales_anonymous(delivery):
    delivery.lines(*LINES, header=HEADER.replace("customer_id", "Customer_ID"))
    refused(delivery, r"column customer_id: .*did you mean 'Customer_ID'")


def test_a_cut_last_line_is_refused(delivery):
    delivery.write("transactions.csv", csv_text(*LINES)[:-4])
    refused(delivery, r"transactions\.csv: the last line has no line end.*truncated")


def test_a_last_line_with_fewer_fields_is_refused(delivery):
    delivery.lines(*LINES, "t3,c3,p1")
    refused(delivery, r"number of fields is not the 6 .*1 row.*line 5: 't3,c3,p1'.*truncated")


@pytest.mark.parametrize(
    ("lines", "count"),
    [
        ([LINES[0], LINES[1].replace("t1,", "t1,x,"), LINES[2]], 1),
        ([LINES[0], LINES[1] + ",", LINES[2]], 1),
        ([line + "," for line in LINES], 3),
        ([line.replace("c", ",c") for line in LINES], 3),
        ([line + ",,x" for line in LINES], 3),
    ],
)
def test_one_comma_too_many_never_shifts_values(delivery, lines, count):
    delivery.lines(*lines)
    refused(delivery, rf"number of fields is not the 6 of the header \({count} row")


def test_an_empty_last_field_is_not_a_comma_too_many(delivery):
    delivery.lines(*[f"{line}," for line in LINES], header=HEADER + ",channel")
    assert delivery.take_in().report.tables[0].rows_used == 3


@pytest.mark.parametrize(
    "line", ['t3,"c3,p1,2017-03-01,1,1', 't3,"c3"x,p1,2017-03-01,1,1', 't3,c3,p1,2017-03-01,1,"1']
)
def test_broken_quotes_are_refused(delivery, line):
    delivery.lines(LINES[0], line, *LINES[1:])
    refused(delivery, r"transactions\.csv: (a quote is opened and not closed|.*cannot be read)")


def test_a_nul_byte_is_refused_with_its_place(delivery):
    delivery.write("transactions.csv", csv_text(*LINES).replace("t2", "t\0"))
    refused(delivery, rf"byte {csv_text(*LINES).index('t2') + 1} is a NUL")


def test_a_latin_1_byte_is_refused_with_its_place(delivery):
    text = csv_text(*LINES).replace("t2", "tü").encode("latin-1")
    delivery.write("transactions.csv", text)
    refused(
        delivery, rf"byte {text.index(0xFC)} is not UTF-8.*'ü' in Latin-1.*Save the file as UTF-8"
    )


@pytest.mark.parametrize(
    ("name", "cut"),
    [("transactions.parquet", 30), ("transactions.parquet", -200), ("transactions.csv.gz", 40)],
)
def test_cut_binary_files_are_refused(delivery, name, cut):
    if name.endswith("gz"):
        data = gzip.compress(csv_text(*LINES).encode())
    else:
        path = delivery.root / "whole.parquet"
        pq.write_table(pa.table({"transaction_id": ["a"] * 50}), path)
        data = path.read_bytes()
    delivery.write(name, data[:cut])
    refused(delivery, rf"{name}: the (Parquet file is|gzip data are) cut")


def test_a_damaged_page_inside_a_parquet_file_is_refused(delivery):
    path = delivery.root / "whole.parquet"
    names = ["transaction_id", "customer_id", "product_id", "occurred_at", "quantity", "net_amount"]
    columns = {name: [f"{name}{i}" for i in range(2000)] for name in names}
    pq.write_table(pa.table(columns), path, compression="zstd")
    data = bytearray(path.read_bytes())
    data[60:400] = bytes(340)
    delivery.write("transactions.parquet", bytes(data))
    refused(delivery, r"transactions\.parquet: the file is damaged")


@pytest.mark.parametrize("n_bytes", [100, 1000, 5000])
def test_a_parquet_file_without_its_beginning_is_refused(delivery, n_bytes):
    path = delivery.root / "whole.parquet"
    columns = {name: [f"{name}{i}" for i in range(5000)] for name in HEADER.split(",")}
    pq.write_table(pa.table(columns), path)
    delivery.write("transactions.parquet", b"PAR1" + path.read_bytes()[n_bytes:])
    refused(delivery, r"transactions\.parquet: .*damaged.*Export the file again")


@pytest.mark.parametrize("name", ["crm:row", "CRM:raw:kind", "crm:"])
@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_reserved_column_names_are_refused(good, name, ending):
    if ending == "csv":
        good.write("customers.csv", f"customer_id,{name}\nc1,x\n")
    else:
        pq.write_table(
            pa.table({"customer_id": ["c1"], name: ["x"]}), good.folder / "customers.parquet"
        )
    refused(good, rf"customers\.{ending}: column names beginning with crm: .*'{name}'\. Rename")


def test_the_name_under_which_the_engine_counts_rows_is_refused(good):
    table = pa.table({"customer_id": ["c1"], "file_row_number": ["x"]})
    pq.write_table(table, good.folder / "customers.parquet")
    refused(good, r"customers\.parquet: a column is named file_row_number\. Rename")


@pytest.mark.parametrize("share", [0.9, 1.0])
def test_a_delivery_of_which_no_row_can_be_used_is_refused(delivery, share):
    delivery.lines("t1,c1,p1,never,1,1", "t2,c1,p1,2017-03-01,many,1")
    refused(
        delivery,
        r"transactions\.csv: all rows were set aside: none of 2 can be used",
        r"column occurred_at: the value is not a moment.*'never'",
        r"column quantity: the value is not a number",
        max_quarantined_share=share,
    )


def test_rows_that_differ_under_one_key_and_their_copies_are_no_sales(delivery):
    lines = [LINES[0], LINES[0].replace("2.50", "9.99")]
    delivery.lines(*lines, *lines)
    refused(delivery, "none of 4 can be used", max_quarantined_share=1.0)


@pytest.mark.parametrize("name", ["customers.CSV", "Customers.csv", "products.Parquet"])
def test_a_file_whose_name_is_not_in_lower_case_is_refused(good, name):
    good.take_in()
    good.write(name, "customer_id\nc1\n")
    refused(good, rf"'{name}': the name is not in lower case\. Rename it to {name.lower()}\.")


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo, lambda path: os.symlink("nowhere", path)])
def test_what_is_named_like_a_file_and_is_none_is_refused(good, make):
    good.take_in()
    make(good.folder / "customers.csv")
    refused(good, r"'customers\.csv': it is not a file\. Put a plain file there")


def test_an_empty_file_names_the_expected_columns(delivery):
    delivery.write("transactions.csv", "")
    refused(delivery, r"the file is empty\. Expected columns: transaction_id, \[customer_id\]")


def test_a_header_alone_is_refused(delivery):
    delivery.lines()
    refused(delivery, r"a header and no rows.*transaction_id, product_id, occurred_at")


def test_a_header_that_names_a_column_twice_is_refused(delivery):
    delivery.lines(*[f"{line},x" for line in LINES], header=HEADER + ",Quantity")
    refused(delivery, r"names a column twice: 'quantity', 'Quantity'|'Quantity', 'quantity'")


def test_mixed_line_ends_are_refused_or_read_exactly(delivery):
    text = csv_text(*LINES).replace("\n", "\r\n", 1)
    delivery.write("transactions.csv", text)
    refused(delivery, r"transactions\.csv")


def test_no_transactions_is_refused_with_the_nearest_file(delivery):
    delivery.write("transaction.csv", csv_text(*LINES))
    refused(delivery, r"no transactions; did you mean 'transaction'.*columns transaction_id")


def test_two_files_for_one_table_are_refused(good):
    good.write("transactions.csv.gz", gzip.compress(csv_text(*LINES).encode()))
    refused(good, r"transactions\.csv and transactions\.csv\.gz: two files")


def test_another_currency_is_refused_whatever_the_threshold(delivery):
    lines = [f"{line},{code}" for line, code in zip(LINES, ("", "USD", "EUR"), strict=True)]
    delivery.lines(*lines, header=HEADER + ",currency")
    refused(
        delivery,
        r"column currency: the value is not USD.*\(1 row.*row 3 \(line 4\): 'EUR'",
        max_quarantined_share=1.0,
    )


def test_float_ids_are_refused_with_advice(delivery):
    table = pa.table({"transaction_id": ["1"], "customer_id": [17850.0], "product_id": ["1"]})
    pq.write_table(table, delivery.folder / "transactions.parquet")
    refused(delivery, r"column customer_id: .*stored as DOUBLE.*Store ids as text")


def test_more_rows_than_the_share_are_refused_and_listed(delivery):
    delivery.lines(*LINES, "t9,c9,p9,2017-03-01,many,1", "t8,c9,p9,2017-03-01,few,1")
    refused(
        delivery,
        r"2 of 5 rows break a rule, more than the 10\.000%.*max_quarantined_share",
        r"column quantity: the value is not a number.*\(2 row.*row 5 \(line 6\): 'few'; "
        r"row 4 \(line 5\): 'many'",
        max_quarantined_share=0.1,
    )
    assert delivery.take_in(max_quarantined_share=0.4).report.tables[0].rows_quarantined == 2


def test_all_problems_of_all_files_come_in_one_message(delivery):
    delivery.lines(*LINES, header=HEADER.replace("quantity", "qty"))
    delivery.write("customers.csv", b"customer_id\nc\xfc\n")
    delivery.write("campaigns.parquet", b"PAR1")
    delivery.write("products.csv", "product_id,unit_cost\np1,-3\n")
    refused(
        delivery,
        r"for 4 reason",
        r"transactions\.csv, column quantity: the column is missing",
        r"customers\.csv: byte 13 is not UTF-8",
        r"campaigns\.parquet: the Parquet file is cut",
        r"products\.csv: 1 of 1 rows break a rule",
        r"products\.csv, column unit_cost: the value is below 0 \(1 row\(s\)\)",
        max_quarantined_share=0.1,
    )


def test_hostile_values_are_short_and_printable_in_messages(delivery):
    delivery.lines(
        f"t1,c1,p1,2017-03-01,{'x' * 1_000_000},1", "t2,c1,p1,2017-03-01,\x1b[31mred\u202e,1"
    )
    message = refused(delivery, r"\\x1b\[31mred\\u202e", r"'x{59}…'", max_quarantined_share=0.0)
    assert "\x1b" not in message
    assert "\u202e" not in message
    assert len(message) < 2000


def test_a_refusal_leaves_earlier_snapshots_as_they_are(good):
    good.take_in()

    def contents():
        files = (path for path in good.snapshots.rglob("*") if path.is_file())
        return {str(path): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}

    before = contents()
    good.lines(*LINES, "t9,c9,p9,never,1,1")
    refused(good, r"column occurred_at: the value is not a moment", max_quarantined_share=0.0)
    assert contents() == before


def test_a_source_that_changes_while_it_is_read_is_refused(good):
    def change(line):
        if line.startswith("Checking"):
            good.lines(*LINES[:2])

    with pytest.raises(DataRejectedError, match="changed while it was read"):
        good.take_in(progress=change)
