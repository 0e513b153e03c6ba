"""Options of a run: a wrong one is named itself; another source takes the company's name away."""

from __future__ import annotations

import pytest

from crmlib.run.arguments import parse_arguments
from crmlib.run.commands import main
from crmlib.run.options import settings_of_run


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--memory-limit", "lots", "--memory-limit 'lots' must be a size such as 500MB or 1GB."),
        ("--memory-limit", "0GB", "--memory-limit '0GB' is no memory at all"),
        ("--as-of", "2023-06-31", "--as-of '2023-06-31' is not a calendar day"),
        ("--engine", "foo", "--engine 'foo' must be duckdb"),
        ("--source", " ", "--source ' ' must name a folder"),
    ],
)
def test_a_wrong_option_is_blamed_and_not_the_file(shop, capsys, option, value, message):
    assert shop.crm("run", option, value) == 2
    error = capsys.readouterr().err
    assert message in error
    assert "crm.yaml" not in error


def test_a_wrong_option_of_an_intake_is_blamed_too(shop, capsys):
    assert shop.crm("intake", "--memory-limit", "lots") == 2
    assert "--memory-limit 'lots' must be a size" in capsys.readouterr().err


def test_a_wrong_setting_is_still_blamed_on_the_file(shop, capsys):
    shop.config.write_text("source: orders\nengine: foo\n")
    assert shop.crm("run", "--memory-limit", "1GB") == 2
    assert "crm.yaml: setting 'engine' = 'foo'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("source", "company"),
    [
        (None, "Häberle & Söhne"),
        ("orders", "Häberle & Söhne"),
        ("./orders", "Häberle & Söhne"),
        ("other", ""),
        ("database", ""),
    ],
)
def test_the_company_is_that_of_the_source_in_the_file(shop, source, company):
    words = ["run", "--config", str(shop.config), *(["--source", source] if source else [])]
    settings = settings_of_run(parse_arguments(words))
    assert settings.company == company
    assert settings.source == (source if not company else "orders")


def test_options_stay_with_another_source(shop):
    words = ["run", "--config", str(shop.config), "--as-of", "2024-12-02", "--out", "here"]
    settings = settings_of_run(parse_arguments([*words, "--source", "other"]))
    assert (settings.as_of, settings.source) == ("2024-12-02", "other")
    assert settings.out.endswith("/here")


def test_a_list_outside_of_a_project_says_so(shop, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert main(["list"]) == 0
    assert f"There is no crm.yaml in {tmp_path}." in capsys.readouterr().out
    assert shop.crm("list") == 0
    assert "There is no crm.yaml" not in capsys.readouterr().out
