"""Engines: what each is asked, and what a user reads when one cannot be had."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import sys

import narwhals as nw
import pandas as pd
import pytest

from crmlib.database.engine import DuckDB, open_engine
from crmlib.database.spark import Spark
from crmlib.errors import EngineError, ParameterError
from crmlib.features.collect import collect


@pytest.mark.parametrize(
    ("n_lines", "memory_limit", "n"),
    [(0, "1GB", 1), (10_000_000, "1GB", 1), (100_000_000, "1GB", 10), (100_000_000, "20 GB", 1)],
)
def test_buckets_follow_from_lines_and_memory(n_lines, memory_limit, n):
    assert len(DuckDB(memory_limit=memory_limit).buckets(n_lines)) == n


@pytest.mark.parametrize("name", ["duck", "spark://host", "local[]", "sc://a b:1", "local[2] "])
def test_an_engine_that_is_none_is_refused(name):
    with pytest.raises(ParameterError, match=r"must be duckdb, local\[N\], spark://HOST:PORT"):
        open_engine(name)


def test_a_table_worked_out_here_is_joined_with_those_of_the_engine():
    engine = DuckDB()
    given = engine.given(pd.DataFrame({"customer_id": ["007", "x"], "place": [1, 2]}))
    other = nw.from_native(engine.connection.sql("select '007' as customer_id, 5 as n"))
    found = collect(given.join(other, on="customer_id", how="left"))
    assert found.fillna(0).to_dict("list") == {
        "customer_id": ["007", "x"],
        "place": [1, 2],
        "n": [5, 0],
    }


def test_what_is_kept_is_worked_out_once_and_gone_at_the_end():
    engine = DuckDB()
    engine.connection.execute("create sequence drawn")
    kept = engine.kept(nw.from_native(engine.connection.sql("select nextval('drawn') as n")))
    assert [collect(kept)["n"].tolist() for _ in range(2)] == [[1], [1]]
    (file,) = engine._folder.iterdir()
    engine.close()
    assert not file.exists()


def test_too_little_memory_is_explained():
    engine = DuckDB(memory_limit="10MB")
    query = engine.connection.sql("select list(i order by -i) from range(3_000_000) t(i)")
    message = r"more than memory_limit=10MB.*--memory-limit"
    with pytest.raises(EngineError, match=message), engine.explaining():
        query.fetchall()


@pytest.fixture
def with_pyspark() -> None:
    if not importlib.util.find_spec("pyspark"):
        pytest.skip("PySpark is not installed: pip install -e '.[spark]'")


@pytest.mark.usefixtures("with_pyspark")
@pytest.mark.parametrize("kind", ["spark", "sc"])
def test_a_cluster_that_does_not_answer_is_named(kind):
    if kind == "spark" and not shutil.which("java"):
        pytest.skip("Spark needs Java 17")
    if kind == "sc" and not importlib.util.find_spec("grpc"):
        pytest.skip("Spark Connect needs grpcio")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but nobody listens
        url = f"{kind}://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(EngineError, match=f"{url} does not answer: .*refused"):
            Spark(url)


@pytest.mark.usefixtures("with_pyspark")
def test_a_machine_without_java_is_told(monkeypatch, tmp_path):
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(ParameterError, match=r"needs Java 17 or later.*JAVA_HOME="):
        Spark("local[1]")
    monkeypatch.delenv("JAVA_HOME")
    monkeypatch.setenv("PATH", os.fspath(tmp_path))
    with pytest.raises(ParameterError, match=r"needs Java 17 or later and there is none\."):
        Spark("local[1]")


def test_an_installation_without_pyspark_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyspark", None)  # what Python does where it is missing
    with pytest.raises(ParameterError, match=r"pip install 'crmlib\[spark\]'"):
        Spark("spark://127.0.0.1:7077")
