"""Frames for `crmlib.reporting.figures.satisfaction`."""

import pandas as pd

_TOP = pd.DataFrame(
    {
        "attribute": ["delivery time", "<b>price</b>"],
        "priority": ["mend first", "no need"],
        "gap_points": [1.3, -0.2],
        "importance_share": [0.7, 0.3],
        "low_share": [0.6, 0.2],
        "high_share": [0.8, 0.4],
        "stated": [7.0, 9.0],
    }
)
FRAMES = {
    "expectation_gaps": pd.DataFrame(
        {
            "attribute": ["delivery time", "<b>price</b>"],
            "n_answers": [20, 19],
            "expectation": [7.2, 7.0],
            "perception": [5.9, 7.2],
            "gap_points": [1.3, -0.2],
        }
    ),
    "derived_importance": _TOP,
    "priority_matrix": _TOP,
    "employee_view": pd.DataFrame(
        {
            "attribute": ["delivery time", "price"],
            "n_employees": [12, 12],
            "customer_gap_points": [1.3, -0.2],
            "employee_gap_points": [0.1, 0.0],
            "difference_points": [1.2, -0.2],
            "is_different": [True, False],
        }
    ),
}
OPTIONS: dict = {"derived_importance": {"outcome": "overall satisfaction"}}
