"""Frames for `crmlib.reporting.figures.target_groups`."""

import pandas as pd

FRAMES = {
    "group_sizes": pd.DataFrame(
        {
            "segment": ["Wine and Cheese", "<b>$x$"],
            "n_customers": [300, 100],
            "customer_share": [0.75, 0.25],
            "net_amount": [9000.0, 1000.0],
            "net_share": [0.9, 0.1],
        }
    ),
    "group_mix": pd.DataFrame(
        {
            "segment": ["Wine and Cheese", "Wine and Cheese", "<b>$x$", "<b>$x$"],
            "category": ["Wine", "$Tea$", "Wine", "$Tea$"],
            "line_share": [0.8, 0.2, 0.1, 0.9],
            "usual_share": [0.6, 0.4, 0.6, 0.4],
        }
    ),
    "group_sections": pd.DataFrame(
        {
            "segment": ["Wine and Cheese", "<b>$x$", "in no group"],
            "net_amount": [9000.0, 1000.0, 0.0],
            "invest_amount": [4000.0, 0.0, 0.0],
            "keep_amount": [1000.0, 100.0, -5.0],
            "harvest_amount": [2000.0, 0.0, 5.0],
            "watch_amount": [500.0, 0.0, 0.0],
            "not_judged_amount": [1500.0, 900.0, 0.0],
            "chosen_share": [5 / 9, 0.1, None],
            "largest_sections": ["North | Wine", "", ""],
        }
    ),
    "group_moves": pd.DataFrame(
        {
            "movement": ["in the same group", "moved because they changed"],
            "n_customers": [80, 20],
            "customer_share": [0.8, 0.2],
        }
    ),
}
OPTIONS: dict = {}
