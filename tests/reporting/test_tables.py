"""Tables: numbers by unit, customers' strings to the letter in HTML, CSV and XLSX."""

import openpyxl
import pandas as pd
import pytest

from crmlib.reporting import tables
from crmlib.reporting.formats import formatter
from crmlib.reporting.labels import heading

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    '=HYPERLINK("x","y")',
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\tcmd",
    "\rcmd",
    "Jörg",
    "李小龙",
    "17850.0",
    "00042",
    "NA",
]


@pytest.fixture
def frame() -> pd.DataFrame:
    return pd.DataFrame({"customer_id": HOSTILE, "net_amount": range(len(HOSTILE))})


def test_html_shows_text_and_runs_nothing(frame):
    html = tables.table_html(frame, caption="<b>x</b>", currency="USD")
    assert "<script" not in html
    assert "<img" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "<caption>&lt;b&gt;x&lt;/b&gt;</caption>" in html
    assert "Jörg" in html
    assert "李小龙" in html


def test_csv_keeps_text_as_text_in_a_spreadsheet(frame, tmp_path):
    tables.write_csv(frame, tmp_path / "t.csv")
    back = pd.read_csv(tmp_path / "t.csv", dtype=str, keep_default_na=False, lineterminator="\n")
    for original, written in zip(HOSTILE, back["customer_id"], strict=True):
        assert written.lstrip("'") == original
        assert not written.startswith(("=", "+", "-", "@", "\t", "\r"))


def test_negative_numbers_stay_numbers_in_csv(tmp_path):
    tables.write_csv(pd.DataFrame({"net_amount": [-5.5]}), tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text(encoding="utf-8") == "net_amount\n-5.5\n"


def test_xlsx_has_no_formula_and_exact_text(frame, tmp_path):
    tables.write_xlsx(frame, tmp_path / "t.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "t.xlsx").active
    cells = [row[0] for row in sheet.iter_rows(min_row=2)]
    assert {cell.data_type for cell in cells} == {"s"}
    assert [cell.value.replace("_x000D_", "\r").strip() for cell in cells] == [
        text.strip() for text in HOSTILE
    ]
    assert sheet["B2"].data_type == "n"


def test_files_are_the_same_bytes_every_time(frame, tmp_path):
    for name in ("a", "b"):
        tables.write_xlsx(frame, tmp_path / f"{name}.xlsx")
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_one_megabyte_in_a_cell_is_cut_on_the_page_and_kept_in_the_file(tmp_path):
    frame = pd.DataFrame({"name": ["x" * 1_000_000]})
    assert len(tables.table_html(frame, caption="c", currency="USD")) < 1_000
    tables.write_csv(frame, tmp_path / "t.csv")
    assert (tmp_path / "t.csv").stat().st_size > 1_000_000


def test_missing_values_and_flags_are_words():
    frame = pd.DataFrame({"net_amount": [1.0, None], "is_new": [True, False]})
    html = tables.table_html(frame, caption="c", currency="USD")
    assert '<td class="num">–</td>' in html
    assert "<td>yes</td>" in html


def test_no_row_is_said_in_words(capsys):
    html = tables.table_html(pd.DataFrame({"customer_id": []}), caption="c", currency="USD")
    assert "nothing to list" in html


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("net_amount", 1234.5, "1,234"),
        ("customer_share", 0.1234, "12.3 %"),
        ("n_orders", 12345, "12,345"),
        ("silence_days", 7.0, "7"),
        ("rows_in", 1469307, "1,469,307"),
        ("before", 16.577138, "16.58"),
        ("value", 0.35140834, "0.3514"),
    ],
)
def test_numbers_are_written_by_their_unit(name, value, shown):
    assert formatter(name)(value) == shown


def test_headings_carry_the_currency():
    assert heading("net_amount", currency="EUR") == "Sales, EUR"
    assert heading("n_customers", currency="EUR") == "Customers"


def test_ends_of_an_interval_are_written_as_their_value():
    """A reader never meets `87.5 %` with ends `0.8575` and `0.8899`, nor points as per cent."""
    score = pd.DataFrame(
        {
            "way": ["score"], "auc": [0.8746], "low": [0.8575], "high": [0.8899],
            "ahead_share": [0.064], "ahead_low_share": [-0.002], "ahead_high_share": [0.08],
        }
    )  # fmt: skip
    html = tables.table_html(score, caption="x", currency="USD")
    for shown in ("87.5 %", "85.8 %", "89.0 %", ">+6.4<", ">-0.2<", ">+8.0<"):
        assert shown in html
    before = pd.DataFrame({"difference_share": [0.3], "low_share": [0.2], "high_share": [0.4]})
    assert "%" not in tables.table_html(before, caption="x", currency="USD")


def test_p_values_are_written_as_far_as_they_say_anything():
    write = formatter("p_adjusted")
    assert (write(2.053e-12), write(0.0), write(0.4502)) == ("< 0.001", "< 0.001", "0.450")
