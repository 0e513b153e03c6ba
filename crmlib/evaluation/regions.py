"""Regions or shops against the whole: who buys, how often, for how much, and of what."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special, stats

from crmlib.evaluation.experiments.multiplicity import benjamini_hochberg
from crmlib.evaluation.shrinkage import (
    Array,
    draw_group_values,
    draw_groups_alone,
    interval_of_both,
    ratio_errors,
)
from crmlib.schema import require_columns

__all__ = [
    "FALSE_SHARE",
    "MEASURES",
    "OTHERS",
    "Compared",
    "compare_places",
    "mix_of_places",
    "pooled_cells",
    "pooled_places",
]

OTHERS = "all others"
"""Places with too few customers, taken together."""
MEASURES = {
    "buying_share": "customers who bought lately",
    "orders_per_year": "orders per customer and year",
    "order_amount": "amount per order",
    "amount_per_year": "sales per customer and year",
}
_YEAR_DAYS = 365.25
FALSE_SHARE = 0.1
"""Share of chance finds accepted among the differences, before those the shrunk interval bars."""


def pooled_places(totals: pd.DataFrame, *, min_customers: int) -> pd.DataFrame:
    """Take places with fewer customers than `min_customers` together.

    Parameters
    ----------
    totals
        One row per `place`, with `n_customers` and sums.

    Returns
    -------
    pandas.DataFrame
        The same columns, small places added up as `OTHERS`; by falling `n_customers`, others last.
    """
    small = totals["n_customers"] < min_customers
    named = totals.assign(place=totals["place"].astype(object).where(~small, OTHERS))
    added = named.groupby("place", as_index=False).sum(numeric_only=True)
    last = added["place"] == OTHERS
    return (
        added.assign(_last=last)
        .sort_values(["_last", "n_customers", "place"], ascending=[True, False, True])
        .drop(columns="_last")
        .reset_index(drop=True)[list(totals.columns)]
    )


def pooled_cells(cells: pd.DataFrame, totals: pd.DataFrame) -> pd.DataFrame:
    """Take the categories of the places that `pooled_places` took together, together too.

    Parameters
    ----------
    cells
        From `crmlib.features.places.place_categories`.
    totals
        From `pooled_places`.
    """
    is_named = cells["place"].isin(totals["place"])
    named = cells.assign(place=cells["place"].astype(object).where(is_named, OTHERS))
    added = named.groupby(["place", "category"], as_index=False).sum(numeric_only=True)
    return added[list(cells.columns)]


@dataclass(frozen=True)
class Compared:
    """Places compared with the whole.

    Attributes
    ----------
    measures
        One row per place and measure: `place`, `n_customers`, `measure` (a key of `MEASURES`),
        `value` (as observed, its own unit), `raw_index` (100 = the whole), `shrunk_index` (drawn
        towards the whole as far as chance demands), `low_index`, `high_index` (95 %, valid for
        the place by itself and as one of them),
        `is_different` (the interval leaves 100 out, and so does the unshrunk index with all
        places allowed for).
    potential
        One row per place: `place`, `n_customers`, `net_amount` (sales in the window),
        `shrunk_index`, `low_index`, `high_index` (of sales per customer and year), `gap_amount`
        with `gap_low_amount`, `gap_high_amount`: sales of a year that its customers would bring
        beyond today's if they bought like the whole, ends below nought given as 0; `is_below`
        (the index is different from and below 100), `reason`.
    total
        `gap_amount`, `gap_low_amount`, `gap_high_amount` of all places together that `is_below`;
        0 without one.
    """

    measures: pd.DataFrame
    potential: pd.DataFrame
    total: pd.Series


def compare_places(totals: pd.DataFrame, *, rng: np.random.Generator) -> Compared:
    """Compare each place with the whole, small ones drawn towards it.

    Shares of customers are shrunk as log odds, the other measures as logarithms of ratios; see
    `crmlib.evaluation.shrinkage` for the equations. The whole is the mean of all places, drawn
    with them: for shares by customers, for amounts per order by orders, otherwise by the time
    they were customers.

    Parameters
    ----------
    totals
        From `crmlib.features.places.place_totals`, small places taken together.
    rng
        Source of randomness.
    """
    require_columns(totals, ["place", "n_customers", "exposure_days"], what="Totals of places")
    parts, draws = [], {}
    for measure in MEASURES if len(totals) else ():
        value, log, error, weight = _estimates(totals, measure)
        both = (draw_group_values(log, error, rng=rng), draw_groups_alone(log, error, rng=rng))
        back = special.expit if measure == "buying_share" else np.exp
        drawn = (np.asarray(back(both[0])), np.asarray(back(both[1])))
        draws[measure] = drawn
        parts.append(_against_whole(totals, measure, value, drawn, error, weight))
    if not parts:
        return _nothing()
    measures = pd.concat(parts, ignore_index=True)
    potential, total = _potential(totals, measures, draws["amount_per_year"])
    return Compared(measures, potential, total)


def _estimates(totals: pd.DataFrame, measure: str) -> tuple[Array, Array, Array, Array]:
    """Give observed values, transformed estimates, their errors, and weights of the places."""
    t = {name: totals[name].to_numpy(dtype=float) for name in totals.columns if name != "place"}
    if measure == "buying_share":
        yes, no = t["n_buying"] + 0.5, t["n_known"] - t["n_buying"] + 0.5
        value = _divided(t["n_buying"], t["n_known"])
        error = np.where(t["n_known"] > 0, np.sqrt(1 / yes + 1 / no), np.inf)
        return value, np.log(yes / no), error, t["n_known"]
    if measure == "order_amount":
        sums, weight = (t["amount"], t["n_orders"]), t["n_orders"]
        squares = (t["amount_squares"], t["order_squares"], t["amount_orders"])
        scale = 1.0
    else:
        y, kind = ("n_orders", "order") if measure == "orders_per_year" else ("amount", "amount")
        cross = "orders_exposure" if kind == "order" else "amount_exposure"
        sums, weight = (t[y], t["exposure_days"]), t["exposure_days"]
        squares = (t[f"{kind}_squares"], t["exposure_squares"], t[cross])
        scale = _YEAR_DAYS
    log, error = ratio_errors(sums, squares)
    return scale * _divided(*sums), log + np.log(scale), error, weight


def _divided(part: Array, whole: Array) -> Array:
    return np.divide(part, whole, out=np.full_like(part, np.nan), where=whole > 0)


def _against_whole(
    totals: pd.DataFrame,
    measure: str,
    value: Array,
    drawn: tuple[Array, Array],
    error: Array,
    weight: Array,
) -> pd.DataFrame:
    """Put a measure of each place over that of the whole, draw by draw."""
    known = np.where(np.isnan(value), 0.0, weight)
    base = float(known.sum())
    whole = float(np.nansum(value * known)) / base if base > 0 else float("nan")
    raw = 100 * value / whole if whole > 0 else np.full_like(value, np.nan)
    index, alone = (100 * one / _whole(one, known)[:, None] for one in drawn)
    low, high = interval_of_both(index, alone)
    frame = pd.DataFrame(
        {
            "place": totals["place"],
            "n_customers": totals["n_customers"],
            "measure": measure,
            "value": value,
            "raw_index": raw,
            "shrunk_index": np.median(index, axis=0),
            "low_index": low,
            "high_index": high,
        }
    )
    is_known = (raw > 0) & np.isfinite(error)
    z = np.log(np.where(is_known, raw, 100) / 100) / np.where(is_known, error, 1.0)
    return frame.assign(is_different=_is_sure(frame, z))


def _whole(drawn: Array, weight: Array) -> Array:
    """Average the places, draw by draw; those of which nothing is known do not count."""
    used = np.where(np.isnan(drawn).any(axis=0), 0.0, weight)
    total = float(used.sum())
    return np.asarray(np.nan_to_num(drawn) @ used / (total if total > 0 else np.nan))


def _is_sure(frame: pd.DataFrame, z: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Say which indices differ from 100: unshrunk, all of the frame allowed for, and shrunk."""
    p_values = 2 * stats.norm.sf(np.abs(np.asarray(z, dtype=float)))
    adjusted = benjamini_hochberg(p_values).to_numpy()
    beyond = (frame["low_index"] > 100) | (frame["high_index"] < 100)
    return np.asarray((adjusted <= FALSE_SHARE) & beyond)


def _potential(
    totals: pd.DataFrame, measures: pd.DataFrame, drawn: tuple[Array, Array]
) -> tuple[pd.DataFrame, pd.Series]:
    """Turn sales per customer and year below the whole into money, draw by draw."""
    days = totals["exposure_days"].to_numpy(dtype=float)
    n = totals["n_customers"].to_numpy(dtype=float)
    gap, alone = (n * (_whole(one, days)[:, None] - one) for one in drawn)
    low, high = (end.clip(0) for end in interval_of_both(gap, alone))
    own = measures[measures["measure"] == "amount_per_year"].reset_index(drop=True)
    is_below = own["is_different"].astype(bool) & (own["shrunk_index"] < 100)
    table = pd.DataFrame(
        {
            "place": totals["place"],
            "n_customers": totals["n_customers"],
            "net_amount": totals["net_cents"] / 100,
            "shrunk_index": own["shrunk_index"],
            "low_index": own["low_index"],
            "high_index": own["high_index"],
            "gap_amount": gap.mean(axis=0).clip(0),
            "gap_low_amount": low,
            "gap_high_amount": high,
            "is_below": is_below,
            "reason": _reasons(measures, totals["place"]),
        }
    )
    table = table.sort_values(["gap_amount", "place"], ascending=[False, True], ignore_index=True)
    sums, alone = (one[:, is_below.to_numpy()].sum(axis=1, keepdims=True) for one in (gap, alone))
    total_low, total_high = (float(end[0]) for end in interval_of_both(sums, alone))
    total = {
        "gap_amount": float(sums.mean()),
        "gap_low_amount": total_low,
        "gap_high_amount": total_high,
    }
    return table, pd.Series(total)


def _reasons(measures: pd.DataFrame, places: pd.Series) -> list[str]:
    """Name the factor of sales that lies further below the whole: orders, or amount per order."""
    wide = measures.set_index(["place", "measure"])["shrunk_index"]
    words = []
    for place in places:
        orders, amount = wide[place, "orders_per_year"], wide[place, "order_amount"]
        lowest = "fewer orders" if orders <= amount else "smaller orders"
        words.append(lowest if min(orders, amount) < 100 else "none")
    return words


def _nothing() -> Compared:
    """Give empty tables."""
    numbers = ["shrunk_index", "low_index", "high_index"]
    measures = ["place", "n_customers", "measure", "value", "raw_index", *numbers, "is_different"]
    gaps = ["gap_amount", "gap_low_amount", "gap_high_amount"]
    potential = ["place", "n_customers", "net_amount", *numbers, *gaps, "is_below", "reason"]
    return Compared(
        pd.DataFrame(columns=measures), pd.DataFrame(columns=potential), pd.Series(0.0, index=gaps)
    )


def mix_of_places(
    cells: pd.DataFrame, totals: pd.DataFrame, *, categories: int, rng: np.random.Generator
) -> pd.DataFrame:
    """Compare the share of each category in the spending of a place with that on the whole.

    Each category is shrunk over the places by itself: `crmlib.evaluation.shrinkage`, with y what a
    customer spends on the category and x the share q of the category on the whole times what he
    spends in all.

    Parameters
    ----------
    cells
        From `crmlib.features.places.place_categories`, small places taken together.
    totals
        As for `compare_places`; gives the customers of each place and the order of places.
    categories
        How many of the largest categories to look at.

    Returns
    -------
    pandas.DataFrame
        One row per place and category: `place`, `n_customers`, `category`, `buying_share` (of the
        customers of the place, who bought it in the window), `net_amount`, `expected_amount` (at
        the share on the whole), `raw_index`, `shrunk_index`, `low_index`, `high_index`,
        `is_different` (allowing for all pairs shown); no row with fewer than two places.
    """
    sizes = cells.groupby("category")["net_amount"].sum()
    chosen = sizes[sizes > 0].sort_index().sort_values(ascending=False, kind="stable")
    own = cells.groupby("place")[["own_amount", "own_squares"]].sum()
    places = [place for place in totals["place"] if place in own.index]
    if len(places) < 2 or chosen.empty:
        return _no_mix()
    n_customers = totals.set_index("place")["n_customers"].reindex(places).to_numpy(dtype=float)
    x, xx = (own[name].reindex(places).to_numpy(dtype=float) for name in own.columns)
    table = cells.set_index(["category", "place"])
    parts = []
    for category, size in chosen.iloc[:categories].items():
        names = ["n_customers", "net_amount", "squares", "products"]
        here = table.loc[category].reindex(places)[names].fillna(0.0).to_numpy(dtype=float).T
        n, y, yy, xy = here
        share = float(size) / float(x.sum())
        root, error = ratio_errors((y, share * x), (yy, share**2 * xx, share * xy), scale="root")
        index = 100 * draw_group_values(root, error, rng=rng).clip(0) ** 2
        alone = 100 * draw_groups_alone(root, error, rng=rng).clip(0) ** 2
        low, high = interval_of_both(index, alone)
        part = {
            "place": places,
            "n_customers": n_customers.astype("int64"),
            "category": category,
            "buying_share": n / np.maximum(n_customers, 1),
            "net_amount": y,
            "expected_amount": share * x,
            "raw_index": 100 * y / (share * x),
            "shrunk_index": np.median(index, axis=0),
            "low_index": low,
            "high_index": high,
            "_z": (root - 1) / error,
        }
        parts.append(pd.DataFrame(part))
    found = pd.concat(parts, ignore_index=True)
    return found.assign(is_different=_is_sure(found, found["_z"])).drop(columns="_z")


def _no_mix() -> pd.DataFrame:
    names = ["place", "n_customers", "category", "buying_share", "net_amount", "expected_amount",
             "raw_index", "shrunk_index", "low_index", "high_index", "is_different"]  # fmt: skip
    return pd.DataFrame(columns=names)
