"""Frames for `crmlib.reporting.figures.rfm`."""

import pandas as pd

FRAMES = {
    "segment_shares": pd.DataFrame(
        {
            "segment": ["champions", "silent"],
            "n_customers": [30, 70],
            "customer_share": [0.3, 0.7],
            "net_amount": [9000.0, 1000.0],
            "net_share": [0.9, 0.1],
        }
    ),
    "sales_by_recency": pd.DataFrame(
        {
            "customer_id": ["a", "b", "c"],
            "segment": ["champions", "quiet", "silent"],
            "recency_days": [3, 100, 500],
            "n_orders": [9, 2, 0],
            "net_amount": [900.0, 100.0, 0.0],
        }
    ),
}
OPTIONS: dict = {}
