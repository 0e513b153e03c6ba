"""Frames for `crmlib.reporting.figures.cross_selling`."""

import pandas as pd

FRAMES = {
    "pair_lifts": pd.DataFrame(
        {
            "antecedent": ["Bread", "Cheese", "Salt $"],
            "consequent": ["Cheese", "Bread", "<b>Pepper</b>"],
            "lift": [2.0, 2.0, 3.0],
            "lift_low": [1.5, 1.5, 1.2],
            "lift_high": [2.6, 2.6, 7.0],
        }
    ),
    "follower_effects": pd.DataFrame(
        {
            "first": ["Bread boxes", "Tea"],
            "second": ["Bread cutters", "Wine"],
            "effect_share": [0.2, 0.01],
            "effect_low_share": [0.15, -0.02],
            "effect_high_share": [0.25, 0.04],
            "placebo_share": [0.0, None],
            "placebo_low_share": [-0.03, None],
            "placebo_high_share": [0.03, None],
            "is_found": [True, False],
        }
    ),
    "slow_seller_baskets": pd.DataFrame(
        {
            "product_id": ["P1", "P2"],
            "category": ["Olives", None],
            "rest_amount": [50.0, 40.0],
            "expected_amount": [40.0, 35.0],
            "excess_amount": [10.0, 5.0],
            "excess_low_amount": [5.0, 1.0],
            "excess_high_amount": [15.0, 9.0],
        }
    ),
}
OPTIONS: dict = {}
