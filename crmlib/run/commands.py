"""The `crm` command: what a user types, what is shown, and the exit status."""

from __future__ import annotations

import argparse
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crmlib.errors import CrmlibError
from crmlib.reporting.text import whose
from crmlib.run import data_commands
from crmlib.run.arguments import parse_arguments
from crmlib.run.execution.interrupts import Interrupts
from crmlib.run.progress import Console
from crmlib.run.remarks import show_remarks

if TYPE_CHECKING:
    from crmlib.run.publication.manifest import Run

__all__ = ["main"]

_STATUS_COLOURS = {"PASS": "green", "OK": "green", "REVIEW": "yellow", "WARN": "yellow"}
_INTERRUPTED = 130
_SHOWN_SENTENCES = 3


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit status.

    Parameters
    ----------
    argv
        Arguments without the program name; by default those of the process.
    """
    try:
        arguments = parse_arguments(argv)
    except SystemExit as stop:
        return int(stop.code or 0)
    console = Console(as_json=arguments.json)
    with Interrupts() as interrupts:
        return _answer(arguments, console, interrupts)


def _answer(arguments: argparse.Namespace, console: Console, interrupts: Interrupts) -> int:
    """Run the command and turn what goes wrong into a message and an exit status."""
    try:
        if arguments.command == "run":
            return _run(arguments, console, interrupts)
        return _COMMANDS[arguments.command](arguments, console)
    except KeyboardInterrupt:
        return _stopped(console, arguments, interrupts)
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except Exception as error:  # noqa: BLE001 - the last resort of the program
        if interrupts.is_caught:  # a library turned the interrupt into an error of its own
            return _stopped(console, arguments, interrupts)
        if isinstance(error, CrmlibError):
            return _failed(console, arguments, str(error), error.exit_status)
        text = f"{type(error).__name__}: {error}. This is unexpected; --debug shows where."
        return _failed(console, arguments, text, 1)


def _stopped(console: Console, arguments: argparse.Namespace, interrupts: Interrupts) -> int:
    """Say what an interrupt has left."""
    text = "interrupted, nothing published"
    if interrupts.has_published:
        text = "interrupted after the run was published; `crm list` shows it"
    return _failed(console, arguments, text, _INTERRUPTED)


def _failed(console: Console, arguments: argparse.Namespace, text: str, exit_status: int) -> int:
    """Show an error."""
    if arguments.debug:
        console.note(traceback.format_exc())
    console.error(text)
    console.emit({"event": "error", "message": text, "exit_status": exit_status})
    return exit_status


def _run(arguments: argparse.Namespace, console: Console, interrupts: Interrupts) -> int:
    from crmlib.run.options import settings_of_run
    from crmlib.run.planning.overrides import overrides_in_file, overrides_in_options
    from crmlib.run.planning.plan import make_plan

    settings = settings_of_run(arguments)
    file = arguments.config or Path("crm.yaml")
    overrides = overrides_in_file(file, section="parameters") if file.exists() else []
    if arguments.params:
        overrides += overrides_in_file(arguments.params)
    overrides += overrides_in_options(arguments.values)
    plan = make_plan(settings, overrides=overrides, only=arguments.only)
    if arguments.dry_run:
        return _dry_run(plan, console, fresh=arguments.fresh)
    from crmlib.run.iteration import iterate

    result = iterate(
        plan,
        console=console,
        interrupts=interrupts,
        fresh=arguments.fresh,
        wait_seconds=arguments.wait,
        accept_drop=arguments.accept_drop,
    )
    _show_result(result, console)
    return 0


def _show_result(result: Any, console: Console) -> None:
    """Print where the reports are and what a manager must not miss."""
    show_remarks(result.remarks, console)
    html, pdf = result.folder / "report.html", result.folder / "report.pdf"
    state = f"{result.status}, SIMULATED" if result.is_simulated else result.status
    if result.is_new:
        console.say(f"Published run {result.run_id}, {state}.", colour="green")
    else:
        console.say(f"Nothing has changed since run {result.run_id}, {state}.")
    console.say(f"  {whose(result.company, result.source)}")
    for sentence in result.headline[:_SHOWN_SENTENCES]:
        console.say(f"  {sentence}")
    console.say(str(html))
    console.say(str(pdf))
    console.emit(
        {
            "event": "result",
            "run_id": result.run_id,
            "is_new": result.is_new,
            "as_of": result.as_of,
            "status": result.status,
            "company": result.company,
            "source": result.source,
            "is_simulated": result.is_simulated,
            "headline": result.headline,
            "report_html": str(html),
            "report_pdf": str(pdf),
            **result.remarks,
        }
    )


def _dry_run(plan: Any, console: Console, *, fresh: bool) -> int:
    from dataclasses import asdict

    from crmlib.run.planning.data import choose_day, existing_data, remembered_data
    from crmlib.run.planning.plan import foresee
    from crmlib.run.publication.manifest import published_runs

    settings = plan.settings
    runs, _ = published_runs(settings.path(settings.out))
    data = remembered_data(settings, runs, code=plan.environment.code) or existing_data(settings)
    as_of, remark = choose_day(settings.as_of, data) if data else (settings.as_of, "")
    planned = foresee(plan, runs, as_of=as_of, data=data, fresh=fresh)
    console.say(f"as_of {as_of}, {len(planned)} notebooks. {remark}".rstrip())
    if data is None:
        console.say("The data have not been taken in yet; `crm intake` does that.")
    for one in planned:
        why = f" ({one.reason})" if one.reason else ""
        console.say(f"{one.level}. {one.notebook}: {one.action}{why}")
        values = ", ".join(f"{name}={value!r}" for name, value in one.parameters.items())
        console.say(f"     {values}")
    console.emit({"event": "plan", "as_of": as_of, "notebooks": [asdict(one) for one in planned]})
    return 0


def _list(arguments: argparse.Namespace, console: Console) -> int:
    from crmlib.run.options import settings_of
    from crmlib.run.publication.manifest import published_runs

    settings = settings_of(arguments)
    out = settings.path(settings.out)
    runs, refused = published_runs(out)
    rows = [_row(run) for run in runs]
    console.emit({"runs": rows, "not_listed": refused})
    if not rows:
        console.say(f"No run has been published in {out} yet. `crm run` makes the first one.")
        if not (arguments.config or Path("crm.yaml")).exists():
            console.say(
                f"There is no crm.yaml in {Path.cwd()}. Go to the folder of the project, or name "
                "its file with --config."
            )
    for row in rows:
        part = "" if row["complete"] else ", part of the notebooks"
        state = f"{row['status']}  SIMULATED" if row["is_simulated"] else row["status"]
        console.say(f"{row['run_id']}  {state}  published {row['published_at']}{part}")
        console.say(f"    {whose(row['company'], row['source'])}")
        console.say(f"    {row['headline']}")
    for reason in refused.values():
        console.note(f"Not listed: {reason}", colour="yellow")
    return 0


def _row(run: Run) -> dict[str, Any]:
    manifest = run.manifest
    names = ("run_id", "as_of", "status", "published_at", "complete")
    return {name: manifest[name] for name in names} | {
        "company": run.company,
        "source": run.source,
        "is_simulated": run.is_simulated,
        "headline": manifest["headline"][0] if manifest["headline"] else "",
        "n_notebooks": len(manifest["notebooks"]),
    }


def _verify(arguments: argparse.Namespace, console: Console) -> int:
    from crmlib.run.options import settings_of
    from crmlib.run.publication.manifest import find_run, verify

    settings = settings_of(arguments)
    folder = find_run(settings.path(settings.out), arguments.run)
    found = verify(folder)
    console.emit(
        {
            "run_id": folder.name,
            "is_sound": not found,
            "changed": found.changed,
            "missing": found.missing,
            "extra": found.extra,
        }
    )
    if not found:
        console.say(f"{folder.name}: every file is as published.", colour="green")
        return 0
    for kind in ("changed", "missing", "extra"):
        for name in getattr(found, kind):
            console.say(f"{folder.name}: {kind}: {name}", colour="red")
    return 1


def _doctor(arguments: argparse.Namespace, console: Console) -> int:
    from dataclasses import asdict

    from crmlib.run.doctor import examine
    from crmlib.run.options import settings_of

    checks = examine(settings_of(arguments))
    console.emit({"checks": [asdict(check) for check in checks]})
    for check in checks:
        console.say(f"{check.state:<5} {check.name}: {check.found}", colour=_colour(check.state))
        if check.remedy:
            console.say(f"      {check.remedy}")
    return int(any(check.state == "FAIL" for check in checks))


def _colour(state: str) -> str:
    return _STATUS_COLOURS.get(state, "red")


def _notebooks(arguments: argparse.Namespace, console: Console) -> int:
    from crmlib.run.normalise import is_normal, normalise_files
    from crmlib.run.options import settings_of

    folder = settings_of(arguments).folder / "notebooks"
    paths = sorted(folder.glob("*.ipynb"))
    if arguments.write:
        named, words = normalise_files(paths), "stored anew"
    else:
        named = [path for path in paths if not is_normal(path)]
        words = "not in normal form; `crm notebooks --write` mends it"
    console.emit({"notebooks": len(paths), "named": [path.stem for path in named]})
    for path in named:
        console.say(f"{path.stem}: {words}")
    console.say(
        f"{len(paths)} notebooks, {len(named)} {'changed' if arguments.write else 'to mend'}."
    )
    return int(bool(named) and not arguments.write)


_COMMANDS: dict[str, Callable[[argparse.Namespace, Console], int]] = {
    "list": _list,
    "verify": _verify,
    "doctor": _doctor,
    "intake": data_commands.intake,
    "simulate": data_commands.simulate,
    "notebooks": _notebooks,
}
