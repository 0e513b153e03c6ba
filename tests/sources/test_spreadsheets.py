"""Workbooks: exact texts, cells named in messages, nothing lost without a word."""

import datetime
import zipfile

import openpyxl
import pytest
import xlsxwriter

from crmlib.database.engine import connect
from crmlib.errors import ParameterError
from crmlib.sources.spreadsheets import filled_sheets, read_excel
from tests.sources.mapped import Shop


@pytest.fixture
def connection():
    with connect() as opened:
        yield opened


@pytest.fixture
def workbook(tmp_path):
    """Write a workbook: sheet name to rows, after which `change` may edit book and sheets."""

    def write(sheets, *, change=lambda _book: None, name="orders.xlsx"):
        options = {"strings_to_formulas": False, "default_date_format": "dd.mm.yyyy hh:mm"}
        with xlsxwriter.Workbook(tmp_path / name, options) as book:
            for title, rows in sheets.items():
                sheet = book.add_worksheet(title)
                for number, row in enumerate(rows):
                    sheet.write_row(number, 0, row)
            change(book)
        return tmp_path / name

    return write


@pytest.fixture
def read(connection, workbook):
    def reader(rows, *, change=lambda _book: None, **options):
        path = workbook({"Orders": rows}, change=change)
        return read_excel(connection, path, relation="raw", **options)

    return reader


def edit(path, old, new):
    """Replace bytes of the first sheet inside the workbook."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    assert old in parts["xl/worksheets/sheet1.xml"]
    parts["xl/worksheets/sheet1.xml"] = parts["xl/worksheets/sheet1.xml"].replace(old, new)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)


def rows(connection):
    return connection.execute("from raw order by 1").fetchall()


def said(raw):
    return [str(problem) for problem in raw.problems]


_DECIMALS = ("0.3", "19.99", "0.0000001")
"""Numbers with decimals, which stay numbers."""


@pytest.mark.parametrize(
    ("cell", "kept"),
    [
        (17850, "17850"),
        (17850.0, "17850"),
        (-3, "-3"),
        ("17850.0", "17850.0"),
        ("007", "007"),
        ("NA", "NA"),
        ("12345678901234567890", "12345678901234567890"),
        (999999999999999, "999999999999999"),
        (0.1 + 0.2, "0.3"),
        (19.99, "19.99"),
        (1e-7, "0.0000001"),
        (True, "true"),
        (datetime.datetime(2011, 4, 3, 12, 30, 15), "2011-04-03T12:30:15"),
        ("#REF!", "#REF!"),
        ("=1+1", "=1+1"),
        (" a\nb ", " a\nb "),
    ],
)
def test_values_are_exact_text(connection, read, cell, kept):
    raw = read([["id", "v"], ["1", cell]])
    assert not raw.problems
    assert rows(connection) == [(2, "1", float(kept) if kept in _DECIMALS else kept)]


def test_days_and_moments_are_iso_and_a_day_among_moments_is_midnight(connection, read):
    def change(book):
        day = book.add_format({"num_format": "dd.mm.yyyy"})
        sheet = book.get_worksheet_by_name("Orders")
        sheet.write_datetime(1, 0, datetime.date(2011, 4, 3), day)
        sheet.write_datetime(1, 1, datetime.date(2011, 4, 3), day)
        sheet.write_datetime(2, 0, datetime.date(2011, 12, 31), day)
        sheet.write_datetime(2, 1, datetime.datetime(2011, 4, 3, 23, 59))

    read([["day", "moment"]], change=change)
    assert rows(connection) == [
        (2, "2011-04-03", "2011-04-03T00:00:00"),
        (3, "2011-12-31", "2011-04-03T23:59:00"),
    ]


def test_a_book_of_the_old_macintosh_calendar_gives_the_same_days(connection, tmp_path):
    book = openpyxl.Workbook()
    book.epoch = openpyxl.utils.datetime.MAC_EPOCH
    book.active.append(["day"])
    book.active.append([datetime.date(2011, 4, 3)])
    book.save(tmp_path / "mac.xlsx")
    read_excel(connection, tmp_path / "mac.xlsx", relation="raw")
    assert rows(connection) == [(2, "2011-04-03")]


def test_formulas_give_the_value_stored_last(connection, workbook):
    def change(book):
        sheet = book.get_worksheet_by_name("Orders")
        sheet.write_formula(1, 0, "=6*7", None, 42)
        sheet.write_formula(1, 1, '=IF(A2>1,"","no")', None, "no")

    path = workbook({"Orders": [["n", "t", "x"], [0, 0, "x"]]}, change=change)
    assert not read_excel(connection, path, relation="raw").problems
    assert rows(connection) == [(2, "42", "no", "x")]
    edit(path, b"<v>no</v>", b"<v></v>")  # how Excel stores an empty text
    assert not read_excel(connection, path, relation="raw").problems
    assert rows(connection) == [(2, "42", None, "x")]


def test_formulas_that_were_never_computed_are_named(connection, tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["n", "m"])
    book.active.append(["=6*7", "x"])
    book.save(tmp_path / "never.xlsx")
    problems = said(read_excel(connection, tmp_path / "never.xlsx", relation="raw"))
    assert "1 cell(s) hold a formula whose value was never computed" in problems[0]
    assert "A2" in problems[0]


def test_error_cells_and_lost_digits_are_named_in_one_pass(read):
    def change(book):
        sheet = book.get_worksheet_by_name("Orders")
        for row, error in enumerate(["#REF!", "#N/A", "#DIV/0!", "#VALUE!"], start=1):
            sheet.write_formula(row, 1, "=A1/0", None, error)

    raw = read([["id", "v"], [1234567890123456], [1], [2], [9e99]], change=change)
    digits, errors = said(raw)
    assert "numbers of 16 or more digits, of which Excel keeps 15, in 2 cell(s)." in digits
    assert "A2: '1234567890123456'" in digits
    assert "Format the column as text" in digits
    assert "4 cell(s) hold an error instead of a value." in errors
    assert "For example B2: '#REF!'; B3: '#N/A'; B4: '#DIV/0!'." in errors
    assert raw.relation == ""


@pytest.mark.parametrize(
    ("header", "says"),
    [
        (["id", "ID"], "columns named twice: 'id', 'ID'"),
        (["id", "", "v"], "a column has no name in row 1"),
        (["id", "crm:row"], "reserved: 'crm:row'"),
        ([], "row 1, where the column names should be, is empty"),
    ],
)
def test_headers_that_cannot_be_names_are_refused(read, header, says):
    assert any(says in problem for problem in said(read([header, [1, 2, 3]])))


def test_a_merged_header_is_refused_with_its_cells(read):
    def change(book):
        book.get_worksheet_by_name("Orders").merge_range(0, 1, 0, 2, "both")

    problems = said(read([["id", "", ""], [1, 2, 3]], change=change))
    assert "cells of the header are merged: B1:C1" in problems[0]


def test_cells_beside_the_named_columns_are_refused(read):
    problems = said(read([["id", "v"], [1, 2], [1, 2, "note"]]))
    assert "1 cell(s) stand in columns without a name. For example C3: 'note'." in problems[0]


def test_names_below_a_title_are_asked_for_by_header_row(read):
    for title in (["Sales of May"], ["Sales", "", "of May"]):
        (problem,) = said(read([title, [], ["id", "day", "v"], [1, 2, 3]]))
        assert (
            "If the names stand below a title, say in which row of the sheet with `heade" in problem
        )
    assert not read([title, [], ["id", "day", "v"], [1, 2, 3]], header_row=3).problems


def test_numbers_among_texts_that_look_like_numbers_are_refused_with_their_cells(read):
    for text in ("1.234", "0,50", "1.234,50 €", "-EUR 3,00"):
        (problem,) = said(read([["id", "paid"], ["a", 2.5], ["b", text], ["c", 3]]))
        assert "column paid: 1 number(s) stand among 1 text(s) that look like numbers" in problem
        assert f"B2: '2.5'; B3: {text!r}" in problem


def test_words_and_whole_numbers_do_not_stand_against_a_column(connection, read):
    raw = read([["paid"], [1.234], ["none"], [12.5], ["7"], [8]])
    assert (raw.problems, raw.columns) == ((), {"paid": "VARCHAR"})
    # no reading takes 1.2340 for thousands
    assert [text for _, text in rows(connection)] == ["1.2340", "none", "12.5", "7", "8"]
    assert "numbers stand among texts in 'paid'; they are written with a decimal" in raw.notes[0]
    raw = read([["paid"], ["1.234,50"], [3], ["0,99"]])
    assert [text for _, text in rows(connection)] == ["1.234,50", "3", "0,99"]


PRICES = """
csv: {decimal: ",", thousands: "."}
tables:
  transactions:
    read: orders.xlsx
    header_row: 3
    columns:
      transaction_id: id
      customer_id: {constant: c}
      product_id: {constant: all}
      occurred_at: {from: day, format: "%Y-%m-%d"}
      quantity: n
      net_amount: {product: [n, price]}
      list_amount: price
      discount_amount: {from: price, factor: 0.1}
"""


def test_numbers_stay_numbers_under_a_stated_decimal_comma_and_rows_are_those_of_excel(
    tmp_path, workbook
):
    rows = [["Report"], [], ["id", "day", "n", "price"], ["1", "2011-04-03", 2, 1.23]]
    rows += [["2", "2011-04-03", 1, 1.234], ["3", "2011-04-03", 1, 5], ["4", "sunday", 1, 5]]
    shop = Shop(tmp_path).maps(PRICES)
    shop.write("orders.xlsx", workbook({"Orders": rows}).read_bytes())
    taken = shop.take_in()
    assert taken.ask(
        "select transaction_id, net_cents, list_cents from transactions order by all"
    ) == [("1", 246, 123), ("2", 123, 123), ("3", 500, 500)]
    assert taken.one("select source_row from quarantine_transactions") == 7


def test_the_header_may_stand_lower_and_row_numbers_are_those_of_the_sheet(connection, read):
    raw = read([["Report of May"], [], ["id"], [1], [], [2], [""]], header_row=3)
    assert not raw.has_line_numbers  # a message would give another number beside that of the row
    assert rows(connection) == [(4, "1"), (6, "2")]
    assert any("1 empty row(s) between the others are left out" in note for note in raw.notes)


def test_a_table_that_starts_further_right_and_down_is_read(connection, workbook):
    def change(book):
        sheet = book.get_worksheet_by_name("Orders")
        sheet.write_row(4, 2, ["id", "v"])
        sheet.write_row(5, 2, ["007", 1e15])

    path = workbook({"Orders": []}, change=change)
    raw = read_excel(connection, path, relation="raw", header_row=5)
    assert "D6: " in said(raw)[0]


def test_hidden_rows_and_columns_are_read_and_said(connection, read):
    def change(book):
        sheet = book.get_worksheet_by_name("Orders")
        sheet.set_row(1, None, None, {"hidden": True})
        sheet.set_column(1, 1, None, None, {"hidden": True})

    raw = read([["id", "v"], [1, 2], [3, 4]], change=change)
    assert rows(connection) == [(2, "1", "2"), (3, "3", "4")]
    assert [note.split(": ")[1] for note in raw.notes] == [
        "1 hidden or filtered row(s) are read like the others.",
        "hidden columns are read like the others.",
    ]


def test_the_one_filled_visible_sheet_is_taken(connection, workbook):
    sheets = {"Empty": [], "Orders": [["id"], [1]], "Old": [["x"], [2]]}
    path = workbook(sheets, change=lambda book: book.get_worksheet_by_name("Old").hide())
    assert not read_excel(connection, path, relation="raw").problems
    assert rows(connection) == [(2, "1")]


def test_an_ambiguous_or_unknown_sheet_lists_the_sheets(connection, workbook):
    path = workbook({"Orders": [["id"], [1]], "Prices": [["id"], [2]]})
    assert said(read_excel(connection, path, relation="raw")) == [
        "orders.xlsx: the workbook has 2 visible sheets with content. Name one with `sheet:`; "
        "its sheets are 'Orders', 'Prices'."
    ]
    problem = said(read_excel(connection, path, relation="raw", sheet="orders"))[0]
    assert "there is no sheet 'orders'; did you mean 'Orders'? Its sheets are" in problem
    assert filled_sheets(path) == ["Orders", "Prices"]
    assert not read_excel(connection, path, relation="raw", sheet="Prices").problems
    assert rows(connection) == [(2, "2")]


@pytest.mark.parametrize(
    ("content", "says"), [([], "the workbook is empty"), ([["id"]], "no row below the header")]
)
def test_a_sheet_without_rows_is_refused(read, content, says):
    assert says in said(read(content))[0]


def test_an_empty_sheet_is_refused(connection, workbook):
    path = workbook({"Orders": [["id"], [1]], "Empty": []})
    problems = said(read_excel(connection, path, relation="raw", sheet="Empty"))
    assert "sheet 'Empty': the sheet is empty" in problems[0]


def test_charts_on_a_sheet_of_their_own_are_passed_over(connection, workbook):
    def change(book):
        chart = book.add_chart({"type": "bar"})
        chart.add_series({"values": "=Orders!$A$1:$A$2"})
        book.add_chartsheet("Chart").set_chart(chart)
        book.add_worksheet("Later").write_column(0, 0, ["v", "=1"])
        book.get_worksheet_by_name("Orders").hide()
        book.get_worksheet_by_name("Later").activate()

    read_excel(connection, workbook({"Orders": [["id"], [1]]}, change=change), relation="raw")
    assert rows(connection) == [(2, "=1")]


def test_what_is_no_workbook_is_refused(connection, tmp_path, workbook):
    for name, data in {
        "text.xlsx": b"id\n1\n",
        "empty.xlsx": b"",
        "cut.xlsx": workbook({"Orders": [["id"], [1]]}).read_bytes()[:-300],
    }.items():
        (tmp_path / name).write_bytes(data)
        problem = said(read_excel(connection, tmp_path / name, relation="raw"))[0]
        assert filled_sheets(tmp_path / name) == []
        assert "it is no workbook, or it is cut (truncated) or damaged" in problem
    (tmp_path / "old.xls").write_bytes(b"x")
    problem = said(read_excel(connection, tmp_path / "old.xls", relation="raw"))[0]
    assert "Save the workbook as .xlsx." in problem


def test_a_damaged_sheet_is_refused(connection, tmp_path, workbook):
    path = workbook({"Orders": [["id"], *([f"row {n}"] for n in range(5000))]})
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo("xl/worksheets/sheet1.xml")
    data = bytearray(path.read_bytes())
    middle = info.header_offset + info.compress_size // 2
    data[middle : middle + 40] = bytes(40)
    path.write_bytes(data)
    assert "damaged" in said(read_excel(connection, path, relation="raw"))[0]


def test_a_missing_package_is_explained(connection, monkeypatch, workbook):
    path = workbook({"Orders": [["id"], [1]]})
    monkeypatch.setitem(__import__("sys").modules, "python_calamine", None)
    with pytest.raises(ParameterError, match="pip install python-calamine"):
        read_excel(connection, path, relation="raw")
