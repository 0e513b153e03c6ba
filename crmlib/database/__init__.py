"""The central customer database: intake, rules, and snapshots that several readers share."""

from crmlib.database.engine import connect
from crmlib.database.loading import load
from crmlib.database.report import IntakeReport
from crmlib.database.snapshot import Snapshot, open_snapshot

__all__ = ["IntakeReport", "Snapshot", "connect", "load", "open_snapshot"]
