"""Frames for `crmlib.reporting.figures.customer_base`."""

import pandas as pd

FRAMES = {
    "weekly_sales": pd.DataFrame(
        {"week_ends_on": ["2024-01-07", "2024-01-14"], "net_amount": [100.0, 90.0]}
    ),
    "stage_customers": pd.DataFrame(
        {
            "stage": ["new", "lapsed"],
            "n_customers": [1, 3],
            "customer_share": [0.25, 0.75],
            "net_share": [0.5, 0.5],
        }
    ),
    "growth_bridge": pd.DataFrame(
        {
            "group": ["won", "grown", "unchanged", "shrunk", "lost"],
            "n_customers": [1, 2, 0, 2, 1],
            "change_amount": [5.0, 9.0, 0.0, -3.0, -1.0],
        }
    ),
    "growth_factors": pd.DataFrame(
        {
            "factor": ["customers", "prices of the same products"],
            "effect_amount": [5.0, -2.0],
            "low_amount": [1.0, -3.0],
            "high_amount": [9.0, -1.0],
        }
    ),
}
OPTIONS: dict = {"growth_bridge": {"period": "now"}, "growth_factors": {"period": "now"}}
