"""A delivery merged into the snapshot before it: new rows are added, corrected rows replaced."""

# ruff: noqa: S608 - names and values in SQL are quoted by crmlib.sources.quoting

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

import duckdb

from crmlib.database.currencies import RATE
from crmlib.database.report import Finding, Note, TableReport
from crmlib.database.snapshot import Snapshot, hash_file
from crmlib.database.writing import copy_query, report_of
from crmlib.schema import TABLES, Table
from crmlib.sources.base import Problem, RawTable
from crmlib.sources.quoting import file_literal, identifier

__all__ = [
    "add_findings",
    "base_problem",
    "carry_over",
    "holds_delivery",
    "join_notes",
    "merge_problems",
    "merge_table",
    "numbering_problem",
]

_MOST_EXAMPLES = 3
_NEW = "Begin another database with --merge --new-database; the old snapshots stay as they are."
_COUNTS = ("rows_in", "rows_used", "rows_quarantined", "rows_excluded", "rows_deduplicated")


def holds_delivery(base: Snapshot, *, source: str, fingerprint: str) -> bool:
    """Say whether the very same delivery has already been merged, every row of it.

    One of which rows were set aside is read again: what they lacked may have come meanwhile.
    """
    whole = {(one.source, one.fingerprint) for one in base.report.deliveries if not one.n_refused}
    return (source, fingerprint) in whole


def base_problem(
    base: Snapshot, *, time_zone: str, currency: str, is_simulated: bool
) -> Problem | None:
    """Refuse to merge days of another zone, money of another currency, or real and simulated."""
    if base.report.note.is_simulated != is_simulated:
        kinds = ("simulated", "real") if base.report.note.is_simulated else ("real", "simulated")
        says = f"the database holds {kinds[0]} data, the delivery {kinds[1]} ones"
        return Problem(f"snapshot {base.name}", says, _NEW)
    ours, theirs = (time_zone, currency), (base.report.time_zone, base.report.currency)
    if ours == theirs:
        return None
    return Problem(
        f"snapshot {base.name}",
        f"the database counts in {theirs[0]} and {theirs[1]}, the settings say {ours[0]} and "
        f"{ours[1]}",
        f"Set time_zone and currency as before. {_NEW}",
    )


def carry_over(base: Snapshot, folder: Path) -> dict[str, TableReport]:
    """Give a new snapshot all tables of the one before it; merging replaces those delivered."""
    for table in base.report.tables:
        _link(base.path(table.name), folder / table.file)
        quarantine = base.quarantine_path(table.name)
        if quarantine:
            (folder / "quarantine").mkdir(exist_ok=True)
            _link(quarantine, folder / "quarantine" / table.file)
    return {table.name: table for table in base.report.tables}


def _link(path: Path, target: Path) -> None:
    """Give a file that never changes a second name, or a copy where the disk has no links."""
    with contextlib.suppress(OSError):
        os.link(path, target)
        return
    shutil.copyfile(path, target)


def merge_problems(before: TableReport, table: Table, raw: RawTable) -> list[Problem]:
    """Refuse a delivery whose rows cannot be told apart, or read, as those before.

    Guards against orders that count twice: a row without a line number is never the row with one;
    against ids that depend on the place in one file; and against amounts in an unknown currency.
    """
    found, names = [], set(raw.columns)
    if raw.unmergeable:
        advice = "Map ids and numbers that stand in the data, or take the files in as a whole."
        found.append(Problem(raw.file, raw.unmergeable, advice))
    if RATE in before.columns and "currency" not in names:
        says = "the database knows the currency of every line, the delivery has no such column"
        found.append(Problem(raw.file, says, "Deliver the column currency."))
    old = [name for name in table.key if name in before.columns]
    new = [name for name in table.key if name in names]
    if old != new:
        says = f"the delivery names a row by {', '.join(new)}, the database by {', '.join(old)}"
        found.append(Problem(raw.file, says, f"Deliver the same key columns. {_NEW}"))
    return found


def numbering_problem(
    connection: duckdb.DuckDBPyConnection, delivered: Path, folder: Path, new: TableReport
) -> Problem | None:
    """Refuse order lines that are numbered on one side and not on the other: both would count."""
    if "line_number" not in new.columns:
        return None
    required = [name for name in TABLES[new.name].key if TABLES[new.name][name].required]
    row = connection.execute(
        f"""select count(*) from {_read(delivered / new.file)} as new
        join {_read(folder / new.file)} as old on {_all_equal(required)}
            and (new.line_number is null) <> (old.line_number is null)"""
    ).fetchone()
    if row is None or not row[0]:
        return None
    return Problem(
        new.source_file,
        "lines of known orders have a number in the delivery or in the database, not in both",
        "Number the lines of an order always in the same way.",
        "line_number",
        int(row[0]),
    )


def merge_table(
    connection: duckdb.DuckDBPyConnection,
    delivered: Path,
    folder: Path,
    *,
    new: TableReport,
    before: TableReport,
) -> TableReport:
    """Merge the rows of a delivery with those of the database, by key.

    A delivered row replaces the row of the same key; columns the delivery does not have keep what
    they held. Rows are never removed.

    Parameters
    ----------
    delivered
        Folder of the delivered rows as `write_table` left them.
    folder
        The new snapshot, which holds the rows of the one before; they are replaced in one step and
        never written to.

    Returns
    -------
    TableReport
        Of the merged table, its counts those of all deliveries together.
    """
    target = folder / new.file
    names = list(before.columns) + [name for name in new.columns if name not in before.columns]
    key = [name for name in TABLES[new.name].key if name in new.columns]
    same_key = _all_equal(key)
    relations = {"new": _read(delivered / new.file), "old": _read(target)}
    shared = [name for name in names if name in new.columns and name in before.columns]
    added = [name for name in new.columns if name not in before.columns]
    changed = [f"new.{identifier(name)} is not null" for name in added]
    counted = connection.execute(
        f"""select count(*), count(*) filter (where {_all_equal(shared)}
            and not ({" or ".join(changed) or "false"}))
        from {relations["new"]} as new join {relations["old"]} as old on {same_key}"""
    ).fetchone() or (0, 0)
    kept = [name for name in names if name not in new.columns]
    from_new = [f"{'old' if name in kept else 'new'}.{identifier(name)}" for name in names]
    from_old = [f"old.{identifier(name)}" if name in before.columns else "null" for name in names]
    order = ", ".join(f"{identifier(name)} nulls first" for name in key)
    part = folder / f"{new.file}.merging"
    copy_query(
        connection,
        f"""select * from (
            select {", ".join(from_new)} from {relations["new"]} as new
            left join {relations["old"]} as old on {same_key}
            union all
            select {", ".join(from_old)} from {relations["old"]} as old
            anti join {relations["new"]} as new on {same_key}
        ) order by {order}""",
        part,
    )
    part.replace(target)
    n_matched, n_equal = counted
    counts = {name: getattr(before, name) + getattr(new, name) for name in _COUNTS}
    return report_of(
        connection,
        target,
        source_file=new.source_file,
        **counts,
        rows_replaced=before.rows_replaced + n_matched - n_equal,
        rows_unchanged=before.rows_unchanged + n_equal,
        quarantine_sha256=_merge_quarantine(connection, delivered, folder, new.file),
    )


def _read(path: Path) -> str:
    return f"read_parquet({file_literal(path)}, hive_partitioning = false)"


def _all_equal(names: Iterable[str]) -> str:
    """Return SQL that compares columns of `new` and `old`; empty equals empty."""
    pairs = (f"new.{name} is not distinct from old.{name}" for name in map(identifier, names))
    return " and ".join(pairs)


def _merge_quarantine(
    connection: duckdb.DuckDBPyConnection, delivered: Path, folder: Path, file: str
) -> str | None:
    """Put the rows set aside now behind those set aside before; give the hash of the file."""
    new, old = delivered / "quarantine" / file, folder / "quarantine" / file
    if new.exists() and old.exists():
        part = old.with_name(f"{file}.merging")
        copy_query(connection, f"from {_read(old)} union all from {_read(new)}", part)
        part.replace(old)
    elif new.exists():
        old.parent.mkdir(exist_ok=True)
        new.replace(old)
    return hash_file(old) if old.exists() else None


def add_findings(before: Iterable[Finding], now: Iterable[Finding]) -> tuple[Finding, ...]:
    """Add up what earlier deliveries and this one broke, rule by rule."""
    found: dict[tuple[str, ...], Finding] = {}
    for one in (*before, *now):
        key = (one.table, one.column, one.kind, one.action, one.says)
        other = found.get(key)
        if other is None:
            found[key] = one
            continue
        examples = sorted({*other.examples, *one.examples}, key=lambda value: value or "")
        found[key] = other.model_copy(
            update={
                "n_rows": other.n_rows + one.n_rows,
                "examples": tuple(examples[:_MOST_EXAMPLES]),
            }
        )
    order = {name: position for position, name in enumerate(TABLES)}
    return tuple(sorted(found.values(), key=lambda one: order[one.table]))


def _joined(before: str, now: str) -> str:
    """Add a text to those before, unless it differs in numbers only, as a day in a name does."""
    known = {re.sub(r"\d+", "#", one) for one in before.split("; ")}
    if not now or re.sub(r"\d+", "#", now) in known:
        return before
    return f"{before}; {now}" if before else now


def join_notes(before: Note, now: Note) -> Note:
    """Name the origins of a merged database; one simulated delivery makes it simulated."""
    if before == now:
        return now
    fields: Mapping[str, tuple[str, str]] = {
        name: (getattr(before, name), getattr(now, name))
        for name in ("title", "provider", "terms", "wording")
    }
    joined = {name: _joined(*pair) for name, pair in fields.items()}
    caveats = tuple(dict.fromkeys((*before.caveats, *now.caveats)))
    simulated = before.is_simulated or now.is_simulated
    return Note(**joined, caveats=caveats, is_simulated=simulated)
