"""Spark as the engine: a cluster, this process, or a Spark Connect server."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import narwhals as nw
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from crmlib.database.emptiness import empty_query
from crmlib.database.known import known_at
from crmlib.database.snapshot import Snapshot
from crmlib.errors import CrmlibError, EngineError, ParameterError
from crmlib.schema import TABLES
from crmlib.schema.columns import Table

__all__ = ["Spark"]

WAIT_SECONDS = 30.0
"""How long a cluster may take to answer, and to give this program a worker."""
_CONNECT = "sc://"
_OLDEST = (4, 2)


class Spark:
    """A Spark session that reads the Parquet files of a snapshot where they lie.

    Every worker must see the snapshot's folder under the same path, by a shared file system where
    the cluster has several machines. Spark sorts and spills by itself, so there is one bucket.

    Parameters
    ----------
    url
        `local[N]`, `spark://HOST:PORT` or, for Spark Connect, `sc://HOST:PORT`.
    memory_megabytes
        Memory of the driver where it is started here.
    options
        Spark settings beside those of `spark-defaults.conf`.
    wait_seconds
        How long a cluster may take to answer, and to give a worker.

    Raises
    ------
    ParameterError
        If PySpark or Java is not installed.
    EngineError
        If the cluster does not answer or has no worker free.
    """

    def __init__(
        self,
        url: str,
        *,
        memory_megabytes: float = 1000.0,
        options: Mapping[str, str] | None = None,
        wait_seconds: float = WAIT_SECONDS,
    ) -> None:
        self.url = url
        builder = _builder(url)
        _reach(url, wait_seconds=wait_seconds)
        fixed = {"spark.sql.session.timeZone": "UTC"}
        if not url.startswith(_CONNECT):
            fixed |= {
                "spark.app.name": "crm",
                "spark.ui.enabled": "false",
                "spark.ui.showConsoleProgress": "false",
                "spark.log.level": "ERROR",
                "spark.driver.memory": f"{memory_megabytes:.0f}m",
            }
        for name, value in (fixed | dict(options or {})).items():
            builder = builder.config(name, value)
        with self.explaining():
            self.session = builder.getOrCreate()
        if url.startswith("spark://"):
            self._await_worker(wait_seconds)

    def table(self, snapshot: Snapshot, name: str, *, as_of_day: int) -> nw.LazyFrame[Any]:
        """Give a table as it was known at the end of a day."""
        frame = self.read(snapshot.path(name))
        return known_at(frame, table=TABLES[name], as_of_day=as_of_day, keep_undated=True)

    def read(self, path: Path) -> nw.LazyFrame[Any]:
        """Lay a Parquet file open."""
        with self.explaining():
            return nw.from_native(self.session.read.parquet(path.resolve().as_uri()))

    def empty(self, table: Table) -> nw.LazyFrame[Any]:
        """Give a table of the data model without a row."""
        with self.explaining():
            return nw.from_native(self.session.sql(empty_query(table)))

    def given(self, frame: pd.DataFrame) -> nw.LazyFrame[Any]:
        """Send a table of this process to the workers."""
        table = pa.Table.from_pandas(frame, preserve_index=False)
        with self.explaining():
            return nw.from_native(self.session.createDataFrame(table))

    def kept(self, frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
        """Keep what a frame gives on the workers once it has been worked out."""
        with self.explaining():
            return nw.from_native(frame.to_native().cache())

    def store(self, parts: Iterable[nw.LazyFrame[Any]], path: Path, *, by: str) -> None:
        """Bring frames here and write them; the workers may see no file of this machine."""
        with self.explaining():
            tables = [part.collect("pyarrow").to_native() for part in parts]
        pq.write_table(pa.concat_tables(tables).sort_by(by), path)

    def buckets(self, n_lines: int) -> list[Callable[[nw.LazyFrame], nw.LazyFrame]]:
        """Give all customers in one bucket."""
        return [lambda frame: frame]

    @contextlib.contextmanager
    def explaining(self) -> Iterator[None]:
        """Say what to do when a worker does not find a file or the cluster is gone."""
        try:
            yield
        except CrmlibError:
            raise
        except Exception as error:
            if not type(error).__module__.startswith(("pyspark", "py4j", "grpc", "narwhals")):
                raise
            raise EngineError(_explanation(self.url, str(error))) from error

    def close(self) -> None:
        """End the session."""
        self.session.stop()

    def _await_worker(self, wait_seconds: float) -> None:
        """Wait until the cluster has given this program a worker."""
        tracker = self.session.sparkContext._jsc.sc().statusTracker()
        end = time.monotonic() + wait_seconds
        while len(tracker.getExecutorInfos()) < 2:  # the driver counts as one
            if time.monotonic() > end:
                self.close()
                raise EngineError(
                    f"The Spark cluster {self.url} answers but gave no worker within "
                    f"{wait_seconds:g} s. Look at its page for workers that are gone, held by "
                    "other programs (set spark.cores.max where several share it) or have less "
                    "memory than spark.executor.memory, 1 GB unless set."
                )
            time.sleep(0.1)


def _builder(url: str) -> Any:
    """Load PySpark and start to describe a session."""
    try:
        import pyspark
        from pyspark.sql import SparkSession

        if url.startswith(_CONNECT):
            return SparkSession.builder.remote(url)
    except ImportError as error:
        raise ParameterError(
            f"engine={url}: PySpark is not complete here ({error}). Install it: "
            "pip install 'crmlib[spark]', or pyspark-client for Spark Connect alone."
        ) from error
    version = tuple(int(part) for part in re.findall(r"\d+", pyspark.__version__)[:2])
    if version < _OLDEST:
        raise ParameterError(
            f"engine={url}: PySpark {pyspark.__version__} is too old. Install 4.3 or later: "
            "pip install 'crmlib[spark]'."
        )
    home = os.environ.get("JAVA_HOME")
    if not shutil.which("java", path=f"{home}/bin" if home else None):
        raise ParameterError(
            f"engine={url}: Spark needs Java 17 or later and there is none"
            f"{f' in JAVA_HOME={home}' if home else ''}. Install it, or use --engine duckdb."
        )
    return SparkSession.builder.master(url)


def _reach(url: str, *, wait_seconds: float) -> None:
    """Refuse a cluster that does not answer; Spark itself would try for minutes."""
    found = re.match(r"(?:spark|sc)://([^/:]+):(\d+)", url)
    if not found:
        return
    host, port = found.groups()
    try:
        socket.create_connection((host, int(port)), timeout=wait_seconds).close()
    except (OSError, OverflowError) as error:
        raise EngineError(
            f"The Spark cluster {url} does not answer: {error}. Start it, or name another engine; "
            "--engine duckdb needs no cluster."
        ) from error


def _explanation(url: str, text: str) -> str:
    """Say in words what a Spark error is about."""
    first = text.strip().splitlines()[0][:300] if text.strip() else "no reason given"
    if re.search("PATH_NOT_FOUND|FILE_NOT_EXIST|FileNotFound|does not exist", text):
        return (
            f"A worker of {url} does not see a file of the snapshot: {first} Put data/snapshots on "
            "a file system that every worker has under the same path."
        )
    return f"Spark ({url}) failed: {first} Look into the log of the cluster, or use duckdb."
