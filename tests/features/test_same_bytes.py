"""Row order, threads, locale and hash seed change no byte of a table; nor do buckets."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import narwhals as nw
import pandas as pd
import pyarrow.parquet as pq
import pytest

from crmlib.database.engine import DuckDB
from crmlib.features.collect import collect, collect_by_customer
from crmlib.features.snapshot import customer_snapshot
from tests.conformance.tables import AS_OF_DAY, all_tables, write_all

SCRIPT = """
import sys
import narwhals as nw
from crmlib.database.engine import DuckDB
from crmlib.features.baskets import basket_pairs
from crmlib.features.collect import collect
from crmlib.features.snapshot import customer_snapshot

lines, products, out, threads = sys.argv[1:]
connection = DuckDB(threads=int(threads)).connection
lines, products = (
    nw.from_native(connection.sql(f"select * from read_parquet('{path}')"))
    for path in (lines, products)
)
for name, query in {
    "snapshot": customer_snapshot(lines, products, as_of_day=19990),
    "pairs": basket_pairs(lines, as_of_day=19990),
}.items():
    frame = collect(query)
    frame.to_parquet(f"{out}-{name}.parquet")
    frame.to_csv(f"{out}-{name}.csv", index=False)
"""


def hashes(folder: Path, lines: Path, *, threads: int, **environment: str) -> list[str]:
    """Hash what a process of its own makes of the lines."""
    out = folder / f"out-{lines.stem}-{threads}-{len(environment)}"
    products = lines.parent / "products.parquet"
    subprocess.run(
        [sys.executable, "-c", SCRIPT, str(lines), str(products), str(out), str(threads)],
        env=os.environ | environment,
        check=True,
    )
    files = sorted(folder.glob(f"{out.name}-*"))
    assert len(files) == 4
    return [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]


@pytest.fixture
def many_lines(sample, tmp_path) -> Path:
    """The sample's lines, typed and stored as in a snapshot."""
    table = pq.read_table(sample.path("transactions"))
    pq.write_table(pq.read_table(sample.path("products")), tmp_path / "products.parquet")
    pq.write_table(table, tmp_path / "lines.parquet")
    shuffled = table.to_pandas().sample(frac=1, random_state=7)
    shuffled.to_parquet(tmp_path / "shuffled.parquet", row_group_size=997, index=False)
    return tmp_path


def test_order_threads_locale_and_hash_seed_change_no_byte(many_lines):
    plain = hashes(many_lines, many_lines / "lines.parquet", threads=1, PYTHONHASHSEED="0")
    other = {"LC_ALL": "de_DE.UTF-8", "TZ": "Asia/Tokyo", "PYTHONHASHSEED": "77"}
    assert hashes(many_lines, many_lines / "shuffled.parquet", threads=4, **other) == plain


def test_buckets_together_are_the_whole(sample):
    engine = DuckDB(memory_limit="1MB", threads=2)
    buckets = engine.buckets(40_000)
    assert len(buckets) == 4
    engine = DuckDB()
    tables = [
        engine.table(sample, name, as_of_day=AS_OF_DAY) for name in ("transactions", "products")
    ]
    whole = collect(customer_snapshot(*tables, as_of_day=AS_OF_DAY), by=("customer_id",))
    parts = collect_by_customer(customer_snapshot, *tables, buckets=buckets, as_of_day=AS_OF_DAY)
    pd.testing.assert_frame_equal(parts, whole)


def test_every_line_is_in_one_bucket_the_anonymous_too(tmp_path):
    paths = write_all(tmp_path)
    engine = DuckDB(memory_limit="1MB")
    lines = nw.from_native(engine.connection.sql(f"from read_parquet('{paths['transactions']}')"))
    found = [collect(bucket(lines)) for bucket in engine.buckets(29_000)]
    assert len(found) == 3
    assert sum(map(len, found)) == all_tables()["transactions"].num_rows
