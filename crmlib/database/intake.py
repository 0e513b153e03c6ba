"""Any source in, a rule-checked, typed, reconciled and immutable snapshot out."""

# ruff: noqa: S608 - names and values in SQL are quoted by crmlib.sources.quoting

from __future__ import annotations

import datetime
import tempfile
import zoneinfo
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import duckdb

from crmlib.database.checks import Checked, check
from crmlib.database.currencies import lay_out_daily_rates
from crmlib.database.engine import connect
from crmlib.database.lookup import lookup_key, remember_snapshot
from crmlib.database.publishing import WORK_PREFIX, known_snapshot, publish, sweep
from crmlib.database.report import Finding, IntakeReport, Note, TableReport, Totals
from crmlib.database.rules import FUTURE
from crmlib.database.snapshot import Snapshot
from crmlib.database.typed_view import lay_out
from crmlib.database.writing import derive_customers, totals, write_table
from crmlib.errors import CrmlibError, DataRejectedError, PublicationError
from crmlib.periods import day_text
from crmlib.schema import TABLES, companion, intake_order
from crmlib.settings import Settings
from crmlib.sources.base import Problem, RawTable, Source
from crmlib.sources.quoting import file_literal, identifier, shown

__all__ = ["intake"]

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
class _Progress:
    """What one intake has found so far."""

    connection: duckdb.DuckDBPyConnection
    folder: Path
    settings: Settings
    received_on: datetime.date
    say: Callable[[str], None]
    problems: list[Problem] = field(default_factory=list)
    set_aside: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    findings: dict[str, list[Finding]] = field(default_factory=dict)
    tables: dict[str, TableReport] = field(default_factory=dict)
    totals_in: Totals = _NO_TOTALS
    totals_used: Totals = _NO_TOTALS
    days: tuple[int | None, int | None] = (None, None)
    latest_day: int = 0

    def stored(self, table: str) -> str:
        """Return SQL of the used rows of a table that has been written."""
        path = file_literal(self.folder / self.tables[table].file)
        return f"read_parquet({path}, hive_partitioning = false)"


def intake(
    source: Source,
    *,
    settings: Settings,
    snapshots: Path,
    received_on: datetime.date | None = None,
    force: bool = False,
    progress: Callable[[str], None] | None = None,
) -> Snapshot:
    """Take a source in, or find the snapshot it has already become.

    Every problem of every file is collected before the source is refused. Nothing is left behind
    by a refusal or a crash, and earlier snapshots stay as they are.

    Parameters
    ----------
    snapshots
        Folder of all snapshots; made if it is missing.
    received_on
        Day of intake; later moments count as errors. Today in the configured zone by default.
    force
        Read the source even if it is unchanged.
    progress
        Called with one line per step.

    Raises
    ------
    DataRejectedError
        If a rule says stop, or more rows of a table than `max_quarantined_share` break a rule.
    PublicationError
        If the snapshot cannot be written.
    """
    say = progress or (lambda _line: None)
    today = datetime.datetime.now(zoneinfo.ZoneInfo(settings.time_zone)).date()
    day = received_on or today
    try:
        snapshots.mkdir(parents=True, exist_ok=True)
        return _find_or_make(source, settings, snapshots, day, force, say)
    except OSError as error:
        raise PublicationError(
            f"The snapshot of {source.name!r} could not be written: {error}. Earlier snapshots "
            "are untouched. Free disk space or permit writing, then start again."
        ) from error


def _find_or_make(
    source: Source,
    settings: Settings,
    snapshots: Path,
    day: datetime.date,
    force: bool,
    say: Callable[[str], None],
) -> Snapshot:
    """Find the snapshot of an unchanged source, or make it in a work folder and publish it."""
    fingerprint = source.fingerprint()
    key = lookup_key(source.name, fingerprint, settings)
    expected = {
        "source": source.name,
        "fingerprint": fingerprint,
        "time_zone": settings.time_zone,
        "currency": settings.currency,
    }
    known = None if force else known_snapshot(snapshots, key, day, say, expected=expected)
    if known:
        return known
    sweep(snapshots)
    with tempfile.TemporaryDirectory(dir=snapshots, prefix=WORK_PREFIX) as work:
        found = _take_in(source, settings, Path(work), day, say)
        if source.fingerprint() != fingerprint:
            raise DataRejectedError(
                f"The source {source.name!r} changed while it was read. Nothing was loaded. "
                "Wait until its delivery is complete and start again."
            )
        report = _report(source, settings, fingerprint, found)
        snapshot = publish(report, found.folder, snapshots, say)
    if not any(finding.says == FUTURE for finding in report.findings):
        remember_snapshot(snapshots, key, snapshot.name, latest_day=found.latest_day)
    return snapshot


def _take_in(
    source: Source, settings: Settings, work: Path, day: datetime.date, say: Callable[[str], None]
) -> _Progress:
    """Read, check and write every table into a work folder."""
    folder = work / "snapshot"
    folder.mkdir()
    connection = connect(
        memory_limit=settings.memory_limit, threads=settings.workers, spill_folder=work / "spill"
    )
    found = _Progress(connection, folder, settings, day, say)
    try:
        with connection:
            say(f"Reading {source.name}.")
            raw_tables = source.tables(connection)
            found.problems += source.problems
            found.notes += source.notes
            for name in intake_order():
                if name in raw_tables:
                    _take_in_table(found, raw_tables[name])
            if "customers" not in raw_tables and "transactions" in found.tables:
                found.tables["customers"] = derive_customers(connection, folder)
                found.notes.append(
                    "There is no customers table: customers are those named by transactions."
                )
    except duckdb.OutOfMemoryException as error:
        raise CrmlibError(
            f"Intake needs more than memory_limit={settings.memory_limit}: "
            f"{str(error).splitlines()[0]} Raise memory_limit in the settings."
        ) from error
    _refuse(source.name, found)
    return found


def _take_in_table(found: _Progress, raw: RawTable) -> None:
    """Check one table and write it if nothing about the table as a whole is wrong."""
    found.problems += raw.problems
    found.notes += raw.notes
    if not raw.relation:
        return
    found.say(f"Checking {raw.table}.")
    try:
        _check_and_write(found, raw)
    except _NOT_THE_FILE:
        raise
    except duckdb.Error as error:
        first = str(error).splitlines()[0]
        if "No space left" in first:
            raise OSError(first) from error
        says = f"the file is damaged and cannot be read to its end: {shown(first, limit=160)}"
        found.problems.append(Problem(raw.file, says, "Export the file again."))


def _check_and_write(found: _Progress, raw: RawTable) -> None:
    connection, settings = found.connection, found.settings
    table = TABLES[raw.table].for_columns(raw.columns)
    rates = ""
    if "rates" in found.tables and "currency" in raw.columns:
        rates = lay_out_daily_rates(connection, found.stored("rates"))
    typed = lay_out(
        connection,
        table,
        raw,
        time_zone=settings.time_zone,
        currency=settings.currency,
        daily_rates=rates,
    )
    references = {name: found.stored(name) for name in found.tables}
    checked = check(
        connection,
        typed,
        settings=settings,
        received_on=found.received_on,
        references=references,
    )
    found.findings[raw.table] = checked.findings
    found.notes += typed.notes
    found.problems += typed.problems
    n_before = len(found.problems)
    _judge(found, checked)
    if typed.problems or len(found.problems) > n_before:
        return
    if raw.table == "transactions":
        _sum_up(found, checked)
    report = write_table(connection, checked, found.folder)
    if not report.reconciles:
        raise CrmlibError(
            f"Intake lost rows of {raw.file}: {report.rows_in:,} read, {report.rows_used:,} used, "
            f"{report.rows_quarantined:,} quarantined, {report.rows_deduplicated:,} deduplicated. "
            "Nothing was loaded. This is an error of the program: please report it."
        )
    found.tables[raw.table] = report
    _note_latest(found, checked, report)


def _judge(found: _Progress, checked: Checked) -> None:
    """Turn findings into problems: rules that stop, too many rows set aside, no sales at all."""
    raw = checked.typed.raw
    for finding, places in zip(checked.findings, checked.example_places, strict=True):
        problem = finding.as_problem(raw.file, example_places=places)
        if finding.action == "stop":
            found.problems.append(problem)
        elif finding.action == "quarantine":
            found.set_aside.append(problem)
    n_aside = checked.n_aside(found.connection, "quarantine")
    share = found.settings.max_quarantined_share
    if n_aside > share * checked.rows_in:
        says = (
            f"{n_aside:,} of {checked.rows_in:,} rows break a rule, "
            f"more than the {share:.3%} that may be set aside"
        )
        advice = "Correct the rows listed below, or raise max_quarantined_share in the settings."
        found.problems.append(Problem(raw.file, says, advice))
    n_used = checked.rows_in - checked.n_aside(
        found.connection, "quarantine", "deduplicate", "exclude"
    )
    if raw.table == "transactions" and checked.rows_in and not n_used:
        says = f"all rows were set aside: none of {checked.rows_in:,} can be used"
        found.problems.append(Problem(raw.file, says, "Correct the rows listed below."))
    if raw.table == "transactions" and not checked.rows_in:
        required = ", ".join(TABLES[raw.table].required)
        says = "the file has a header and no rows" if raw.columns else "the file is empty"
        found.problems.append(Problem(raw.file, says, f"Expected are rows with {required}."))


def _sum_up(found: _Progress, checked: Checked) -> None:
    connection = found.connection
    found.totals_in = totals(connection, checked, used=False)
    any_aside = checked.n_aside(connection, "quarantine", "deduplicate", "exclude")
    found.totals_used = totals(connection, checked, used=True) if any_aside else found.totals_in


def _note_latest(found: _Progress, checked: Checked, report: TableReport) -> None:
    """Remember the days of the transactions and the latest day of any moment."""
    stored = file_literal(found.folder / report.file)
    for column in checked.typed.table.columns:
        if column.kind != "instant" or column.name not in checked.typed.typings:
            continue
        day = identifier(companion(column) or "")
        row = found.connection.execute(
            f"select min({day}), max({day}) from read_parquet({stored}, hive_partitioning = false)"
        ).fetchone()
        first, last = row or (None, None)
        found.latest_day = max(found.latest_day, last or 0)
        if report.name == "transactions":
            found.days = (first, last)


def _refuse(name: str, found: _Progress) -> None:
    """Raise one error that lists everything, if anything is a reason to refuse."""
    if not found.problems:
        return
    lines = [f"- {problem}" for problem in found.problems]
    if found.set_aside:
        lines.append("Rows that break a rule:")
        lines += [f"- {problem}" for problem in found.set_aside]
    raise DataRejectedError(
        f"The source {shown(name)} is not fit to be used, for {len(found.problems)} reason(s). "
        "Nothing was loaded; earlier snapshots are untouched.\n" + "\n".join(lines)
    )


def _report(source: Source, settings: Settings, fingerprint: str, found: _Progress) -> IntakeReport:
    first, last = (None if day is None else day_text(day) for day in found.days)
    return IntakeReport(
        source=source.name,
        note=Note(**asdict(source.note)),
        fingerprint=fingerprint,
        time_zone=settings.time_zone,
        currency=settings.currency,
        first_day=first,
        last_day=last,
        tables=tuple(found.tables[name] for name in TABLES if name in found.tables),
        findings=tuple(one for name in TABLES for one in found.findings.get(name, [])),
        notes=tuple(found.notes),
        totals_in=found.totals_in,
        totals_used=found.totals_used,
    )
