"""Frames for `crmlib.reporting.figures.forecast`."""

import pandas as pd

FRAMES = {
    "sales_ahead": pd.DataFrame(
        {
            "week_ends_on": ["2024-01-07", "2024-01-14", "2024-01-21"],
            "actual": [100.0, 90.0, None],
            "forecast": [None, None, 95.0],
            "low": [None, None, 70.0],
            "high": [None, None, 120.0],
        }
    ),
    "forecast_look_back": pd.DataFrame(
        {
            "quantity": ["net_amount", "net_amount", "n_orders"],
            "week_ends_on": ["2024-01-07", "2024-01-14", "2024-01-14"],
            "actual": [100.0, 90.0, 3.0],
            "forecast": [95.0, 95.0, 3.0],
            "low": [70.0, 70.0, 2.0],
            "high": [120.0, 120.0, 5.0],
            "naive": [80.0, 80.0, 3.0],
        }
    ),
    "parts_ahead": pd.DataFrame(
        {
            "dimension": ["region", "region", "total", "region"],
            "part": ["$ #eval(1) $ \\input{x}", "李小龙", "all", "gone"],
            "quantity": ["net_amount"] * 4,
            "forecast": [90.0, 60.0, 150.0, 0.0],
            "low": [50.0, 61.0, 120.0, 0.0],
            "high": [110.0, 80.0, 170.0, 0.0],
            "last_weeks": [100.0, 50.0, 150.0, 0.0],
        }
    ),
}
OPTIONS: dict = {}
