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
_COLUMNS = ["subject_id", "predicted", "low", "high"]
_UNITS = {"n_orders": "orders", "n_customers": "customers per week"}


def frozen(
    forecasts: pd.DataFrame, *, horizon_weeks: int, currency: str, is_current: bool
) -> tuple[list[pd.DataFrame], list[Prediction]]:
    """Turn forecasts into predictions: one frame and one `Prediction` per quantity and dimension.

    Where there is nothing to freeze, one frame without a row: the ledger says so.

    What is left of a dimension beside its largest parts is not frozen: other parts will be the
    largest when the outcome is known.

    Parameters
    ----------
    forecasts
        From `crmlib.models.sales_forecast.ahead`.
    is_current
        Whether the weeks ahead begin on the day after `as_of`; otherwise nothing is frozen.
    """
    kept = forecasts[(forecasts["part"] != OTHERS) & is_current].rename(
        columns={"part": "subject_id", "forecast": "predicted"}
    )
    groups = kept.groupby(["quantity", "dimension", "model"])
    made = {(str(q), str(kind), str(model)): group for (q, kind, model), group in groups}
    made = made or {("net_amount", "total", "none"): kept}
    frames = [group[_COLUMNS].reset_index(drop=True) for group in made.values()]
    whats = [
        Prediction(
            model=f"weekly forecast: {model}",
            model_version="1",
            quantity=_QUANTITIES[quantity],
            unit=_UNITS.get(quantity, currency),
            horizon_days=7 * horizon_weeks,
            subject_kind=kind.replace(" ", "_"),
        )
        for quantity, kind, model in made
    ]
    return frames, whats
