"""The HTML: offline, literal, accessible, and the same every time."""

import dataclasses
import re

import pytest
from bs4 import BeautifulSoup
from nbconvert.exporters import get_exporter
from nbformat.v4 import new_output

from crmlib.errors import ReportError
from crmlib.reporting.html import TEMPLATES, CrmHTMLExporter
from crmlib.reporting.report import ReportMeta, compose
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

META = ReportMeta(
    "Customer report",
    company='Acme <b>"&',
    as_of="31 December 2017",
    source_note="Source: sample.",
    status="REVIEW",
)
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; font-src data:"
_STRUCTURE = "html head meta title style body header nav main section footer figure figcaption"
_TEXT = "a p span div ol ul li h1 h2 h3 dl dt dd strong em img pre code br wbr"
_TABLE = "table caption thead tbody tr th td"
_MATH = "math mrow mi mn mo mtext munderover msub"
ALLOWED = set(" ".join((_STRUCTURE, _TEXT, _TABLE, _MATH)).split())


def page_of(nb, **resources):
    text, _ = CrmHTMLExporter().from_notebook_node(nb, resources)
    return BeautifulSoup(text, "html.parser")


@pytest.fixture
def report(summary, chapter):
    return compose([("00_summary", summary), ("10_customers", chapter)], meta=META)


def test_offline_and_without_scripts(report):
    page = page_of(report)
    assert {tag.name for tag in page.find_all(True)} <= ALLOWED
    policy = page.find("meta", attrs={"http-equiv": "Content-Security-Policy"})
    assert policy["content"] == POLICY
    for tag in page.find_all(src=True):
        assert tag["src"].startswith("data:image/")
    assert all(tag.name == "a" for tag in page.find_all(href=True))
    assert not [name for tag in page.find_all(True) for name in tag.attrs if name[:2] == "on"]
    assert "url(" not in page.style.string
    assert "@import" not in page.style.string


def test_structure_for_readers_of_all_kinds(report):
    page = page_of(report)
    assert page.html["lang"] == "en"
    assert page.title.string == 'Customer report – Acme <b>"&, as of 31 December 2017'
    assert page.select_one("a.skip")["href"] == "#" + page.main["id"]
    assert [h.get_text() for h in page.find_all("h1")] == ["Summary", "Customers"]
    assert page.select_one(".badge").get_text() == "REVIEW"
    assert page.footer.p.get_text() == "Source: sample."
    for scroll in page.select(".scroll"):
        assert (scroll["tabindex"], scroll["role"]) == ("0", "region")
        assert scroll["aria-label"]
    assert page.figure.img["alt"] == "A single bar."
    assert page.figcaption.get_text() == "One bar"
    assert all(cell.get("scope") for cell in page.find_all("th"))
    assert page.select_one(".tiles .value").get_text() == "$4,596,040"


def test_simulated_data_are_marked_in_head_and_title_and_named(summary):
    meta = dataclasses.replace(META, company="Acme", data="Shop <i>", is_simulated=True)
    page = page_of(compose([("00_summary", summary)], meta=meta))
    assert [badge.get_text() for badge in page.select(".masthead .badge")] == [
        "REVIEW",
        "SIMULATED",
    ]
    assert page.title.string.startswith("SIMULATED: Customer report – Acme — data: Shop <i>, as of")
    assert page.select_one(".company").get_text() == "Acme — data: Shop <i>"
    assert {tag.name for tag in page.find_all(True)} <= ALLOWED


def test_without_a_company_the_data_name_the_report(summary):
    meta = ReportMeta("Customer report", data="Shop", is_simulated=True)
    page = page_of(compose([("00_summary", summary)], meta=meta))
    assert page.select_one(".company").get_text() == "Shop"
    assert page.select_one(".facts").get_text() == "Data: SIMULATED"
    real = page_of(compose([("00_summary", summary)], meta=META))
    assert "SIMULATED" not in real.get_text()


def test_contents_lead_to_unique_anchors(report):
    page = page_of(report)
    ids = [tag["id"] for tag in page.find_all(id=True)]
    assert len(ids) == len(set(ids))
    targets = [a["href"][1:] for a in page.nav.find_all("a")]
    assert targets == ["s-summary", "s-customers", "s-value", "s-method"]
    assert set(targets) <= set(ids)


def test_neither_code_nor_stderr_nor_technical_lines_are_shown(report):
    text = page_of(report).get_text()
    assert "1,469,307 lines" in text
    for hidden in ("secret_source", "findfont", "Reader.", "Reads", "Writes"):
        assert hidden not in text


def test_formulas_are_mathml(report):
    assert [m["display"] for m in page_of(report).find_all("math")] == ["inline", "block"]


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
    page = page_of(compose([("a", nb)], meta=meta))
    assert {tag.name for tag in page.find_all(True)} <= ALLOWED
    assert page.find("td").get_text() == name
    assert page.img["alt"] == name
    assert page.get_text().count(name) >= 10
    assert all(a["href"].startswith("#") for a in page.find_all("a"))


@pytest.mark.parametrize("name", HOSTILE)
def test_unescaped_names_in_markdown_do_not_act(name):
    nb = notebook(markdown("# T"), code(display({"text/markdown": f"Customer {name} left"})))
    page = page_of(nb)
    assert {tag.name for tag in page.find_all(True)} <= ALLOWED
    assert all(a["href"].startswith("#") for a in page.find_all("a"))


def test_images_in_markdown_are_not_loaded():
    page = page_of(notebook(markdown("# T\n\n![x](https://example.org/x.png)")))
    assert page.find("img") is None
    assert "![x](https://example.org/x.png)" in page.main.get_text()


def test_names_in_many_scripts(report):
    text = page_of(report).get_text()
    assert all(name in text for name in NAMES)


def test_twice_the_same_bytes(report):
    texts = [CrmHTMLExporter().from_notebook_node(report)[0] for _ in range(2)]
    assert texts[0] == texts[1]


def test_downloads(tmp_path):
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables/sales.csv").write_text("a\n1\n")
    (tmp_path / "tables/big 1.xlsx").write_bytes(b"x" * 300_000)
    files = ["tables/sales.csv", "tables/big 1.xlsx"]
    nb = notebook(markdown("# T"), code(table([["a", "1"]], files=files)))
    small, large = page_of(nb, crm_files_root=tmp_path).select(".downloads a")
    assert small["href"] == "data:text/csv;base64,YQoxCg=="
    assert small["download"] == "sales.csv"
    assert small.get_text() == "Download CSV: Sales by customer"
    assert large["href"] == "tables/big%201.xlsx"
    assert page_of(nb).select(".downloads") == []
    nested = page_of(nb, crm_files_root=tmp_path, crm_files_prefix="../")
    assert nested.select(".downloads a")[1]["href"] == "../tables/big%201.xlsx"


def test_missing_download_is_refused(tmp_path):
    nb = notebook(markdown("# T"), code(table([["a", "1"]], files=["tables/no.csv"])))
    with pytest.raises(ReportError, match=r"'tables/no.csv' of 'Sales by customer' is not in"):
        page_of(nb, crm_files_root=tmp_path)


def test_long_words_may_break_but_short_ones_do_not():
    page = page_of(notebook(markdown("# T"), code(table([["W" * 60, "1"], ["Short", "2"]]))))
    assert [len(td.find_all("wbr")) for td in page.find_all("td")] == [2, 0, 0, 0]


def _luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_contrast_in_every_colour_scheme():
    style = (TEMPLATES / "crm/style.css").read_text(encoding="utf-8")
    schemes = [
        dict(re.findall(r"--([\w-]+): (#\w{6});", part)) for part in style.split(":root")[1:]
    ]
    assert len(schemes) == 3
    pairs = [(ink, "paper") for ink in ("ink", "soft", "accent", "fail")]
    pairs += [("ink", "tint"), ("soft", "tint")]
    pairs += [("on-badge", badge) for badge in ("pass", "review", "fail", "simulated")]
    for scheme in schemes:
        for front, back in pairs:
            low, high = sorted(_luminance(scheme[name]) for name in (front, back))
            assert (high + 0.05) / (low + 0.05) >= 4.5, (front, back)


def test_nbconvert_finds_the_exporter(chapter):
    text, _ = get_exporter("crm-html")().from_notebook_node(chapter)
    assert re.search(r"<title>Customers</title>", text)
