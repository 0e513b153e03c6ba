"""Frames for `crmlib.reporting.figures.preferences`."""

import pandas as pd

FRAMES = {
    "favourite_money": pd.DataFrame(
        {
            "favourite": ["Wine", "<b>$x$"],
            "n_customers": [20, 5],
            "net_amount": [900.0, 300.0],
            "above_amount": [400.0, 90.0],
            "n_early": [12, 0],
            "later_index": [350.0, float("nan")],
            "low_index": [300.0, float("nan")],
            "high_index": [400.0, float("nan")],
        }
    ),
    "group_baskets": pd.DataFrame(
        {
            "favourite": ["Wine", "Wine", "<b>$x$", "<b>$x$"],
            "category": ["Wine", "<b>$x$", "Wine", "<b>$x$"],
            "n_customers": [20, 20, 12, 12],
            "net_amount": [90.0, 20.0, 0.0, 60.0],
            "expected_amount": [30.0, 10.0, 20.0, 20.0],
            "category_index": [300.0, 200.0, 0.0, 300.0],
            "low_index": [250.0, 150.0, 0.0, 250.0],
            "high_index": [350.0, 250.0, 40.0, 350.0],
            "is_different": [True, True, False, True],
        }
    ),
    "leaning_customers": pd.DataFrame(
        {
            "aspect": ["price class", "brand"],
            "value": ["high", "<b>$x$"],
            "usual_share": [0.3, 0.2],
            "n_customers": [40, 3],
            "customer_share": [0.2, 0.015],
            "net_amount": [900.0, 50.0],
        }
    ),
    "lasting_preferences": pd.DataFrame(
        {
            "aspect": ["category", "weekday", "brand"],
            "n_customers": [100, 90, 4],
            "likeness": [0.1, 0.0, float("nan")],
            "agreement": [0.6, 0.01, float("nan")],
            "low": [0.5, -0.1, float("nan")],
            "high": [0.7, 0.1, float("nan")],
            "outcome": ["lasts", "not shown", "not shown"],
        }
    ),
}
OPTIONS: dict = {}
