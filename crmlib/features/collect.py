"""The one way from the engine to pandas."""

from __future__ import annotations

import narwhals as nw
import pandas as pd

__all__ = ["collect"]


def collect(frame: nw.LazyFrame, *, by: tuple[str, ...] = ()) -> pd.DataFrame:
    """Run a lazy frame and bring the result to pandas in a fixed order.

    Engines return rows in any order; sorting here, on the small result, makes every table the same
    from run to run.

    Parameters
    ----------
    by
        Columns that name a row; the result is sorted by them.
    """
    native: pd.DataFrame = frame.collect("pandas").to_native()
    if by:
        native = native.sort_values(list(by), kind="stable", ignore_index=True)
    return native
