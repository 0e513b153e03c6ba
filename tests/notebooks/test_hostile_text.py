"""Customers' strings that are code elsewhere: shown to the letter in every output, run in none."""

from __future__ import annotations

import csv
import html as entities
import re
import shutil
import subprocess
import sys
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from pypdf import PdfReader

PROJECT = Path(__file__).resolve().parents[2]
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "[click](javascript:alert(1))",
    '=HYPERLINK("a","b")',
    "+1+1",
    "@SUM(A1)",
    "$ #eval(1) $ \\input{x}",
    '#read("/etc/passwd")',
    "../../etc/passwd",
    "'; DROP TABLE x; --",
    "Jörg",
    "李小龙",
    "{{ 7*7 }} {% raw %}",
    "`id` $(id) ~~x~~ **y**",
]

pytestmark = [pytest.mark.notebooks, pytest.mark.xdist_group("hostile")]


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    """Run one iteration on the sample shop whose customers and products have hostile names."""
    project = tmp_path_factory.mktemp("project")
    shop = project / "shop"
    shutil.copytree(PROJECT / "data" / "sample", shop)
    (project / "notebooks").symlink_to(PROJECT / "notebooks")
    for path in sorted(shop.glob("*.csv")):
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
        for column in {"customer_id", "referrer_id"} & set(frame.columns):
            known = frame[column] != ""
            ids = frame.loc[known, column]
            texts = ids.astype(int).map(lambda k: f"{HOSTILE[(k - 1) % len(HOSTILE)]} {k}")
            frame.loc[known, column] = texts
        if path.stem == "transactions":
            unknown = frame["product_id"] == "P0048"
            frame.loc[unknown, "product_id"] = "<script>alert('product')</script>"
        frame.to_csv(path, index=False, lineterminator="\n")
    note = shop / "source.yaml"
    text = note.read_text(encoding="utf-8")
    note.write_text(re.sub("title: .*", "title: 'Shop <b>&</b> #eval(1)'", text), encoding="utf-8")
    settings = "company: 'Müller <script>alert(2)</script> #read(1)'\nsource: shop\n"
    (project / "crm.yaml").write_text(settings, encoding="utf-8")
    command = [str(Path(sys.executable).with_name("crm")), "run"]
    command += ["--set", "a_share=0.9", "--set", "b_share=0.95"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return (project / "reports" / "latest").resolve()


@pytest.fixture(scope="module")
def shown(run) -> list[str]:
    """The customers whose names stand in the table of the report."""
    table = "tables/12_concentration_and_risk/quiet_customers.parquet"
    names = pd.read_parquet(run / table)["customer_id"].head(20).tolist()
    assert len(names) == 20
    assert {re.sub(r" \d+$", "", name) for name in names} >= set(HOSTILE[:1])
    return names


def squeezed(text: str) -> str:
    return re.sub(r"[\s\u200b\u00ad]+", "", text)


def test_html_shows_every_name_and_runs_none(run, shown):
    page = (run / "report.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert not re.search(r"<img(?![^>]*src=\"data:)", page)
    text = entities.unescape(re.sub(r"<[^>]+>", "", page))
    for name in [*shown, "Müller <script>alert(2)</script> #read(1)", "<script>alert('product')"]:
        assert name in text, name


def test_pdf_shows_every_name(run, shown):
    pages = PdfReader(run / "report.pdf").pages
    text = squeezed("".join(page.extract_text() for page in pages))
    for name in [*shown, "Müller <script>alert(2)</script> #read(1)"]:
        assert squeezed(name) in text, name


def test_csv_and_xlsx_hold_text_not_formulas(run, shown):
    stem = run / "tables/12_concentration_and_risk/quiet_customers"
    with stem.with_suffix(".csv").open(encoding="utf-8", newline="") as file:
        written = [row["customer_id"] for row in csv.DictReader(file)]
    assert not [name for name in written if name.startswith(("=", "+", "-", "@"))]
    assert [name.removeprefix("'") if name[1:2] in "=+-@" else name for name in written][
        :20
    ] == shown
    sheet = openpyxl.load_workbook(stem.with_suffix(".xlsx")).active
    cells = [row[0] for row in sheet.iter_rows(min_row=2)]
    assert {cell.data_type for cell in cells} == {"s"}
    assert [cell.value for cell in cells][:20] == shown


def test_nothing_was_written_outside_the_run(run):
    names = {path.name for path in run.parent.iterdir()}
    assert not names - {run.name, "latest", "index.html", ".lock"}, names
