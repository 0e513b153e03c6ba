"""Target groups by what customers buy: number, names that last, rules that anybody can read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from crmlib.models.segments import (
    MixSegmentation,
    align_labels,
    choose_n_segments,
    cloud_separation,
    extract_rules,
    least_separation,
    separation,
    stability,
)

__all__ = [
    "NOT_GROUPED",
    "OTHERS",
    "TargetGroups",
    "assigned",
    "category_mix",
    "divide",
    "keep_names",
    "on_new_data",
]

NOT_GROUPED = "in no group"
"""Name of those who bought too little to say what they buy, or of all where no groups last."""
OTHERS = "all other categories"
_MIN_CUSTOMERS = 60
_MIN_CATEGORIES = 2
_MOST_SEGMENTS = 9
_RESAMPLES = 5
_NOT_DISSOLVED = 0.5
"""Least share of any group that has to come back in another draw of customers."""
_APART = 0.4
"""Least distance of two centres, in spreads of both groups: halves of one group lie at 0.35."""
_BEYOND_CLOUD = 1.1
"""Times as far apart as parts of one cloud, for some number of groups; without any: up to 1.04."""
_LASTS = 0.75
"""On average over the groups, what has to come back for the number of before to be kept."""
_STABLE = 0.85
"""The same, on average over the groups."""
_SEED = 0
_TRIALS = {"n_segments": "int64", "smallest_share": "float64", "jaccard": "float64",
           "mean_jaccard": "float64", "separation": "float64", "cloud_separation": "float64",
           "is_eligible": "bool", "is_chosen": "bool"}  # fmt: skip
_MIX = {"segment": "str", "category": "str", "line_share": "float64", "usual_share": "float64"}
_RULES = {"segment": "str", "rule": "str", "n_customers": "int64", "precision": "float64",
          "recall": "float64"}  # fmt: skip
_QUALITY = {"segment": "str", "homogeneity": "float64", "separation": "float64",
            "silhouette": "float64", "jaccard": "float64", "fidelity": "float64"}  # fmt: skip


@dataclass(frozen=True)
class TargetGroups:
    """Groups of customers, and how far to trust them.

    Attributes
    ----------
    model
        What divides; None where there are no groups that last.
    names
        Name of each number of the model.
    members
        Name of the group of each customer, index `customer_id`, those of `NOT_GROUPED` included.
    trials
        From `choose_n_segments`.
    quality
        Per group `homogeneity`, `separation`, `silhouette`, `jaccard` (how much of it comes back),
        `fidelity` (share of its members whom the rules find).
    rules
        As in `SegmentRules.table`, of shares in per cent of lines.
    fidelity
        Share of all whom the rules put where the model does.
    reason
        Why there are no groups; empty where there are some.
    """

    model: MixSegmentation | None
    names: dict[int, str]
    members: pd.Series
    trials: pd.DataFrame
    quality: pd.DataFrame
    rules: pd.DataFrame
    fidelity: float
    reason: str = ""

    @property
    def metrics(self) -> dict[str, float]:
        """Numbers for monitoring."""
        return {"n_groups": len(self.names), "fidelity": self.fidelity}

    @property
    def stored(self) -> dict[str, Any]:
        """What the next iteration needs to know; only numbers, texts and the model."""
        kept = {str(number): name for number, name in self.names.items()}
        columns = [] if self.model is None else [str(one) for one in self.model.centres_.columns]
        return {"model": self.model, "names": kept, "categories": columns}


def leading_categories(
    totals: pd.DataFrame, stored: dict[str, Any] | None, *, most: int
) -> list[str]:
    """List the categories looked at: the largest, and those of the model of the iteration before.

    Parameters
    ----------
    totals
        `category`, `n_lines`, from `crmlib.features.category_lines.category_totals`.
    """
    ordered = totals.sort_values(["n_lines", "category"], ascending=[False, True], kind="stable")
    known = [] if stored is None else [str(name) for name in stored["categories"]]
    now = [str(name) for name in ordered["category"].head(most)]
    return [name for name in dict.fromkeys([*now, *known]) if name != OTHERS]


def category_mix(counts: pd.DataFrame, categories: Sequence[str]) -> pd.DataFrame:
    """Give lines of the categories and of all others of each customer, index `customer_id`.

    Parameters
    ----------
    counts
        From `crmlib.features.category_lines.customer_category_lines` for `categories`.
    """
    named = counts.set_index("customer_id")
    mix = named[[f"n_{k}" for k in range(len(categories))]].set_axis(list(categories), axis=1)
    rest = named["n_lines"] - mix.sum(axis=1)
    if (rest > 0).any():
        mix = mix.assign(**{OTHERS: rest})
    return mix


def divide(
    mix: pd.DataFrame,
    *,
    min_lines: int = 15,
    stored: dict[str, Any] | None = None,
    max_customers: int = 1500,
    own_lines: float = 40.0,
) -> TargetGroups:
    """Find the groups of customers that differ by what they buy and come back when drawn anew.

    Guards against groups that are how much was bought under another name, against a number chosen
    by taste, and against a group for customers of whom nothing is known.

    Parameters
    ----------
    mix
        Lines of each customer (rows) per category (columns), from `category_mix`.
    min_lines
        Lines below which a customer is in no group.
    stored
        `TargetGroups.stored` of the iteration before, None without one: its number is kept as long
        as it holds, and the new groups start from its groups.
    max_customers
        Customers drawn to choose the number of groups; the groups are made from five times as many.
    own_lines
        See `MixSegmentation`.
    """
    judged = mix[mix.sum(axis=1) >= min_lines].astype(float)
    if mix.shape[1] < _MIN_CATEGORIES:
        return _none(mix, f"the data name {mix.shape[1]} categories of products, two are needed")
    if len(judged) < _MIN_CUSTOMERS:
        why = f"{len(judged)} customers bought {min_lines} lines or more, {_MIN_CUSTOMERS} needed"
        return _none(mix, why)
    rng = np.random.default_rng(_SEED)
    drawn = judged.iloc[np.sort(rng.permutation(len(judged))[: 5 * max_customers])]
    few = drawn.iloc[np.sort(rng.permutation(len(drawn))[:max_customers])]
    base = MixSegmentation(own_lines=own_lines, random_state=_SEED)
    shares = few.div(few.sum(axis=1), axis=0)
    most = min(_MOST_SEGMENTS, len(np.unique(shares.round(6), axis=0)) // 10)
    if most < _MIN_CATEGORIES:
        return _none(mix, "the customers hardly differ in what they buy")
    old = None if stored is None else stored["model"]
    before = 0 if old is None else int(old.n_segments)
    trials = _number(few, base, most=most, before=before)
    chosen = trials.loc[trials["is_chosen"], "n_segments"]
    if chosen.empty:
        return replace(_none(mix, _why_none(trials)), trials=trials)
    start = old if before == int(chosen.iloc[0]) else None
    options = {"n_segments": int(chosen.iloc[0])}
    model = base.set_params(**options).fit_near(drawn, start)
    return _described(model, mix, drawn, trials=trials, min_lines=min_lines)


def _number(few: pd.DataFrame, base: MixSegmentation, *, most: int, before: int) -> pd.DataFrame:
    """Try numbers of groups; keep that of before if it holds, else choose the largest that does.

    A number holds if its groups come back, each and on average, and lie apart. None does if for no
    number that holds the groups lie further apart than parts of one cloud.
    """
    table = choose_n_segments(
        few,
        model=base,
        candidates=range(2, most + 1),
        n_resamples=_RESAMPLES,
        min_jaccard=_NOT_DISSOLVED,
    ).reset_index()
    apart = [least_separation(few, base, n_segments=int(k)) for k in table["n_segments"]]
    table.insert(4, "separation", apart)
    eligible = (
        table["is_eligible"] & (table["mean_jaccard"] >= _STABLE) & (table["separation"] >= _APART)
    )
    lasts = (table["mean_jaccard"] >= _LASTS) & (table["separation"] >= _APART)
    holds = eligible | lasts if before else eligible
    holding = table[holds].set_index("n_segments")["separation"]
    cloud = cloud_separation(few, base, holding, least=_BEYOND_CLOUD, random_state=_SEED)
    table.insert(5, "cloud_separation", table["n_segments"].map(cloud))
    if not (holding >= _BEYOND_CLOUD * cloud.reindex(holding.index)).any():
        return table.assign(is_eligible=False, is_chosen=False)
    best = table.loc[eligible, "n_segments"].max()
    if before in set(table.loc[lasts, "n_segments"]):
        best = before
    return table.assign(is_eligible=eligible, is_chosen=table["n_segments"] == best)


def _why_none(trials: pd.DataFrame) -> str:
    """Say what the numbers tried lack."""
    if (trials["mean_jaccard"] >= _STABLE).any():
        return "what comes back when other customers are drawn are parts of one crowd"
    return "no division of the customers comes back when other customers are drawn"


def _described(
    model: MixSegmentation,
    mix: pd.DataFrame,
    drawn: pd.DataFrame,
    *,
    trials: pd.DataFrame,
    min_lines: int,
) -> TargetGroups:
    """Name the groups of a fitted model, and measure them on those it was fitted on."""
    names = _names(model.centres_, drawn.sum() / drawn.to_numpy().sum())
    labels = pd.Series(model.labels_, index=drawn.index).map(names)
    shares = drawn.div(drawn.sum(axis=1), axis=0)
    apart = separation(np.sqrt(shares), labels, max_customers=2000).drop(index="all")
    back = stability(model, drawn, n_resamples=_RESAMPLES)["jaccard"].rename(names)
    in_percent = (100 * shares).set_axis([f"{name} %" for name in shares], axis=1)
    ruled = extract_rules(in_percent, labels, max_depth=5)
    quality = apart.drop(columns="n_customers").rename_axis("segment").reset_index()
    return TargetGroups(
        model=model,
        names=names,
        members=assigned(model, names, mix, min_lines=min_lines),
        trials=trials,
        quality=quality.assign(
            jaccard=quality["segment"].map(back),
            fidelity=quality["segment"].map(ruled.by_segment["recall"]),
        ),
        rules=ruled.table,
        fidelity=ruled.fidelity,
    )


def assigned(
    model: MixSegmentation, names: dict[int, str], mix: pd.DataFrame, *, min_lines: int
) -> pd.Series:
    """Name the group of every customer."""
    found = pd.Series(NOT_GROUPED, index=mix.index, dtype="str", name="segment")
    enough = mix[mix.sum(axis=1) >= min_lines].astype(float)
    if len(enough):
        said = pd.Series(model.predict(enough), index=enough.index)
        found.loc[enough.index] = said.map(names).astype("str")
    return found


def _names(centres: pd.DataFrame, usual: pd.Series) -> dict[int, str]:
    """Name each segment by the categories that it buys most beyond the usual share.

    Where two would have the same words, in whatever order, the smaller segment gets the category
    that tells it from the larger as well.
    """
    names: dict[int, str] = {}
    taken: dict[frozenset[str], int] = {}
    for number in map(int, centres.index):
        top = _beyond(centres.loc[number], usual)
        second = len(top) > 1 and top.iloc[1] > max(top.iloc[0] / 3, 0)
        words = [str(name) for name in top.index[: 2 if second else 1]]
        name, like = " and ".join(words), taken.get(frozenset(words))
        if like is not None and len(top) > len(words):
            apart = _beyond(centres.loc[number], centres.loc[like]).drop(words).index[0]
            name = ", ".join([*words, str(apart)])
        taken.setdefault(frozenset(words), number)
        names[number] = name if name not in names.values() else f"{name}, {number}"
    return names


def _beyond(mix: pd.Series, usual: pd.Series) -> pd.Series:
    """Order categories by how much a mix lies above another."""
    apart = mix * np.log((mix + 1e-9) / (usual + 1e-9))
    return apart.sort_values(ascending=False, kind="stable")


def mix_of_groups(groups: TargetGroups, mix: pd.DataFrame) -> pd.DataFrame:
    """Give the share of each category in the lines of each group, the largest group first.

    Returns
    -------
    pandas.DataFrame
        `segment`, `category`, `line_share`, `usual_share` (of all customers, grouped or not).
    """
    if groups.model is None:
        return _empty(_MIX)
    usual = mix.sum() / mix.to_numpy().sum()
    sums = mix.groupby(groups.members).sum().drop(index=NOT_GROUPED, errors="ignore")
    shares = sums.div(sums.sum(axis=1), axis=0)
    counts = groups.members.value_counts()
    order = sorted(shares.index, key=lambda name: (-counts[name], name))
    wide = shares.loc[order].rename_axis(index="segment").reset_index()
    long = wide.melt(id_vars="segment", var_name="category", value_name="line_share")
    rank = long["segment"].map({name: k for k, name in enumerate(order)})
    long = long.iloc[np.argsort(rank.to_numpy(), kind="stable")].reset_index(drop=True)
    return long.assign(usual_share=long["category"].map(usual))


def earlier_members(table: pd.DataFrame) -> pd.Series:
    """Read who was in which group from a saved table; nobody without an iteration before."""
    if table.empty:
        return pd.Series(dtype="str", name="segment", index=pd.Index([], dtype="str"))
    return table.set_index("customer_id")["segment"].astype("str")


def on_new_data(stored: dict[str, Any] | None, mix: pd.DataFrame, *, min_lines: int) -> pd.Series:
    """Give the group of each customer by the model of the iteration before.

    Parameters
    ----------
    stored
        `TargetGroups.stored` of that iteration; None without one.
    mix
        Lines per category now; categories that the model does not know count as all others.

    Returns
    -------
    pandas.Series
        Name per customer, index `customer_id`; empty without a model.
    """
    if stored is None or stored["model"] is None:
        return pd.Series(dtype="str", name="segment", index=mix.index[:0])
    known = [name for name in stored["categories"] if name != OTHERS]
    seen = mix.reindex(columns=known, fill_value=0)
    if OTHERS in stored["categories"]:
        seen = seen.assign(**{OTHERS: mix.sum(axis=1) - seen.sum(axis=1)})
    names = {int(number): str(name) for number, name in stored["names"].items()}
    return assigned(stored["model"], names, seen[seen.sum(axis=1) > 0], min_lines=min_lines)


def keep_names(groups: TargetGroups, before: pd.Series) -> TargetGroups:
    """Give groups the names they had in the iteration before, where they go on.

    Parameters
    ----------
    before
        Name of the group of each customer then, index `customer_id`; empty without an iteration
        before.
    """
    old, new = (one[one != NOT_GROUPED] for one in (before, groups.members))
    if groups.model is None or not old.index.isin(new.index).any():
        return groups
    words = align_labels(old, new).names
    renamed = {number: words.get(name, name) for number, name in groups.names.items()}
    return replace(
        groups,
        names=renamed,
        members=groups.members.map(lambda one: words.get(one, one)).astype("str"),
        quality=groups.quality.assign(segment=groups.quality["segment"].replace(words)),
        rules=groups.rules.assign(segment=groups.rules["segment"].replace(words)),
    )


def _none(mix: pd.DataFrame, why: str) -> TargetGroups:
    """Put everybody into no group, and say why."""
    return TargetGroups(
        model=None,
        names={},
        members=pd.Series(NOT_GROUPED, index=mix.index, dtype="str", name="segment"),
        trials=_empty(_TRIALS),
        quality=_empty(_QUALITY),
        rules=_empty(_RULES),
        fidelity=float("nan"),
        reason=why,
    )


def _empty(columns: dict[str, str]) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in columns.items()})
