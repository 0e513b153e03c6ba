"""Everybody in a file gives what the same customers give in memory."""

import numpy as np
import pandas as pd
import pytest

from crmlib.features import everyone as module
from crmlib.features.everyone import Everyone, columns_of, pieces_of, rows_of


@pytest.fixture
def frame(monkeypatch):
    """Make 50 customers, of whom some things are not known, read seven at a time."""
    monkeypatch.setattr(module, "_PIECE_ROWS", 7)
    rng = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "recency_days": np.where(rng.random(50) < 0.2, np.nan, rng.integers(0, 90, 50)),
            "n_orders": rng.integers(1, 9, 50),
            "region": pd.array(np.where(rng.random(50) < 0.3, None, "Ost"), dtype="str"),
        },
        index=pd.Index([f"c{k:02}" for k in range(50)], name="customer_id"),
    )


@pytest.fixture
def everyone(frame, tmp_path):
    frame.reset_index().to_parquet(tmp_path / "all.parquet")
    return Everyone(tmp_path / "all.parquet")


def test_a_file_gives_what_the_frame_gives(frame, everyone):
    assert len(everyone) == 50
    pd.testing.assert_index_equal(everyone.index, frame.index)
    pieces = list(pieces_of(everyone))
    assert [len(piece) for piece in pieces] == [7] * 7 + [1]
    pd.testing.assert_frame_equal(pd.concat(pieces), frame)
    names = ["region", "n_orders"]
    pd.testing.assert_frame_equal(columns_of(everyone, names), columns_of(frame, names))
    who = pd.Series(["c30", "c02", "c49"])
    pd.testing.assert_frame_equal(
        rows_of(everyone, who), rows_of(frame, who), check_index_type=False
    )


def test_those_kept_and_what_was_added_stay_together(frame, everyone):
    """Columns added before or after a choice belong to the same customers."""
    first = pd.DataFrame({"a": np.arange(50)}, index=frame.index)
    few = everyone.adding(first).at_most("recency_days", 60)
    expected = frame.assign(a=np.arange(50))
    expected = expected[expected["recency_days"] <= 60]
    few = few.where(expected["n_orders"] > 2)
    expected = expected[expected["n_orders"] > 2]
    few = few.adding(pd.DataFrame({"b": np.arange(len(few))}, index=few.index))
    expected = expected.assign(b=np.arange(len(expected)))
    assert 5 < len(few) < 45
    asked = ["b", "n_orders", "a"]
    pd.testing.assert_frame_equal(columns_of(few, asked), expected[asked])
    who = pd.Series(expected.index[[3, 0, 4]])
    pd.testing.assert_frame_equal(rows_of(few, who), rows_of(expected, who), check_index_type=False)
    pd.testing.assert_frame_equal(pd.concat(pieces_of(few)), expected)
    assert len(everyone) == 50
