"""One iteration from orders to published run, and what a second one does."""

from __future__ import annotations

import json
import time

import pytest

from tests.run.made_project import MadeProject, write_notebook

pytestmark = pytest.mark.notebooks


def test_a_run_publishes_reports_and_every_file_is_in_its_manifest(published, capsys):
    (run,) = published.runs()
    assert run.run_id == "2024-12-03-r001"
    assert (published.out / "latest").resolve() == run.folder
    assert set(run.manifest["files"]) == {
        "ledger/predictions.parquet",
        "metrics.json",
        "notebooks/10_base.html",
        "notebooks/10_base.ipynb",
        "notebooks/10_base.json",
        "notebooks/90_report.html",
        "notebooks/90_report.ipynb",
        "notebooks/90_report.json",
        "report.html",
        "report.pdf",
        *(f"tables/10_base/numbers.{ending}" for ending in ("csv", "parquet", "xlsx")),
        *(f"tables/90_report/summary.{ending}" for ending in ("csv", "parquet", "xlsx")),
    }
    assert json.loads((run.folder / "metrics.json").read_text())["90_report"] == {"n_sentences": 3}
    assert "2024-12-03-r001" in (published.out / "index.html").read_text(encoding="utf-8")
    assert published.crm("verify", "latest") == 0


def test_the_report_begins_with_the_summary(published):
    page = (published.runs()[0].folder / "report.html").read_text(encoding="utf-8")
    assert page.index(">Report</h1>") < page.index(">Base</h1>")


def test_nothing_changed_is_said_at_once_and_changes_nothing(published, capsys):
    before = published.bytes_of_out()
    began = time.monotonic()
    assert published.crm("run") == 0
    assert time.monotonic() - began < 1.5
    shown = capsys.readouterr().out
    assert "Nothing has changed since run 2024-12-03-r001" in shown
    assert "We have customers." in shown
    assert str(published.out / "2024-12-03-r001" / "report.html") in shown
    assert published.bytes_of_out() == before


def test_a_fresh_run_gives_the_same_bytes(shop):
    assert shop.crm("run") == 0
    first = shop.content()
    assert shop.crm("run", "--fresh") == 0
    assert [run.run_id for run in shop.runs()] == ["2024-12-03-r002", "2024-12-03-r001"]
    assert shop.content() == first


def test_an_edit_that_leaves_the_result_the_same_stops_there(shop, capsys):
    assert shop.crm("run") == 0
    shop.base('save("numbers", str(n_customers))\nprint("we counted", n_customers)')
    capsys.readouterr()
    assert shop.crm("run", "--dry-run", "--json") == 0
    plan = {one["notebook"]: one for one in json.loads(capsys.readouterr().out)["notebooks"]}
    assert plan["10_base"]["reason"] == "the notebook was edited"
    assert plan["90_report"]["action"] == "execute if needed"
    assert shop.crm("run") == 0
    assert _states(shop) == {"10_base": "executed", "90_report": "reused"}
    assert shop.crm("verify", "latest") == 0


def test_a_parameter_changes_what_depends_on_it(shop):
    assert shop.crm("run") == 0
    assert shop.crm("run", "--set", "n_customers=7") == 0
    assert _states(shop) == {"10_base": "executed", "90_report": "executed"}
    folder = shop.runs()[0].folder
    assert (folder / "tables/90_report/summary.csv").read_text() == "customers: 7"
    assert "customers: 7" in (folder / "report.html").read_text(encoding="utf-8")


def test_a_table_nobody_reads_executes_nothing(shop):
    assert shop.crm("run") == 0
    changed = "customer_id,region\n0001,North\n0002,West\n"
    (shop.source / "customers.csv").write_text(changed, encoding="utf-8")
    assert shop.crm("run") == 0
    assert _states(shop) in ({"10_base": "reused", "90_report": "reused"}, {})


def test_damaged_files_are_not_reused(shop):
    assert shop.crm("run") == 0
    table = shop.runs()[0].folder / "tables/10_base/numbers.csv"
    table.chmod(0o644)
    table.write_text("9")
    assert shop.crm("run") == 0
    assert _states(shop) == {"10_base": "executed", "90_report": "reused"}
    assert (shop.runs()[0].folder / "tables/10_base/numbers.csv").read_text() == "2"


def test_only_runs_what_a_notebook_reads_and_leaves_latest(shop):
    write_notebook(shop.notebooks, "20_other", 'save("numbers", "1")')
    assert shop.crm("run") == 0
    shop.report('save("summary", "new: " + result("10_base/numbers"))')
    assert shop.crm("run", "--only", "90_report") == 0
    assert _states(shop) == {"10_base": "reused", "90_report": "executed"}
    assert (shop.out / "latest").resolve().name == "2024-12-03-r001"


def test_a_failed_data_quality_notebook_stops_the_publication(shop, capsys):
    last = 'finish(["Orders are missing."], status="FAIL")'
    write_notebook(shop.notebooks, "00_quality", 'save("numbers", "1")', last=last)
    assert shop.crm("run") == 3
    error = capsys.readouterr().err
    assert "00_quality ended with FAIL" in error
    assert "Orders are missing." in error
    assert not shop.runs()


def test_the_worst_status_of_a_notebook_is_that_of_the_run(shop):
    last = 'finish(["Careful."], status="REVIEW")'
    write_notebook(shop.notebooks, "20_other", 'save("numbers", "1")', last=last)
    assert shop.crm("run") == 0
    assert shop.runs()[0].manifest["status"] == "REVIEW"


def test_a_source_that_changes_during_the_run_is_not_published(shop, capsys):
    target = str(shop.source / "transactions.csv")
    shop.base(f'open({target!r}, "a").write("t9,0002,p1,2024-12-04T10:00:00Z,1,5.00\\n")', SAVE)
    assert shop.crm("run") == 1
    assert "changed during the run" in capsys.readouterr().err
    assert not shop.runs()


def test_a_notebook_that_writes_into_the_folder_of_another_is_refused(shop, capsys):
    shop.report(
        '(folder / "tables" / "10_base" / "numbers.csv").write_text("9")',
        'save("summary", result("10_base/numbers"))',
    )
    assert shop.crm("run") == 1
    assert "tables/10_base/numbers.csv: changed after its notebook" in capsys.readouterr().err
    assert not shop.runs()


def test_json_lines_end_with_the_result(shop, capsys):
    assert shop.crm("run", "--json") == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["event"] for line in lines] == ["notebook", "notebook", "result"]
    assert lines[-1]["headline"][0] == "We have customers."
    assert lines[-1]["report_pdf"].endswith("2024-12-03-r001/report.pdf")


SAVE = 'save("numbers", "2")'


def _states(shop: MadeProject) -> dict[str, str]:
    records = shop.runs()[0].manifest["notebooks"]
    return {name: record["state"] for name, record in records.items()}
