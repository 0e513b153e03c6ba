"""Frames for `crmlib.reporting.figures.channel_and_moment`."""

import pandas as pd

FRAMES = {
    "preferences": pd.DataFrame(
        {
            "channel": ["e-mail $x$ 李", "post"],
            "customer_share": [0.7, 0.3],
            "low_share": [0.6, 0.2],
            "high_share": [0.8, 0.4],
            "n_choices": [70, 30],
        }
    ),
    "moments": pd.DataFrame({"weekday": [0, 5], "hour": [9, 17], "n_times": [3, 8]}),
    "reactions": pd.DataFrame(
        {
            "kind": ["preference", "preference", "channel"],
            "through": ["the preferred channel", "another channel", "post"],
            "n_trials": [20.0, 30.0, 50.0],
            "success_rate": [0.4, 0.1, 0.2],
            "low_rate": [0.3, 0.0, 0.1],
            "high_rate": [0.5, 0.2, 0.3],
        }
    ),
    "service": pd.DataFrame(
        {
            "state": ["served", "unserved"],
            "n_customers": [5, 3],
            "net_amount": [50.0, 30.0],
        }
    ),
}
OPTIONS: dict = {"preferences": {"what": "as the way to be in touch"}}
