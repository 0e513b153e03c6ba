"""Tiny deliveries written to a temporary folder, and their intake."""

import datetime
from pathlib import Path

from crmlib.database.intake import intake
from crmlib.settings import Settings
from crmlib.sources import open_source

HEADER = "transaction_id,customer_id,product_id,occurred_at,quantity,net_amount"
LINES = [
    "t1,c1,p1,2017-03-01T10:00:00Z,1,2.50",
    "t1,c1,p2,2017-03-01T10:00:00Z,2,5.00",
    "t2,c2,p1,2017-03-02T10:00:00Z,-1,-2.50",
]
RECEIVED_ON = datetime.date(2020, 1, 1)


def csv_text(*lines: str, header: str = HEADER) -> str:
    return "\n".join([header, *lines]) + "\n"


class Delivery:
    """A folder source named `delivery` and a folder for its snapshots."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / "delivery"
        self.folder.mkdir()
        self.snapshots = root / "snapshots"

    def write(self, name, content):
        data = content.encode() if isinstance(content, str) else content
        (self.folder / name).write_bytes(data)
        return self

    def lines(self, *lines, header=HEADER):
        return self.write("transactions.csv", csv_text(*lines, header=header))

    def settings(self, **options):
        return Settings(**{"folder": self.root, "max_quarantined_share": 0.9, **options})

    def take_in(self, *, received_on=RECEIVED_ON, force=False, progress=None, **options):
        settings = self.settings(**options)
        source = open_source("delivery", settings=settings)
        return intake(
            source,
            settings=settings,
            snapshots=self.snapshots,
            received_on=received_on,
            force=force,
            progress=progress,
        )
