"""Whether what was expected and not bought is bought later more often than the rest."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd
from scipy import stats

from crmlib.evaluation.experiments.result import both_tails
from crmlib.evaluation.intervals import wilson_bounds
from crmlib.schema import require_columns

__all__ = ["BANDS", "bought_by_band", "flagged_against_matched"]

BANDS = (0.0, 0.1, 0.25, 0.5, 0.75, 1.0)
"""Ends of the bands of expected probability."""
_CELLS = ("customer_id", "item", "expected_rate", "next_rate", "is_ahead")
_N_SIZES = 5
_MIN_MATCHED = 5


def bought_by_band(
    cells: pd.DataFrame, *, bands: Sequence[float] = BANDS, level: float = 0.95
) -> pd.DataFrame:
    """Compare, by band of expected probability, how often the gaps were closed in the days after.

    Guards against intervals that are too sure: a customer has many gaps, and who is away closes
    none of them. So the intervals allow for customers who differ as wholes.

    Parameters
    ----------
    cells
        One row per customer and item not bought up to a day: `customer_id`, `item`,
        `expected_rate`, `next_rate` (probability given beforehand), `is_ahead`.
    bands
        Ends of the bands.
    level
        Nominal coverage.

    Returns
    -------
    pandas.DataFrame
        One row per band with a gap: `band`, `n_cells`, `n_customers`, `promised_rate` (mean of
        `next_rate`), `bought_rate`, `bought_low_rate`, `bought_high_rate`.

    References
    ----------
    E. B. Wilson (1927), JASA 22, 209-212, with the number of cells over the design effect of L.
    Kish (1965), Survey Sampling, Wiley, eq. 8.2.1.
    """
    require_columns(cells, _CELLS, what="The table of gaps")
    names = [f"{100 * a:.0f} to {100 * b:.0f} %" for a, b in pairwise(bands)]
    inner = np.array(bands[1:-1])
    position = pd.Series(np.digitize(cells["expected_rate"], inner), index=cells.index)
    rows = []
    for place, name in enumerate(names):
        part = cells[position == place]
        if len(part):
            rows.append({"band": name, **_closed(part, level=level)})
    columns = ["band", "n_cells", "n_customers", "promised_rate", "bought_rate",
               "bought_low_rate", "bought_high_rate"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def _closed(part: pd.DataFrame, *, level: float) -> dict[str, float]:
    """Give the share of gaps closed with an interval over customers."""
    n, share = len(part), float(part["is_ahead"].mean())
    by_customer = part.groupby("customer_id")["is_ahead"].agg(["sum", "size"])
    clustered = float(((by_customer["sum"] - share * by_customer["size"]) ** 2).sum()) / n**2
    alone = share * (1 - share) / n
    worth = n / max(1.0, clustered / alone) if alone > 0 else float(len(by_customer))
    low, high = wilson_bounds(np.array(share * worth), np.array(worth), z=both_tails(level))
    return {
        "n_cells": n,
        "n_customers": len(by_customer),
        "promised_rate": float(part["next_rate"].mean()),
        "bought_rate": share,
        "bought_low_rate": float(low),
        "bought_high_rate": float(high),
    }


def flagged_against_matched(
    cells: pd.DataFrame, *, min_expected: float, level: float = 0.95
) -> pd.Series:
    """Compare white spots with the other gaps of the same item among customers of the same size.

    Parameters
    ----------
    cells
        As for `bought_by_band`, and `spend_amount`.
    min_expected
        Gaps with an expected probability of at least this are white spots.
    level
        Nominal coverage; customers are what was drawn.

    Returns
    -------
    pandas.Series
        `n_white_spots` (with a match), `white_spot_rate`, `matched_rate`, `difference_share`,
        `low_share`, `high_share`, `p_value` (two-sided); missing without a match. Matched are
        item and fifth of customers by spend, cells with at least 5 of them; they count by the
        white spots of their cell.

    References
    ----------
    L. W. Miratrix, J. S. Sekhon & B. Yu (2013), JRSS B 75, eq. 3, weighted by the white spots;
    sums of the influence by customer as in C.-E. Sarndal et al. (1992), Model Assisted Survey
    Sampling, Springer, eq. 5.5.9.
    """
    require_columns(cells, (*_CELLS, "spend_amount"), what="The table of gaps")
    flagged = (cells["expected_rate"] >= min_expected).to_numpy()
    size = np.ceil(cells["spend_amount"].rank(pct=True) * _N_SIZES).to_numpy()
    cell = pd.Series(cells.groupby([cells["item"], size]).ngroup().to_numpy())
    later = cells["is_ahead"].to_numpy(float)
    n_white = cell.map(cell[flagged].value_counts()).fillna(0).to_numpy()
    n_rest = cell.map(cell[~flagged].value_counts()).fillna(0).to_numpy()
    white = flagged & (n_rest >= _MIN_MATCHED)
    rest = ~flagged & (n_white > 0) & (n_rest >= _MIN_MATCHED)
    n = int(white.sum())
    if n == 0:
        return pd.Series({"n_white_spots": 0.0, **dict.fromkeys(_COMPARED, np.nan)})
    weight = np.where(rest, n_white / np.maximum(n_rest, 1), 0.0)
    sampled = np.sqrt(n_rest / np.maximum(n_rest - 1, 1))  # the mean of the cell is estimated
    rate, matched = later[white].mean(), float(weight @ later) / n
    of_cell = cell.map(pd.Series(later[rest]).groupby(cell[rest].to_numpy()).mean()).to_numpy()
    influence = np.where(white, later - rate, 0.0) - weight * sampled * (
        later - np.nan_to_num(of_cell)
    )
    by_customer = pd.Series(influence).groupby(cells["customer_id"].to_numpy()).sum()
    error = float(np.sqrt((by_customer**2).sum())) / n
    reach, difference = both_tails(level) * error, rate - matched
    values = (
        rate,
        matched,
        difference,
        difference - reach,
        difference + reach,
        2 * stats.norm.sf(abs(difference) / error) if error > 0 else 1.0,
    )
    return pd.Series({"n_white_spots": float(n), **dict(zip(_COMPARED, values, strict=True))})


_COMPARED = (
    "white_spot_rate",
    "matched_rate",
    "difference_share",
    "low_share",
    "high_share",
    "p_value",
)
