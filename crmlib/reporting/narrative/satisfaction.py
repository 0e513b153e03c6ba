"""Sentences of the chapter on satisfaction."""

from __future__ import annotations

import pandas as pd

from crmlib.reporting import text

__all__ = ["answering", "headline", "other_outcomes", "scale_usage"]

_CHANGED = 3


def headline(
    gaps: pd.DataFrame,
    top: pd.DataFrame,
    sales: pd.DataFrame,
    view: pd.DataFrame,
    *,
    outcome: str,
    currency: str,
) -> list[str]:
    """Say what to mend first, what hangs on it, and where what is said misleads.

    Parameters
    ----------
    gaps
        From `evaluation.satisfaction.attribute_gaps`.
    top
        From `decisions.satisfaction.priorities`.
    sales
        From `decisions.satisfaction.sales_below`; may be empty.
    view
        From `evaluation.satisfaction.employee_view`.
    outcome
        What importance is derived for, in words.
    """
    if gaps.empty:
        return ["No customer has answered a survey in the period looked at."]
    return [
        *_first(gaps, top, outcome=outcome),
        *_money(sales, currency=currency),
        *_stated(top),
        *_employees(view),
    ]


def _first(gaps: pd.DataFrame, top: pd.DataFrame, *, outcome: str) -> list[str]:
    """Name what to mend first; the widest gap where nothing is known to matter."""
    chosen = top[top["priority"] == "mend first"]
    n = int(gaps["n_answers"].max())
    who = "1 customer" if n == 1 else f"{text.count(n)} customers"
    if chosen.empty:
        widest = gaps.iloc[0]
        return [
            f"The widest gap is {text.literal(widest['attribute'])}: {_gap(widest)}. From the "
            f"answers of {who} it cannot be told that anything both falls short and drives "
            "their satisfaction."
        ]
    row = chosen.iloc[0]
    ends = text.interval(text.percent(row["low_share"]), text.percent(row["high_share"]))
    others = [text.literal(name) for name in chosen["attribute"].iloc[1:3]]
    after = f" Next: {', '.join(others)}." if others else ""
    return [
        f"Mend {text.literal(row['attribute'])} first: {_gap(row)}, and it makes up "
        f"{text.percent(row['importance_share'])} of what explains {outcome} ({ends}).{after}"
    ]


def _gap(row: pd.Series) -> str:
    """Word a gap with its interval."""
    side = "less" if row["gap_points"] >= 0 else "more"
    said = f"customers find {abs(row['gap_points']):.1f} points {side} than they expect"
    if pd.isna(row["low_points"]):
        return f"{said} (too few answers for an interval)"
    ends = sorted((abs(row["low_points"]), abs(row["high_points"])))
    if row["low_points"] * row["high_points"] < 0:
        return f"{said}, which is within chance"
    return f"{said} ({text.interval(f'{ends[0]:.1f}', f'{ends[1]:.1f}')})"


def _money(sales: pd.DataFrame, *, currency: str) -> list[str]:
    """Say what sales hang on it."""
    if sales.empty:
        return []
    row = sales.iloc[0]
    ends = text.interval(text.percent(row["low_share"]), text.percent(row["high_share"]))
    return [
        f"{text.count(row['n_below'])} of {text.count(row['n_respondents'])} customers who "
        f"answered are below expectation there; they bring {text.percent(row['below_share'])} of "
        f"the sales of those who answered ({ends}). If all customers feel like them, that is "
        f"{text.money(row['projected_amount'], currency)} of "
        f"{text.money(row['all_amount'], currency)} of sales: what hangs on it, not what mending "
        "it earns."
    ]


def _stated(top: pd.DataFrame) -> list[str]:
    """Name an attribute that is said to matter and does not, or the other way round."""
    known = top.dropna(subset=["stated_rank", "importance_rank"])
    moved = (known["importance_rank"] - known["stated_rank"]).abs()
    if known.empty or moved.max() < _CHANGED:
        return []
    said, found = known.loc[known["stated_rank"].idxmin()], known.loc[moved.idxmax()]
    row = said if said["importance_rank"] - said["stated_rank"] >= _CHANGED else found
    return [
        f"What customers say differs from what goes with their satisfaction: "
        f"{text.literal(row['attribute'])} is number {row['stated_rank']:.0f} of what they call "
        f"important and number {row['importance_rank']:.0f} of what explains it."
    ]


def _employees(view: pd.DataFrame) -> list[str]:
    """Say where employees and customers differ most."""
    found = view[view["is_different"].eq(True)]
    if found.empty:
        return []
    row = found.iloc[0]
    ends = sorted((abs(row["low_points"]), abs(row["high_points"])))
    more = "more" if row["difference_points"] > 0 else "less"
    return [
        f"Customers miss {abs(row['difference_points']):.1f} points {more} at "
        f"{text.literal(row['attribute'])} than employees think "
        f"({text.interval(f'{ends[0]:.1f}', f'{ends[1]:.1f}')}); {len(found)} of {len(view)} "
        "attributes are seen otherwise, after correction for so many looks."
    ]


def other_outcomes(drivers: pd.DataFrame) -> list[str]:
    """Say for each outcome what drives it beyond chance, and how much is explained at all."""
    sentences = []
    for outcome, part in drivers.groupby("outcome", sort=False):
        found = part[part["is_driver"]]
        named = ", ".join(text.literal(name) for name in found["attribute"].head(4))
        what = named or "none of the attributes beyond chance"
        sentences.append(
            f"{str(outcome).capitalize()} goes with {what}; all attributes together explain "
            f"{text.percent(part['r2_share'].iloc[0])} of its differences among "
            f"{text.count(part['n_answers'].iloc[0])} customers."
        )
    return sentences


def scale_usage(check: pd.DataFrame, quality: pd.DataFrame) -> list[str]:
    """Say how many answers say little, and whether it changes the ranking."""
    sentences = []
    if len(quality):
        row = quality.iloc[0]
        sentences.append(
            f"{text.count(row['n_straight_liners'])} of {text.count(row['n_respondents'])} "
            f"respondents ({text.percent(row['straight_share'])}) gave every attribute the same "
            f"points; {text.percent(row['top_share'])} of the answers stand at the end of the "
            f"scale, most at {text.literal(row['top_attribute'])} "
            f"({text.percent(row['top_attribute_share'])})."
        )
    if len(check):
        same = check["importance_rank"].eq(check["level_rank"]).head(3).all()
        sentences.append(
            "Some people give high points to everything. With each respondent's general level "
            "taken out the first three attributes "
            + ("keep their ranks." if same else "change ranks: treat the order with care.")
        )
    return sentences


def answering(who: pd.DataFrame, means: tuple[float, float]) -> list[str]:
    """Say who answered, and what weighting the answers changes.

    Parameters
    ----------
    who
        From `evaluation.respondents.who_answered`.
    means
        Overall satisfaction as answered, and weighted to all customers.
    """
    if who.empty or who["n_answered"].iloc[0] == 0:
        return ["No customer who was known before the latest survey answered it."]
    all_ = who.iloc[0]
    ends = text.interval(text.percent(all_["low_rate"]), text.percent(all_["high_rate"]))
    sentences = [
        f"In the latest survey {text.count(all_['n_answered'])} of "
        f"{text.count(all_['n_customers'])} customers known the day before answered "
        f"({text.percent(all_['answered_rate'])}; {ends})."
    ]
    found = who[who["is_different"]]
    if len(found):
        named = ", ".join(
            f"{text.literal(row.group)} ({text.percent(row.answered_rate)})"
            for row in found.head(4).itertuples()
        )
        sentences.append(f"Other rates than the rest, beyond chance: {named}.")
    if not any(map(pd.isna, means)):
        sentences.append(
            f"Overall satisfaction is {means[0]:.2f} points as answered, and {means[1]:.2f} if "
            "every stage and quarter of sales had answered like all customers."
        )
    return sentences
