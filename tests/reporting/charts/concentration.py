"""Frames for `crmlib.reporting.figures.concentration`."""

import pandas as pd

FRAMES = {
    "lorenz": pd.DataFrame({"customer_share": [0, 0.1, 0.5, 1], "net_share": [0, 0.4, 0.8, 1.0]}),
    "loss_of_the_best": pd.DataFrame(
        {
            "n_lost": [1, 5],
            "lost_amount": [10.0, 30.0],
            "lost_share": [0.1, 0.3],
            "lost_margin_share": [0.2, 1.1],
        }
    ),
    "sales_at_risk": pd.DataFrame(
        {"abc_class": ["A", "B"], "net_amount": [50.0, 30.0], "quiet_amount": [5.0, 6.0]}
    ),
}
MEASURES = pd.DataFrame(
    {
        "measure": [f"Sales of the {part} of customers" for part in ("best tenth", "better half")],
        "value_share": [0.4, 0.8123],
    }
)
OPTIONS: dict = {"lorenz": {"gini": {"value": 0.5, "low": 0.4, "high": 0.6}, "measures": MEASURES}}
