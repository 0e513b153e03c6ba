"""Frames for `crmlib.reporting.figures.sections`."""

import pandas as pd

DECIDED = pd.DataFrame(
    {
        "section": ["person | North | Tea", "company | <b>$x$", "person | South | Tea"],
        "n_customers": [200, 40, 90],
        "net_amount": [9000.0, 4000.0, 1000.0],
        "growth_rate": [0.2, -0.1, -0.3],
        "growth_low_rate": [0.1, -0.3, -0.5],
        "growth_high_rate": [0.3, 0.1, -0.1],
        "attractiveness": [80.0, 60.0, 20.0],
        "position": [30.0, 70.0, 60.0],
        "decision": ["invest", "keep", "harvest"],
        "same_decision_share": [0.9, 0.8, 0.7],
    }
)
FRAMES = {"portfolio": DECIDED, "section_growth": DECIDED}
OPTIONS: dict = {}
