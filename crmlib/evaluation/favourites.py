"""Favourite categories: whose are clear, what they are worth, and what goes with them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from crmlib.evaluation.experiments.multiplicity import benjamini_hochberg
from crmlib.evaluation.preferences import FALSE_SHARE, binomial_tail, preference_index

__all__ = ["clear_favourites", "favourite_groups", "group_indices", "later_index"]

_MILLION = 1_000_000
_MIN_CUSTOMERS = 10
_Z = float(stats.norm.isf(0.025))


def clear_favourites(
    favourites: pd.DataFrame,
    *,
    n_categories: int,
    likeness: float,
    false_share: float = FALSE_SHARE,
) -> pd.DataFrame:
    """Say whose favourite category is more than chance, and how strong the preference is.

    Parameters
    ----------
    favourites
        From `crmlib.features.favourites.favourite_categories`, over the whole window.
    n_categories
        Categories among which favourites were looked for.
    likeness
        How alike the choices of a customer are: `crmlib.evaluation.preferences.likeness`.
    false_share
        Share of chance finds accepted among the clear favourites.

    Returns
    -------
    pandas.DataFrame
        One row per customer: `customer_id`, `favourite`, `n_choices` (orders times categories),
        `favourite_amount`, `expected_amount`, `above_amount` (account currency),
        `preference_index` (shrunk share of his spending over that of all, 100 = as all),
        `is_clear`; the largest `above_amount` first.
    """
    n = favourites["own_n"].to_numpy(dtype=float)
    share = favourites["share_cents"].to_numpy(dtype=float) / _MILLION
    own = favourites["own_cents"].to_numpy(dtype=float)
    bought = favourites["cents"].to_numpy(dtype=float)
    found = np.divide(bought, own, out=np.zeros_like(bought), where=own > 0)
    table = pd.DataFrame(
        {
            "customer_id": favourites["customer_id"].to_numpy(),
            "favourite": favourites["category"].to_numpy(),
            "n_choices": favourites["own_n"].astype("int64").to_numpy(),
            "favourite_amount": bought / 100,
            "expected_amount": own * share / 100,
            "above_amount": (bought - own * share) / 100,
            "preference_index": preference_index(found, share, n, likeness),
            "is_clear": _is_clear(favourites, n_categories=n_categories, level=false_share),
        }
    )
    return table.sort_values(
        ["above_amount", "customer_id"], ascending=[False, True], ignore_index=True
    )


def _is_clear(frame: pd.DataFrame, *, n_categories: int, level: float) -> np.ndarray:
    """Test favourites by their number of choices, allowing for all categories and customers."""
    counted, n, share = (frame[name].to_numpy(dtype=float) for name in ("n", "own_n", "share_n"))
    p_values = binomial_tail(counted, n, share / _MILLION, n_values=n_categories)
    if not len(p_values):
        return np.zeros(0, dtype=bool)
    return np.asarray(benjamini_hochberg(p_values).to_numpy() <= level)


def later_index(
    later: pd.DataFrame, mix: pd.DataFrame, *, n_categories: int, false_share: float = FALSE_SHARE
) -> pd.DataFrame:
    """Say how much of their favourite of the first half customers bought in the second half.

    Only favourites that were clear in the first half count. The index is what they bought of it
    over what customers with as much to spend buy on the whole, 100 = as all; as the second half
    had no part in choosing, 100 is what chance gives.

    Parameters
    ----------
    later
        From `crmlib.features.favourites.bought_later`.
    mix
        From `crmlib.features.favourites.favourite_mix`; gives the shares of the second half.

    Returns
    -------
    pandas.DataFrame
        One row per favourite, the empty text for all together first: `favourite`,
        `n_customers`, `later_index`, `low_index`, `high_index` (95 %; missing with fewer than 10
        customers).

    References
    ----------
    W. G. Cochran (1977), Sampling Techniques, 3rd edition, Wiley, eq. 6.9 (a ratio of totals).
    """
    known = later[_is_clear(later, n_categories=n_categories, level=false_share)]
    totals = mix.groupby("category")["net_amount"].sum()
    shares = totals / totals.sum()
    share = known["favourite"].map(shares).fillna(0.0).to_numpy(dtype=float)
    rows = known.assign(
        _bought=known["later_cents"] / 100, _expected=share * known["own_cents"] / 100
    )
    parts = [("", rows), *rows.groupby("favourite")]
    found = [(name, len(part), *_ratio(part["_bought"], part["_expected"])) for name, part in parts]
    return pd.DataFrame(
        found, columns=["favourite", "n_customers", "later_index", "low_index", "high_index"]
    )


def _ratio(bought: pd.Series, expected: pd.Series) -> tuple[float, float, float]:
    """Give 100 x a ratio of two totals over customers with its 95 % interval."""
    total = float(expected.sum())
    if total <= 0:
        return float("nan"), float("nan"), float("nan")
    ratio = float(bought.sum()) / total
    if len(bought) < _MIN_CUSTOMERS:
        return 100 * ratio, float("nan"), float("nan")
    half_width = _Z * float(np.sqrt(((bought - ratio * expected) ** 2).sum())) / total
    return 100 * ratio, 100 * max(ratio - half_width, 0.0), 100 * (ratio + half_width)


def favourite_groups(customers: pd.DataFrame, later: pd.DataFrame) -> pd.DataFrame:
    """Put customers with one clear favourite category together.

    Parameters
    ----------
    customers
        From `clear_favourites`, with `net_amount` (all they bought in the window).
    later
        From `later_index`.

    Returns
    -------
    pandas.DataFrame
        One row per favourite, the most money above expectation first: `favourite`, `n_customers`,
        `net_amount`, `above_amount`, and of those whose favourite was clear in
        the first half `n_early`, and in the second half `later_index`, `low_index`, `high_index`.
    """
    clear = customers[customers["is_clear"].astype(bool)].assign(n_customers=1)
    sums = ["n_customers", "net_amount", "above_amount"]
    groups = clear.groupby("favourite")[sums].sum().reset_index()
    known = later.rename(columns={"n_customers": "n_early"})
    groups = groups.merge(known, on="favourite", how="left", validate="one_to_one")
    groups = groups.fillna({"n_early": 0}).astype({"n_customers": "int64", "n_early": "int64"})
    return groups.sort_values(
        ["above_amount", "favourite"], ascending=[False, True], ignore_index=True
    )


def group_indices(mix: pd.DataFrame, later: pd.DataFrame, *, favourites: list[str]) -> pd.DataFrame:
    """Compare what customers with one favourite of the first half bought in the second with all.

    Parameters
    ----------
    mix
        From `crmlib.features.favourites.favourite_mix`.
    later
        From `crmlib.features.favourites.bought_later`; gives the spread of what customers spent.
    favourites
        The favourites to show.

    Returns
    -------
    pandas.DataFrame
        One row per `favourite` and `category` (those of `favourites`): `n_customers`,
        `net_amount`, `expected_amount` (account currency), `category_index` (100 = as all),
        `low_index`, `high_index` (95 %), `is_different` (from 100, allowing for all the pairs
        shown).

    References
    ----------
    As for `later_index`: with m the index over 100, q the share of the category, c what a customer
    bought of it and s what he spent, the squared error of the ratio of totals is
    sum (c - m q s)^2 / (q sum s)^2.
    """
    totals = mix.groupby("category")["net_amount"].sum()
    shares = totals / totals.sum()
    spent = later.assign(_own=later["own_cents"] / 100).groupby("favourite")["_own"]
    groups = pd.DataFrame(
        {"n_customers": spent.size(), "_own": spent.sum(), "_squares": spent.agg(_sum_of_squares)}
    )
    shown = [name for name in favourites if name in groups.index]
    pairs = pd.MultiIndex.from_product([shown, shown], names=["favourite", "category"])
    cells = mix.set_index(["favourite", "category"]).reindex(pairs, fill_value=0.0).reset_index()
    cells = cells.join(groups, on="favourite")
    share = cells["category"].map(shares).to_numpy(dtype=float)
    expected = share * cells["_own"].to_numpy(dtype=float)
    ratio = cells["net_amount"].to_numpy(dtype=float) / expected
    slope = ratio * share
    squares = cells["squares"] - 2 * slope * cells["products"] + slope**2 * cells["_squares"]
    error = np.sqrt(squares.clip(lower=0).to_numpy(dtype=float)) / expected
    table = pd.DataFrame(
        {
            "favourite": cells["favourite"],
            "category": cells["category"],
            "n_customers": cells["n_customers"].astype("int64"),
            "net_amount": cells["net_amount"],
            "expected_amount": expected,
            "category_index": 100 * ratio,
            "low_index": 100 * np.maximum(ratio - _Z * error, 0.0),
            "high_index": 100 * (ratio + _Z * error),
        }
    )
    p_values = 2 * stats.norm.sf(np.abs(ratio - 1) / np.where(error > 0, error, np.inf))
    is_known = (table["n_customers"] >= _MIN_CUSTOMERS).to_numpy()
    adjusted = benjamini_hochberg(np.where(is_known, p_values, 1.0)).to_numpy()
    return table.assign(is_different=adjusted <= FALSE_SHARE)


def _sum_of_squares(values: pd.Series) -> float:
    return float((values**2).sum())
