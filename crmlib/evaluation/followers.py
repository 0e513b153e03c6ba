"""Which items help to sell others: the order after a first purchase against the order before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from crmlib.errors import ParameterError
from crmlib.evaluation.experiments.multiplicity import benjamini_hochberg
from crmlib.evaluation.experiments.result import both_tails
from crmlib.schema import require_columns

__all__ = ["FOLLOWER_COLUMNS", "MIN_CHANGED", "followers"]

Ints = npt.NDArray[np.int64]
Places = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

FOLLOWER_COLUMNS: dict[str, str] = {
    "first": "item bought for the first time",
    "second": "item looked for in the order before and in the order after",
    "n_buyers": "first buyers with an order before and after in time, and matched customers",
    "before_rate": "share of them who had the second item in the order before",
    "after_rate": "share of them who had it in the order after",
    "matched_before_rate": "share among matched customers before",
    "matched_after_rate": "share among matched customers after",
    "above_matched_share": "more of the buyers than of matched customers in the order after",
    "above_matched_low_share": "low end of its interval; taste is in it, so it proves nothing",
    "effect_share": "change of the buyers less change of the matched customers",
    "effect_low_share": "low end of its interval",
    "effect_high_share": "high end of its interval",
    "gain_share": "the effect as a share of those who would not have bought the second item",
    "gain_low_share": "low end of its interval",
    "gain_high_share": "high end of its interval",
    "placebo_share": "negative control: the effect three orders too early, when it must be nil",
    "placebo_low_share": "low end of its interval",
    "placebo_high_share": "high end of its interval",
    "p_value": "chance of such an effect or a greater one if there is none",
    "q_value": "share of false ones to expect among pairs with a q-value no greater",
    "is_found": "q-value small enough, and more than matched customers bought in the order after",
}
"""Names and meanings of the columns of `followers`."""

_NONE = dict.fromkeys(FOLLOWER_COLUMNS, "float64") | {
    "first": "str",
    "second": "str",
    "is_found": "bool",
}

MIN_CHANGED = 20
"""Buyers with the second item in only one of both orders whom a test needs."""
_EARLIER_ORDERS = 3  # the order before the purchase is in no negative control
_PERIOD_DAYS = 14
_SEASONED = (3, 7)  # orders so far
_NEVER = np.iinfo(np.int64).max // 2


def followers(
    visits: pd.DataFrame,
    items: Sequence[str],
    *,
    as_of_day: int,
    horizon_days: int,
    min_buyers: int = 100,
    max_false_share: float = 0.05,
    level: float = 0.95,
) -> pd.DataFrame:
    """Measure what customers buy in the order after they first bought an item. Observational.

    Guards against taste that looks like an effect: whoever buys wine buys cheese, before the first
    bottle as after it. So each buyer is compared with himself, the order after with the order
    before, and that change with the change of customers who in the same two weeks, as seasoned
    (up to 3, up to 7, more orders), with the order before as recent and with as much spend per
    order so far (below or above the mean) had not bought the item yet. In neither order is the
    first item itself. Guards, too, against a window of days after the purchase: in it the item
    comes again and brings along what is in its own basket. With four weeks, 1,045 of 3,540 pairs
    of grocery categories seem to help each other; by this comparison none does.

    Parameters
    ----------
    visits
        `crmlib.features.first_purchases.visit_items`, collected: `buyer`, `occurred_day`, `code`,
        `net_cents`.
    items
        The items that have a code.
    as_of_day
        Last day that counts, a day number.
    horizon_days
        Days within which the order before and the order after must lie, from 1.
    min_buyers
        Items with fewer first buyers are left out.
    max_false_share
        Greatest share of false ones among the pairs found.
    level
        Nominal coverage of the intervals, each for itself.

    Returns
    -------
    pandas.DataFrame
        One row per pair that could be tested, the greatest effect first: `FOLLOWER_COLUMNS`.

    Raises
    ------
    SchemaError
        If a column is missing.
    ParameterError
        If the horizon is below 1.

    References
    ----------
    J. Hallas (1996), Evidence of depression provoked by cardiovascular medication, Epidemiology 7,
    478-484 (before against after in the same person). G. W. Imbens and J. M. Wooldridge (2009),
    Journal of Economic Literature 47, section 6.5 (difference of changes). Q. McNemar (1947),
    Psychometrika 12, eq. 6 (variance of paired shares). W. S. Abbott (1925), Journal of Economic
    Entomology 18, 265-267 (the gain). M. Lipsitch et al. (2010), Epidemiology 21, 383-388
    (negative control). Y. Benjamini and Y. Hochberg (1995), JRSS B 57, eq. 1.
    """
    names = ("buyer", "occurred_day", "code", "net_cents")
    require_columns(visits, names, what="The table of visits")
    if horizon_days < 1:
        raise ParameterError(f"horizon_days={horizon_days}: it must be at least 1.")
    if visits.empty or not items:
        return pd.DataFrame({name: [] for name in FOLLOWER_COLUMNS}).astype(_NONE)
    order = _order(visits, n_items=len(items), as_of_day=as_of_day, horizon_days=horizon_days)
    effects = _effects(order, lead=0, level=level)
    kept = effects[(effects["n_buyers"] >= min_buyers) & (effects["n_changed"] >= MIN_CHANGED)]
    early = _effects(order, lead=_EARLIER_ORDERS, level=level).set_index(["first", "second"])
    placebo = early[["effect_share", "effect_low_share", "effect_high_share"]]
    placebo.columns = pd.Index(["placebo_share", "placebo_low_share", "placebo_high_share"])
    table = kept.join(placebo, on=["first", "second"]).reset_index(drop=True)
    table["q_value"] = benjamini_hochberg(table["p_value"]).to_numpy()
    table["is_found"] = (table["q_value"] <= max_false_share) & (
        table["above_matched_low_share"] > 0
    )
    named = pd.Series(sorted(items), dtype="str")
    for side in ("first", "second"):
        table[side] = named.reindex(table[side]).to_numpy()
    table = table.sort_values(
        ["is_found", "effect_share", "first", "second"],
        ascending=[False, False, True, True],
        ignore_index=True,
    )
    return table[list(FOLLOWER_COLUMNS)]


@dataclass(frozen=True)
class _Order:
    """Visits in the order of buyers and days, and what is on the ones before and after.

    `framed` are the visits with one before and one after in time, `stratum` that of each of them.
    `after`, `before`, `both` list pairs of position in `framed` and code of an item: on the visit
    after, on the one before, on either. `first` lists buyer's first and last visit, code and visit
    of each first purchase, `again` the keys visit x items + code of all purchases.
    """

    n_items: int
    framed: Ints
    stratum: Ints
    after: tuple[Places, Places]
    before: tuple[Places, Places]
    both: tuple[Places, Places]
    first: tuple[Ints, Ints, Ints, Ints]
    keys: Ints


def _order(visits: pd.DataFrame, *, n_items: int, as_of_day: int, horizon_days: int) -> _Order:
    """Give visits numbers, so that the next one of a customer has the next number."""
    buyer, day, code, paid = _in_order(visits)
    is_new = np.r_[True, (np.diff(buyer) != 0) | (np.diff(day) != 0)]
    visit = np.cumsum(is_new) - 1
    cents = np.bincount(visit, weights=paid)
    buyer_of, day_of = buyer[is_new], day[is_new]
    n = len(buyer_of)
    same = np.r_[False, np.diff(buyer_of) == 0, False]
    gap = np.r_[0, np.diff(day_of), 0]
    in_time = same & (gap <= horizon_days)
    framed = np.flatnonzero(in_time[:-1] & in_time[1:])
    starts = np.flatnonzero(~same[:-1])
    start_of = starts[np.cumsum(~same[:-1]) - 1]
    earlier = np.arange(n) - start_of
    spent = np.cumsum(cents) - cents
    spent -= spent[start_of]
    stratum = (as_of_day - day_of) // _PERIOD_DAYS * 3 + np.digitize(earlier + 1, _SEASONED, True)
    is_late = 4 * gap[:-1] > horizon_days
    is_large = spent > cents.mean() * earlier
    stratum = np.unique((stratum * 2 + is_late) * 2 + is_large, return_inverse=True)[1]
    held = code >= 0
    keys = visit[held] * n_items + code[held]
    both = (keys - n_items)[_among(keys - n_items, keys + n_items)]
    ends = np.r_[starts[1:], n] - 1
    after, before, on_both = (
        _entries(found, framed, n_items) for found in (keys - n_items, keys + n_items, both)
    )
    first = _first_purchases(buyer[held], code[held], visit[held], starts, ends)
    return _Order(n_items, framed, stratum[framed], after, before, on_both, first, keys)


def _in_order(visits: pd.DataFrame) -> tuple[Ints, Ints, Ints, Ints]:
    """Give the columns by buyer, day and code; what comes sorted is not copied."""
    buyer, day, code, paid = (
        visits[name].to_numpy() for name in ("buyer", "occurred_day", "code", "net_cents")
    )
    steps = [np.diff(part) for part in (buyer, day, code)]
    falls = (steps[0] < 0) | ((steps[0] == 0) & (steps[1] < 0))
    falls |= (steps[0] == 0) & (steps[1] == 0) & (steps[2] < 0)
    if falls.any():
        order = np.lexsort((code, day, buyer))
        buyer, day, code, paid = (part[order] for part in (buyer, day, code, paid))
    return buyer, day, code, paid


def _entries(keys: Ints, framed: Ints, n_items: int) -> tuple[Places, Places]:
    """Keep the purchases that belong to a framed visit; give its position and the code."""
    visit, code = np.divmod(keys, n_items)
    inside = _among(visit, framed)
    place = np.searchsorted(framed, visit[inside])
    return place.astype(np.int32), code[inside].astype(np.int32)


def _among(values: Ints, ordered: Ints) -> Bools:
    """Say which values are in an ordered array."""
    place = np.searchsorted(ordered, values)
    found = place < len(ordered)
    found[found] = ordered[place[found]] == values[found]
    return found


def _first_purchases(
    buyer: Ints, code: Ints, visit: Ints, starts: Ints, ends: Ints
) -> tuple[Ints, Ints, Ints, Ints]:
    """Give for each customer and item the customer's first and last visit, code, first purchase."""
    at = pd.DataFrame({"buyer": buyer, "code": code, "visit": visit})
    first = at.drop_duplicates(["buyer", "code"])  # the rows are in the order of visits
    block = np.searchsorted(starts, first["visit"].to_numpy(), side="right") - 1
    return starts[block], ends[block], first["code"].to_numpy(), first["visit"].to_numpy()


def _effects(order: _Order, *, lead: int, level: float) -> pd.DataFrame:
    """Compare first buyers with customers who have not bought yet, item by item."""
    tables = [_counts_of(order, code, lead=lead) for code in range(order.n_items)]
    table = pd.concat(tables, ignore_index=True)
    return _measures(table[table["second"] != table["first"]], level=level)


def _counts_of(order: _Order, first: int, *, lead: int) -> pd.DataFrame:
    """Count before and after among the first buyers of one item and among the others."""
    is_buyer, is_other = _groups(order, first, lead=lead)
    n_strata = int(order.stratum.max(initial=0)) + 1
    n_buyers, n_others = (
        np.bincount(order.stratum[group], minlength=n_strata) for group in (is_buyer, is_other)
    )
    is_buyer &= (n_others > 0)[order.stratum]
    weight = np.where(n_others > 0, n_buyers / np.maximum(n_others, 1), 0.0)[order.stratum]
    weight = weight * is_other
    n = max(int(is_buyer.sum()), 1)

    counts = []
    for place, code in (order.after, order.before, order.both):
        of_others = weight[place]
        for weights, codes in (
            (None, code[is_buyer[place]]),
            (of_others, code),
            (of_others * of_others, code),
        ):
            counts.append(np.bincount(codes, weights, minlength=order.n_items))
    (after, before, both), (matched_after, matched_before, _), squares = (
        np.array(counts[kind::3], dtype=float) / divisor
        for kind, divisor in enumerate((n, n, n**2))
    )
    return pd.DataFrame(
        {
            "first": first,
            "second": np.arange(order.n_items),
            "n_buyers": int(is_buyer.sum()),
            "n_changed": np.rint(n * (after + before - 2 * both)),
            "before_rate": before,
            "after_rate": after,
            "matched_before_rate": matched_before,
            "matched_after_rate": matched_after,
            "_others_variance": squares[0] + squares[1] - 2 * squares[2],
            "_matched_variance": squares[0],
        }
    )


def _groups(order: _Order, item: int, *, lead: int) -> tuple[Bools, Bools]:
    """Say which framed visits are first purchases of an item, and which are of customers without.

    With a lead the visits looked at lie so many orders ahead of the purchase.
    """
    start, end, code, visit = (part[order.first[2] == item] for part in order.first)
    at = visit - lead
    there = (at >= start) & _among(at, order.framed)
    there &= ~_among((at + 1) * order.n_items + code, order.keys)
    is_buyer = np.zeros(len(order.framed), dtype=bool)
    is_buyer[np.searchsorted(order.framed, at[there])] = True
    # bought by the visit after (and the lead): from there to the customer's last visit
    begins = np.searchsorted(order.framed, np.maximum(at - 1, start))
    stops = np.searchsorted(order.framed, end, side="right")
    steps = np.zeros(len(order.framed) + 1, dtype=np.int64)
    np.add.at(steps, begins, 1)
    np.add.at(steps, stops, -1)
    return is_buyer, np.cumsum(steps)[:-1] == 0


def _measures(table: pd.DataFrame, *, level: float) -> pd.DataFrame:
    """Turn the four shares into the effect and the gain, with intervals."""
    z = both_tails(level)
    n = table["n_buyers"].clip(lower=1)
    before, after = table["before_rate"], table["after_rate"]
    trend = table["matched_after_rate"] - table["matched_before_rate"]
    effect = after - before - trend
    changed = table["n_changed"] / n**2
    others = table["_others_variance"]
    error = np.sqrt((changed - (after - before) ** 2 / n).clip(lower=0) + others)
    reach = np.sqrt(after * (1 - after) / n + table["_matched_variance"])
    without = (1 - before - trend).clip(lower=1e-9)
    remaining = (1 - after).clip(lower=0.5 / n)
    log_error = np.sqrt(changed / (remaining * without) + others / without**2).clip(upper=100)
    ratio = remaining / without
    under_none = np.sqrt(changed + others)
    return table.assign(
        effect_share=effect,
        effect_low_share=effect - z * error,
        effect_high_share=effect + z * error,
        gain_share=effect / without,
        gain_low_share=1 - ratio * np.exp(z * log_error),
        gain_high_share=1 - ratio * np.exp(-z * log_error),
        p_value=stats.norm.sf(effect / under_none.where(under_none > 0, np.inf)),
        above_matched_share=after - table["matched_after_rate"],
        above_matched_low_share=after - table["matched_after_rate"] - z * reach,
    )
