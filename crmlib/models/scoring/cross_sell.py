"""One score per category: who, among those who do not buy it, will begin to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from crmlib.features.everyone import People
from crmlib.models.scoring.days import ScoreDays
from crmlib.models.scoring.scores import Score, hold_score

__all__ = ["CategoryScore", "chosen_categories", "hold_category_scores"]

Frames = Mapping[int, pd.DataFrame]
BUSY_RULE = "busy rule"
"""Who orders most buys a new category first."""


@dataclass(frozen=True)
class CategoryScore:
    """Score of one category, with what a customer who begins to buy it spends there.

    Attributes
    ----------
    category
        Its name.
    score
        Of the customers who did not buy it lately.
    buyer_amount
        Mean sales in the category per customer who began to buy it, in the days of the outcome.
    n_candidates
        Customers now who did not buy it lately.
    """

    category: str
    score: Score
    buyer_amount: float
    n_candidates: int


def chosen_categories(sales: pd.DataFrame, *, n_categories: int, most_share: float) -> list[str]:
    """Choose the categories to score: the largest ones that not everybody buys already.

    Parameters
    ----------
    sales
        From `crmlib.features.category_use.category_sales`: `category`, `n_customers`, `net_cents`.
    most_share
        Greatest share of the customers who buy a category that is still worth offering.
    """
    if sales.empty:
        return []
    share = sales["n_customers"] / max(sales["n_customers"].max(), 1)
    open_ones = sales[share <= most_share]
    ranked = open_ones.sort_values(["net_cents", "category"], ascending=[False, True])
    return [str(name) for name in ranked["category"].head(n_categories)]


def hold_category_scores(
    days: ScoreDays,
    features: Frames,
    *,
    used: Frames,
    began: Frames,
    everyone: People,
    categories: Sequence[str],
    words: Mapping[str, str],
) -> list[CategoryScore]:
    """Judge and give one score per category.

    Parameters
    ----------
    features
        By day, from `crmlib.features.score_features`, for all days of `days.past`.
    used
        By day, for these days and for now, from `crmlib.features.category_use.category_counts`:
        lines before the day, one column per category in the order of `categories`, index =
        customer. Who has lines in a category buys it already and is no candidate; the lines in
        the others are features.
    began
        By day `category`, `net_cents`, index = customer, of the lines in the days after it.
    everyone
        Features of all customers now, in memory or in a file.
    """
    wide = {day: _named(used[day], categories) for day in used}
    wide[days.now] = wide[days.now].reindex(everyone.index, fill_value=0)
    made = []
    for category in categories:
        told = {day: _told(features[day], wide[day], category) for day in days.past}
        now = _told_now(everyone, wide[days.now], category)
        happened = {
            day: began[day][began[day]["category"] == category].loc[:, ["net_cents"]]
            for day in days.past
        }
        named = dict(words) | {f"lines of {name}": f"lines of {name}" for name in categories}
        score = hold_score(days, told, happened, now, rules=_rules, words=named)
        amount = _spent(happened[days.test], told[days.test]) if days.test is not None else 0.0
        made.append(CategoryScore(category, score, amount, len(now)))
    return made


def _named(used: pd.DataFrame, categories: Sequence[str]) -> pd.DataFrame:
    """Name the columns of lines by their categories."""
    columns = used[[f"lines_{k}" for k in range(len(categories))]]
    return columns.set_axis([f"lines of {name}" for name in categories], axis=1)


def _told(features: pd.DataFrame, use: pd.DataFrame, category: str) -> pd.DataFrame:
    """Give the candidates of a category with what they bought in the others."""
    mine = f"lines of {category}"
    buys = use[mine].reindex(features.index).fillna(0) > 0
    candidates = features[~buys]
    others = use.drop(columns=mine).reindex(candidates.index).fillna(0.0)
    return candidates.assign(**{name: others[name] for name in others})


def _told_now(everyone: People, use: pd.DataFrame, category: str) -> People:
    """Give the same of everybody; `use` has his customers in his order."""
    mine = f"lines of {category}"
    if isinstance(everyone, pd.DataFrame):
        return _told(everyone, use, category)
    return everyone.adding(use.drop(columns=mine)).where(use[mine] == 0)


def _rules(features: pd.DataFrame, *, horizon_days: int) -> pd.DataFrame:
    return pd.DataFrame({BUSY_RULE: features["n_orders_91"].astype(float)})


def _spent(happened: pd.DataFrame, candidates: pd.DataFrame) -> float:
    """Mean sales of the candidates who began to buy."""
    spent = happened.loc[happened.index.isin(candidates.index), "net_cents"]
    return float(spent.mean() / 100) if len(spent) else 0.0
