"""The central customer database: intake, rules, and snapshots that several readers share."""

from crmlib.database.engine import connect
from crmlib.database.loading import fingerprint, load, merge, snapshots_of
from crmlib.database.lookup import current_database
from crmlib.database.report import IntakeReport
from crmlib.database.snapshot import Snapshot, open_snapshot

__all__ = [
    "IntakeReport",
    "Snapshot",
    "connect",
    "current_database",
    "fingerprint",
    "load",
    "merge",
    "open_snapshot",
    "snapshots_of",
]
