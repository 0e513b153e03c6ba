"""Mappings written to a temporary folder or taken from the project, and their intake."""

import datetime
from pathlib import Path

import duckdb
import pytest

from crmlib.database.intake import intake
from crmlib.settings import Settings
from crmlib.sources import open_mapping

PROJECT = Path(__file__).resolve().parents[2]
DATA = PROJECT.parent / "shared" / "data"
RECEIVED_ON = datetime.date(2025, 1, 1)


class Taken:
    """A snapshot one can ask in SQL; its tables are views of their own names."""

    def __init__(self, snapshot, folder):
        self.snapshot = snapshot
        self.report = snapshot.report
        self.tables = {table.name: table for table in self.report.tables}
        self.connection = duckdb.connect()
        for path in folder.glob("**/*.parquet"):
            name = ("quarantine_" if path.parent.name == "quarantine" else "") + path.stem
            self.connection.execute(f"create view {name} as from read_parquet('{path}')")

    def ask(self, query):
        return self.connection.execute(query).fetchall()

    def one(self, query):
        ((value,),) = self.ask(query)
        return value

    def counts(self, table):
        one = self.tables[table]
        return (
            one.rows_in,
            one.rows_used,
            one.rows_quarantined,
            one.rows_deduplicated,
            one.rows_excluded,
        )

    def finding(self, table, column, says):
        (found,) = [
            one
            for one in self.report.findings
            if (one.table, one.column) == (table, column) and says in one.says
        ]
        return found.n_rows


def sales(*, head="", **columns):
    """A mapping of order lines; `columns` replace those of the default."""
    made = {
        "transaction_id": "id",
        "customer_id": "who",
        "product_id": "{constant: p}",
        "occurred_at": "{constant: '2011-05-01'}",
        "quantity": "{constant: '1'}",
        "net_amount": "paid",
        **columns,
    }
    lines = "".join(f"      {name}: {spec}\n" for name, spec in made.items() if spec)
    return f"tables:\n  transactions:\n    {head or 'read: s.csv'}\n    columns:\n{lines}"


class Shop:
    """A folder with files and one mapping named `shop.yaml`."""

    def __init__(self, root):
        self.folder = root / "files"
        self.folder.mkdir()
        self.root = root
        self.mapping = root / "shop.yaml"

    def write(self, name, content):
        data = content.encode() if isinstance(content, str) else content
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return self

    def maps(self, text):
        self.mapping.write_text(text, encoding="utf-8")
        return self

    def take_in(self, **options):
        return take_in(self.mapping, self.folder, self.root / "snapshots", **options)


def take_in(mapping, folder, snapshots, *, currency="USD", allowed=0.9, time_zone="UTC"):
    settings = Settings(
        folder=snapshots.parent,
        currency=currency,
        max_quarantined_share=allowed,
        time_zone=time_zone,
    )
    source = open_mapping(mapping, folder=folder, settings=settings)
    snapshot = intake(source, settings=settings, snapshots=snapshots, received_on=RECEIVED_ON)
    return Taken(snapshot, snapshots / snapshot.name)


def take_in_public(name, folder, tmp_path, **options):
    """Take a public data set in through the mapping of the project."""
    if not (DATA / folder).is_dir():
        pytest.skip(f"the data set {folder} is not in ../shared/data")
    mapping = PROJECT / "mappings" / f"{name}.yaml"
    return take_in(mapping, DATA / folder, tmp_path / "snapshots", **options)
