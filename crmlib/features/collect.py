"""The one way from the engine to pandas."""

from __future__ import annotations

from collections.abc import Sequence

import narwhals as nw
import pandas as pd

__all__ = ["collect"]


def collect(frame: nw.LazyFrame, *, by: Sequence[str] = ()) -> pd.DataFrame:
    """Run a lazy frame and bring the result to pandas in a fixed order.

    Engines return rows in any order; sorting here, on the small result, makes every table the same
    from run to run.

    Parameters
    ----------
    by
        Columns that name a row; the result is sorted by them. Without it, by all columns.
    """
    native: pd.DataFrame = frame.collect("pandas").to_native()
    return native.sort_values(list(by) or list(native.columns), kind="stable", ignore_index=True)
