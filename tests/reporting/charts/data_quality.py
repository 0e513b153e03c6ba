"""Frames for `crmlib.reporting.figures.data_quality`."""

import pandas as pd

FRAMES = {
    "rows_by_table": pd.DataFrame(
        {
            "table": ["transactions"],
            "rows_in": [10],
            "rows_used": [8],
            "rows_quarantined": [1],
            "rows_deduplicated": [1],
        }
    ),
}
OPTIONS: dict = {}
