"""What to look into where sales were not as was to be expected."""

from __future__ import annotations

import pandas as pd

from crmlib.decisions.attention import LATER, Action, actions

__all__ = ["actions_from_surprises", "surprises"]

_LIST = [
    "dimension", "part", "n_customers", "forecast_amount", "low_amount", "high_amount",
    "actual_amount", "deviation_amount", "p_adjusted",
]  # fmt: skip
_MOST = 3


def surprises(past: pd.DataFrame) -> pd.DataFrame:
    """List the parts whose sales were not as was to be expected, the largest gap first.

    Parameters
    ----------
    past
        From `crmlib.models.sales_forecast.held_out`.

    Returns
    -------
    pandas.DataFrame
        `dimension`, `part`, `n_customers` (who bought in a week), `forecast_amount`, `low_amount`,
        `high_amount`, `actual_amount`, `deviation_amount` (actual less forecast), `p_adjusted`.
    """
    keys = ["dimension", "part"]
    buyers = past[past["quantity"] == "n_customers"].set_index(keys)["actual"]
    found = past[past["is_surprise"].astype(bool)]
    amounts = {name: f"{name}_amount" for name in ("forecast", "low", "high", "actual")}
    table = found.rename(columns=amounts).assign(
        n_customers=[round(buyers.get(key, 0.0)) for key in found[keys].itertuples(index=False)],
        deviation_amount=found["actual"] - found["forecast"],
    )
    order = table["deviation_amount"].abs().sort_values(ascending=False, kind="stable").index
    return table.loc[order, _LIST].reset_index(drop=True)


def actions_from_surprises(found: pd.DataFrame, *, horizon_weeks: int) -> pd.DataFrame:
    """Turn the largest surprises into things to do.

    Parameters
    ----------
    found
        From `surprises`.
    """
    lines = [
        Action(
            f"Find out why {row.part} brought "
            f"{'less' if row.deviation_amount < 0 else 'more'} than was to be expected",
            when=LATER,
            who=f"buyers a week of {row.dimension} {row.part}",
            n_customers=int(row.n_customers),
            net_amount=abs(float(row.deviation_amount)),
            evidence=f"forecast made {horizon_weeks} weeks ago, beyond chance after correction",
        )
        for row in found.head(_MOST).itertuples()
    ]
    return actions(*lines)
