"""Expectation less perception: by attribute and group, of customers and of employees."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from crmlib.errors import DataRejectedError, NotEnoughDataError
from crmlib.evaluation.experiments import benjamini_hochberg, compare_means
from crmlib.schema import require_columns

__all__ = [
    "OVERALL",
    "answer_matrix",
    "answer_quality",
    "attribute_gaps",
    "by_kind",
    "employee_view",
    "group_gaps",
    "overall_points",
    "ratings",
]

OVERALL = "overall"
"""Group of the one question about all in all."""
_LEVEL = 0.95
_MIN_ANSWERS = 3
_GAPS = [
    "n_answers", "expectation", "perception", "gap_points", "low_points", "high_points",
    "below_share",
]  # fmt: skip
_VIEW = [
    "attribute", "n_customers", "n_employees", "customer_gap_points", "employee_gap_points",
    "difference_points", "low_points", "high_points", "p_adjusted", "is_different",
]  # fmt: skip


def by_kind(answers: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Part the answers of customers from those of employees."""
    kind = answers["respondent_kind"]
    customers, employees = answers[kind == "customer"], answers[kind == "employee"]
    return customers.reset_index(drop=True), employees.reset_index(drop=True)


def overall_points(answers: pd.DataFrame) -> pd.Series:
    """Give each respondent's points for all in all, indexed by respondent."""
    asked = answers[answers["attribute_group"] == OVERALL]
    return asked.groupby("respondent_id")["perception"].mean()


def answer_matrix(answers: pd.DataFrame, value: str) -> pd.DataFrame:
    """Lay answers out with one row per respondent and one column per attribute.

    Parameters
    ----------
    answers
        From `crmlib.features.surveys.latest_answers`, collected; of one kind of respondent.
    value
        `gap` (expectation less perception) or the name of a column.
    """
    known = answers.assign(gap=answers["expectation"] - answers["perception"])
    return known.pivot_table(value, index="respondent_id", columns="attribute", aggfunc="mean")


def ratings(answers: pd.DataFrame) -> pd.DataFrame:
    """Give how well each respondent finds each attribute, all but the overall question.

    It is perception less expectation where expectations differ, else perception alone: nobody was
    asked what he expects.

    Parameters
    ----------
    answers
        As for `answer_matrix`.
    """
    single = answers[answers["attribute_group"] != OVERALL]
    expected = single["expectation"]
    asked = bool((expected != expected.iloc[0]).any()) if len(single) else False
    return -answer_matrix(single, "gap") if asked else answer_matrix(single, "perception")


def attribute_gaps(answers: pd.DataFrame, *, threshold: float = 0.05) -> pd.DataFrame:
    """Give expectation less perception of each attribute, paired within respondents.

    Parameters
    ----------
    answers
        As for `answer_matrix`.
    threshold
        Share of false ones among the attributes called below expectation that is allowed.

    Returns
    -------
    pandas.DataFrame
        One row per attribute but the overall question, the widest gap first: `attribute`,
        `attribute_group`, `n_answers`, `expectation`, `perception` (means), `gap_points`
        (positive: less than expected) with its 95 % interval `low_points`, `high_points`,
        `below_share` (of respondents who found less than they expected), `stated` (mean importance
        when asked), `p_adjusted`
        (Benjamini-Hochberg), `is_below`.
    """
    single = answers[answers["attribute_group"] != OVERALL]
    table = _gaps(single, ["attribute", "attribute_group"])
    stated = single.groupby("attribute")["importance"].mean()
    table["stated"] = table["attribute"].map(stated).astype(float)
    table["p_adjusted"] = np.nan
    known = table["p_value"].notna()
    table.loc[known, "p_adjusted"] = benjamini_hochberg(table.loc[known, "p_value"])
    table["is_below"] = (table["p_adjusted"] < threshold) & (table["gap_points"] > 0)
    return table.drop(columns="p_value").sort_values(
        ["gap_points", "attribute"], ascending=[False, True], ignore_index=True
    )


def group_gaps(answers: pd.DataFrame) -> pd.DataFrame:
    """Give expectation less perception of each group: people, product, premises, process.

    A respondent counts once in each group, with the mean of his answers there.

    Returns
    -------
    pandas.DataFrame
        One row per group, the widest gap first: `attribute_group`, `n_answers` (respondents),
        `expectation`, `perception`, `gap_points`, `low_points`, `high_points`, `below_share`.
    """
    keys = ["respondent_id", "attribute_group"]
    single = answers[answers["attribute_group"] != OVERALL]
    means = single.groupby(keys)[["expectation", "perception"]].mean().reset_index()
    table = _gaps(means, ["attribute_group"]).drop(columns="p_value")
    return table.sort_values(
        ["gap_points", "attribute_group"], ascending=[False, True], ignore_index=True
    )


def _gaps(answers: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Give mean and paired t interval of expectation less perception per group of rows."""
    require_columns(answers, [*keys, "expectation", "perception"], what="The table of answers")
    known = answers.dropna(subset=["expectation", "perception"])
    gap = known["expectation"] - known["perception"]
    grouped = known.assign(gap_points=gap, below_share=gap > 0).groupby(keys)
    table = grouped[["expectation", "perception", "gap_points", "below_share"]].mean()
    n, spread = grouped.size(), grouped["gap_points"].std()
    error = spread / np.sqrt(n)
    free = np.maximum(n - 1, 1)
    enough = (n >= _MIN_ANSWERS) & (error > 0)
    reach = (stats.t.isf((1 - _LEVEL) / 2, free) * error).where(enough)
    t = (table["gap_points"] / error).where(enough)
    table = table.assign(
        n_answers=n,
        low_points=table["gap_points"] - reach,
        high_points=table["gap_points"] + reach,
        p_value=2 * stats.t.sf(t.abs(), free),
    )
    return table[[*_GAPS, "p_value"]].reset_index()


def employee_view(
    customers: pd.DataFrame, employees: pd.DataFrame, *, threshold: float = 0.05
) -> pd.DataFrame:
    """Compare the gap that customers see with the one that employees see, attribute by attribute.

    Parameters
    ----------
    customers, employees
        Answers as for `answer_matrix`.
    threshold
        Share of false ones among the attributes called different that is allowed.

    Returns
    -------
    pandas.DataFrame
        One row per attribute asked of both, but the overall question: `attribute`,
        `n_customers`, `n_employees`,
        `customer_gap_points`, `employee_gap_points`, `difference_points` (customers less
        employees: positive where customers miss more than employees think) with `low_points`,
        `high_points` (Welch), `p_adjusted` (Benjamini-Hochberg), `is_different`; the largest
        difference first.
    """
    sides = [
        answer_matrix(side[side["attribute_group"] != OVERALL], "gap")
        for side in (customers, employees)
    ]
    rows, p_values = [], []
    for name in sorted(set(sides[0]) & set(sides[1])):
        theirs, ours = (side[name].dropna().to_numpy(dtype=float) for side in sides)
        if min(len(theirs), len(ours)) < _MIN_ANSWERS:
            continue
        try:
            found = compare_means(theirs, ours, unit="points")
        except (NotEnoughDataError, DataRejectedError):  # nothing varies
            continue
        p_values.append(found.p_value)
        means = (theirs.mean(), ours.mean(), found.estimate, found.low, found.high)
        rows.append((name, len(theirs), len(ours), *means))
    table = pd.DataFrame(rows, columns=_VIEW[:-2])
    table["p_adjusted"] = benjamini_hochberg(p_values).to_numpy() if p_values else np.nan
    table["is_different"] = table["p_adjusted"] < threshold
    order = table["difference_points"].abs().sort_values(ascending=False, kind="stable").index
    return table.loc[order].reset_index(drop=True)


def answer_quality(answers: pd.DataFrame) -> pd.DataFrame:
    """Count answers that say little: straight-liners, and answers at the end of the scale.

    A straight-liner gives every attribute the same points; it is looked for among those who
    judged at least three. The end of the scale is the highest answer that anybody gave.

    Returns
    -------
    pandas.DataFrame
        One row: `n_respondents`, `n_straight_liners`, `straight_share`, `top_share` (answers at
        the end of the scale), `top_attribute` with `top_attribute_share` (the attribute with most
        of them).
    """
    names = ["n_respondents", "n_straight_liners", "straight_share", "top_share", "top_attribute",
             "top_attribute_share"]  # fmt: skip
    if answers["perception"].notna().sum() == 0:
        return pd.DataFrame(columns=names)
    found = answer_matrix(answers, "perception")
    judged = found.notna().sum(axis=1)
    straight = (found.min(axis=1) == found.max(axis=1)) & (judged >= _MIN_ANSWERS)
    at_top = (found == found.max(axis=None)).sum()
    top = at_top / found.notna().sum()
    n, n_straight = len(found), int(straight.sum())
    all_top = float(at_top.sum() / judged.sum())
    row = [n, n_straight, n_straight / n, all_top, str(top.idxmax()), float(top.max())]
    return pd.DataFrame([row], columns=names)
