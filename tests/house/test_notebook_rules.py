"""The rules of the notebooks: thin, in order, parameters typed, outputs in normal form."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import nbformat
import pytest

from crmlib.decisions.attention import chapter_title
from crmlib.run.normalise import is_normal, normalise

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
TAGS = {"parameters", "nbval-check-output", "remove-cell"}
FORBIDDEN = (
    ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.For, ast.While, ast.Try,
    ast.With, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp,
)  # fmt: skip
FILES = re.compile(r"open\(|Path|read_|to_csv|to_parquet|matplotlib|plt\.|^[%!]", re.MULTILINE)


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def path(request) -> Path:
    return request.param


@pytest.fixture
def notebook(path):
    return nbformat.read(path, as_version=4)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_there_are_notebooks():
    assert len(NOTEBOOKS) >= 4


def test_code_is_calls_only(notebook):
    for cell in code_cells(notebook):
        for node in ast.walk(ast.parse(cell.source)):
            assert not isinstance(node, FORBIDDEN), f"{type(node).__name__} in {cell.source!r}"
        assert not FILES.search(cell.source), cell.source


def test_sizes(notebook):
    lines = [
        len([row for row in cell.source.splitlines() if row.strip()])
        for cell in code_cells(notebook)
    ]
    prose = " ".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    assert len(notebook.cells) <= 30
    assert max(lines) <= 10
    assert sum(lines) <= 60
    assert len(prose.split()) >= 4 * sum(lines)


def test_order_of_the_cells(notebook, path):
    title, imports, parameters, start = notebook.cells[:4]
    assert title.source.startswith("# ")
    for part in ("**Question.**", "**Reader.**", "**Reads**", "**Writes**"):
        assert part in title.source
    body = ast.parse(imports.source).body
    assert all(isinstance(node, (ast.Import, ast.ImportFrom)) for node in body)
    assert parameters.metadata.tags == ["parameters"]
    assert f'start("{path.stem}", as_of=as_of, snapshot=snapshot)' in start.source
    assert notebook.cells[-1].source.splitlines()[-1].startswith("context.finish(")


def test_the_first_page_and_the_chapter_use_one_name(notebook, path):
    heading = notebook.cells[0].source.splitlines()[0].removeprefix("# ")
    if path.stem != "90_management_report":  # names the others, not itself
        assert heading == chapter_title(path.stem)


def test_imports_stand_in_one_cell(notebook):
    for cell in code_cells(notebook)[1:]:
        assert "import " not in cell.source


def test_tags_are_the_known_ones(notebook):
    assert {tag for cell in notebook.cells for tag in cell.metadata.get("tags", [])} <= TAGS


def test_compared_cells_hold_no_figure(notebook):
    """Pictures are not stored, so a compared cell with one would always differ."""
    for cell in code_cells(notebook):
        if "nbval-check-output" in cell.metadata.get("tags", []):
            assert "show_figure" not in cell.source


def test_every_parameter_has_type_meaning_and_range(notebook):
    for line in code_cells(notebook)[1].source.splitlines():
        match = re.fullmatch(r"(\w+): (str|int|float|bool) = (.+?)  # (.{20,})", line)
        assert match, line
        if match[2] in ("int", "float"):
            assert re.search(r"from [\d.]+ to [\d.]+", match[4]), line


def test_prose_types_no_number(notebook):
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            prose = re.sub(r"`[^`]*`", "", cell.source)
            assert not re.search(r"\d", prose), cell.source


def test_method_and_limits_stand_at_the_end_of_every_chapter(notebook, path):
    headings = [
        cell.source.splitlines()[0]
        for cell in notebook.cells
        if cell.cell_type == "markdown" and cell.source.startswith("#")
    ]
    if path.stem.startswith("90"):  # all that a board must read stands on one page
        assert headings[-3:-1] == ["## What to do", "## How sure we are"]
    else:
        assert headings[-1] == "## Method and limits"


def test_stored_form_is_normal(path):
    assert is_normal(path)


def test_normalising_drops_pictures_and_counts_cells(notebook):
    cell = code_cells(notebook)[0]
    cell.outputs = [
        nbformat.v4.new_output("display_data", data={"image/png": "abc", "text/plain": "Figure"}),
        nbformat.v4.new_output("stream", name="stderr", text="noise"),
    ]
    cell.execution_count = 99
    normal = normalise(notebook)
    stored = code_cells(normal)[0]
    assert [dict(output.data) for output in stored.outputs] == [{"text/plain": "Figure"}]
    counts = [cell.execution_count for cell in code_cells(normal)]
    assert counts == list(range(1, len(counts) + 1))
