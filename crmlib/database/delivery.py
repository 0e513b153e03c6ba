"""One delivery read, checked by every rule and written table by table into a work folder."""

# ruff: noqa: S608 - names and values in SQL are quoted by crmlib.sources.quoting

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from crmlib.database.checks import Checked, check
from crmlib.database.currencies import lay_out_daily_rates
from crmlib.database.engine import connect
from crmlib.database.merging import carry_over, merge_problems, merge_table, numbering_problem
from crmlib.database.report import Finding, TableReport, Totals
from crmlib.database.snapshot import Snapshot
from crmlib.database.typed_view import lay_out
from crmlib.database.writing import derive_customers, totals_in, totals_used, write_table
from crmlib.errors import CrmlibError, DataRejectedError
from crmlib.schema import TABLES, companion, intake_order
from crmlib.settings import Settings
from crmlib.sources.base import Problem, RawTable, Source
from crmlib.sources.quoting import file_literal, identifier, shown

__all__ = ["Taken", "refuse", "take_in"]

_NOT_THE_FILE = (
    duckdb.OutOfMemoryException,
    duckdb.InterruptException,
    duckdb.BinderException,
    duckdb.CatalogException,
    duckdb.ParserException,
)
"""What the engine raises for other reasons than a damaged file."""

_NO_TOTALS = Totals(n_customers=0, n_orders=0, net_cents=0)


@dataclass
class Taken:
    """What taking one delivery in has found so far.

    Parameters
    ----------
    work
        Work folder; `folder` in it becomes the snapshot.
    base
        Snapshot the delivery is merged into, if any.
    tables
        Tables of the new snapshot.
    rows, n_refused, n_days
        Rows used of each table of the delivery, rows set aside, days with an order line.
    changes_nothing
        Every row delivered stands in the base already, and none was set aside.
    """

    connection: duckdb.DuckDBPyConnection
    work: Path
    settings: Settings
    received_on: datetime.date
    say: Callable[[str], None]
    base: Snapshot | None = None
    problems: list[Problem] = field(default_factory=list)
    set_aside: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    findings: dict[str, list[Finding]] = field(default_factory=dict)
    tables: dict[str, TableReport] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    n_refused: int = 0
    n_days: int = 0
    changes_nothing: bool = True
    totals_in: Totals = _NO_TOTALS
    totals_used: Totals = _NO_TOTALS
    days: tuple[int | None, int | None] = (None, None)
    days_delivered: tuple[int | None, int | None] = (None, None)
    latest_day: int = 0

    @property
    def folder(self) -> Path:
        """The new snapshot."""
        return self.work / "snapshot"

    def stored(self, table: str) -> str:
        """Return SQL of the used rows of a table that has been written."""
        path = file_literal(self.folder / self.tables[table].file)
        return f"read_parquet({path}, hive_partitioning = false)"


def take_in(
    source: Source,
    settings: Settings,
    work: Path,
    *,
    received_on: datetime.date,
    say: Callable[[str], None],
    base: Snapshot | None = None,
) -> Taken:
    """Read, check and write every table of a source into a work folder.

    Parameters
    ----------
    base
        Snapshot whose tables the delivery is merged with.

    Raises
    ------
    DataRejectedError
        If anything is a reason to refuse the delivery; the message lists everything.
    """
    connection = connect(
        memory_limit=settings.memory_limit, threads=settings.workers, spill_folder=work / "spill"
    )
    taken = Taken(connection, work, settings, received_on, say, base)
    taken.folder.mkdir()
    if base:
        taken.tables = carry_over(base, taken.folder)
    try:
        with connection:
            _take_in_tables(taken, source)
    except duckdb.OutOfMemoryException as error:
        raise CrmlibError(
            f"Intake needs more than memory_limit={settings.memory_limit}: "
            f"{str(error).splitlines()[0]} Raise memory_limit in the settings."
        ) from error
    refuse(source.name, taken.problems, taken.set_aside)
    return taken


def _take_in_tables(taken: Taken, source: Source) -> None:
    """Take in what the source brings, those tables first that others refer to."""
    taken.say(f"Reading {source.name}.")
    raw_tables = source.tables(taken.connection)
    taken.problems += source.problems
    if source.no_sales and not taken.base:
        taken.problems.append(source.no_sales)
    taken.notes += source.notes
    for name in intake_order():
        if name in raw_tables:
            _take_in_table(taken, raw_tables[name])
    customers = taken.tables.get("customers")
    if "transactions" in taken.tables and (customers is None or customers.is_derived):
        taken.tables["customers"] = derive_customers(taken.connection, taken.folder)
        taken.notes.append(
            "There is no customers table: customers are those named by transactions."
        )
    if "transactions" in taken.tables:
        taken.days = _days(taken, taken.stored("transactions"))


def _take_in_table(taken: Taken, raw: RawTable) -> None:
    """Check one table and write it if nothing about the table as a whole is wrong."""
    taken.problems += raw.problems
    taken.notes += raw.notes
    if not raw.relation:
        return
    taken.say(f"Checking {raw.table}.")
    try:
        _check_and_write(taken, raw)
    except _NOT_THE_FILE:
        raise
    except duckdb.Error as error:
        first = str(error).splitlines()[0]
        if "No space left" in first:
            raise OSError(first) from error
        says = f"the file is damaged and cannot be read to its end: {shown(first, limit=160)}"
        taken.problems.append(Problem(raw.file, says, "Export the file again."))


def _check_and_write(taken: Taken, raw: RawTable) -> None:
    connection, settings = taken.connection, taken.settings
    table = TABLES[raw.table].for_columns(raw.columns)
    rates = ""
    if "rates" in taken.tables and "currency" in raw.columns:
        rates = lay_out_daily_rates(connection, taken.stored("rates"))
    typed = lay_out(
        connection,
        table,
        raw,
        time_zone=settings.time_zone,
        currency=settings.currency,
        daily_rates=rates,
    )
    n_before = len(taken.problems)
    before = taken.tables.get(raw.table) if taken.base else None
    if before:
        taken.problems += merge_problems(before, table, raw)
    references = {
        name: taken.stored(name) for name, one in taken.tables.items() if not one.is_derived
    }
    checked = check(
        connection,
        typed,
        settings=settings,
        received_on=taken.received_on,
        references=references,
    )
    taken.findings[raw.table] = checked.findings
    taken.notes += typed.notes
    taken.problems += typed.problems
    _judge(taken, checked)
    if len(taken.problems) > n_before:
        return
    _write(taken, checked, before)


def _write(taken: Taken, checked: Checked, before: TableReport | None) -> None:
    """Write the rows used, merged with those of the database where there are any."""
    folder = taken.folder
    if before:
        folder = taken.work / "delivered"
        folder.mkdir(exist_ok=True)
    report = write_table(taken.connection, checked, folder)
    taken.rows[report.name] = report.rows_used
    taken.n_refused += report.rows_quarantined - report.rows_excluded
    if report.name == "transactions":
        _sum_up(taken, checked, folder / report.file)
    _note_latest(taken, checked, folder / report.file)
    if before:
        taken.say(f"Merging {report.name}.")
        new = report
        problem = numbering_problem(taken.connection, folder, taken.folder, new)
        if problem:
            taken.problems.append(problem)
            return
        report = merge_table(taken.connection, folder, taken.folder, new=new, before=before)
        n_unchanged = report.rows_unchanged - before.rows_unchanged
        is_known = n_unchanged == new.rows_used and not new.quarantine_sha256
        taken.changes_nothing &= is_known
    else:
        taken.changes_nothing = False
    if not report.reconciles:
        raise CrmlibError(
            f"Intake lost rows of {checked.typed.raw.file}: {report.rows_in:,} read, "
            f"{report.rows_used:,} used, {report.rows_quarantined:,} quarantined, "
            f"{report.rows_deduplicated:,} deduplicated. Nothing was loaded. This is an error of "
            "the program: please report it."
        )
    taken.tables[report.name] = report


def _judge(taken: Taken, checked: Checked) -> None:
    """Turn findings into problems: rules that stop, too many rows set aside, no sales at all."""
    raw = checked.typed.raw
    for finding, places in zip(checked.findings, checked.example_places, strict=True):
        problem = finding.as_problem(raw.file, example_places=places)
        if finding.action == "stop":
            taken.problems.append(problem)
        elif finding.action == "quarantine":
            taken.set_aside.append(problem)
    n_aside = checked.n_aside(taken.connection, "quarantine")
    share = taken.settings.max_quarantined_share
    if n_aside > share * checked.rows_in:
        says = (
            f"{n_aside:,} of {checked.rows_in:,} rows break a rule, "
            f"more than the {share:.3%} that may be set aside"
        )
        advice = "Correct the rows listed below, or raise max_quarantined_share in the settings."
        taken.problems.append(Problem(raw.file, says, advice))
    n_used = checked.rows_in - checked.n_aside(
        taken.connection, "quarantine", "deduplicate", "exclude"
    )
    if raw.table == "transactions" and checked.rows_in and not n_used:
        says = f"all rows were set aside: none of {checked.rows_in:,} can be used"
        taken.problems.append(Problem(raw.file, says, "Correct the rows listed below."))
    if raw.table == "transactions" and not checked.rows_in:
        required = ", ".join(TABLES[raw.table].required)
        says = "the file has a header and no rows" if raw.columns else "the file is empty"
        taken.problems.append(Problem(raw.file, says, f"Expected are rows with {required}."))


def _sum_up(taken: Taken, checked: Checked, path: Path) -> None:
    connection = taken.connection
    taken.totals_used = taken.totals_in = totals_used(connection, path)
    if checked.n_aside(connection, "quarantine", "deduplicate", "exclude"):
        taken.totals_in = totals_in(connection, checked)


def _note_latest(taken: Taken, checked: Checked, path: Path) -> None:
    """Remember the days of the order lines and the latest day of any moment delivered."""
    stored = f"read_parquet({file_literal(path)}, hive_partitioning = false)"
    for column in checked.typed.table.columns:
        if column.kind != "instant" or column.name not in checked.typed.typings:
            continue
        days = _days(taken, stored, companion(column) or "")
        taken.latest_day = max(taken.latest_day, days[1] or 0)
        if checked.typed.table.name == "transactions":
            taken.days_delivered = days
            row = taken.connection.execute(
                f"select count(distinct occurred_day) from {stored}"
            ).fetchone()
            taken.n_days = row[0] if row else 0


def _days(taken: Taken, stored: str, column: str = "occurred_day") -> tuple[int | None, int | None]:
    """Give the first and the last day of a stored table."""
    day = identifier(column)
    row = taken.connection.execute(f"select min({day}), max({day}) from {stored}").fetchone()
    return row or (None, None)


def refuse(name: str, problems: Sequence[Problem], set_aside: Sequence[Problem] = ()) -> None:
    """Raise one error that lists everything, if anything is a reason to refuse."""
    if not problems:
        return
    lines = [f"- {problem}" for problem in problems]
    if set_aside:
        lines.append("Rows that break a rule:")
        lines += [f"- {problem}" for problem in set_aside]
    raise DataRejectedError(
        f"The source {shown(name)} is not fit to be used, for {len(problems)} reason(s). "
        "Nothing was loaded; earlier snapshots are untouched.\n" + "\n".join(lines)
    )
