"""Weeks in which many customers turn away from a category at once, as after an attack."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special, stats

from crmlib.evaluation.experiments import benjamini_hochberg
from crmlib.periods import day_text

__all__ = ["MIN_BUYERS", "Search", "find_drops", "search_drops", "stop_counts", "weekly_buyers"]

Array = npt.NDArray[np.float64]
_FALSE_SHARE = 0.05
_MATERIAL = 0.1
_Z = 1.959963984540054
_ONSET = 7.352
"""Twice the fall of the log-likelihood that bounds a 95 % interval of a moment of change."""
_COLUMNS = [
    "region", "category", "compared_with", "week_date", "low_date", "high_date", "n_active_buyers",
    "n_stopped", "n_expected", "n_more", "low_more", "high_more", "turned_share", "low_share",
    "high_share", "fall_share", "lost_amount", "low_amount", "high_amount", "p_adjusted",
    "n_looks",
]  # fmt: skip
_COUNTS = ("n_buyers", "n_stopped", "n_bought", "net_cents")
_YEAR_WEEKS = 52
_MIN_WEEKS = 4
MIN_BUYERS = 30
"""Weeks with fewer buyers of a category are not looked at."""


@dataclass(frozen=True)
class Search:
    """What a search for sudden drops found.

    Attributes
    ----------
    drops
        From `find_drops`.
    weeks
        From `weekly_buyers`.
    n_looks
        Combinations of region, category and week looked at.
    """

    drops: pd.DataFrame
    weeks: pd.DataFrame
    n_looks: int


def search_drops(
    spans: pd.DataFrame, pauses: pd.DataFrame, *, as_of_day: int, window_weeks: int
) -> Search:
    """Search all regions, categories and weeks for sudden drops, and show the largest one.

    Parameters
    ----------
    spans, pauses
        From `crmlib.features.category_stops`, collected, of the same `window_weeks`.
    """
    counts = stop_counts(spans, pauses, window_weeks=window_weeks)
    n_looks = 0
    if len(counts):
        n_looks = len(_looks(counts, min_buyers=MIN_BUYERS, min_weeks=2 * window_weeks))
    drops = find_drops(counts, as_of_day=as_of_day, window_weeks=window_weeks)
    return Search(drops, weekly_buyers(counts, drops, as_of_day=as_of_day), n_looks)


def stop_counts(spans: pd.DataFrame, pauses: pd.DataFrame, *, window_weeks: int) -> pd.DataFrame:
    """Count for each week the buyers of a category before it, and those who then stopped.

    At a week, a *buyer* bought the category in the `window_weeks` weeks before it and bought
    anything at all in the `window_weeks` weeks from it on; he *stopped* if the category was not
    among that. Guards against taking lost customers for ones who turn to a competitor: who buys
    nothing more is no buyer. A customer counts once per week, so that the counts of one week are
    of independent customers.

    Parameters
    ----------
    spans, pauses
        From `crmlib.features.category_stops`, collected, of the same `window_weeks`.

    Returns
    -------
    pandas.DataFrame
        One row per region, category and week for which both windows are known: `region`,
        `category`, `week` (0 is the last of the data), `n_buyers`, `n_stopped`, `n_bought` and
        `net_cents` (customers who bought the category in that week, and for how much).
    """
    names = ["region", "category", "week", *_COUNTS]
    if spans.empty:
        return pd.DataFrame(columns=names)
    cells = spans[["region", "category"]].drop_duplicates().sort_values(["region", "category"])
    index = pd.MultiIndex.from_frame(cells)
    first, n = int(spans["week"].min()), window_weeks
    shape = (len(index), 2 - first + 3 * n)
    buyers, kept, gone, bought, cents = (np.zeros(shape) for _ in range(5))
    code = index.get_indexer(pd.MultiIndex.from_frame(spans[["region", "category"]]))
    last = (spans["week"] - first).to_numpy()
    pause, size = spans["pause_weeks"].to_numpy(), spans["n_customers"].to_numpy()
    end = last + np.minimum(pause, n)
    _add(buyers, code, last + 1, end, size)
    _add(kept, code, np.maximum(last + 1, last + pause - n + 1), end, size)
    np.add.at(bought, (code, last), size)
    np.add.at(cents, (code, last), spans["net_cents"].to_numpy())
    code = index.get_indexer(pd.MultiIndex.from_frame(pauses[["region", "category"]]))
    stop = (pauses["stop_week"] - first).to_numpy()
    until = np.minimum(
        stop + pauses["silent_weeks"].to_numpy() - n, (pauses["week"] - first).to_numpy() + n
    )
    _add(gone, code, stop + 1, until, pauses["n_customers"].to_numpy())
    buyers, kept, gone = (np.cumsum(part, axis=1) for part in (buyers, kept, gone))
    weeks = np.arange(n, 2 - first - n)
    part = {
        "week": np.tile(weeks + first, len(index)),
        "n_buyers": (buyers - gone)[:, weeks].ravel(),
        "n_stopped": (buyers - gone - kept)[:, weeks].ravel(),
        "n_bought": bought[:, weeks].ravel(),
        "net_cents": cents[:, weeks].ravel(),
    }
    table = cells.loc[cells.index.repeat(len(weeks))].reset_index(drop=True).assign(**part)
    return table.astype(dict.fromkeys(("week", *_COUNTS), "int64"))[names]


def _add(
    counts: Array, code: np.ndarray, first: np.ndarray, last: np.ndarray, size: np.ndarray
) -> None:
    """Add customers in the weeks from first to last, as changes from week to week."""
    some = first <= last
    np.add.at(counts, (code[some], first[some]), size[some])
    np.add.at(counts, (code[some], last[some] + 1), -size[some])


def find_drops(
    counts: pd.DataFrame, *, as_of_day: int, window_weeks: int, min_buyers: int = MIN_BUYERS
) -> pd.DataFrame:
    """Name where many more buyers of a category stopped at once than elsewhere and than usual.

    In every week the odds of stopping are held against those of the same category in the other
    regions (with one region: of its other categories), and their ratio against its median over all
    weeks. Guards against false alarms among thousands of looks (Benjamini-Hochberg), against cells
    that scatter more than independent customers would, against differences that do not matter
    (below a tenth of the buyers), and against pauses: the weekly buyers must stay fewer after it.
    Observational: who attacked, the data do not say.

    Parameters
    ----------
    counts
        From `stop_counts`.
    as_of_day
        Day number of the last day of week 0.
    window_weeks
        As in `stop_counts`.
    min_buyers
        Weeks with fewer buyers, here or in what they are compared with, are not looked at.

    Returns
    -------
    pandas.DataFrame
        At most one row per region and category, the largest first: `region`, `category`,
        `compared_with`, `week_date` (first day of the first week with fewer buyers), `low_date` and
        `high_date` (its interval), `n_active_buyers`, `n_stopped`,
        `n_expected`, `n_more` (stopped beyond the expected) with `low_more`, `high_more`,
        `turned_share` (of the buyers who would have kept to the category) with `low_share`,
        `high_share`, `fall_share` (of the weekly buyers after it, against what they are compared
        with), `lost_amount` (what those beyond the expected spent on the category before, for a
        year) with `low_amount`, `high_amount`, `p_adjusted`, `n_looks`.

    References
    ----------
    B. E. Hansen (2000), Econometrica 68, 575-603, section 3.4 (interval of a moment of change by
    the likelihood). Y. Benjamini & Y. Hochberg (1995), JRSS B 57, eq. 1.
    """
    if counts.empty:
        return pd.DataFrame(columns=_COLUMNS)
    looks = _looks(counts, min_buyers=min_buyers, min_weeks=2 * window_weeks)
    if looks.empty:
        return pd.DataFrame(columns=_COLUMNS)
    looks["p_adjusted"] = benjamini_hochberg(looks["p_value"])
    found = looks[(looks["p_adjusted"] <= _FALSE_SHARE) & (looks["more_share"] >= _MATERIAL)]
    best = found.sort_values(["z", "week"], ascending=[False, True])
    best = best.drop_duplicates(["region", "category"])
    rows = [
        _described(row, looks, as_of_day=as_of_day, window=window_weeks)
        for _, row in best.iterrows()
    ]
    table = pd.DataFrame(rows, columns=[*_COLUMNS, "_lasts"]).assign(n_looks=len(looks))
    lasting = table.loc[table["_lasts"].astype(bool), _COLUMNS]
    return lasting.sort_values(
        ["n_more", "region", "category"], ascending=[False, True, True], ignore_index=True
    )


def _looks(counts: pd.DataFrame, *, min_buyers: int, min_weeks: int) -> pd.DataFrame:
    """Compare each cell with its reference in each week, and with itself in all weeks."""
    is_single = bool((counts["region"] == counts["region"].iloc[0]).all())
    by = "region" if is_single else "category"
    table = counts.sort_values(["region", "category", "week"], ignore_index=True)
    total = table.groupby([by, "week"])[list(_COUNTS)].transform("sum")
    other = (total - table[list(_COUNTS)]).add_prefix("ref_")
    table = pd.concat([table, other], axis=1)
    table["compared_with"] = "other categories" if is_single else "the other regions"
    enough = table[["n_buyers", "ref_n_buyers"]].min(axis=1) >= min_buyers
    table = table[enough].reset_index(drop=True)
    keys = [table["region"], table["category"]]
    table = table[table.groupby(keys)["week"].transform("size") >= min_weeks].copy()
    if table.empty:
        return table
    own, reference = _log_odds(table, ""), _log_odds(table, "ref_")
    keys = [table["region"], table["category"]]
    ratio = own[0] - reference[0]
    table["usual"] = ratio.groupby(keys).transform("median")
    z = (ratio - table["usual"]) / np.sqrt(own[1] + reference[1])
    middle = z.groupby(keys).transform("median")
    spread = 1.4826 * (z - middle).abs().groupby(keys).transform("median")
    table["spread"] = spread.clip(lower=1.0)
    table["z"] = z / table["spread"]
    table["p_value"] = stats.norm.sf(table["z"])
    table["expected_share"] = special.expit(reference[0] + table["usual"])
    e = table["expected_share"]
    share = table["n_stopped"] / table["n_buyers"]
    table["more_share"] = share - e
    variance = share * (1 - share) / table["n_buyers"] + (e * (1 - e)) ** 2 * reference[1]
    table["reach"] = _Z * table["spread"] * np.sqrt(variance)
    return table


def _log_odds(table: pd.DataFrame, prefix: str) -> tuple[pd.Series, pd.Series]:
    """Give the logarithm of the odds of stopping, and its variance."""
    stopped = table[f"{prefix}n_stopped"] + 0.5
    kept = table[f"{prefix}n_buyers"] - table[f"{prefix}n_stopped"] + 0.5
    return np.log(stopped / kept), 1 / stopped + 1 / kept


def _described(
    row: pd.Series, looks: pd.DataFrame, *, as_of_day: int, window: int
) -> dict[str, object]:
    """Describe one drop, as of the week in which it began: size, and when that was."""
    own = looks[(looks["region"] == row["region"]) & (looks["category"] == row["category"])]
    near = own[(own["week"] - row["week"]).abs() <= 2 * window].sort_values("week")
    onset = _onset(near, at=int(row["week"]), spread=float(row["spread"]), window=window)
    began = near.loc[near["week"] == onset["week_date"]].iloc[0]
    size, n, reach = began["more_share"], began["n_buyers"], began["reach"]
    stay = 1 - began["expected_share"]
    before = near["net_cents"][near["week"].between(began["week"] - window, began["week"] - 1)]
    each = before.mean() * _YEAR_WEEKS / 100 / n if len(before) else np.nan
    dates = ("week_date", "low_date", "high_date")
    return {
        **{name: began[name] for name in _COLUMNS if name in began},
        **{name: day_text(as_of_day + 7 * int(onset[name]) - 6) for name in dates},
        "n_active_buyers": n,
        "n_expected": n * began["expected_share"],
        "n_more": n * size,
        "low_more": n * (size - reach),
        "high_more": n * (size + reach),
        "turned_share": size / stay,
        "low_share": (size - reach) / stay,
        "high_share": (size + reach) / stay,
        "fall_share": onset["fall_share"],
        "lost_amount": each * n * size,
        "low_amount": each * n * (size - reach),
        "high_amount": each * n * (size + reach),
        "p_adjusted": row["p_adjusted"],
        "_lasts": onset["low_fall"] > 0 and size > reach,
    }


def _onset(near: pd.DataFrame, *, at: int, spread: float, window: int) -> dict[str, float]:
    """Say since which week there are fewer buyers, from when to when that may be, and how many.

    How many is told from the weeks beyond the later window, where there are some: a pause is over.
    """
    week = near["week"].to_numpy()
    seen = near["n_bought"].to_numpy(dtype=float)
    base = np.maximum(near["ref_n_bought"].to_numpy(dtype=float), 0.5)
    starts = np.array([k for k in range(1, len(week)) if abs(week[k] - at) <= len(week) // 4])
    fit = np.array([_likelihood(seen, base, k) for k in starts])
    inside = week[starts[2 * (fit.max() - fit) <= _ONSET * spread**2]]
    best = int(starts[fit.argmax()])
    late = best + window if len(week) - best - window >= _MIN_WEEKS else best
    sums = [part.sum() for part in (seen[:best], seen[late:], base[:best], base[late:])]
    ratio = (sums[1] + 0.5) / sums[3] / ((sums[0] + 0.5) / sums[2])
    error = spread * np.sqrt(sum(1 / (part + 0.5) for part in sums))
    return {
        "week_date": int(week[best]),
        "low_date": int(inside.min()),
        "high_date": int(inside.max()),
        "fall_share": 1 - ratio,
        "low_fall": 1 - ratio * float(np.exp(_Z * error)),
    }


def _likelihood(seen: Array, base: Array, k: int) -> float:
    """Log-likelihood of a change of the rate at place k, rates at their best (Poisson)."""
    parts = ((seen[:k].sum(), base[:k].sum()), (seen[k:].sum(), base[k:].sum()))
    return float(sum(special.xlogy(n, n / b) for n, b in parts))


def weekly_buyers(counts: pd.DataFrame, drops: pd.DataFrame, *, as_of_day: int) -> pd.DataFrame:
    """Give weekly buyers of the category hit hardest, there and as the others let expect.

    Parameters
    ----------
    counts
        From `stop_counts`.
    drops
        From `find_drops`; its first row is shown.

    Returns
    -------
    pandas.DataFrame
        One row per week: `week_date`, `n_bought`, `n_expected` (what it is compared with, brought
        to the level before the drop), `region`, `category`, `drop_date`; no row without a drop.
    """
    names = ["week_date", "n_bought", "n_expected", "region", "category", "drop_date"]
    if drops.empty:
        return pd.DataFrame(columns=names)
    hit = drops.iloc[0]
    same = "region" if hit["compared_with"] == "other categories" else "category"
    looks = counts[counts[same] == hit[same]]
    is_own = (looks["region"] == hit["region"]) & (looks["category"] == hit["category"])
    own = looks[is_own].sort_values("week").set_index("week")["n_bought"]
    other = looks[~is_own].groupby("week")["n_bought"].sum().reindex(own.index, fill_value=0)
    dates = [day_text(as_of_day + 7 * week - 6) for week in own.index]
    before = np.array(dates) < hit["low_date"]
    scale = own[before].sum() / max(float(other[before].sum()), 1.0)
    return pd.DataFrame(
        {
            "week_date": dates,
            "n_bought": own.to_numpy(),
            "n_expected": other.to_numpy() * scale,
            "region": hit["region"],
            "category": hit["category"],
            "drop_date": hit["week_date"],
        },
        columns=names,
    )
