"""White spots: what the best customers do not buy although customers like them do."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crmlib.errors import NotEnoughDataError
from crmlib.models.expected_purchases import (
    ExpectedPurchases,
    NextPurchase,
    gaps_of_best,
    open_cells,
    substitutes,
)
from crmlib.models.purchases import Purchases

__all__ = ["WhiteSpots", "find_white_spots"]

_N_CHECKED = 5_000


@dataclass(frozen=True)
class WhiteSpots:
    """What the best customers lack, and how such gaps fared in the days after an earlier day.

    Attributes
    ----------
    gaps, by_item
        From `gaps_of_best`; without a row where there are not enough data. `gaps` has `next_rate`,
        the probability of a purchase in as many days ahead as were checked; missing if none were.
    checked
        Gaps of all customers (5,000 at most) at the earlier day, as in `open_cells`, with the
        `next_rate` that was given without knowledge of the days after it.
    held
        `customer_id` and `item` of what those with gaps buy.
    instead
        From `substitutes`.
    """

    gaps: pd.DataFrame
    by_item: pd.DataFrame
    checked: pd.DataFrame
    held: pd.DataFrame
    instead: pd.DataFrame


def find_white_spots(
    now: Purchases,
    *,
    later: Purchases,
    earlier: Purchases,
    best_share: float,
    min_expected: float,
) -> WhiteSpots:
    """Find the white spots of a day, and check the method on days before it.

    The chance that a gap closes itself is learned from the customers of `earlier`, checked on those
    of `later`, whose days ahead begin where those of `earlier` end, and used for `now`.

    Parameters
    ----------
    now, later, earlier
        Purchases up to the day, and up to one and two times as many days before it as are looked
        ahead; `later` and `earlier` know the days ahead.
    best_share, min_expected
        See `gaps_of_best`.
    """
    try:
        expected = ExpectedPurchases().fit(now)
    except NotEnoughDataError:
        return WhiteSpots(_NO_GAPS, _NO_ITEMS, _NO_CHECK, _NO_GAPS, substitutes(now))
    gaps, by_item = gaps_of_best(now, expected, best_share=best_share, min_expected=min_expected)
    checked, gaps["next_rate"] = _NO_CHECK, np.nan
    with contextlib.suppress(NotEnoughDataError):
        follows = NextPurchase().fit(_sampled_cells(earlier))
        cells = _sampled_cells(later)
        checked = cells.assign(next_rate=follows.predict(cells))
        gaps["next_rate"] = follows.predict(gaps)
    row = now.customers.get_indexer(pd.Index(gaps["customer_id"].unique()))
    at, column = now.held[row].nonzero()
    held = pd.DataFrame(
        {"customer_id": now.customers[row[at]], "item": now.items[column]}, dtype="str"
    )
    return WhiteSpots(gaps, by_item, checked, held, substitutes(now))


def _sampled_cells(data: Purchases) -> pd.DataFrame:
    """List the gaps of some thousand customers."""
    return open_cells(data, ExpectedPurchases().fit(data), data.sample(_N_CHECKED))


def _none(**kinds: str) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in kinds.items()})


_NO_GAPS = _none(
    customer_id="str",
    item="str",
    expected_rate="float64",
    spend_share="float64",
    spend_amount="float64",
    next_rate="float64",
)
_NO_ITEMS = _none(item="str", n_best="int64", n_buyers="int64", expected_rate="float64")
_NO_CHECK = _NO_GAPS.assign(is_ahead=pd.Series(dtype="bool"))
