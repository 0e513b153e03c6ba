"""Frames for `crmlib.reporting.figures.controlling`."""

import pandas as pd

FRAMES = {
    "months_against_plan": pd.DataFrame(
        {
            "month_on": ["2023-12", "2024-01"],
            "actual_amount": [100.0, 90.0],
            "planned_amount": [95.0, 99.0],
            "year_ago_amount": [None, 80.0],
        }
    ),
    "change_bridge": pd.DataFrame(
        {
            "dimension": ["total", "category"],
            "part": ["all", "Tea"],
            "change_amount": [12.0, 3.0],
            "new_customers_amount": [20.0, 0.0],
            "lost_customers_amount": [-15.0, 0.0],
            "volume_amount": [5.0, 3.0],
            "mix_amount": [1.0, 0.0],
            "price_amount": [2.0, 0.0],
            "returns_amount": [-1.0, 0.0],
        }
    ),
    "largest_deviations": pd.DataFrame(
        {
            "part": ["$Tea$ / \\frac{", "Wine / 李小龙"],
            "deviation_amount": [-50.0, 20.0],
            "low_amount": [-80.0, -10.0],
            "high_amount": [-20.0, 50.0],
            "cumulated_share": [0.7, 1.0],
            "is_different": [True, False],
            "is_main": [True, False],
        }
    ),
}
OPTIONS: dict = {
    "change_bridge": {"against": "the same days a year ago"},
    "largest_deviations": {"against": "the plan"},
}
