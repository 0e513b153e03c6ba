"""Frames for `crmlib.reporting.figures.accounts`."""

import pandas as pd

FRAMES = {
    "account_changes": pd.DataFrame(
        {
            "customer_id": ["$x$ & Co", "李"],
            "net_amount": [50.0, 30.0],
            "before_amount": [40.0, 60.0],
            "risk": ["low", "high"],
        }
    ),
    "account_risk": pd.DataFrame(
        {
            "risk": ["high", "raised", "low"],
            "n_customers": [1, 0, 2],
            "net_amount": [30.0, 0.0, 80.0],
        }
    ),
}
OPTIONS: dict = {}
