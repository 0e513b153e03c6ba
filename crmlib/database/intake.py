"""Any source in, a rule-checked, typed, reconciled and immutable snapshot out."""

from __future__ import annotations

import datetime
import hashlib
import tempfile
import zoneinfo
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from crmlib.database.delivery import Taken, refuse, take_in
from crmlib.database.lookup import (
    last_snapshot,
    lookup_key,
    remember_last_snapshot,
    remember_snapshot,
)
from crmlib.database.merging import add_findings, base_problem, holds_delivery, join_notes
from crmlib.database.publishing import WORK_PREFIX, known_snapshot, publish, sweep
from crmlib.database.report import Delivery, IntakeReport, Note
from crmlib.database.rules import FUTURE
from crmlib.database.snapshot import Snapshot, open_snapshot
from crmlib.database.volume import accepted, volume_problems
from crmlib.errors import DataRejectedError, PublicationError
from crmlib.periods import day_text
from crmlib.schema import TABLES
from crmlib.settings import Settings
from crmlib.sources.base import Source

__all__ = ["intake"]


@dataclass(frozen=True)
class _Request:
    """What one intake is asked to do."""

    source: Source
    settings: Settings
    snapshots: Path
    received_on: datetime.date
    say: Callable[[str], None]
    base: Snapshot | None
    accept_drop: str


def intake(
    source: Source,
    *,
    settings: Settings,
    snapshots: Path,
    received_on: datetime.date | None = None,
    force: bool = False,
    base: Snapshot | None = None,
    accept_drop: str = "",
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
    base
        Snapshot with which the delivery is merged by key: new rows are added, rows with a known key
        replaced. The same delivery twice, or one that changes nothing, gives the base itself.
    accept_drop
        Reason why a delivery less than half as large as the one before it is right; it stands in
        the report of the snapshot.
    progress
        Called with one line per step.

    Raises
    ------
    DataRejectedError
        If a rule says stop, more rows of a table than `max_quarantined_share` break a rule, or the
        delivery shrank by half.
    PublicationError
        If the snapshot cannot be written.
    """
    today = datetime.datetime.now(zoneinfo.ZoneInfo(settings.time_zone)).date()
    request = _Request(
        source=source,
        settings=settings,
        snapshots=snapshots,
        received_on=received_on or today,
        say=progress or (lambda _line: None),
        base=base,
        accept_drop=accept_drop,
    )
    try:
        snapshots.mkdir(parents=True, exist_ok=True)
        return _find_or_merge(request) if base else _find_or_make(request, force=force)
    except OSError as error:
        raise PublicationError(
            f"The snapshot of {source.name!r} could not be written: {error}. Earlier snapshots "
            "are untouched. Free disk space or permit writing, then start again."
        ) from error


def _find_or_make(request: _Request, *, force: bool) -> Snapshot:
    """Find the snapshot of an unchanged source, or make it."""
    source, settings, snapshots = request.source, request.settings, request.snapshots
    fingerprint = source.fingerprint()
    key = lookup_key(source.name, fingerprint, settings)
    expected = {
        "source": source.name,
        "fingerprint": fingerprint,
        "time_zone": settings.time_zone,
        "currency": settings.currency,
    }
    known = None
    if not force:
        day, say = request.received_on, request.say
        known = known_snapshot(snapshots, key, day, say, expected=expected)
    if known and _shrank(request, known):
        known = None  # made again, with the reason
    if known:
        remember_last_snapshot(snapshots, source.name, known.name)
        return known
    snapshot, latest_day = _make(request, fingerprint)
    remember_last_snapshot(snapshots, source.name, snapshot.name)
    if not any(finding.says == FUTURE for finding in snapshot.report.findings):
        remember_snapshot(snapshots, key, snapshot.name, latest_day=latest_day)
    return snapshot


def _shrank(request: _Request, known: Snapshot) -> bool:
    """Say whether an unchanged source shrank since the delivery before; refuse without a reason."""
    name = last_snapshot(request.snapshots, request.source.name)
    return name != known.name and bool(_overrides(request, known.report.deliveries[-1]))


def _find_or_merge(request: _Request) -> Snapshot:
    """Merge a delivery into the base, unless the base holds it already."""
    source, settings, base = request.source, request.settings, request.base
    if base is None:
        raise DataRejectedError("There is no database to merge with. Take data in first.")
    problem = base_problem(
        base,
        time_zone=settings.time_zone,
        currency=settings.currency,
        is_simulated=source.note.is_simulated,
    )
    refuse(source.name, [problem] if problem else [])
    fingerprint = source.fingerprint()
    if holds_delivery(base, source=source.name, fingerprint=fingerprint):
        request.say(f"The database holds this delivery already: snapshot {base.name}.")
        return base
    return _make(request, fingerprint)[0]


def _make(request: _Request, fingerprint: str) -> tuple[Snapshot, int]:
    """Make a snapshot in a work folder and publish it; give the latest day in the delivery too."""
    source = request.source
    sweep(request.snapshots)
    with tempfile.TemporaryDirectory(dir=request.snapshots, prefix=WORK_PREFIX) as work:
        taken = take_in(
            source,
            request.settings,
            Path(work),
            received_on=request.received_on,
            say=request.say,
            base=request.base,
        )
        if source.fingerprint() != fingerprint:
            raise DataRejectedError(
                f"The source {source.name!r} changed while it was read. Nothing was loaded. "
                "Wait until its delivery is complete and start again."
            )
        if request.base and taken.changes_nothing:
            request.say(f"The delivery changes nothing: snapshot {request.base.name}.")
            return request.base, taken.latest_day
        report = _report(request, fingerprint, taken)
        return publish(report, taken.folder, request.snapshots, request.say), taken.latest_day


def _report(request: _Request, fingerprint: str, taken: Taken) -> IntakeReport:
    """Word what was found; a merged snapshot sums up all deliveries it is made of."""
    source, settings = request.source, request.settings
    first, last = _texts(taken.days)
    first_delivered, last_delivered = _texts(taken.days_delivered)
    delivery = Delivery(
        source=source.name,
        fingerprint=fingerprint,
        first_day=first_delivered,
        last_day=last_delivered,
        rows=taken.rows,
        n_days=taken.n_days,
        n_refused=taken.n_refused,
    )
    note = Note(**asdict(source.note))
    findings = tuple(one for name in TABLES for one in taken.findings.get(name, []))
    deliveries: tuple[Delivery, ...] = (delivery,)
    overrides = _overrides(request, delivery)
    if request.base:
        before = request.base.report
        note = join_notes(before.note, note)
        findings = add_findings(before.findings, findings)
        deliveries = (*before.deliveries, delivery)
        overrides = (*before.overrides, *overrides)
        fingerprint = hashlib.sha256(f"{before.fingerprint} {fingerprint}".encode()).hexdigest()
    return IntakeReport(
        source=source.name,
        note=note,
        fingerprint=fingerprint,
        time_zone=settings.time_zone,
        currency=settings.currency,
        first_day=first,
        last_day=last,
        tables=tuple(taken.tables[name] for name in TABLES if name in taken.tables),
        findings=findings,
        notes=tuple(dict.fromkeys(taken.notes)),
        totals_in=taken.totals_in,
        totals_used=taken.totals_used,
        deliveries=deliveries,
        overrides=overrides,
    )


def _texts(days: tuple[int | None, int | None]) -> tuple[str | None, str | None]:
    first, last = days
    return None if first is None else day_text(first), None if last is None else day_text(last)


def _overrides(request: _Request, delivery: Delivery) -> tuple[str, ...]:
    """Compare the volume with that of the delivery before; word what was accepted.

    Raises
    ------
    DataRejectedError
        If it shrank by half and nobody has given a reason.
    """
    before = _delivery_before(request)
    if before is None or request.source.note.is_simulated:  # a simulation is of any size
        return ()
    problems = volume_problems(before, delivery, is_merged=request.base is not None)
    if not request.accept_drop:
        refuse(request.source.name, problems)
    return tuple(accepted(problems, request.accept_drop))


def _delivery_before(request: _Request) -> Delivery | None:
    """Find the last delivery with sales: of the database, or else of the same source."""
    base = request.base
    if base is None:
        name = last_snapshot(request.snapshots, request.source.name)
        if name is None:
            return None
        try:
            base = open_snapshot(request.snapshots / name)
        except DataRejectedError as error:
            request.say(f"The volume cannot be compared with the delivery before: {error}")
            return None
    with_sales = [one for one in base.report.deliveries if "transactions" in one.rows]
    return with_sales[-1] if with_sales else None
