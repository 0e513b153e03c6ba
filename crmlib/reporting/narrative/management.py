"""Sentences of the management summary."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from crmlib.database.report import IntakeReport
from crmlib.reporting import text
from crmlib.reporting.narrative.concentration import share_interval
from crmlib.reporting.narrative.customer_base import change_interval

__all__ = ["certainty", "findings", "headline", "key_figures", "not_shown", "stage_moves"]


def headline(
    base: Sequence[str], concentration: Sequence[str], actions: pd.DataFrame, *, currency: str
) -> list[str]:
    """Give the three sentences that matter: what happened, what it rests on, what to do.

    Parameters
    ----------
    base, concentration
        Headlines of the two notebooks, the most important sentence first.
    actions
        `recommendation`, `who`, `n_customers`, `net_amount`; what cannot wait comes first.
    """
    sentences = [base[0], concentration[0]]
    if actions.empty:
        return [*sentences, "No group of customers calls for action now."]
    first = actions.iloc[0]
    todo, who = (text.literal(first[name]) for name in ("recommendation", "who"))
    who = (
        f"1 customer: {who}"
        if first["n_customers"] == 1
        else (f"{text.count(first['n_customers'])} {who}")
    )
    return [
        *sentences,
        f"First to do: {todo[:1].lower()}{todo[1:]} "
        f"({who}; it is about "
        f"{text.money(first['net_amount'], currency)}).",
    ]


def findings(chapters: pd.DataFrame) -> list[str]:
    """List what every chapter found, as one item each.

    Parameters
    ----------
    chapters
        From `crmlib.decisions.attention.chapters_in_short`; `finding` is Markdown already.
    """
    shown = chapters[~chapters["is_missing"]]
    return ["\n".join(f"- **{row.chapter}.** {row.finding}" for row in shown.itertuples())]


def not_shown(chapters: pd.DataFrame) -> list[str]:
    """Name the chapters for which the source lacks a table; nothing where it lacks none."""
    names = [str(name) for name in chapters.loc[chapters["is_missing"], "chapter"]]
    if not names:
        return []
    return [
        f"Not shown, because the source lacks their tables: {', '.join(names)}. Each of these "
        "chapters says in one sentence what it needs and what it would show."
    ]


def key_figures(
    change: pd.DataFrame, stages: pd.DataFrame, measures: pd.DataFrame, *, currency: str
) -> list[tuple[str, str, str]]:
    """Give label, value and note of the numbers on the first page."""
    totals = change.iloc[0]
    by_stage = stages.set_index("stage")
    buying = by_stage.loc[["new", "active", "returned"]].sum(numeric_only=True)
    quiet = by_stage.loc[["lapsing", "lapsed"]].sum(numeric_only=True)
    top = measures.iloc[0]
    return [
        (
            "Sales to known customers",
            text.money(totals["now_amount"], currency),
            "nothing to compare with"
            if pd.isna(totals["value"])
            else f"{text.percent(totals['value'], signed=True)} on the period before, "
            f"{change_interval(totals)}",
        ),
        (
            "Customers who are buying",
            text.count(buying["n_customers"]),
            f"{text.percent(buying['customer_share'])} of all "
            f"{text.count(stages['n_customers'].sum())} customers",
        ),
        (
            "Sales of the best tenth",
            text.percent(top["value_share"], digits=2),
            share_interval(top),
        ),
        (
            "Sales to customers gone quiet",
            text.money(quiet["net_amount"], currency),
            f"{text.percent(quiet['net_share'])} of the sales looked at, "
            f"{text.count(quiet['n_customers'])} customers",
        ),
    ]


def stage_moves(transitions: pd.DataFrame) -> list[str]:
    """Say how many customers went quiet and how many came back, if any could.

    Parameters
    ----------
    transitions
        From `evaluation.customer_base.stage_transitions`.
    """
    matrix = transitions.set_index("stage_before")
    if matrix.drop("not yet a customer").to_numpy().sum() == 0:
        return []
    buying, quiet = ["new", "active", "returned"], ["lapsing", "lapsed"]
    return [
        f"{text.count(matrix.loc[buying, quiet].to_numpy().sum())} customers went quiet in the "
        f"period, {text.count(matrix.loc[quiet, buying].to_numpy().sum())} who were quiet "
        "are buying again, "
        f"{text.count(matrix.loc['not yet a customer'].sum())} bought for the first time."
    ]


def certainty(change: pd.DataFrame, *, verdict: str, report: IntakeReport) -> list[str]:
    """Say what the figures can carry and what they cannot."""
    totals = change.iloc[0]
    if pd.isna(totals["low"]):
        trust = "There are not enough data to say whether the change of sales is chance."
    elif totals["low"] > 0 or totals["high"] < 0:
        trust = "The change of sales is larger than chance among customers explains; it may be "
        trust += "the season."
    else:
        trust = "The change of sales could be chance among customers."
    kind = "These are simulated data. " if report.note.is_simulated else ""
    wording = report.note.wording.split(". ")[0].rstrip(".")
    if wording and not kind:
        kind = f"The provider says of the data: {text.literal(wording, limit=300)}. "
    return [
        f"{kind}Data quality: {verdict}. {trust} No effect of any measure is claimed on this page: "
        "periods are compared, not customers treated with customers left out by chance."
    ]
