"""Feature functions over Spark Connect, in a process that has pyspark-client and not PySpark.

A module, because pyspark-client takes a program given by `python -c` for its own doctests.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pyarrow.parquet as pq

from crmlib.database.engine import open_engine
from crmlib.features.collect import collect_arrow
from tests.conformance.cases import CASES

if __name__ == "__main__":
    url, folder, *names = sys.argv[1:]
    engine = open_engine(url)
    tables = {path.stem: engine.read(path) for path in Path(folder).glob("*.parquet")}
    for name in names:
        pq.write_table(collect_arrow(CASES[name][1](tables)), f"{folder}/{name}.result")
    engine.close()
