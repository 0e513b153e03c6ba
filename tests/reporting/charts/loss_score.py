"""Frames for `crmlib.reporting.figures.loss_score`."""

import pandas as pd

FRAMES = {
    "sales_by_risk": pd.DataFrame(
        {
            "band": ["above 75 %", "below 25 %"],
            "n_customers": [3, 9],
            "net_amount": [100.0, 900.0],
            "at_risk_amount": [80.0, 90.0],
        }
    )
}
OPTIONS: dict = {}
