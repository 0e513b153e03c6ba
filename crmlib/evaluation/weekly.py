"""Weeks of sales, laid out without a gap, for all and for each part."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmlib.periods import Window, day_text

__all__ = [
    "QUANTITIES",
    "YEAR_WEEKS",
    "last_whole_day",
    "season_hint",
    "weekly_series",
    "with_past",
    "without_last",
]

QUANTITIES = {
    "net_amount": "sales",
    "n_orders": "orders",
    "n_customers": "active customers per week",
    "margin_amount": "contribution margin",
}
"""What is forecast; of active customers the mean of the weeks, as they cannot be added up."""
YEAR_WEEKS = 52
_KNOWN_SHARE = 0.95
"""Share of the sales whose margin must be known before margins are forecast."""


def weekly_series(
    history: pd.DataFrame, *, first_day: int, last_day: int, n_weeks: int
) -> pd.DataFrame:
    """Lay weeks out without a gap, and leave out what is no whole week.

    Parameters
    ----------
    history
        From `crmlib.features.weekly.weekly_history`, collected.
    first_day, last_day
        First day of the data, last day of the last week.
    n_weeks
        Weeks at most, as in the history.

    Returns
    -------
    pandas.DataFrame
        One row per dimension with at least two parts (and `total`), part and week, oldest first:
        `dimension`, `part`, `week_ends_on` (ISO text), `net_amount`, `n_orders`, `n_customers`,
        `margin_amount` (missing unless the margin of 95 % of the sales is known).
    """
    names = ["dimension", "part", "week_ends_on", *QUANTITIES]
    n_weeks = min(n_weeks, (last_day - first_day + 1) // 7)
    kept = history[history["weeks_ago"] < n_weeks]
    n_parts = kept.groupby("dimension")["part"].transform("nunique")
    kept = kept[(kept["dimension"] == "total") | (n_parts > 1)]
    if kept.empty:
        return pd.DataFrame(columns=names)
    sums = kept.set_index(["dimension", "part", "weeks_ago"]).sort_index()
    series = kept[["dimension", "part"]].drop_duplicates()
    grid = series.merge(pd.DataFrame({"weeks_ago": range(n_weeks - 1, -1, -1)}), how="cross")
    full = sums.reindex(pd.MultiIndex.from_frame(grid), fill_value=0).reset_index()
    totals = full[full["dimension"] == "total"][["net_cents", "margin_net_cents"]].sum()
    is_known = totals["margin_net_cents"] >= _KNOWN_SHARE * totals["net_cents"] > 0
    return pd.DataFrame(
        {
            "dimension": full["dimension"],
            "part": full["part"],
            "week_ends_on": [day_text(last_day - 7 * int(ago)) for ago in full["weeks_ago"]],
            "net_amount": full["net_cents"] / 100,
            "n_orders": full["n_orders"].astype("int64"),
            "n_customers": full["n_customers"].astype("int64"),
            "margin_amount": full["margin_cents"] / 100 if is_known else np.nan,
        }
    )


def last_whole_day(as_of_day: int, *, known: Window) -> int:
    """Give the day on which the last week ends: `as_of`, unless the data end before.

    Guards against a week in which sales stop because the delivery does. One day without a sale
    may be a day on which the shop is closed.

    Examples
    --------
    >>> last_whole_day(20, known=Window(0, 19)), last_whole_day(20, known=Window(0, 17))
    (20, 17)
    """
    return as_of_day if as_of_day - known.last_day <= 1 else known.last_day


def without_last(weeks: pd.DataFrame, *, n_weeks: int) -> pd.DataFrame:
    """Give the weeks as they were known so many weeks ago."""
    ends = sorted(weeks["week_ends_on"].unique())
    return weeks[weeks["week_ends_on"].isin(ends[: max(0, len(ends) - n_weeks)])]


def season_hint(weeks: pd.DataFrame, *, horizon_weeks: int) -> float:
    """Say how sales moved a year ago from the weeks before to the weeks that lie ahead now.

    Returns
    -------
    float
        Share (-0.1 = 10 % less), missing (NaN) without a year and the weeks before in the data.
    """
    sold = weeks.loc[weeks["dimension"] == "total", "net_amount"].to_numpy(dtype=float)
    then = len(sold) - YEAR_WEEKS
    if then < horizon_weeks or sold[then - horizon_weeks : then].sum() <= 0:
        return float("nan")
    before, after = sold[then - horizon_weeks : then], sold[then : then + horizon_weeks]
    return float(after.sum() / before.sum() - 1)


def with_past(weeks: pd.DataFrame, made: pd.DataFrame, *, quantity: str) -> pd.DataFrame:
    """Put the weeks ahead of one quantity behind the weeks of the past, for a chart.

    Parameters
    ----------
    made
        From `path`.

    Returns
    -------
    pandas.DataFrame
        `week_ends_on`, `actual`, `forecast`, `low`, `high`; the last two years and what is ahead.
    """
    total = weeks[weeks["dimension"] == "total"].tail(2 * YEAR_WEEKS)
    past = total[["week_ends_on"]].assign(actual=total[quantity].astype(float))
    ahead_ = made[made["quantity"] == quantity].drop(columns="quantity")
    both = past.merge(ahead_, on="week_ends_on", how="outer", validate="one_to_one")
    return both.astype(dict.fromkeys(["actual", "forecast", "low", "high"], float))
