"""Forecasts as predictions of the ledger, so that the next iteration holds them to account."""

from __future__ import annotations

import pandas as pd

from crmlib.features.weekly import OTHERS
from crmlib.loop.ledger import Prediction

__all__ = ["frozen"]

_QUANTITIES = {
    "net_amount": "net_amount",
    "n_orders": "orders",
    "n_customers": "active_customers",
    "margin_amount": "margin_amount",
}
_UNITS = {"n_orders": "orders", "n_customers": "customers per week"}


def frozen(
    forecasts: pd.DataFrame, *, horizon_weeks: int, currency: str, is_current: bool
) -> tuple[list[pd.DataFrame], list[Prediction]]:
    """Turn forecasts into predictions: one frame and one `Prediction` per quantity and dimension.

    What is left of a dimension beside its largest parts is not frozen: other parts will be the
    largest when the outcome is known.

    Parameters
    ----------
    forecasts
        From `crmlib.models.sales_forecast.ahead`.
    is_current
        Whether the weeks ahead begin on the day after `as_of`; otherwise nothing is frozen.
    """
    kept = forecasts[(forecasts["part"] != OTHERS) & is_current]
    frames, whats = [], []
    for (quantity, kind, model), group in kept.groupby(["quantity", "dimension", "model"]):
        frame = group.rename(columns={"part": "subject_id", "forecast": "predicted"})
        frames.append(frame[["subject_id", "predicted", "low", "high"]].reset_index(drop=True))
        whats.append(
            Prediction(
                model=f"weekly forecast: {model}",
                model_version="1",
                quantity=_QUANTITIES[str(quantity)],
                unit=_UNITS.get(str(quantity), currency),
                horizon_days=7 * horizon_weeks,
                subject_kind=str(kind),
            )
        )
    return frames, whats
