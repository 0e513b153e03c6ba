"""Frames for `crmlib.reporting.figures.scores`."""

import pandas as pd

FRAMES = {
    "gains": pd.DataFrame(
        {
            "way": ["score"] * 3 + ["recency rule"] * 3,
            "share": [0.0, 0.2, 1.0] * 2,
            "gain": [0.0, 0.5, 1.0, 0.0, 0.4, 1.0],
        }
    ),
    "deciles": pd.DataFrame(
        {
            "decile": [1, 2],
            "rate": [0.6, 0.2],
            "low": [0.5, 0.1],
            "high": [0.7, 0.3],
            "lift": [1.5, 0.5],
        }
    ),
    "reliability": pd.DataFrame(
        {
            "mean_probability": [0.1, 0.5],
            "share": [0.12, 0.4],
            "low": [0.08, 0.35],
            "high": [0.16, 0.45],
        }
    ),
    "drivers": pd.DataFrame(
        {
            "driver": ["days since the last order", "region"],
            "importance_share": [0.7, 0.3],
            "low_value": ["3", "North"],
            "high_value": ["90", "South"],
            "low_rate": [0.5, 0.3],
            "high_rate": [0.1, 0.35],
        }
    ),
    "lift_by_category": pd.DataFrame(
        {
            "category": ["Bread", "Wine"],
            "verdict": ["PASS", "FAIL"],
            "top_tenth_lift": [2.5, 1.1],
            "lift_low": [1.8, 0.6],
            "lift_high": [3.1, 1.9],
        }
    ),
    "sales_by_risk": pd.DataFrame(
        {
            "band": ["above 75 %", "below 25 %"],
            "n_customers": [3, 9],
            "net_amount": [100.0, 900.0],
            "at_risk_amount": [80.0, 90.0],
        }
    ),
}
OPTIONS: dict = {"gains": {"what": "orders"}, "deciles": {"what": "an order"}}
