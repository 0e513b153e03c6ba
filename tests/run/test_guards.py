"""What a run refuses before it starts and before it publishes, and what it tells of the data."""

from __future__ import annotations

import json
import signal
import subprocess

import pytest

from crmlib.errors import ParameterError, PublicationError
from crmlib.run.execution.aftermath import NotebookError, check_declared
from crmlib.run.planning.data import Data, check_snapshot, choose_day
from crmlib.run.planning.notebooks import Notebook
from crmlib.run.planning.overrides import overrides_in_file, overrides_in_options
from crmlib.run.publication.publish import check_places
from crmlib.settings import Settings
from tests.run.made_project import CUSTOMERS, ORDERS, MadeProject
from tests.run.test_crashes import WAIT_SECONDS, _start

SAVE = 'save("numbers", "2")'


@pytest.mark.parametrize("name", ["latest", "index.html"])
def test_a_place_that_is_taken_is_refused_before_anything_starts(shop, capsys, name):
    (shop.out / name).mkdir(parents=True)
    with pytest.raises(PublicationError, match=rf"{name} is .*Nothing was published\. Move it"):
        check_places(shop.out)
    assert shop.crm("run") == 1
    assert f"{shop.out / name} is" in capsys.readouterr().err
    assert sorted(path.name for path in shop.out.iterdir()) == sorted([".lock", name])
    assert not (shop.folder / "data").exists()


@pytest.mark.notebooks
def test_a_place_taken_during_the_run_does_not_deny_the_publication(shop, capsys):
    shop.base(f"import os; os.mkdir({str(shop.out / 'latest')!r})", SAVE)
    assert shop.crm("run") == 0
    captured = capsys.readouterr()
    assert "2024-12-03-r001 is published; the index could not be updated" in captured.err
    assert "Published run 2024-12-03-r001" in captured.out
    assert not list(shop.out.glob(".latest-*"))


@pytest.mark.parametrize("inside", ["notebooks", "notebooks/deep", "crmlib", "data/snapshots/x"])
def test_the_inputs_are_no_output_folder(shop, capsys, inside):
    assert shop.crm("run", "--out", str(shop.folder / inside)) == 2
    assert "which runs are made from" in capsys.readouterr().err


def test_a_published_run_and_a_file_are_no_output_folder(shop, capsys):
    run = shop.out / "2024-12-03-r001"
    run.mkdir(parents=True)
    (run / "manifest.json").write_text("{}")
    (shop.out / "latest").symlink_to(run.name)
    for name in (run.name, f"{run.name}/tables", "latest/x"):
        assert shop.crm("run", "--out", str(shop.out / name)) == 2
        assert f"lies in the published run {run}" in capsys.readouterr().err
    assert shop.crm("run", "--out", str(shop.config)) == 2
    assert f"{shop.config} is a file" in capsys.readouterr().err
    assert [path.name for path in run.iterdir()] == ["manifest.json"]


@pytest.mark.notebooks
@pytest.mark.parametrize("change", ["vanish", "change"])
def test_a_snapshot_that_changes_during_the_run_is_not_published(shop, capsys, change):
    folder = str(shop.folder / "data/snapshots")
    act = {
        "vanish": "import shutil; shutil.rmtree(SNAPSHOTS)",
        "change": "t = pathlib.Path(SNAPSHOTS, snapshot, 'customers.parquet'); t.chmod(0o644); "
        "t.write_bytes(t.read_bytes() + b'x')",
    }[change].replace("SNAPSHOTS", repr(folder))
    shop.base(act, SAVE)
    assert shop.crm("run") == 1
    assert "changed or vanished during the run. Nothing was published." in capsys.readouterr().err
    assert not shop.runs()


def test_a_missing_snapshot_is_named(tmp_path):
    data = Data("0123", {}, "", "", "", "")
    with pytest.raises(PublicationError, match="snapshot 0123 changed or vanished"):
        check_snapshot(Settings(folder=tmp_path), data)


@pytest.mark.parametrize(
    ("left", "message"),
    [
        (["tables/a/t.csv", "tables/a/t.xlsx", "figures/a/f.svg", "figures/a/f.csv"], "t .*parq"),
        (["tables/a/t.xlsx", "tables/a/t.parquet", "figures/a/f.svg", "figures/a/f.csv"], "t .*cs"),
        ([f"tables/a/t.{end}" for end in ("csv", "xlsx", "parquet")] + ["figures/a/f.csv"], "f .*"),
        ([f"tables/a/t.{end}" for end in ("csv", "xlsx", "parquet")] + ["figures/a/f.svg"], "f .*"),
    ],
)
def test_every_file_of_a_declared_result_must_be_there(tmp_path, left, message):
    for name in left:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    notebook = Notebook("a", "A", (), writes=("tables/t", "figures/f"))
    with pytest.raises(NotebookError, match=rf"a: of (tables|figures)/{message}.* is missing"):
        check_declared(notebook, {"reads": []}, tmp_path)
    for name in ("tables/a/t.csv", "tables/a/t.xlsx", "tables/a/t.parquet", "figures/a/f.svg"):
        (tmp_path / name).touch()
    (tmp_path / "figures/a/f.csv").touch()
    check_declared(notebook, {"reads": []}, tmp_path)


def test_two_values_for_one_name_are_refused_and_named(tmp_path):
    message = r"--set gives 'lapse_days' two values, '60' and '70'"
    with pytest.raises(ParameterError, match=message):
        overrides_in_options(["lapse_days=60", "x=1", "lapse_days=70"])
    assert len(overrides_in_options(["lapse_days=60", "lapse_days=60", "a.lapse_days=7"])) == 3
    file = tmp_path / "p.yaml"
    file.write_text("a.n: 1\na:\n  n: 2\n")
    with pytest.raises(ParameterError, match=r"p\.yaml gives 'a\.n' two values, '1' and '2'"):
        overrides_in_file(file)


def _end(process: subprocess.Popen[str]) -> str:
    return process.communicate(timeout=WAIT_SECONDS)[1]


def test_an_interrupt_during_imports_shows_no_traceback(shop):
    prelude = """
import os, sys
class Interrupt:
    def find_spec(self, name, *_):
        if name == "pydantic":
            os.kill(os.getpid(), 2)
sys.meta_path.insert(0, Interrupt())
"""
    process = _start(shop, prelude=prelude)
    assert _end(process) == "crm: error: interrupted, nothing published\n"
    assert process.returncode == 130


def test_an_interrupt_that_a_library_rewords_is_still_one(shop):
    prelude = """
import os, sys
class Interrupt:
    def find_spec(self, name, *_):
        if name == "pydantic":
            try:
                os.kill(os.getpid(), 15)
            except KeyboardInterrupt:
                raise ImportError("could not be loaded")
sys.meta_path.insert(0, Interrupt())
"""
    process = _start(shop, prelude=prelude)
    assert _end(process) == "crm: error: interrupted, nothing published\n"
    assert process.returncode == 130


def test_a_terminated_intake_says_so_and_leaves_nothing(shop):
    prelude = """
import os, sys
sys.argv[1:] = ["intake", *sys.argv[2:]]
from crmlib.database import delivery
old = delivery.write_table
def stop(*arguments, **options):
    os.kill(os.getpid(), 15)
    return old(*arguments, **options)
delivery.write_table = stop
"""
    process = _start(shop, prelude=prelude)
    assert _end(process).endswith("crm: error: interrupted, nothing published\n")
    assert process.returncode == 128 + signal.SIGINT
    assert not [path for path in (shop.folder / "data/snapshots").glob("*") if path.is_dir()]


def _with_remarks(shop: MadeProject) -> None:
    repeated = ORDERS + ORDERS.splitlines()[1] + "\n"
    (shop.source / "transactions.csv").write_text(repeated, encoding="utf-8")
    (shop.source / "customers.csv").write_text(CUSTOMERS, encoding="utf-8")
    (shop.source / "shops.csv").write_text("x\n1\n", encoding="utf-8")
    shop.config.write_text("source: orders\nmax_quarantined_share: 0.9\n")


def test_intake_tells_what_was_left_aside_and_dropped(shop, capsys):
    _with_remarks(shop)
    assert shop.crm("intake") == 0
    lines = capsys.readouterr().err.splitlines()
    assert any("shops.csv" in line and "left aside" in line for line in lines)
    assert any(line.endswith("1 row(s) dropped as repeated.") for line in lines)
    assert shop.crm("intake", "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert "shops.csv" in " ".join(shown["notes"])
    assert [(one["table"], one["action"], one["n_rows"]) for one in shown["findings"]] == [
        ("transactions", "deduplicate", 1)
    ]


@pytest.mark.notebooks
def test_a_run_tells_it_too_each_time(shop, capsys):
    _with_remarks(shop)
    for _ in range(2):
        assert shop.crm("run") == 0
        error = capsys.readouterr().err
        assert "shops.csv" in error
        assert "1 row(s) dropped as repeated." in error
    assert shop.crm("run", "--json") == 0
    captured = capsys.readouterr()
    result = json.loads(captured.out.splitlines()[-1])
    assert (result["is_new"], result["findings"][0]["n_rows"]) == (False, 1)
    assert captured.err == ""


@pytest.mark.parametrize("text", ["nan", "inf", "soon", "-1"])
def test_an_unusable_wait_is_named(capsys, shop, text):
    assert shop.crm("run", f"--wait={text}") == 2
    assert f"'{text}' is not a number of seconds from 0 to 86400" in capsys.readouterr().err


def test_a_dry_run_refuses_an_unusable_source(shop, capsys):
    assert shop.crm("run", "--dry-run", "--source", "/dev") == 3
    assert "holds no transactions" in capsys.readouterr().err


@pytest.mark.parametrize("damage", [b"\xff\xfe", b"[" * 100_000, b"\0\1\2", b"[]", b'"\\ud800"'])
def test_a_damaged_manifest_is_not_listed(shop, capsys, damage):
    folder = shop.out / "2024-12-03-r001"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_bytes(damage)
    assert shop.crm("list") == 0
    assert "Not listed: 2024-12-03-r001/manifest.json is not readable" in capsys.readouterr().err


@pytest.mark.notebooks
def test_a_changed_or_damaged_index_is_written_anew(shop):
    assert shop.crm("run") == 0
    index = shop.out / "index.html"
    right = index.read_bytes()
    for wrong in (
        right.replace(b"We have customers", b"We have none"),
        right.replace(b"\n", b"\r\n"),
        b"\xff\xfe\0" + right,
        b"",
    ):
        assert wrong != right
        index.write_bytes(wrong)
        assert shop.crm("run") == 0
        assert index.read_bytes() == right
    assert len(shop.runs()) == 1


@pytest.mark.notebooks
def test_text_that_turns_its_direction_has_no_power_in_head_and_title(shop):
    shop.config.write_text('source: orders\ncompany: "Acme\\u202eemcA\\u2066"\n')
    (shop.source / "source.yaml").write_text('title: "Till\\u202e"\n')
    assert shop.crm("run") == 0
    folder = shop.runs()[0].folder
    for page in (folder / "report.html", folder / "notebooks/10_base.html"):
        text = page.read_text(encoding="utf-8")
        assert "Acme\ufffdemcA\ufffd" in text
        assert not {"\u202e", "\u2066"} & set(text)


def test_data_without_a_sale_say_how_to_merge_them_with_sales():
    empty = Data("0", {}, "", "", "", "")
    with pytest.raises(ParameterError, match=r"crm intake SALES --merge"):
        choose_day("last", empty)
