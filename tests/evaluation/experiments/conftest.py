"""The e-mail campaign that the published numbers come from."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

HILLSTROM = Path(__file__).resolve().parents[4] / "shared" / "data" / "hillstrom" / "hillstrom.csv"


@pytest.fixture(scope="session")
def hillstrom() -> dict[str, pd.DataFrame]:
    """Customers of the Hillstrom test (2008) by arm: `mens`, `womens`, `none`."""
    if not HILLSTROM.exists():
        pytest.skip("the Hillstrom e-mail test is not in ../shared/data")
    frame = pd.read_csv(HILLSTROM)
    names = {"Mens E-Mail": "mens", "Womens E-Mail": "womens", "No E-Mail": "none"}
    return {names[str(arm)]: part for arm, part in frame.groupby("segment")}
