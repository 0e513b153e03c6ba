"""Frames for `crmlib.reporting.figures.white_spots`."""

import pandas as pd

FRAMES = {
    "penetration_gaps": pd.DataFrame(
        {
            "item": ["Cheese", "<b>Wine $</b>"],
            "n_best": [300, 300],
            "actual_rate": [0.7, 0.6],
            "actual_low_rate": [0.65, 0.55],
            "actual_high_rate": [0.75, 0.65],
            "expected_rate": [0.8, 0.61],
            "n_white_spots": [70, 100],
            "potential_amount": [9000.0, 8000.0],
        }
    ),
    "reason_amounts": pd.DataFrame(
        {
            "reason": ["never offered", "unknown"],
            "n_white_spots": [3, 5],
            "potential_amount": [300.0, 400.0],
        }
    ),
    "gaps_closed": pd.DataFrame(
        {
            "band": ["0 to 10 %", "75 to 100 %"],
            "n_cells": [500, 60],
            "promised_rate": [0.02, 0.2],
            "bought_rate": [0.03, 0.22],
            "bought_low_rate": [0.02, 0.15],
            "bought_high_rate": [0.04, 0.3],
        }
    ),
}
OPTIONS: dict = {}
