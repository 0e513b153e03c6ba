"""Sentences of the chapter on market sections."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from crmlib.reporting import text

__all__ = ["headline", "what_is_missing"]

_FIRM = 0.8


def headline(
    decided: pd.DataFrame, totals: pd.DataFrame, *, by: Sequence[str], currency: str
) -> list[str]:
    """Say where to invest, what to keep, and how firm the decisions are.

    Parameters
    ----------
    decided, totals
        From `crmlib.decisions.sections`.
    by
        What makes a section.
    """
    if decided.empty:
        return [
            "There are fewer than three sections of the market with enough customers, so that "
            "there is nothing to choose between. With `kind` and `region` of customers and "
            "`category` of products this chapter says which sections to work at."
        ]
    rows = totals.set_index("decision")
    parts = ", ".join(
        f"{name} {text.count(rows.loc[name, 'n_sections'])} "
        f"({text.money(rows.loc[name, 'net_amount'], currency)})"
        for name in rows.index
    )
    sentences = [
        f"{text.count(len(decided))} sections by {' and '.join(by)} with sales of "
        f"{text.money(decided['net_amount'].sum(), currency)}: {parts}."
    ]
    invest = decided[decided["decision"] == "invest"]
    if not invest.empty:
        first = invest.iloc[0]
        sentences.append(
            f"The largest section to invest in is {text.literal(first['section'], limit=80)} with "
            f"{text.money(first['net_amount'], currency)}{_grown(first)}; "
            f"{text.percent(first['penetration_share'], digits=0)} of the buyers of that kind and "
            "place buy there."
        )
    firm = int((decided["same_decision_share"] >= _FIRM).sum())
    return [
        *sentences,
        f"{text.count(firm)} of {text.count(len(decided))} decisions stay the same in at least "
        f"{text.percent(_FIRM, digits=0)} of other weights; the others hang on how much each "
        "criterion counts.",
    ]


def _grown(row: pd.Series) -> str:
    """Word the growth of a section, if it is known."""
    if pd.isna(row["growth_rate"]):
        return ""
    ends = (
        text.percent(row[name], digits=0, signed=True)
        for name in ("growth_low_rate", "growth_high_rate")
    )
    return (
        f", {text.percent(row['growth_rate'], digits=0, signed=True)} on the period before "
        f"({text.interval(*ends)})"
    )


def what_is_missing(measured: pd.DataFrame) -> list[str]:
    """Name the criteria that these data do not tell."""
    words = {
        "growth_rate": "growth (no whole period before)",
        "margin_rate": "margin (no costs)",
        "stayed_share": "customers kept (no whole period before)",
    }
    lacking = [said for name, said in words.items() if not measured[name].notna().any()]
    if not lacking or measured.empty:
        return []
    return [f"Not known and therefore left out of the scores: {', '.join(lacking)}."]
