"""The public data of `truth.md`, where they are at hand."""

from __future__ import annotations

from pathlib import Path

import narwhals as nw
import pandas as pd
import pytest

from crmlib.features.btyd import btyd_summary
from crmlib.features.collect import collect

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


def shared_file(name: str) -> Path:
    """Path of a public data set, or a skip that names it."""
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"public data set {name} is not at hand")
    return path


def cdnow_lines() -> nw.LazyFrame:
    """Purchases of the CDNOW 1/10 sample as order lines."""
    bought = pd.read_csv(shared_file("cdnow/cdnow_sample.csv"), dtype={"sample_id": "str"})
    days = pd.to_datetime(bought["date"].astype("str"), format="%Y%m%d")
    lines = pd.DataFrame(
        {
            "transaction_id": bought.index.astype("str"),
            "customer_id": bought["sample_id"],
            "quantity": 1,
            "occurred_day": (days - pd.Timestamp(0)).dt.days,
            "net_cents": (100 * bought["dollar_value"]).round().astype("int64"),
        }
    )
    return nw.from_native(lines).lazy()


def cdnow_summary() -> pd.DataFrame:
    """Summary of the calibration period in weeks, in the order of the file."""
    found = collect(btyd_summary(cdnow_lines(), as_of="1997-09-30", time_unit="week"))
    return found.sort_values("customer_id", ignore_index=True)
