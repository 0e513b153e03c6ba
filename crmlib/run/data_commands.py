"""The commands that bring data in: `crm intake` and `crm simulate`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crmlib.errors import ParameterError
from crmlib.run.progress import Console
from crmlib.run.remarks import remarks_of, show_remarks

if TYPE_CHECKING:
    from crmlib.database import IntakeReport, Snapshot
    from crmlib.settings import Settings

__all__ = ["intake", "simulate"]

_COUNTS = ("rows_in", "rows_used", "rows_quarantined", "rows_deduplicated")
_MERGED = ("rows_replaced", "rows_unchanged", "rows_stored")
_ALL = (*_COUNTS, "rows_excluded", *_MERGED)
_HEADS = {"rows_excluded": "of it excluded"}
_CELL = 16


def intake(arguments: argparse.Namespace, console: Console) -> int:
    """Take a source in, merge it into the database, or suggest a mapping for it."""
    if arguments.suggest:
        return _suggest(arguments, console)
    settings = _settings(arguments)
    snapshot, before = _take_in(arguments, settings, console)
    console.live("")
    report = snapshot.report
    rows = _rows(report, before)
    remarks = remarks_of(report)
    console.emit({"snapshot": snapshot.name, "source": report.source, "tables": rows, **remarks})
    show_remarks(remarks, console)
    _show_rows(rows, _columns(report), console)
    console.say(_summary(report, snapshot.name))
    if any(table.quarantine_sha256 for table in report.tables):
        console.say(f"Rows set aside, with line and reason: {snapshot.folder / 'quarantine'}")
    return 0


def _rows(report: IntakeReport, before: IntakeReport | None) -> list[dict[str, Any]]:
    """Count what this delivery did to each table; `rows_stored` is what the table holds now."""
    earlier = {table.name: table for table in before.tables} if before else {}
    rows = []
    for table in report.tables:
        row: dict[str, Any] = {"table": table.name}
        for name in _ALL:
            was = getattr(earlier[table.name], name) if table.name in earlier else 0
            row[name] = getattr(table, name) - (0 if name == "rows_stored" else was)
        if not table.is_derived or not before:
            rows.append(row)
    return rows


def _settings(arguments: argparse.Namespace) -> Settings:
    """Read the settings; paths on the command line are relative to where one stands."""
    from crmlib.run.options import check_options
    from crmlib.settings import load_settings

    check_options(memory_limit=arguments.memory_limit)
    overrides: dict[str, Any] = {"memory_limit": arguments.memory_limit}
    if arguments.mapping:
        overrides["source"] = str(arguments.mapping.absolute())
        if arguments.source:
            overrides["files"] = str(Path(arguments.source).absolute())
    else:
        overrides["source"] = arguments.source
    return load_settings(arguments.config, **overrides)


def _take_in(
    arguments: argparse.Namespace, settings: Settings, console: Console
) -> tuple[Snapshot, IntakeReport | None]:
    """Take a source in; when it is merged, give the report of the database before too."""
    from crmlib import database
    from crmlib.run.publication.lock import locked

    options: dict[str, Any] = {"accept_drop": arguments.accept_drop, "progress": console.live}
    if not arguments.merge:
        return database.load(settings, **options), None
    folder = database.snapshots_of(settings)
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder, on_wait=console.note):
        name = None if arguments.new_database else database.current_database(folder)
        before = database.open_snapshot(folder / name).report if name else None
        snapshot = database.merge(settings, begin_anew=arguments.new_database, **options)
    if snapshot.name == name:
        console.note("The delivery changes nothing: the database holds it already.")
    return snapshot, before


def _columns(report: IntakeReport) -> list[str]:
    """Choose what is worth showing: exclusions where there are any, merges where there are any."""
    names = list(_COUNTS)
    if any(table.rows_excluded for table in report.tables):
        names.insert(names.index("rows_quarantined") + 1, "rows_excluded")
    return names + list(_MERGED) * (len(report.deliveries) > 1)


def _show_rows(rows: list[dict[str, Any]], names: list[str], console: Console) -> None:
    heads = ("table", *(_HEADS.get(name, name.removeprefix("rows_")) for name in names))
    width = max(len(heads[0]), *(len(row["table"]) for row in rows)) if rows else _CELL
    lines = [heads, *((row["table"], *(f"{row[name]:,}" for name in names)) for row in rows)]
    for first, *cells in lines:
        console.say(first.ljust(width) + "".join(cell.rjust(_CELL) for cell in cells))


def _summary(report: IntakeReport, name: str) -> str:
    sales = f"Sales from {report.first_day} to {report.last_day}."
    if report.first_day is None:
        sales = "There are no sales yet; merge order lines before a run."
    n_deliveries = len(report.deliveries)
    merged = f" {n_deliveries} deliveries." if n_deliveries > 1 else ""
    return f"{sales}{merged} Snapshot {name}."


def _suggest(arguments: argparse.Namespace, console: Console) -> int:
    """Write a first mapping for a file, and say what it is unsure of."""
    from crmlib.settings import load_settings
    from crmlib.sources.suggestion import suggest_mapping

    settings = load_settings(arguments.config)
    file = arguments.suggest
    target = arguments.to or settings.path("mappings") / f"{file.name.split('.')[0]}.yaml"
    if target.exists():
        raise ParameterError(f"{target} exists already. Name another file with --to.")
    suggestion = suggest_mapping(file, settings=settings)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(suggestion.text, encoding="utf-8")
    console.emit({"mapping": str(target), "unsure": list(suggestion.unsure)})
    for sentence in suggestion.unsure:
        console.say(f"Unsure: {sentence}", colour="yellow")
    folder = file if file.is_dir() else file.parent
    console.say(f"Wrote {target}. Read it, then: crm intake --mapping {target} {folder}")
    return 0


def simulate(arguments: argparse.Namespace, console: Console) -> int:
    """Write a company that does not exist, with its truth beside it."""
    from crmlib.simulation.company import simulate_company

    summary = simulate_company(
        arguments.out,
        n_customers=arguments.customers,
        n_months=arguments.months,
        seed=arguments.seed,
        first_day=arguments.start,
        file_format=arguments.format,
        progress=console.live,
    )
    console.live("")
    console.emit({"folder": str(arguments.out), "rows": dict(summary.rows)})
    for table, n_rows in summary.rows.items():
        console.say(f"{table:<16}{n_rows:>14,}")
    console.say(f"Wrote a simulated company and its truth: {arguments.out}")
    console.say(f"Take it in with: crm intake {arguments.out}")
    return 0
