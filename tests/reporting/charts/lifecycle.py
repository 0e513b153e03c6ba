"""Frames for `crmlib.reporting.figures.lifecycle`."""

import pandas as pd

FRAMES = {
    "lifecycle_stages": pd.DataFrame(
        {
            "stage": ["won", "developing", "maintained", "leaving", "lost"],
            "n_customers": [1, 2, 5, 2, 1],
            "before_amount": [0.0, 5.0, 50.0, 20.0, 4.0],
            "now_amount": [10.0, 15.0, 50.0, 2.0, 0.0],
            "change_amount": [10.0, 10.0, 0.0, -18.0, -4.0],
        }
    ),
    "lifecycle_transitions": pd.DataFrame(
        {
            "stage_before": ["won", "won", "maintained", "maintained"],
            "stage": ["maintained", "leaving", "maintained", "leaving"],
            "n_before": [4, 4, 10, 10],
            "move_rate": [0.25, 0.75, 0.9, 0.1],
        }
    ),
    "leaving_by_step": pd.DataFrame(
        {
            "period_ends_on": ["2024-01-07", "2024-01-14"],
            "leave_rate": [0.1, 0.2],
            "low_rate": [0.05, 0.1],
            "high_rate": [0.2, 0.3],
        }
    ),
    "cohort_retention": pd.DataFrame(
        {
            "months_since": [1, 2],
            "retention_rate": [0.5, 0.4],
            "low_rate": [0.4, 0.2],
            "high_rate": [0.6, 0.6],
        }
    ),
}
OPTIONS: dict = {"lifecycle_stages": {"period": "now"}, "lifecycle_transitions": {"n_days": 7}}
