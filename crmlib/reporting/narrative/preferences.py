"""Sentences of the chapter on purchase preferences."""

from __future__ import annotations

import pandas as pd

from crmlib.reporting import text

__all__ = ["headline", "looks"]


def headline(
    customers: pd.DataFrame,
    groups: pd.DataFrame,
    later: pd.DataFrame,
    lasting: pd.DataFrame,
    *,
    n_categories: int,
    currency: str,
) -> list[str]:
    """Say how many customers have a clear favourite, what it is worth, and whether it lasts.

    Parameters
    ----------
    customers
        From `evaluation.preference_profiles.profiles`.
    groups, later
        From `evaluation.favourites`: `favourite_groups` and `later_index`.
    lasting
        From `evaluation.lasting.lasting_table`.
    n_categories
        Categories among which favourites were looked for.
    """
    if customers.empty:
        return ["No known customer bought in the period, so nothing can be said of preferences."]
    n, clear = len(customers), customers[customers["is_clear"].astype(bool)]
    above = float(clear["above_amount"].astype(float).sum())
    total = float(customers["net_amount"].sum())
    share = above / total if total > 0 else float("nan")
    first = (
        f"{text.count(len(clear))} of {text.count(n)} customers ({text.percent(len(clear) / n)}) "
        f"have a clear favourite category; they spent {text.money(above, currency)} more on it "
        f"than other customers with as much to spend ({text.percent(share)} of all sales in the "
        "period)."
    )
    if n_categories == 0:
        first = "The sales name no categories of products, so that nobody's favourite can be told."
    elif clear.empty:
        first = f"Of {text.count(n)} customers nobody has a favourite category beyond chance."
    return [first, *_groups_sentence(groups, currency=currency), *_later_sentence(later),
            *_lasting_sentence(lasting)]  # fmt: skip


def _groups_sentence(groups: pd.DataFrame, *, currency: str) -> list[str]:
    """Name the three favourites that stand for most money."""
    named = [
        f"{text.literal(row.favourite, limit=40)} ({text.count(row.n_customers)} customers, "
        f"{text.money(row.above_amount, currency)})"
        for row in groups.head(3).itertuples()
    ]
    return [f"Most of this money lies in {', '.join(named)}."] if named else []


def _later_sentence(later: pd.DataFrame) -> list[str]:
    """Say how much of the favourite customers bought in the half that did not choose it."""
    overall = later[later["favourite"] == ""]
    if overall.empty or pd.isna(overall["low_index"].iloc[0]):
        return []
    row = overall.iloc[0]
    ends = text.interval(*(f"{row[name] / 100:.1f}" for name in ("low_index", "high_index")))
    return [
        f"Favourites last: who had a clear one in the first half of the period bought "
        f"{row['later_index'] / 100:.1f} times as much of it in the second half as other "
        f"customers ({ends}; {text.count(row['n_customers'])} customers)."
        if row["low_index"] > 100
        else "Favourites do not last: in the second half of the period customers bought "
        f"{row['later_index'] / 100:.1f} times as much of the clear favourite of the first half "
        f"as other customers ({ends})."
    ]


def _lasting_sentence(lasting: pd.DataFrame) -> list[str]:
    """Say which preferences show again, and which do not."""
    others = lasting[lasting["aspect"] != "category"]
    parts = []
    for outcome, words in (
        ("lasts", "what shows again in the second half"),
        ("weak", "only weakly"),
        ("not shown", "not beyond chance, or with too few data"),
    ):
        names = list(others.loc[others["outcome"] == outcome, "aspect"])
        if names:
            parts.append(f"{words}: {', '.join(names)}")
    return [f"Beside goods, {'; '.join(parts)}."] if parts else []


def looks(customers: pd.DataFrame, *, n_categories: int) -> str:
    """Say how many looks were taken, for the note of a table."""
    return (
        f"{text.count(len(customers))} customers times {text.count(n_categories)} categories were "
        "looked at; at most about one in twenty of the clear favourites is a chance find."
    )
