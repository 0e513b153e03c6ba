"""Composing: chapters, title cells, determinism; what a cell may hold and what is refused."""

import copy

import nbformat
import pytest
from nbformat.v4 import new_output, new_raw_cell

from crmlib.errors import ReportError
from crmlib.reporting.blocks import Figure, Preformatted, Prose, Table
from crmlib.reporting.content import read_content
from crmlib.reporting.report import ReportMeta, compose, read_meta
from tests.reporting.made_notebooks import SVG, code, display, figure, markdown, notebook, table

META = ReportMeta("Customer report", company="Acme", as_of="31 December 2017", status="PASS")


def test_title_cell_keeps_title_and_question(summary, chapter):
    report = compose([("00_summary", summary), ("10_customers", chapter)], meta=META)
    assert report.cells[0].source == "# Summary\n\n**Question.** What is to be decided?"


def test_question_and_reader_in_one_paragraph():
    one = notebook(markdown("# A\n\n**Question.** Who?\n**Reader.** Head.\n**Reads** `t`."))
    (cell,) = compose([("a", one)], meta=META).cells
    assert cell.source == "# A\n\n**Question.** Who?"


def test_composing_is_deterministic_and_changes_nothing(summary, chapter):
    before = copy.deepcopy([summary, chapter])
    made = [nbformat.writes(compose([("a", summary), ("b", chapter)], meta=META)) for _ in range(2)]
    assert made[0] == made[1]
    assert [summary, chapter] == before
    nbformat.validate(nbformat.reads(made[0], as_version=4))


def test_meta_survives(summary):
    report = compose([("a", summary)], meta=META)
    assert read_meta(report, read_content(report), name="x") == META


def test_meta_of_a_single_notebook_is_its_title(summary):
    assert read_meta(summary, read_content(summary), name="x").title == "Summary"


def test_a_chapter_whose_headline_says_all_ends_with_it(summary, chapter):
    """Where its table is missing, a chapter is its title and one sentence."""
    said = nbformat.v4.new_output(
        "display_data",
        data={"text/markdown": "No such table."},
        metadata={"crm": {"kind": "headline", "is_all": True}},
    )
    cell = nbformat.v4.new_code_cell("context.show_headline([])", outputs=[said])
    chapter.cells.insert(1, cell)
    report = compose([("90", summary), ("10", chapter)], meta=ReportMeta(title="Report"))
    assert len(report.cells) == len(summary.cells) + 2
    assert report.cells[-1].outputs[0].data["text/markdown"] == "No such table."


def test_nothing_to_compose():
    with pytest.raises(ReportError, match="no notebook to report"):
        compose([], meta=META)


def test_notebook_without_title():
    with pytest.raises(ReportError, match=r"'10_x' has no title"):
        compose([("10_x", notebook(markdown("## Only a section")))], meta=META)


def test_reader_sees_outputs_in_order_and_no_code(chapter):
    kinds = [type(block) for block in read_content(chapter).blocks]
    assert kinds == [Prose, Preformatted, Prose, Figure, Table, Prose]


def test_headings_have_unique_anchors_and_levels_without_gaps():
    titles = ["### Deep", "# Same", "# Same", "#### Deeper", "# 李", "# !", "# same 2"]
    nb = notebook(markdown("\n\n".join(titles)))
    headings = read_content(nb).headings
    assert [h.level for h in headings] == [1, 1, 1, 2, 1, 1, 1]
    assert [h.anchor for h in headings] == [
        "s-deep", "s-same", "s-same-2", "s-deeper", "s-李", "s-section", "s-same-2-2",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (
            code(new_output("error", ename="KeyError", evalue="'x'", traceback=[])),
            "failed with KeyError: 'x'",
        ),
        (code(display({"application/javascript": "alert(1)"})), "types.*javascript"),
        (
            code(display({"application/vnd.plotly.v1+json": {}, "text/plain": "Figure"})),
            "types.*plotly",
        ),
        (code(figure(alt="")), "figure 'bar' has no alternative text"),
        (code(display({"image/svg+xml": SVG})), "no alternative text"),
        (
            code(display({"text/plain": "Figure"}, kind="figure", name="bar")),
            "'bar' holds no image",
        ),
        (code(display({"text/html": "<video></video>"})), "holds <video>"),
        (code(table([["a", "1"]], files=["../../etc/passwd"])), "not inside the run folder"),
        (code(table([["a", "1"]], files=["/etc/passwd"])), "not inside the run folder"),
        (code(figure(files=["file:///etc/passwd"])), "not inside the run folder"),
        (new_raw_cell("raw"), "is a raw cell"),
    ],
)
def test_refusals_name_notebook_and_cell(cell, message):
    report = compose([("20_rfm", notebook(markdown("# T"), cell))], meta=META)
    with pytest.raises(ReportError, match=rf"Notebook '20_rfm', cell 2: .*{message}"):
        read_content(report)


def test_hidden_cells_may_hold_anything():
    error = new_output("error", ename="KeyError", evalue="x", traceback=[])
    assert read_content(notebook(code(error, tags=["remove-cell"]))).blocks == ()
    assert read_content(notebook(code(error, tags=["injected-parameters"]))).blocks == ()


def test_the_title_above_a_figure_is_not_shown_twice():
    above = display({"text/markdown": "**One bar**"}, kind="figure-title")
    assert [type(block) for block in read_content(notebook(code(above, figure()))).blocks] == [
        Figure
    ]


def test_long_printed_text_is_cut():
    nb = notebook(code(new_output("stream", name="stdout", text="x" * 1_000_000)))
    (block,) = read_content(nb).blocks
    assert len(block.text) == 10_000
