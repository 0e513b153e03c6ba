"""Frames for `crmlib.reporting.figures.wallet`."""

import pandas as pd

FRAMES = {
    "share_bands": pd.DataFrame(
        {
            "band": [1, 2],
            "n_customers": [50, 50],
            "won_share": [0.2, 0.6],
            "low_share": [0.1, 0.5],
            "high_share": [0.3, 0.7],
        }
    ),
    "category_potential": pd.DataFrame(
        {
            "category": ["Wine", "other categories", "$Tea"],
            "spent_amount": [100.0, 50.0, 20.0],
            "not_won_amount": [300.0, 80.0, 70.0],
            "won_share": [0.25, 0.38, 0.22],
        }
    ),
    "estimates_against_answers": pd.DataFrame(
        {
            "band": [1, 2],
            "n_customers": [20, 20],
            "estimated_share": [0.2, 0.5],
            "answered_share": [0.25, 0.45],
            "low_share": [0.15, 0.3],
            "high_share": [0.35, 0.6],
        }
    ),
}
OPTIONS: dict = {}
