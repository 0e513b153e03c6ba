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
    "table_periods": pd.DataFrame(
        {
            "table": ["transactions", "complaints"],
            "first_on": ["2023-01-01", "2023-02-01"],
            "last_on": ["2024-01-14", "2023-09-30"],
            "stale_days": [0, 106],
            "is_quiet": [False, True],
        }
    ),
}
OPTIONS: dict = {}
