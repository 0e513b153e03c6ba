"""Purchase histories of real customers for the tests of models."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.models.published import cdnow_summary, shared_file


@pytest.fixture(scope="session")
def cdnow() -> pd.DataFrame:
    """CDNOW 1/10 sample, calibration period, weeks: 2,357 customers."""
    return cdnow_summary()


@pytest.fixture(scope="session")
def donations() -> pd.DataFrame:
    """Donors of the 1995 cohort by frequency and recency, with their number."""
    frame = pd.read_csv(shared_file("donations_1995/donations.csv"))
    frame.columns = ["btyd_frequency", "btyd_recency", "btyd_T", "weights"]
    return frame.assign(time_unit="year")
