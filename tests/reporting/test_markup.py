"""Stored HTML and Markdown: hand-worked parses, refusals, and strings that must not act."""

import pandas as pd
import pytest

from crmlib.errors import ReportError
from crmlib.reporting.blocks import Cell, KeyFigure, KeyFigures, Note, Table, clean_text
from crmlib.reporting.formulas import to_mathml, to_typst
from crmlib.reporting.markup import parse_html
from crmlib.reporting.prose import parse_markdown, plain_text, safe_url
from tests.reporting.made_notebooks import HOSTILE


def test_crm_table_by_hand():
    stored = (
        '<table class="crm-table"><caption>Sales &amp; more</caption><thead><tr>'
        '<th scope="col">Customer</th><th scope="col" class="num">Sales, USD</th></tr></thead>'
        '<tbody><tr><th scope="row">A &lt;Ltd&gt;</th><td class="num">1,234</td></tr></tbody>'
        '</table><p class="crm-note">All customers, 2017.</p>'
    )
    assert parse_html(stored) == [
        Table(
            header=((Cell("Customer", True), Cell("Sales, USD", True, True)),),
            body=((Cell("A <Ltd>", True), Cell("1,234", False, True)),),
            caption="Sales & more",
            notes=("All customers, 2017.",),
        )
    ]


def test_pandas_table_with_header_rows_and_repeated_labels():
    columns = pd.MultiIndex.from_product([["North", "South"], ["old", "new"]])
    index = pd.MultiIndex.from_tuples([("a", "x"), ("a", "y")], names=["group", "name"])
    frame = pd.DataFrame([[1, 2, 3, 4], [5, 6, 7, 8]], columns=columns, index=index)
    (table,) = parse_html(frame._repr_html_())
    assert table.n_columns == 6
    assert [cell.text for cell in table.header[0]] == ["", "", "North", "South"]
    assert [cell.span for cell in table.header[0]] == [1, 1, 2, 2]
    assert [cell.text for cell in table.body[1]] == ["a", "y", "5", "6", "7", "8"]
    assert [cell.is_numeric for cell in table.body[1]] == [False, False, True, True, True, True]


def test_truncated_pandas_table_keeps_the_remark_on_its_size():
    with pd.option_context("display.max_rows", 4):
        (table,) = parse_html(pd.DataFrame({"n": range(9)})._repr_html_())
    assert table.notes == ("9 rows × 1 columns",)


def test_key_figures_by_hand():
    stored = (
        '<dl class="crm-key-figures"><div><dt>Revenue</dt><dd class="value">$1</dd>'
        '<dd class="note">+3 %</dd></div><div><dt>Orders</dt><dd class="value">2</dd></div></dl>'
    )
    tiles = (KeyFigure("Revenue", "$1", "+3 %"), KeyFigure("Orders", "2"))
    assert parse_html(stored) == [KeyFigures(tiles)]


def test_paragraph_alone_is_a_note():
    assert parse_html("<p>a <b>b</b><br>c</p>") == [Note("a b\nc")]


@pytest.mark.parametrize(
    "stored",
    [
        "<table><tr><td><script>alert(1)</script></td></tr></table>",
        "<table><tr><td><img src=x onerror=alert(1)></td></tr></table>",
        "<iframe src='https://example.org'></iframe>",
        "<p><a href='javascript:alert(1)'>x</a></p>",
        "<dl class='crm-key-figures'><div><dt><svg></svg></dt><dd class='value'>1</dd></div></dl>",
    ],
)
def test_unknown_elements_are_refused(stored):
    with pytest.raises(ReportError, match=r"holds <\w+>.*crmlib\.reporting\.tables\.show"):
        parse_html(stored)


def test_raw_styler_with_a_script_in_a_name_is_refused():
    styler = pd.DataFrame({"name": ["<script>alert(1)</script>"]}).style
    with pytest.raises(ReportError, match="holds <script>"):
        parse_html(styler.to_html())


def test_key_figure_without_value_is_refused():
    with pytest.raises(ReportError, match="lacks its name"):
        parse_html("<dl class='crm-key-figures'><div><dt>Revenue</dt></div></dl>")


def test_a_megabyte_in_a_cell_is_cut():
    (table,) = parse_html(f"<table><tr><td>{'x' * 1_000_000}</td></tr></table>")
    assert len(table.body[0][0].text) == 2_000
    assert table.body[0][0].text.endswith("x…")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[31mb", "a␛[31mb"),
        ("a\x00b\x07", "a␀b␇"),
        ("a\u202eb\u2066c\ufeff", "a�b�c�"),
        ("a\ud800b\ufffe", "a�b�"),
        ("a\u200bb\u200dc", "a\u200bb\u200dc"),
        ("line\r\nnext\tcell", "line\nnext\tcell"),
    ],
)
def test_clean_text_shows_controls(text, shown):
    assert clean_text(text) == shown


@pytest.mark.parametrize("name", HOSTILE)
def test_escaped_markdown_is_literal(name):
    escaped = "".join(f"\\{c}" if c in "\\`*_{}[]()#+-.!|<>~$&:@^=\"'/" else c for c in name)
    (paragraph,) = parse_markdown(f"Customer {escaped} left")
    assert plain_text([paragraph]) == f"Customer {name} left"
    assert {token["type"] for token in paragraph["children"]} == {"text"}


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://example.org/a?b=1&c=2", "https://example.org/a?b=1&c=2"),
        ("mailto:crm@example.org", "mailto:crm@example.org"),
        ("#s-method", "#s-method"),
        ("javascript:alert(1)", None),
        ("JaVaScript:alert(1)", None),
        ("data:text/html,x", None),
        ("//example.org", None),
        ("file:///etc/passwd", None),
    ],
)
def test_safe_url(url, safe):
    assert safe_url(url) == safe


def test_formulas_by_hand():
    assert to_typst(r"\frac{a}{b}") == "a/b"
    assert "<mfrac>" in to_mathml(r"\frac{a}{b}", display=True)
    assert "&lt;" in to_mathml("a < b", display=False)


@pytest.mark.parametrize(
    "latex",
    [
        r'\text{"#eval("1")"}',
        '#read("x")',
        r"\unknowncommand{x}",
        "}{",
        r"\text{x}@y",
        "x" * 3_000,
    ],
)
def test_formulas_that_typst_cannot_show_are_left_as_text(latex):
    assert to_typst(latex) is None


@pytest.mark.parametrize("latex", [r"\href{javascript:alert(1)}{x}", "}{", r"\frac{", "x" * 3_000])
def test_formulas_that_mathml_cannot_show_are_left_as_text(latex):
    assert to_mathml(latex, display=False) is None


def test_markup_inside_a_formula_stays_text():
    mathml = to_mathml(r"\text{<script>alert(1)</script>}", display=False)
    assert "<script" not in mathml
    assert "&lt;script&gt;" in mathml
