"""One cluster for the whole session; without Java or PySpark its tests are skipped."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Iterator

import pytest

from crmlib.database.spark import Spark
from tests.conformance.cluster import two_workers

OPTIONS = {
    "spark.driver.host": "127.0.0.1",
    "spark.executor.memory": "512m",
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.adaptive.enabled": "false",  # compiling and planning is what takes time here
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}


def need_spark() -> None:
    if not shutil.which("java"):
        pytest.skip("Spark needs Java 17; there is no `java` on the PATH")
    if not importlib.util.find_spec("pyspark"):
        pytest.skip("PySpark is not installed: pip install -e '.[spark]'")


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a Spark standalone cluster of two workers."""
    need_spark()
    with two_workers(tmp_path_factory.mktemp("cluster")) as url:
        yield url


@pytest.fixture(scope="session")
def spark(cluster: str) -> Iterator[Spark]:
    """Our adapter, connected to the cluster."""
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    engine = Spark(cluster, memory_megabytes=600, options=OPTIONS, wait_seconds=60)
    yield engine
    engine.close()
