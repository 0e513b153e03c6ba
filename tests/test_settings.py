"""Settings: what a file may hold, and every refusal with file and key."""

from __future__ import annotations

import re

import pytest

from crmlib.errors import ParameterError
from crmlib.settings import load_settings, read_yaml


def _load(tmp_path, text, **options):
    file = tmp_path / "crm.yaml"
    file.write_text(text, encoding="utf-8")
    return load_settings(file, **options)


def test_a_file_is_read_and_options_beat_it(tmp_path):
    text = "company: Häberle\nas_of: 2024-02-29\nworkers: 3\nmemory_limit: 1.5 GB\n"
    settings = _load(tmp_path, text, as_of=None, source="orders")
    assert (settings.company, settings.as_of, settings.workers) == ("Häberle", "2024-02-29", 3)
    assert settings.path(settings.source) == tmp_path / "orders"
    assert _load(tmp_path, "").source == "data/sample"
    assert _load(tmp_path, "max_quarantined_share: 0\n").max_quarantined_share == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("as_of: 2023-02-29", r"'as_of' = '2023-02-29': .*29 February exists in leap years only"),
        ("as_of: [2024]", r"'as_of'"),
        ("1: 2", r"unknown setting 1; known are"),
        ("compny: x", r"unknown setting 'compny'; did you mean 'company'\?"),
        ("folder: /tmp", r"unknown setting 'folder'; known are .*'workers'\]"),
        ('company: "\\ud800"', r"'company' holds half a character.*line 1"),
        (
            'company: "a"\ncurrency: EUR\ncompany: b',
            r"'company' is given twice.*line 1.*line 3",
        ),
        ("parameters:\n  n: 1\n  n: 2", r"'n' is given twice, first in line 2.*line 3"),
        ("memory_limit: 0MB", r"'memory_limit' = '0MB': .*no memory at all"),
        ("memory_limit: 0.0 GB", r"'memory_limit'"),
        ("workers: yes", r"'workers' = True"),
        ("workers: 2.5", r"'workers' = 2.5"),
        ("cell_timeout_seconds: yes", r"'cell_timeout_seconds' = True"),
        ("max_quarantined_share: no", r"'max_quarantined_share' = False"),
        ('source: ""', r"'source' = ''"),
        ('out: " "', r"'out' = ' '"),
        ('source: "a\\0b"', r"'source'"),
        ("time_zone: Europe/Berln", r"did you mean 'Europe/Berlin'\?"),
        ("- a", r"must hold `name: value` lines, got list"),
        ("[" * 5000, r"nested too deeply"),
        ("? [a]\n: b", r"not readable as YAML"),
        ("!!map [a]", r"not readable as YAML"),
    ],
)
def test_a_wrong_file_is_refused_with_file_and_key(tmp_path, text, message):
    with pytest.raises(ParameterError, match=rf"(?s)crm\.yaml.*{message}"):
        _load(tmp_path, text)


def test_what_is_no_file_is_named(tmp_path):
    with pytest.raises(ParameterError, match=re.escape(f"{tmp_path} cannot be read: Is a")):
        load_settings(tmp_path)
    with pytest.raises(ParameterError, match="There is no settings file"):
        load_settings(tmp_path / "none.yaml")
    (tmp_path / "crm.yaml").write_bytes(b"company: \xff")
    with pytest.raises(ParameterError, match=r"crm\.yaml is not readable as YAML"):
        load_settings(tmp_path / "crm.yaml")


def test_text_stays_as_written_and_a_merge_is_no_repetition(tmp_path):
    file = tmp_path / "values.yaml"
    file.write_text("a: NO\nb: 007\nc: 2023-02-29\n")
    assert read_yaml(file, as_text=True) == {"a": "NO", "b": "007", "c": "2023-02-29"}
    file.write_text("base: &b {x: 1, y: 2}\nother:\n  <<: *b\n  x: 3\n")
    assert read_yaml(file)["other"] == {"x": 3, "y": 2}
    file.write_text("a: 1\na: 1\n")
    with pytest.raises(ParameterError, match=r"values\.yaml .*'a' is given twice"):
        read_yaml(file, as_text=True)
