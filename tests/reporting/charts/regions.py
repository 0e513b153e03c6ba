"""Frames for `crmlib.reporting.figures.regions`."""

import pandas as pd

ENDS = {
    "shrunk_index": [80.0, 100.0, 118.0],
    "low_index": [70.0, 90.0, 95.0],
    "high_index": [92.0, 111.0, 150.0],
}
FRAMES = {
    "place_indices": pd.DataFrame(
        {
            "place": ["East", "North", "<b>$x$"],
            "n_customers": [200, 400, 20],
            "measure": "amount_per_year",
            "value": [80.0, 101.0, 150.0],
            "raw_index": [75.0, 101.0, 140.0],
            **ENDS,
            "is_different": [True, False, False],
        }
    ),
    "unused_potential": pd.DataFrame(
        {
            "place": ["East", "<b>$x$"],
            "n_customers": [200, 20],
            "net_amount": [9000.0, 800.0],
            "shrunk_index": [80.0, 97.0],
            "low_index": [70.0, 80.0],
            "high_index": [92.0, 110.0],
            "gap_amount": [2000.0, 30.0],
            "gap_low_amount": [900.0, 0.0],
            "gap_high_amount": [3000.0, 200.0],
            "is_below": [True, False],
            "reason": ["fewer orders", "smaller orders"],
            "weak_category": ["Wine", ""],
        }
    ),
    "place_mix": pd.DataFrame(
        {
            "place": ["East", "<b>$x$", "East", "<b>$x$"],
            "n_customers": [200, 20, 200, 20],
            "category": ["Wine", "Wine", "Tea", "Tea"],
            "buying_share": [0.2, 0.5, 0.4, 0.4],
            "net_amount": [500.0, 90.0, 600.0, 70.0],
            "expected_amount": [900.0, 80.0, 580.0, 80.0],
            "raw_index": [55.0, 112.0, 103.0, 88.0],
            "shrunk_index": [60.0, 105.0, 102.0, 97.0],
            "low_index": [45.0, 80.0, 90.0, 70.0],
            "high_index": [80.0, 140.0, 115.0, 130.0],
            "is_different": [True, False, False, False],
        }
    ),
}
OPTIONS: dict = {
    "place_indices": {"measure": "amount_per_year", "words": "sales per customer and year"}
}
