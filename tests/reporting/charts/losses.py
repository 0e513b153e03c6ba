"""Frames for `crmlib.reporting.figures.losses`."""

import pandas as pd

FRAMES = {
    "lost_by_reason": pd.DataFrame(
        {
            "cause": ["competitor", "$moved$", "unknown"],
            "n_left": [3, 2, 9],
            "lost_amount": [300.0, 100.0, 50.0],
            "low_amount": [200.0, 20.0, 10.0],
            "high_amount": [400.0, 180.0, 90.0],
        }
    ),
    "stay_curves": pd.DataFrame(
        {
            "dimension": "region",
            "group": ["North", "North", "李"],
            "days": [0, 30, 0],
            "stays_share": [1.0, 0.8, 1.0],
            "low_share": [1.0, 0.7, 1.0],
            "high_share": [1.0, 0.9, 1.0],
        }
    ),
    "before_loss": pd.DataFrame(
        {
            "event": ["complained", "bought fewer categories", "told of a problem"],
            "difference_share": [0.1, -0.05, None],
            "low_share": [0.05, -0.1, None],
            "high_share": [0.15, 0.0, None],
            "p_adjusted": [0.001, 0.3, None],
        }
    ),
    "hazard_ratios": pd.DataFrame(
        {
            "about": ["what happened", "the customer"],
            "factor": ["a complaint without an answer", "region: West"],
            "hazard_ratio": [3.5, 0.8],
            "low_ratio": [2.0, 0.5],
            "high_ratio": [6.0, 1.2],
            "p_adjusted": [0.001, 0.4],
        }
    ),
    "weekly_buyers": pd.DataFrame(
        {
            "week_date": ["2024-01-01", "2024-01-08", "2024-01-15"],
            "n_bought": [10, 9, 3],
            "n_expected": [10.0, 10.0, 10.0],
            "region": "West",
            "category": "$Wine",
            "drop_date": "2024-01-15",
        }
    ),
}
OPTIONS: dict = {}
