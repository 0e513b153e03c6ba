"""Manifests, verification, and what is derived from published folders."""

from __future__ import annotations

import json
import shutil
import threading
from pathlib import Path

import pytest

from crmlib.errors import ParameterError, PublicationError
from crmlib.run.publication.files import file_record, write_whole
from crmlib.run.publication.lock import locked
from crmlib.run.publication.manifest import (
    Run,
    find_run,
    next_run_id,
    published_runs,
    read_manifest,
    verify,
    write_manifest,
)
from crmlib.run.publication.publish import remove_leftovers, repair, scratch_folder, staging_folder
from crmlib.run.publication.reports import index_page


def _publish(out, run_id, *, complete=True, text="x"):
    """Write a run folder with one file."""
    folder = out / run_id
    (folder / "tables").mkdir(parents=True)
    (folder / "tables" / "t.csv").write_text(text)
    files = {"tables/t.csv": file_record(folder / "tables" / "t.csv")}
    write_manifest(folder, {"run_id": run_id, "complete": complete, "files": files})
    return folder


def _repair(out):
    repair(
        out,
        stamp=lambda runs, above: f"<!-- {above} {[run.seal for run in runs]} -->\n",
        index_page=lambda runs: f"page\n<!-- page {[run.seal for run in runs]} -->\n",
    )


def test_run_ids_count_on_over_all_days(tmp_path):
    assert next_run_id(tmp_path / "none", "2024-12-31") == "2024-12-31-r001"
    for name in ("2024-11-30-r009", "2025-01-31-r002", "notes", "2024-12-31-rx"):
        (tmp_path / name).mkdir()
    assert next_run_id(tmp_path, "2024-12-31") == "2024-12-31-r010"


def test_runs_are_listed_newest_first(tmp_path):
    for name in ("2024-12-31-r002", "2025-01-31-r001", "2024-01-31-r010"):
        _publish(tmp_path, name)
    runs, refused = published_runs(tmp_path)
    assert [run.number for run in runs] == [10, 2, 1]
    assert refused == {}


def test_half_copied_changed_and_foreign_folders_are_no_runs(tmp_path):
    whole = _publish(tmp_path, "2024-12-31-r001")
    (_publish(tmp_path, "2024-12-31-r002") / "tables" / "t.csv").unlink()
    (_publish(tmp_path, "2024-12-31-r003") / "tables" / "t.csv").write_text("")
    (_publish(tmp_path, "2024-12-31-r004") / "manifest.json").unlink()
    (_publish(tmp_path, "2024-12-31-r005") / "manifest.json").write_text("{")
    shutil.copytree(whole, tmp_path / "2024-12-31-r006")
    newer = tmp_path / "2024-12-31-r007"
    shutil.copytree(whole, newer)
    (newer / "manifest.json").write_text('{"format": 99}')
    runs, refused = published_runs(tmp_path)
    assert [run.run_id for run in runs] == ["2024-12-31-r001"]
    reasons = ["is missing", "has 0 bytes", "no manifest", "not readable", "copy", "format 99"]
    for reason, text in zip(reasons, refused.values(), strict=True):
        assert reason in text


def test_verify_names_changed_missing_and_extra_files(tmp_path):
    folder = _publish(tmp_path, "2024-12-31-r001")
    assert not verify(folder)
    (folder / "tables" / "t.csv").write_text("y")
    (folder / "more.txt").touch()
    found = verify(folder)
    assert (found.changed, found.missing, found.extra) == (("tables/t.csv",), (), ("more.txt",))
    (folder / "tables" / "t.csv").unlink()
    assert str(verify(folder)) == "missing: tables/t.csv; extra: more.txt"


def test_a_file_replaced_by_a_link_counts_as_changed(tmp_path):
    folder = _publish(tmp_path, "2024-12-31-r001")
    table = folder / "tables" / "t.csv"
    table.rename(tmp_path / "elsewhere.csv")
    table.symlink_to(tmp_path / "elsewhere.csv")
    assert verify(folder).changed == ("tables/t.csv",)


def test_a_changed_manifest_is_found_out(tmp_path):
    folder = _publish(tmp_path, "2024-12-31-r001")
    content = json.loads((folder / "manifest.json").read_text())
    content["complete"] = False
    (folder / "manifest.json").write_text(json.dumps(content))
    with pytest.raises(PublicationError, match="was changed after publication"):
        read_manifest(folder)


def test_find_run_names_those_there_are(tmp_path):
    _publish(tmp_path, "2024-12-31-r001")
    (tmp_path / "latest").symlink_to("2024-12-31-r001")
    assert find_run(tmp_path, "latest").name == "2024-12-31-r001"
    with pytest.raises(ParameterError, match=r"no run '\.\./x' .* newest runs: 2024-12-31-r001"):
        find_run(tmp_path, "../x")


def test_latest_and_index_are_repaired_and_then_left_alone(tmp_path):
    _publish(tmp_path, "2024-12-31-r001")
    _publish(tmp_path, "2024-12-31-r002", complete=False)
    (tmp_path / "latest").symlink_to("gone")
    (tmp_path / "index.html").write_text("old")
    _repair(tmp_path)
    assert (tmp_path / "latest").readlink().name == "2024-12-31-r001"
    index = tmp_path / "index.html"
    assert index.read_text().startswith("page")
    before = (index.stat().st_ino, (tmp_path / "latest").lstat().st_ino)
    _repair(tmp_path)
    assert (index.stat().st_ino, (tmp_path / "latest").lstat().st_ino) == before
    assert sorted(path.name for path in tmp_path.iterdir())[-2:] == ["index.html", "latest"]


def test_what_a_killed_run_left_is_removed(tmp_path):
    left = tmp_path / ".staging-2024-12-31-r001-abcd" / "tables"
    left.mkdir(parents=True)
    (tmp_path / ".latest-1234").symlink_to("x")
    (tmp_path / ".index.html.ab.part").touch()
    remove_leftovers(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_staging_and_scratch_folders_are_gone_after_a_failure(tmp_path):
    seen = []

    def fail() -> None:
        with staging_folder(tmp_path, "r001") as staging, scratch_folder(tmp_path) as scratch:
            seen.extend([staging, scratch])
            (staging / "f").touch()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert len(seen) == 2
    assert not any(path.exists() for path in seen)


def test_a_write_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "index.html"
    write_whole(path, "old")
    monkeypatch.setattr("os.fsync", lambda handle: (_ for _ in ()).throw(OSError(28, "full")))
    with pytest.raises(OSError, match="full"):
        write_whole(path, "new")
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["index.html"]


def test_a_lock_is_free_again_after_use_and_waits_for_its_holder(tmp_path):
    said: list[str] = []
    inside = threading.Event()
    release = threading.Event()

    def hold() -> None:
        with locked(tmp_path):
            inside.set()
            release.wait(10)

    holder = threading.Thread(target=hold)
    holder.start()
    inside.wait(10)
    with (
        pytest.raises(PublicationError, match=r"Another run holds .*: process \d+ on "),
        locked(tmp_path, wait_seconds=0),
    ):
        pass
    threading.Timer(0.3, release.set).start()
    with locked(tmp_path, wait_seconds=10, on_wait=said.append):
        assert len(said) == 1
    holder.join()


def test_a_folder_that_cannot_be_locked_is_named():
    with (
        pytest.raises(PublicationError, match=r"/proc cannot be written .*--out"),
        locked(Path("/proc")),
    ):
        pass


NOTE = "title: Web shop\nprovider: us\nis_simulated: true\ntime_zone: UTC\n"
OLDER = {
    "run_id": "2024-12-31-r001",
    "as_of": "2024-12-31",
    "published_at": "2025-01-02T10:00:00+00:00",
    "status": "PASS",
    "headline": [],
    "notebooks": {},
    "settings": {"company": "Acme"},
}


@pytest.mark.parametrize(
    ("note", "is_simulated"),
    [
        ("Web shop (simulated), us.", True),
        ("Web shop, us. Simulated data: no real customer.", True),
        ("The Complete Journey, 84.51°.", False),
    ],
)
def test_a_run_published_before_the_mark_existed_is_marked_by_its_words(note, is_simulated):
    data = {"source_note": note, "last_day": "2024-12-31"}
    run = Run(Path("2024-12-31-r001"), {**OLDER, "data": data, "seal": "0"})
    assert (run.is_simulated, run.whose) == (is_simulated, "Acme")
    assert ("SIMULATED" in index_page([run], "code")) == is_simulated


@pytest.mark.notebooks
def test_a_simulated_company_is_marked_and_named_wherever_the_run_is_shown(shop, capsys):
    (shop.source / "source.yaml").write_text(NOTE, encoding="utf-8")
    assert shop.crm("run") == 0
    shown = capsys.readouterr().out
    named = "Häberle & Söhne — data: Web shop"
    assert f"Published run 2024-12-03-r001, PASS, SIMULATED.\n  {named}\n" in shown
    assert shop.crm("run") == 0
    assert "since run 2024-12-03-r001, PASS, SIMULATED.\n" in capsys.readouterr().out
    assert shop.crm("list") == 0
    assert "2024-12-03-r001  PASS  SIMULATED  published" in (listed := capsys.readouterr().out)
    assert f"\n    {named}\n" in listed
    (run,) = shop.runs()
    assert run.manifest["data"]["is_simulated"] is True
    pages = [run.folder / "report.html", *run.folder.glob("notebooks/*.html")]
    for page in [*pages, shop.out / "index.html"]:
        text = page.read_text(encoding="utf-8")
        assert '<span class="badge badge-simulated">SIMULATED</span>' in text
        assert named.replace("&", "&amp;") in text
    assert all("<title>SIMULATED: " in page.read_text(encoding="utf-8") for page in pages)
    assert "Web shop, us. Simulated data: no real customer." in pages[0].read_text(encoding="utf-8")


@pytest.mark.notebooks
def test_data_of_another_source_do_not_stand_under_the_name_of_the_company(shop, capsys):
    other = shop.folder / "other"
    shutil.copytree(shop.source, other)
    (other / "source.yaml").write_text("title: Corner shop\ntime_zone: UTC\n", encoding="utf-8")
    assert shop.crm("run", "--source", "other", "--json") == 0
    event = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (event["company"], event["source"], event["is_simulated"]) == ("", "Corner shop", False)
    (run,) = shop.runs()
    page = (run.folder / "report.html").read_text(encoding="utf-8")
    assert '<p class="company">Corner shop</p>' in page
    assert "Häberle" not in page
    assert "SIMULATED" not in page
    assert shop.crm("run", "--source", "./orders") == 0
    assert "Häberle &amp; Söhne" in (shop.runs()[0].folder / "report.html").read_text("utf-8")
