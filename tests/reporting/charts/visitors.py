"""Frames for `crmlib.reporting.figures.visitors`."""

import pandas as pd

FRAMES = {
    "drop_outs": pd.DataFrame(
        {
            "step": ["enter", "view"],
            "next_step": ["view", "buy"],
            "n_visits": [100, 60],
            "n_ended": [40, 50],
            "ended_rate": [0.4, 0.83],
            "low_rate": [0.3, 0.7],
            "high_rate": [0.5, 0.9],
        }
    ),
    "purchases_by_month": pd.DataFrame(
        {
            "month_on": ["2023-11", "2023-12"],
            "n_trials": [60, 40],
            "success_rate": [0.3, 0.1],
            "low_rate": [0.2, 0.0],
            "high_rate": [0.4, 0.2],
        }
    ),
    "success_by_source": pd.DataFrame(
        {
            "source": ["app", "$search$ <b>"],
            "n_trials": [60, 40],
            "success_rate": [0.3, 0.1],
            "low_rate": [0.2, 0.0],
            "high_rate": [0.4, 0.2],
            "verdict": ["higher", "as the rest"],
        }
    ),
    "unmet_terms": pd.DataFrame(
        {"term": ["oat milk", "李"], "n_visits": [20, 10], "n_unmet": [18, 10]}
    ),
}
OPTIONS: dict = {"success_by_source": {"what": "end with a purchase"}}
