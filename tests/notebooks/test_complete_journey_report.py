"""The report about 2,469 households: published totals, same bytes twice, readable by anyone."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
from pypdf import PdfReader

from tests.notebooks.runs import publish

pytestmark = [pytest.mark.notebooks, pytest.mark.xdist_group("complete_journey")]


@pytest.fixture(scope="module")
def runs(complete_journey, complete_journey_project) -> list[Path]:
    """Two runs from the same inputs, the second with nothing to reuse."""
    again = publish(complete_journey_project, out="second", options=("--fresh",))
    return [complete_journey.folder, again]


def manifest(run: Path) -> dict:
    return json.loads((run / "manifest.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def html(runs) -> str:
    return (runs[0] / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def pdf(runs) -> PdfReader:
    return PdfReader(runs[0] / "report.pdf")


@pytest.fixture(scope="module")
def pdf_text(pdf) -> str:
    return " ".join(" ".join(page.extract_text().split()) for page in pdf.pages)


TOTALS = ["2,469", "155,848", "$4,596,039.58", "35.14 %", "1,469,307"]


@pytest.mark.parametrize("number", TOTALS)
def test_totals_of_the_source_stand_in_both_reports(html, pdf_text, number):
    assert number in html
    assert number in pdf_text


def test_source_note_has_the_wording_of_the_provider(html, pdf_text):
    for wording in ("simulated data based on real grocery shopping patterns", "801 of 2,469"):
        assert wording in html
        assert wording in pdf_text


def test_head_names_company_and_data_and_marks_nothing_as_simulated(html, pdf):
    first = " ".join(pdf.pages[0].extract_text().split())
    for shown in (html, first):
        assert "Complete Journey grocery — data: The Complete Journey" in shown
        assert "SIMULATED" not in shown
    assert "The provider says of the data" in first


def test_two_runs_give_the_same_bytes(runs):
    ignored = {"manifest.json", "predictions.parquet"}  # they name their run
    first, second = (
        {str(path.relative_to(run.resolve())): path.read_bytes()
         for path in run.resolve().rglob("*") if path.is_file() and path.name not in ignored}
        for run in runs
    )  # fmt: skip
    assert sorted(first) == sorted(second)
    different = [name for name in first if first[name] != second[name]]
    assert different == []


def test_two_runs_freeze_the_same_predictions(runs):
    first, second = (pd.read_parquet(run / "ledger/predictions.parquet") for run in runs)
    pd.testing.assert_frame_equal(first.drop(columns="run_id"), second.drop(columns="run_id"))
    assert set(first["run_id"]) <= {runs[0].resolve().name}


def test_numbers_of_the_headline_are_those_of_the_tables_and_metrics(runs, html):
    measures = pd.read_parquet(runs[0] / "tables/12_concentration_and_risk/measures.parquet")
    share = measures["value_share"].iloc[0]
    assert round(share, 4) == 0.3514
    metrics = json.loads((runs[0] / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["12_concentration_and_risk"]["top_tenth_share"] == share
    assert f"{100 * share:.2f} %" in html


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict]] = []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))


def test_html_makes_no_request_and_runs_no_script(html):
    tags = Tags()
    tags.feed(html)
    assert not {"script", "iframe", "object", "embed", "link", "form"} & {
        tag for tag, _ in tags.seen
    }
    for _, attributes in tags.seen:
        assert not [name for name in attributes if name.startswith("on")]
        for name in ("src", "srcset", "poster", "action"):
            assert (attributes.get(name) or "data:").startswith("data:")
    policy = next(a["content"] for t, a in tags.seen if t == "meta" and "http-equiv" in a)
    assert policy.startswith("default-src 'none'; img-src data:")
    assert not re.search(r"url\((?!['\"]?data:)|@import", html)


def test_html_has_no_code_and_every_picture_has_words(html):
    tags = Tags()
    tags.feed(html)
    images = [attributes for tag, attributes in tags.seen if tag == "img"]
    assert len(images) >= 6
    assert all(len(attributes["alt"]) > 40 for attributes in images)
    assert "context." not in html
    assert "import " not in html


def test_pdf_is_tagged_has_bookmarks_and_page_numbers(pdf, pdf_text):
    root = pdf.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] is True or root["/MarkInfo"]["/Marked"] == True  # noqa: E712
    assert "/StructTreeRoot" in root
    titles = [entry.title for entry in pdf.outline if not isinstance(entry, list)]
    for chapter in ("Management summary", "Data quality", "Customer base"):
        assert any(chapter in title for title in titles)
    assert f"2 / {len(pdf.pages)}" in pdf_text
    assert "context." not in pdf_text


def test_pages_are_numbered_from_first_to_last(pdf):
    for number, page in enumerate(pdf.pages, start=1):
        assert f"{number} / {len(pdf.pages)}" in " ".join(page.extract_text().split())


def test_first_page_of_the_pdf_holds_the_summary(pdf):
    page = " ".join(pdf.pages[0].extract_text().split())
    for part in (
        "in the 91 days to 2017-12-31",
        "35.14 %",
        "What to do",
        "How sure we are",
        "PASS",
    ):
        assert part in page


def test_manifest_hashes_every_file(runs):
    recorded = set(manifest(runs[0])["files"])
    folder = runs[0].resolve()
    present = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert present - recorded == {"manifest.json"}
