"""What customers who were lost went through before, beside like customers who stayed."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmlib.errors import DataRejectedError, NotEnoughDataError
from crmlib.evaluation.experiments import holm, overlap_weighted_comparison
from crmlib.schema import require_columns

__all__ = ["MAX_CUSTOMERS", "compare_with_stayers", "order_places", "trouble_around"]

_SHUFFLE = (7_919, 104_729)
_KINDS = {"return": "n_returns", "complaint": "n_complaints", "problem": "n_problems"}
_DEARER = 0.05
_MIN_CASES = 10
_PER_COLUMN = 10
MAX_CUSTOMERS = 20_000
"""Of each group, lost or not, so many are compared at most."""
_MAX_GROUPS = 8
_TROUBLE = {
    "sent something back": "n_returns",
    "complained": "n_complaints",
    "complaint not answered": "n_unanswered",
    "told of a problem": "n_problems",
}
_CHANGES = ("paid more for the same products", "bought fewer categories", "ordered less often")
_COLUMNS = [
    "event", "n_left", "n_stayed", "leaver_share", "stayed_share", "difference_share", "low_share",
    "high_share", "p_adjusted", "remark",
]  # fmt: skip


def order_places(
    lives: pd.DataFrame, *, max_customers: int = MAX_CUSTOMERS, rng: np.random.Generator
) -> pd.DataFrame:
    """Choose the order day on which each customer is looked at, of a sample if there are many.

    Of a lost customer that is his last order day; of the others one of their order days, by
    arithmetic on what is known of them.

    Parameters
    ----------
    lives
        From `crmlib.features.lives.customer_lives`, collected.
    max_customers
        Most customers of each group, lost or not, that are looked at.

    Returns
    -------
    pandas.DataFrame
        `customer_id`, `place` (1 for the first order day).
    """
    first, cents = lives["start_day"].astype("int64"), lives["year_cents"].abs().astype("int64")
    n = lives["n_order_days"].astype("int64")
    drawn = (first * _SHUFFLE[0] + cents * _SHUFFLE[1]) % n + 1
    places = pd.DataFrame(
        {"customer_id": lives["customer_id"], "place": n.where(lives["is_lost"] == 1, drawn)}
    )
    parts = []
    for is_lost in (0, 1):
        part = places[lives["is_lost"] == is_lost]
        if len(part) > max_customers:
            part = part.iloc[np.sort(rng.permutation(len(part))[:max_customers])]
        parts.append(part)
    return pd.concat(parts).sort_values("customer_id", ignore_index=True)


def trouble_around(
    moments: pd.DataFrame,
    signs: pd.DataFrame,
    complaints: pd.DataFrame,
    *,
    history_days: int,
    after_days: int = 14,
) -> pd.DataFrame:
    """Count the signs of trouble in the weeks up to a day of each customer, and shortly after.

    Parameters
    ----------
    moments
        From `crmlib.features.order_moments.order_moments`, collected.
    signs, complaints
        From `crmlib.features.trouble`: `trouble_signs` and `complaint_days`, collected.
    after_days
        Signs count up to so many days after the order, which they mostly follow.

    Returns
    -------
    pandas.DataFrame
        The columns of `moments` and `n_returns`, `n_complaints`, `n_problems` (days with one),
        `n_unanswered` (complaints without an answer by the end of these days).
    """
    days = moments[["customer_id", "moment_day"]]
    near = signs.merge(days, on="customer_id")
    near = near[(near["moment_day"] - near["day"]).between(-after_days, history_days - 1)]
    counts = pd.crosstab(near["customer_id"], near["kind"])
    counts = counts.reindex(columns=list(_KINDS)).rename(columns=_KINDS)
    open_ = complaints.merge(days, on="customer_id")
    since, end = open_["moment_day"] - open_["opened_day"], open_["moment_day"] + after_days
    waits = open_["resolved_day"].isna() | (open_["resolved_day"] > end)
    chosen = open_[waits & since.between(-after_days, history_days - 1)]
    table = moments.merge(counts, on="customer_id", how="left").merge(
        chosen.groupby("customer_id").size().rename("n_unanswered"), on="customer_id", how="left"
    )
    names = [*_KINDS.values(), "n_unanswered"]
    return table.assign(**table[names].fillna(0).astype("int64"))


def compare_with_stayers(
    lives: pd.DataFrame,
    before: pd.DataFrame,
    complaints: pd.DataFrame,
    signs: pd.DataFrame,
    *,
    history_days: int,
) -> pd.DataFrame:
    """Compare how often things happened to the lost before their last order and to the others.

    Observational. Like customers means: the same season, time as a customer, order days so far,
    usual pause between orders and, if there are enough of them, region and kind, by overlap
    weights; for signs of trouble also as many orders in the window. Customers younger than the
    windows that are compared are left out.

    Parameters
    ----------
    lives
        From `crmlib.features.lives.customer_lives`, collected.
    before
        From `crmlib.features.order_moments.before_moment`, collected.
    complaints, signs
        From `crmlib.features.trouble`: `complaint_days` and `trouble_signs`, collected.
    history_days
        Length of the window in days.

    Returns
    -------
    pandas.DataFrame
        One row per event, the clearest difference first: `event`, `n_left`, `n_stayed` (customers
        compared), `leaver_share` and `stayed_share` to whom it happened, as counted,
        `difference_share` among like customers with `low_share`, `high_share`, `p_adjusted` (Holm
        over the events), `remark` (why there is no comparison). What happened to nobody is left
        out: as a rule it is not recorded.
    """
    needed = ("customer_id", "is_lost", "usual_gap_days", "region", "kind")
    require_columns(lives.columns, needed, what="The table of lives")
    table = trouble_around(before, signs, complaints, history_days=history_days)
    table = table.merge(lives[list(needed)], on="customer_id")
    found = {}
    for event, name in _TROUBLE.items():
        part = table[table["tenure_days"] >= history_days]
        found[event] = _one(part, part[name] > 0, per_order=True)
    older = table[table["tenure_days"] >= 2 * history_days]
    repeated = older[older["price_change"].notna()]
    found[_CHANGES[0]] = _one(repeated, repeated["price_change"] > _DEARER, per_order=True)
    known = older[older["n_categories_earlier"].fillna(0) > 0]
    fewer = known["n_categories_recent"].fillna(0) < known["n_categories_earlier"]
    found[_CHANGES[1]] = _one(known, fewer)
    active = older[older["n_earlier"] > 0]
    found[_CHANGES[2]] = _one(active, active["n_recent"] < active["n_earlier"])
    rows = pd.DataFrame.from_dict(found, orient="index").rename_axis("event").reset_index()
    rows = rows[rows[["leaver_share", "stayed_share"]].fillna(1).sum(axis=1) > 0].copy()
    tested = rows["p_value"].notna()
    rows["p_adjusted"] = np.nan
    if tested.any():
        rows.loc[tested, "p_adjusted"] = holm(rows.loc[tested, "p_value"])
    z = rows["difference_share"] / (rows["high_share"] - rows["low_share"])
    order = (-z).fillna(np.inf)
    rows = rows.assign(_order=order).sort_values(["_order", "event"], ignore_index=True)
    return rows[_COLUMNS]


def _one(part: pd.DataFrame, happened: pd.Series, *, per_order: bool = False) -> dict[str, object]:
    """Compare one event; the remark says why there is no comparison."""
    is_lost = (part["is_lost"] == 1).to_numpy(dtype=bool)
    sizes = {"n_left": int(is_lost.sum()), "n_stayed": int((~is_lost).sum())}
    row: dict[str, object] = dict.fromkeys(
        ("leaver_share", "stayed_share", "difference_share", "low_share", "high_share", "p_value"),
        np.nan,
    )
    row |= sizes | {"remark": ""}
    if min(sizes.values()) == 0:
        return row | {"remark": "no customers to compare"}
    row |= {"leaver_share": happened[is_lost].mean(), "stayed_share": happened[~is_lost].mean()}
    if min(happened.sum(), (~happened).sum()) < _MIN_CASES:
        return row | {"remark": f"happened to {int(happened.sum())} of {len(part)} customers"}
    try:
        effect = overlap_weighted_comparison(
            happened.astype(float),
            is_treated=is_lost,
            covariates=_covariates(part, per_order=per_order),
        )
    except (NotEnoughDataError, DataRejectedError) as error:
        return row | {"remark": str(error)}
    return row | {
        "difference_share": effect.estimate,
        "low_share": effect.low,
        "high_share": effect.high,
        "p_value": effect.p_value,
    }


def _covariates(part: pd.DataFrame, *, per_order: bool) -> pd.DataFrame:
    """Give what was known on the day, on scales on which differences mean the same throughout."""
    values = pd.DataFrame(
        {
            "day": part["moment_day"].astype(float),
            "log_tenure": np.log1p(part["tenure_days"]),
            "log_orders": np.log1p(part["n_orders_before"]),
            "log_pause": np.log1p(part["usual_gap_days"]),
        }
    )
    if per_order:
        values["log_recent"] = np.log1p(part["n_recent"])
    # in a small company who they are must stay out
    room = part["is_lost"].value_counts().min() // _PER_COLUMN - 1 - values.shape[1]
    for name in ("region", "kind") if room >= 2 * _MAX_GROUPS else ():
        group = part[name].astype("object").where(part[name].notna(), "not known")
        largest = group.value_counts().index[:_MAX_GROUPS]
        for value in sorted(largest)[1:]:
            values[f"{name} {value}"] = (group == value).astype(float)
    varying = values.loc[:, values.min() < values.max()]
    rank = np.linalg.matrix_rank(np.column_stack([np.ones(len(part)), varying.to_numpy()]))
    return varying if rank == varying.shape[1] + 1 else varying.iloc[:, :1]
