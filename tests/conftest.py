"""What several rooms of tests share: the project, the sample snapshot, order lines made by hand."""

from __future__ import annotations

from pathlib import Path

import duckdb
import narwhals as nw
import pandas as pd
import pytest
from hypothesis import settings

from crmlib.database import Snapshot, load
from crmlib.periods import day_number, parse_day
from crmlib.settings import Settings

PROJECT = Path(__file__).resolve().parents[1]

# `make test` looks at the same examples every time, so that a change that breaks nothing passes;
# `make test-all` (--hypothesis-profile=default) looks for new ones, to be kept with @example.
settings.register_profile("repeatable", derandomize=True)
settings.load_profile("repeatable")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the tests of a group on one worker, so that what they share is made once.

    pytest-xdist 3.8 writes the group into `_nodeid`, which pytest 9.2 does not read any more.
    """
    if not config.getoption("loadgroup", default=False):
        return
    for item in items:
        mark = item.get_closest_marker("xdist_group")
        if mark and not item.nodeid.endswith(f"@{mark.args[0]}"):
            item._id = type(item._id).parse(f"{item.nodeid}@{mark.args[0]}")  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def project() -> Path:
    """Root of the checkout."""
    return PROJECT


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """Snapshot of the simulated shop in data/sample, made in a folder of its own."""
    folder = tmp_path_factory.mktemp("project")
    source = PROJECT / "data" / "sample"
    return load(Settings(folder=folder, source=str(source)))


def order_lines(rows: list[tuple[str, str | None, str, float]]) -> pd.DataFrame:
    """Order lines from (order, customer, ISO day, amount), one product per line."""
    frame = pd.DataFrame(rows, columns=["transaction_id", "customer_id", "day", "net_amount"])
    frame["product_id"] = [f"p{k}" for k in range(len(frame))]
    frame["quantity"] = 1.0
    frame["occurred_day"] = [day_number(parse_day(day)) for day in frame["day"]]
    frame["net_cents"] = (frame["net_amount"] * 100).round().astype("int64")
    return frame.drop(columns="day")


@pytest.fixture(params=["duckdb", "pandas"])
def lazy(request: pytest.FixtureRequest):
    """Turn a pandas frame into a lazy frame of each engine in turn."""
    connection = duckdb.connect()

    def make(frame: pd.DataFrame) -> nw.LazyFrame:
        if request.param == "pandas":
            return nw.from_native(frame).lazy()
        return nw.from_native(connection.from_df(frame.copy()))

    yield make
    connection.close()
