"""The command line without a run: help, usage errors, listing, doctor, intake, plain output."""

from __future__ import annotations

import json
import os
import signal

import pytest

from crmlib.errors import ParameterError
from crmlib.run.commands import main
from crmlib.run.execution.interrupts import Interrupts
from crmlib.run.execution.schedule import run_in_order
from crmlib.run.planning.data import Data, choose_day
from crmlib.run.progress import Console, RunProgress


@pytest.mark.parametrize("command", ["run", "list", "verify", "doctor", "intake", "simulate"])
def test_every_help_has_examples(command, capsys):
    assert main([command, "--help"]) == 0
    assert f"examples:\n  crm {command}" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments", [["rum"], ["run", "--asof", "x"], ["run", "--wait", "-1"], ["verify"]]
)
def test_wrong_usage_ends_with_2(arguments, capsys):
    assert main(arguments) == 2
    assert "usage: crm" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--set", "n_customer=3"], "did you mean 'n_customers'?"),
        (["--set", "n_customers=many"], "must be of type int"),
        (["--set", "n_customers=101"], "must be from 1 to 100"),
        (["--only", "10_bas"], "did you mean '10_base'?"),
        (["--as-of", "2023-02-29"], "29 February exists in leap years only"),
        (["--as-of", "2024-11-30"], "no transaction on or before that day"),
        (["--source", "order"], "Known are complete-journey, orders;"),
        (["--params", "none.yaml"], "no readable parameter file"),
    ],
)
def test_a_wrong_parameter_ends_with_2_and_writes_nothing(shop, capsys, arguments, message):
    assert shop.crm("run", *arguments) == 2
    assert message in capsys.readouterr().err
    assert not shop.runs()


def test_parameters_of_the_settings_file_are_checked_too(shop, capsys):
    shop.config.write_text("source: orders\nparameters:\n  n_customers: NO\n")
    assert shop.crm("run") == 2
    assert "crm.yaml: parameter 10_base.n_customers='NO' must be of type int" in (
        capsys.readouterr().err
    )
    assert not shop.out.exists()


def test_a_dry_run_shows_the_plan_and_writes_nothing(shop, capsys):
    before = sorted(shop.folder.rglob("*"))
    assert shop.crm("run", "--dry-run", "--set", "n_customers=5") == 0
    shown = capsys.readouterr().out
    assert "1. 10_base: execute (the data have not been taken in yet)" in shown
    assert "n_customers=5" in shown
    assert "2. 90_report: execute" in shown
    assert sorted(shop.folder.rglob("*")) == before


def test_rejected_data_end_with_3(shop, capsys):
    (shop.source / "transactions.csv").write_text("a,b\n1,2\n")
    assert shop.crm("run", "--json") == 3
    captured = capsys.readouterr()
    assert json.loads(captured.out)["exit_status"] == 3
    assert captured.err.startswith("crm: error: ")
    assert not shop.runs()


def test_a_list_without_runs_explains_itself(shop, capsys):
    assert shop.crm("list") == 0
    assert "No run has been published" in capsys.readouterr().out
    assert shop.crm("list", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"runs": [], "not_listed": {}}
    assert shop.crm("verify", "latest") == 2
    assert "newest runs: none yet" in capsys.readouterr().err


def test_intake_prints_what_became_of_the_rows(shop, capsys):
    assert shop.crm("intake", "--json") == 0
    rows = json.loads(capsys.readouterr().out)["tables"]
    assert {row["table"]: row["rows_used"] for row in rows} == {"transactions": 2, "customers": 2}
    assert shop.crm("intake") == 0
    assert "quarantined" in capsys.readouterr().out


def test_doctor_looks_at_everything(shop, capsys):
    assert shop.crm("doctor", "--json") == 0
    checks = {check["name"]: check for check in json.loads(capsys.readouterr().out)["checks"]}
    assert checks["notebooks"]["found"].startswith("2 in")
    assert {check["state"] for check in checks.values()} <= {"OK", "WARN"}


def test_doctor_fails_on_a_folder_that_cannot_be_written(shop, capsys):
    assert shop.crm("doctor", "--out", "/proc/cpuinfo/reports") == 1
    assert "FAIL  output folder" in capsys.readouterr().out


def test_an_output_folder_that_cannot_be_made_is_named(shop, capsys):
    assert shop.crm("run", "--out", "/proc/reports") == 1
    assert "/proc/reports" in capsys.readouterr().err


def test_an_unknown_error_is_short_and_debug_shows_where(shop, capsys, monkeypatch):
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("\x1b[2J")

    monkeypatch.setattr("crmlib.run.planning.plan.make_plan", broken)
    assert shop.crm("run") == 1
    error = capsys.readouterr().err
    assert error == (
        "crm: error: ZeroDivisionError: \\x1b[2J. This is unexpected; --debug shows where.\n"
    )
    assert shop.crm("run", "--debug") == 1
    assert "in broken" in capsys.readouterr().err


class _Stream:
    """A stream that remembers, with an encoding and perhaps a terminal."""

    def __init__(self, encoding: str, *, is_terminal: bool) -> None:
        self.encoding, self.text, self._is_terminal = encoding, "", is_terminal

    def isatty(self) -> bool:
        return self._is_terminal

    def write(self, text: str) -> None:
        text.encode(self.encoding)
        self.text += text

    def flush(self) -> None:
        """Nothing waits."""


def test_output_survives_ascii_and_holds_no_escapes_of_data():
    out, err = _Stream("ascii", is_terminal=False), _Stream("ascii", is_terminal=False)
    console = Console(out=out, err=err)
    console.say("Zoë \x1b[2J\u202e", colour="green")
    console.note("wait", colour="red")
    console.live("moving")
    assert out.text == "Zo\\xeb \\x1b[2J\\u202e\n"
    assert err.text == "wait\n"


def test_a_terminal_gets_one_line_that_moves():
    err = _Stream("utf-8", is_terminal=True)
    console = Console(out=_Stream("utf-8", is_terminal=False), err=err)
    progress = RunProgress(
        console, n_cells={"10_base": 4}, seconds_before={"10_base": 30.0}, workers=2
    )
    progress.cell("10_base", 2)
    progress.draw()
    assert err.text.startswith("\r[0/1] 10_base cell 2/4  0 s, about 30 s left")
    console.note("done")
    assert err.text.endswith("\r\x1b[Kdone\n")


def test_a_signal_stops_once_and_a_publication_is_finished_first():
    done = []

    def publish() -> None:
        with Interrupts() as interrupts:
            with interrupts.shield():
                os.kill(os.getpid(), signal.SIGTERM)
                done.append("published")
            os.kill(os.getpid(), signal.SIGTERM)
            done.append("not reached")

    with pytest.raises(KeyboardInterrupt):
        publish()
    assert done == ["published"]


def test_what_waits_for_a_failed_step_is_not_started():
    started = []

    def step(name: str) -> str:
        started.append(name)
        if name == "b":
            raise ParameterError("b failed")
        return name

    with pytest.raises(ParameterError, match="b failed"):
        run_in_order(
            {"a": (), "b": ("a",), "c": ("b",)},
            step,
            workers=2,
            on_done=lambda name, result: None,
            on_tick=lambda: None,
            stop=lambda: None,
        )
    assert started == ["a", "b"]


def test_the_day_follows_from_the_data():
    data = Data("0", {}, "2024-01-01", "2024-12-30", "", "")
    assert choose_day("last", data) == ("2024-12-30", "")
    assert choose_day("2024-02-29", data) == ("2024-02-29", "")
    day, remark = choose_day("2024-12-31", data)
    assert (day, remark) == (
        "2024-12-31",
        "The data end on 2024-12-30, before 2024-12-31: the last days are empty.",
    )
    with pytest.raises(ParameterError, match=r"as_of=2023-12-31: no transaction .*2024-01-01"):
        choose_day("2023-12-31", data)
    with pytest.raises(ParameterError, match="no transaction"):
        choose_day("last", Data("0", {}, "", "", "", ""))
