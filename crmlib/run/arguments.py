"""The command line's grammar: sub-commands, options and their help."""

from __future__ import annotations

import argparse
from pathlib import Path

from crmlib import __version__

__all__ = ["parse_arguments"]

_LONGEST_WAIT = 86_400
_RUN = """examples:
  crm run                                   one iteration, up to the last day with sales
  crm run --as-of 2024-12-31                up to the end of that day
  crm run --set lapse_days=60               a parameter of every notebook that has it
  crm run --set 10_customer_base.lapse_days=60
  crm run --only 10_customer_base           this notebook and what it reads; `latest` stays
  crm run --engine spark://10.0.0.7:7077    the same results from a Spark cluster
  crm run --dry-run                         what would be executed, and why

exit status: 0 published or unchanged, 1 failed, 2 wrong option or parameter, 3 data rejected,
130 interrupted. Unless it is 0, nothing was published and earlier runs are as they were."""

_LIST = """examples:
  crm list
  crm list --json"""

_VERIFY = """examples:
  crm verify latest
  crm verify 2024-12-31-r007

exit status: 0 if every file is as published, 1 if any is changed, missing or extra."""

_DOCTOR = """examples:
  crm doctor
  crm doctor --json

exit status: 1 if something a run cannot do without is missing."""

_NOTEBOOKS = """examples:
  crm notebooks --check                     names what is not in normal form
  crm notebooks --write                     run all with their defaults, store the outputs as text

exit status: 1 if --check finds a notebook that is not in normal form."""

_INTAKE = """examples:
  crm intake                                the source named in crm.yaml
  crm intake data/raw/2024-12               another one, a folder
  crm intake --suggest data/raw/export.csv  write a first mapping for a file in a form of its own
  crm intake --mapping mappings/export.yaml data/raw
  crm intake data/raw/2024-12-31 --merge    add new rows to the database, replace corrected ones
  crm intake --accept-drop "two shops closed"

`crm run --source database` reads what has been merged.
exit status: 3 if the data are rejected; the message names every reason."""

_SIMULATE = """examples:
  crm simulate --out data/raw/company                            2,000 customers, 24 months
  crm simulate --out data/raw/large --customers 100000 --months 24 --seed 7

The company does not exist. What is true of it, such as the effect of each campaign on each
customer, lies beside its tables in the folder `truth`."""


def parse_arguments(argv: list[str] | None) -> argparse.Namespace:
    """Read the command line; `SystemExit` with status 2 on a usage error."""
    parser = argparse.ArgumentParser(
        prog="crm",
        description="Analytic CRM: one management report per iteration.",
        epilog="`crm COMMAND --help` shows options and examples of a command.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"crm {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _run_options(commands)
    listing = _command(commands, "list", "list published runs, newest first", _LIST)
    _out(listing)
    _json(listing)
    verify = _command(commands, "verify", "hash every file of a run again", _VERIFY)
    verify.add_argument("run", metavar="RUN", help="run id, or `latest`")
    _out(verify)
    _json(verify)
    doctor = _command(commands, "doctor", "check this machine and the project", _DOCTOR)
    _out(doctor)
    _json(doctor)
    intake = _command(commands, "intake", "load and check data without a run", _INTAKE)
    _intake_options(intake)
    _simulate_options(commands)
    notebooks = _command(commands, "notebooks", "stored form of the notebooks", _NOTEBOOKS)
    what = notebooks.add_mutually_exclusive_group(required=True)
    what.add_argument("--check", action="store_true", help="is every notebook in normal form?")
    what.add_argument("--write", action="store_true", help="run with defaults and store")
    _json(notebooks)
    return parser.parse_args(argv)


def _run_options(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `crm run`."""
    run = _command(commands, "run", "run one iteration and publish its reports", _RUN)
    run.add_argument("--as-of", metavar="DAY", help="last day that counts, or `last`")
    _out(run)
    run.add_argument("--source", metavar="S", help="where the data come from, instead of crm.yaml")
    run.add_argument(
        "--engine",
        metavar="E",
        help="duckdb, local[N], spark://HOST:PORT or sc://HOST:PORT (Spark Connect)",
    )
    run.add_argument(
        "--memory-limit", metavar="SIZE", help="what the engine may hold in memory, such as 1GB"
    )
    run.add_argument(
        "--set",
        dest="values",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="value of a parameter, of all notebooks or as NOTEBOOK.NAME; may be repeated",
    )
    run.add_argument("--params", type=Path, metavar="FILE", help="parameter values in a YAML file")
    run.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="NB",
        help="only this notebook and those it reads; may be repeated",
    )
    run.add_argument("--fresh", action="store_true", help="execute everything anew")
    run.add_argument(
        "--wait",
        type=_seconds,
        default=600.0,
        metavar="SECONDS",
        help="how long to wait for another run (default 600)",
    )
    _accept_drop(run)
    run.add_argument(
        "--dry-run", action="store_true", help="show the plan, start and write nothing"
    )
    _json(run, "one JSON object per line instead of text; the last one is the result")


def _intake_options(intake: argparse.ArgumentParser) -> None:
    """Add the options of `crm intake`."""
    intake.add_argument(
        "source",
        nargs="?",
        metavar="SOURCE",
        help="instead of that in crm.yaml; with --mapping, the folder of the files it names",
    )
    intake.add_argument("--mapping", type=Path, metavar="FILE", help="how columns become ours")
    intake.add_argument("--suggest", type=Path, metavar="FILE", help="write a first mapping of it")
    intake.add_argument("--to", type=Path, metavar="FILE", help="where --suggest writes")
    intake.add_argument(
        "--merge", action="store_true", help="merge into the database instead of standing alone"
    )
    intake.add_argument(
        "--new-database", action="store_true", help="with --merge: begin another database"
    )
    _accept_drop(intake)
    intake.add_argument("--memory-limit", metavar="SIZE", help="memory of the engine, such as 1GB")
    _json(intake)


def _accept_drop(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--accept-drop",
        default="",
        metavar="REASON",
        help="take in less than half of the rows of last time, and why that is right",
    )


def _simulate_options(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
) -> None:
    """Add `crm simulate`."""
    simulate = _command(commands, "simulate", "write a company with known truth", _SIMULATE)
    simulate.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write")
    simulate.add_argument("--customers", type=int, default=2000, metavar="N", help="default 2000")
    simulate.add_argument("--months", type=int, default=24, metavar="M", help="default 24")
    simulate.add_argument("--seed", type=int, default=1, metavar="S", help="default 1")
    simulate.add_argument("--start", default="2023-01-01", metavar="DAY", help="first day")
    simulate.add_argument("--format", choices=("parquet", "csv"), default="parquet")
    _json(simulate)


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    summary: str,
    examples: str,
) -> argparse.ArgumentParser:
    """Add a sub-command with the options all have."""
    parser = commands.add_parser(
        name,
        help=summary,
        description=summary[:1].upper() + summary[1:] + ".",
        epilog=examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings file (crm.yaml)")
    parser.add_argument("--debug", action="store_true", help="show where an error came from")
    return parser


def _out(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", metavar="FOLDER", help="folder of all runs (reports)")


def _json(parser: argparse.ArgumentParser, text: str = "JSON instead of text") -> None:
    parser.add_argument("--json", action="store_true", help=text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= _LONGEST_WAIT:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a number of seconds from 0 to {_LONGEST_WAIT}"
        )
    return seconds
