"""The Spark adapter: snapshots as DuckDB reads them, notebooks on a cluster, Spark Connect."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import narwhals as nw
import pandas as pd
import pyarrow.parquet as pq
import pytest

from crmlib.database.engine import DuckDB
from crmlib.database.known import known_at
from crmlib.errors import EngineError
from crmlib.features.collect import collect, collect_arrow
from crmlib.features.snapshot import customer_snapshot
from crmlib.run.context import RunContext
from crmlib.schema import TABLES
from tests.conformance.cases import CASES
from tests.conformance.cluster import connect_server
from tests.conformance.comparison import assert_same
from tests.conformance.conftest import need_spark
from tests.conformance.tables import all_tables, write_all

pytestmark = pytest.mark.xdist_group("spark")
AS_OF = "2024-06-30"
CLIENT = Path(os.environ.get("CRM_PYSPARK_CLIENT", Path(sys.prefix) / "pyspark-client"))
OVER_CONNECT = ("customer_snapshot", "complaint_history", "btyd_summary", "basket_pairs")


def test_both_readings_of_a_day_agree(sample):
    """DuckDB cuts a table in SQL, the other engines by `known_at`: the same rows and values."""
    engine = DuckDB()
    for name in sample.tables:
        raw = nw.from_native(engine.connection.sql(f"from '{sample.path(name)}'"))
        for day in (0, 19_800, 30_000):
            cut = engine.table(sample, name, as_of_day=day)
            other = known_at(raw, table=TABLES[name], as_of_day=day)
            pd.testing.assert_frame_equal(collect(other), collect(cut))


@pytest.mark.slow
def test_a_notebook_on_the_cluster_sees_what_it_sees_here(
    spark, cluster, sample, tmp_path, monkeypatch
):
    here = RunContext("10_here", as_of=AS_OF, snapshot=sample, folder=tmp_path)
    monkeypatch.setenv("CRM_ENGINE", cluster)
    there = RunContext("10_there", as_of=AS_OF, snapshot=sample, folder=tmp_path)
    tables = ("transactions", "products")
    pd.testing.assert_frame_equal(
        there.by_customer(customer_snapshot, *tables, recent_days=30),
        here.by_customer(customer_snapshot, *tables, recent_days=30),
        check_dtype=False,  # whole numbers of 32 and of 64 bits
    )


def test_a_file_that_the_workers_do_not_see_is_named(spark, tmp_path):
    path = write_all(tmp_path)["visits"]
    visits = spark.read(path)
    path.unlink()
    message = r"does not see a file of the snapshot.*same path"
    with pytest.raises(EngineError, match=message), spark.explaining():
        collect(visits)
    with pytest.raises(EngineError, match="does not see a file of the snapshot"):
        spark.read(path)


@pytest.mark.slow
def test_spark_connect_by_the_client_alone(tmp_path):
    need_spark()
    if not CLIENT.is_dir():
        pytest.skip(f"pyspark-client is not in {CLIENT.name}; it cannot live beside PySpark")
    tables = all_tables()
    write_all(tmp_path)
    with connect_server(tmp_path) as url:
        subprocess.run(
            [
                sys.executable,
                "-m",
                "tests.conformance.over_connect",
                url,
                str(tmp_path),
                *OVER_CONNECT,
            ],
            env=os.environ | {"PYTHONPATH": str(CLIENT)},
            cwd=Path(__file__).parents[2],
            check=True,
        )
    connection = duckdb.connect()
    here = {name: nw.from_native(connection.from_arrow(table)) for name, table in tables.items()}
    for name in OVER_CONNECT:
        found = pq.read_table(tmp_path / f"{name}.result")
        assert_same(found, collect_arrow(CASES[name][1](here)))
