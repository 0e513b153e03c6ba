"""Frames for `crmlib.reporting.figures.complaints`."""

import pandas as pd

FRAMES = {
    "complaints_by_month": pd.DataFrame(
        {
            "month_on": ["2024-01", "2024-02"],
            "n_orders": [100, 0],
            "n_complaints": [2, 1],
            "raw_per_1000": [20.0, float("nan")],
            "low_per_1000": [2.4, float("nan")],
            "high_per_1000": [72.2, float("nan")],
        }
    ),
    "rates_by_group": pd.DataFrame(
        {
            "dimension": ["region", "region"],
            "group": ["North", "<b>South</b>"],
            "n_customers": [50, 20],
            "n_orders": [1000, 400],
            "raw_per_1000": [10.0, 40.0],
            "shrunk_per_1000": [12.0, 30.0],
            "low_per_1000": [8.0, 20.0],
            "high_per_1000": [16.0, 41.0],
            "is_different": [False, True],
        }
    ),
    "answer_curve": pd.DataFrame(
        {
            "days": [0.0, 3.0, 200.0],
            "answered_share": [0.0, 0.5, 0.6],
            "low_share": [0.0, 0.3, 0.4],
            "high_share": [0.0, 0.7, 0.8],
            "n_waiting": [10.0, 8.0, 1.0],
        }
    ),
    "hazard_of_leaving": pd.DataFrame(
        {
            "event": ["any complaint", "answered"],
            "n_losses": [20, 4],
            "hazard_ratio": [2.5, float("nan")],
            "low": [1.5, float("nan")],
            "high": [4.0, float("nan")],
        }
    ),
}
OPTIONS: dict = {}
