"""The PDF: tagged, bookmarked, literal, inside its margins, and the same every time."""

import dataclasses
import logging
from pathlib import Path

import matplotlib as mpl
import pytest
from matplotlib.ft2font import FT2Font
from nbconvert.exporters import get_exporter
from nbformat.v4 import new_output

from crmlib.errors import ReportError
from crmlib.reporting import fonts
from crmlib.reporting.blocks import Cell, Table
from crmlib.reporting.columns import INSET, fit
from crmlib.reporting.pdf import CrmPDFExporter
from crmlib.reporting.report import ReportMeta, compose
from crmlib.reporting.typst import TEXT_WIDTH
from tests.reporting.made_notebooks import (
    HOSTILE,
    NAMES,
    code,
    display,
    figure,
    markdown,
    notebook,
    table,
)
from tests.reporting.pdf_reading import extents, pdf_of, squeezed, text_of

META = ReportMeta(
    "Customer report", company="Acme", as_of="31 December 2017", source_note="Source: sample."
)
LEFT, RIGHT = 595.276 / 2 - TEXT_WIDTH / 2 - 2, 595.276 / 2 + TEXT_WIDTH / 2 + 2


@pytest.fixture
def report(summary, chapter):
    return compose([("00_summary", summary), ("10_customers", chapter)], meta=META)


def test_tagged_titled_and_bookmarked(report):
    reader = pdf_of(report)
    catalog = reader.trailer["/Root"]
    assert catalog["/MarkInfo"]["/Marked"].value is True
    assert "/StructTreeRoot" in catalog
    assert catalog["/Lang"] == "en"
    assert reader.metadata.title == "Customer report"
    assert reader.metadata.author == "Acme"
    assert "pdfuaid" in reader.xmp_metadata.stream.get_data().decode()
    titles = [entry.title for entry in reader.outline if not isinstance(entry, list)]
    assert titles == ["Summary", "Contents", "Customers"]


def test_first_page_holds_the_headline_and_its_number(report):
    first = pdf_of(report).pages[0].extract_text()
    for text in ("Customer report", "31 December 2017", "$4,596,040", "Sales grew by 3.1 %"):
        assert text in first
    assert "1 / 2" in first


def test_simulated_data_are_marked_on_every_page_and_in_the_title():
    nb = notebook(markdown("# T"), markdown("Text.\n\n" * 80))
    meta = dataclasses.replace(META, status="PASS", data="Shop #x", is_simulated=True)
    reader = pdf_of(compose([("a", nb)], meta=meta))
    first, second = (" ".join(page.extract_text().split()) for page in reader.pages[:2])
    assert "Checks: PASS Data: SIMULATED" in first
    assert "Acme — data: Shop #x Customer report" in first
    assert second.startswith("SIMULATED · Acme — data: Shop #x · Customer report")
    assert (reader.metadata.title, reader.metadata.author) == ("SIMULATED: Customer report", "Acme")
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"].value is True
    real = pdf_of(compose([("a", nb)], meta=META))
    assert "SIMULATED" not in text_of(real)


def test_without_a_company_the_data_name_the_report(summary):
    reader = pdf_of(compose([("a", summary)], meta=ReportMeta("Customer report", data="Shop")))
    assert reader.pages[0].extract_text().startswith("Shop")
    assert reader.metadata.author == "Shop"


def test_later_pages_have_a_running_head():
    nb = notebook(markdown("# T"), markdown("Text.\n\n" * 80))
    second = pdf_of(compose([("a", nb)], meta=META)).pages[1].extract_text()
    assert "Acme · Customer report · 31 December 2017" in " ".join(second.split())
    assert "Source: sample." in second


def test_names_in_many_scripts(report):
    text = text_of(pdf_of(report))
    assert all(name in text for name in NAMES)


def test_same_numbers_as_in_the_html(report):
    text = text_of(pdf_of(report))
    for number in ("212,400", "$4,596,040", "2,469", "1,469,307"):
        assert number in text


def test_neither_code_nor_stderr_is_shown(report):
    text = text_of(pdf_of(report))
    for hidden in ("secret_source", "findfont", "Reads", "Writes"):
        assert hidden not in text


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_literal(name):
    nb = notebook(
        markdown("# T"),
        code(table([[name, "1"]], columns=[name, "n"], caption=name, note=name)),
        code(figure(title=name, alt=name)),
        code(new_output("stream", name="stdout", text=name)),
        code(display({"text/plain": name})),
    )
    meta = ReportMeta(name, company=name, as_of=name, source_note=name, status=name)
    reader = pdf_of(compose([("a", nb)], meta=meta))
    assert squeezed(text_of(reader)).count(squeezed(name)) >= 10
    assert reader.metadata.title == name
    assert not [a for page in reader.pages for a in page.get("/Annots", [])]


@pytest.mark.parametrize("name", HOSTILE)
def test_unescaped_names_in_markdown_do_not_act(name):
    nb = notebook(markdown("# T"), code(display({"text/markdown": f"Customer {name} left"})))
    assert "left" in text_of(pdf_of(nb))


def test_controls_and_overrides_are_shown_as_signs():
    rows = [["NUL\x00bell\x07esc\x1b[31m", "1"], ["over\u202eride\ufeff", "2"], ["z\u200bw", "3"]]
    text = text_of(pdf_of(notebook(markdown("# T"), code(table(rows)))))
    assert "over\ufffdride\ufffd" in text
    assert "[31m" in text
    assert "\x1b" not in text


def test_wide_table_stays_inside_the_margins():
    columns = [f"Quarter {i}" for i in range(14)]
    rows = [["Customer"] + ["1,234,567"] * 13] * 3
    reader = pdf_of(notebook(markdown("# T"), code(table(rows, columns=columns))))
    ends = [end for page in reader.pages for end in extents(page)]
    assert min(start for start, _ in ends) >= LEFT
    assert max(end for _, end in ends) <= RIGHT
    assert text_of(reader).count("1,234,567") == 39


def test_long_words_stay_inside_the_margins():
    word = "W" * 300
    nb = notebook(
        markdown(f"# T {word}\n\n{word}\n\n`{word}`\n\n- {word}"),
        code(table([[word, word], ["a", "1"]], caption=word, note=word)),
        code(new_output("stream", name="stdout", text=word + "\n" + " x" * 200)),
        code(figure(title=word)),
    )
    reader = pdf_of(nb)
    ends = [end for page in reader.pages for end in extents(page)]
    assert max(end for _, end in ends) <= RIGHT
    assert squeezed(text_of(reader)).count(word) >= 7


def test_a_megabyte_of_text_is_cut():
    nb = notebook(
        markdown("# T"),
        code(table([["x" * 1_000_000, "1"]])),
        code(new_output("stream", name="stdout", text="y" * 1_000_000)),
        code(display({"text/markdown": "z" * 1_000_000})),
    )
    reader = pdf_of(nb)
    assert len(reader.pages) < 40
    assert squeezed(text_of(reader)).count("x") < 2_100


def test_header_row_is_repeated_on_every_page():
    rows = [[f"Customer {i}", str(i)] for i in range(150)]
    reader = pdf_of(notebook(markdown("# T"), code(table(rows))))
    assert len(reader.pages) > 2
    for page in reader.pages:
        assert "Sales, USD" in page.extract_text()


def test_links_lead_only_to_safe_addresses():
    nb = notebook(markdown("# T\n\n[a](https://example.org/a) [b](javascript:x) [c](file:///etc)"))
    reader = pdf_of(nb)
    uris = [a.get_object()["/A"]["/URI"] for a in reader.pages[0]["/Annots"]]
    assert uris == ["https://example.org/a"]


def test_twice_the_same_bytes(report):
    made = [CrmPDFExporter().from_notebook_node(report)[0] for _ in range(2)]
    assert made[0] == made[1]


def test_unreadable_figure_is_refused():
    nb = notebook(
        markdown("# T"),
        code(display({"image/svg+xml": "<svg"}, kind="figure", name="x", alt="X.")),
    )
    with pytest.raises(ReportError, match=r"PDF of 'T' cannot be made: .*SVG"):
        pdf_of(nb)


def test_without_the_fonts_extra_a_warning_names_it(monkeypatch, caplog, report):
    monkeypatch.setattr(fonts, "_PACKAGES", {})
    fonts.available_fonts.cache_clear()
    try:
        with caplog.at_level(logging.WARNING):
            text = text_of(pdf_of(report))
    finally:
        fonts.available_fonts.cache_clear()
    assert "pip install crmlib[fonts]" in caplog.text
    assert "Jörg" in text
    assert "\ufffd" in text


def test_nbconvert_finds_the_exporter(chapter):
    data, resources = get_exporter("crm-pdf")().from_notebook_node(chapter)
    assert data.startswith(b"%PDF")
    assert resources["output_extension"] == ".pdf"


def _wide(n_columns: int, text: str) -> Table:
    cells = tuple(Cell(text, is_numeric=True) for _ in range(n_columns))
    return Table(header=(), body=(cells,))


@pytest.mark.parametrize("text", ["1,234,567.89", "WWWWMMMM", "$4.5m (±0.3 %)", "éàÜßÄÖ"])
def test_width_of_numbers_is_estimated_from_above(text):
    """The width that a cell gets holds its text as the widest of the fonts draws it."""
    font = FT2Font(str(Path(mpl.get_data_path()) / "fonts/ttf/DejaVuSans.ttf"))
    font.set_size(8.5, 72)
    drawn = sum(font.load_char(ord(char)).linearHoriAdvance / 65536 for char in text)
    (layout,) = fit(_wide(1, text), page_width=TEXT_WIDTH)
    assert layout.widths[0] - 2 * INSET >= drawn


@pytest.mark.parametrize("n_columns", [1, 6, 14, 40])
def test_every_column_is_shown_within_the_page(n_columns):
    layouts = fit(_wide(n_columns, "1,234,567"), page_width=TEXT_WIDTH)
    assert {column for layout in layouts for column in layout.columns} == set(range(n_columns))
    assert all(sum(layout.widths) <= TEXT_WIDTH + 0.5 for layout in layouts)
    assert all(layout.columns[0] == 0 for layout in layouts)


def test_smaller_type_before_parts():
    sizes = [fit(_wide(n, "1,234"), page_width=TEXT_WIDTH)[0].size for n in (4, 14)]
    assert sizes[0] > sizes[1]


def _named(names: list[str], rows: list[list[str]]) -> Table:
    return Table(
        header=(tuple(Cell(name, is_header=True) for name in names),),
        body=tuple(tuple(Cell(text) for text in row) for row in rows),
    )


def test_parts_repeat_the_columns_that_tell_rows_apart():
    names = ["By", "Part", *(f"Measure number {k}" for k in range(12))]
    rows = [["category", part, *(["1,234,567.89"] * 12)] for part in ("soup", "cheese", "beef")]
    layouts = fit(_named(names, rows), page_width=TEXT_WIDTH)
    assert len(layouts) > 1
    assert all(layout.columns[:2] == (0, 1) for layout in layouts)


def test_ends_of_an_interval_stay_with_their_value():
    names = ["Customer", *(["Sales measured", "Low", "High"] * 6)]
    rows = [[str(k), *(["1,234,567.89"] * 18)] for k in range(3)]
    layouts = fit(_named(names, rows), page_width=TEXT_WIDTH)
    assert len(layouts) > 1
    assert all(names[layout.columns[1]] == "Sales measured" for layout in layouts)
    assert all(names[layout.columns[-1]] == "High" for layout in layouts)


def test_short_texts_stay_on_one_line_beside_long_ones():
    long = "Ask in the next contact why they do not buy it here, and write the answer down"
    table = _named(["What to do", "Why", "Who"], [[long, "bought together", long]] * 3)
    (layout,) = fit(table, page_width=TEXT_WIDTH)
    (alone,) = fit(_named(["Why"], [["bought together"]]), page_width=TEXT_WIDTH)
    assert layout.widths[1] >= alone.widths[0] * layout.size / alone.size - 1


def test_smaller_type_where_texts_would_be_columns_of_single_words():
    names = [f"Measure{k}" for k in range(8)] + ["What to do"]
    rows = [[*(["1,234"] * 8), "Ask in the next contact why they do not buy it here"]] * 10
    (layout,) = fit(_named(names, rows), page_width=TEXT_WIDTH)
    (few,) = fit(_named(names[:1], [["1,234"]]), page_width=TEXT_WIDTH)
    assert layout.size < few.size


def test_a_chapter_of_a_sentence_takes_no_page_of_its_own():
    short = notebook(markdown("# Visitors"), markdown("The source brings no visits."))
    long = notebook(
        markdown("# Forecast"), markdown("## What is to be expected"), markdown("More.")
    )
    parts = [("a", long), ("b", long), ("c", long), ("d", short), ("e", short), ("f", long)]
    pages = [page.extract_text() for page in pdf_of(compose(parts, meta=META)).pages]
    (held,) = [page for page in pages if "brings no visits" in page]
    assert held.count("brings no visits") == 2
    assert "Forecast" in held, "it follows the chapter before"
    assert "Forecast" in pages[-1]
    assert "brings no visits" not in pages[-1], "a long chapter begins on a page of its own"


def test_a_number_is_not_parted_from_its_per_cent():
    nb = notebook(markdown("# T"), markdown(" ".join(f"{k}.5 % of all" for k in range(400))))
    lines = [line for page in pdf_of(nb).pages for line in page.extract_text().splitlines()]
    assert len(lines) > 20
    assert not [line for line in lines if line.lstrip().startswith("%")]


def test_a_sentence_in_the_place_of_rows_stays_on_one_line():
    head = "".join(f"<th>Measure {k}</th>" for k in range(9))
    body = '<tr><td colspan="9">nothing to list</td></tr>'
    shown = f'<table class="crm-table"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    page = pdf_of(notebook(markdown("# T"), code(display({"text/html": shown})))).pages[0]
    assert "nothing to list" in page.extract_text()


def test_two_parts_rather_than_words_in_pieces():
    names = ["Product", "Category", "Subcategory", *(f"Amount no {k}, USD" for k in range(7))]
    rows = [
        [
            str(k),
            "GRANDVEGETABLES - OTHERVEGETABLES",
            "SANDWICHESWRAPS AND ROLLS",
            *(["12,345"] * 7),
        ]
        for k in range(20)
    ]
    layouts = fit(_named(names, rows), page_width=TEXT_WIDTH)
    assert len(layouts) == 2
    assert {layout.word_limit for layout in layouts} == {16}
