"""Sentences that write their numbers from data. Nothing is computed here beyond wording."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd
from IPython.display import display

from crmlib.database.report import IntakeReport
from crmlib.reporting import text

__all__ = [
    "certainty",
    "concentration_headline",
    "customer_base_headline",
    "data_quality_headline",
    "key_figures",
    "management_headline",
    "missing_tables",
    "show",
    "show_plain",
    "source_note",
    "stage_evidence",
    "stage_moves",
]


def show(sentences: Sequence[str]) -> None:
    """Display sentences as Markdown, the first one in bold.

    Parameters
    ----------
    sentences
        Markdown texts; customers' strings in them are escaped with `text.literal`.
    """
    show_plain([f"**{sentence}**" if k == 0 else sentence for k, sentence in enumerate(sentences)])


def show_plain(paragraphs: Iterable[str]) -> None:
    """Display Markdown paragraphs, none of them in bold; nothing where there are none."""
    body = "\n\n".join(paragraphs)
    if body:
        display({"text/markdown": body, "text/plain": body}, raw=True)


def data_quality_headline(
    counts: pd.Series, tables: pd.DataFrame, *, verdict: str, as_of: str, currency: str
) -> list[str]:
    """Say whether the data can be trusted, what they hold and what was refused.

    Parameters
    ----------
    counts
        One row of `features.coverage.line_counts`.
    tables
        Intake report, one row per table.
    """
    fit = {
        "PASS": "The data are complete and consistent",
        "REVIEW": "The data can be used, but look at the points marked REVIEW",
        "FAIL": "The data are not fit to be published",
    }[verdict]
    rows, refused = int(tables["rows_in"].sum()), int(tables["rows_quarantined"].sum())
    doubled = int(tables["rows_deduplicated"].sum())
    return [
        f"{fit}: {text.count(counts['n_lines'])} order lines in "
        f"{text.count(counts['n_orders'])} orders of "
        f"{text.count(counts['n_customers'])} customers, "
        f"{text.money(counts['net_cents'] / 100, currency, cents=True)} up to {as_of}.",
        f"Of {text.count(rows)} rows read from {_tables(len(tables))}, {text.count(refused)} were "
        f"refused and {text.count(doubled)} dropped as exact duplicates; every row is accounted "
        "for.",
    ]


def _tables(number: int) -> str:
    """Write a number of tables."""
    return "one table" if number == 1 else f"{number} tables"


def missing_tables(missing: pd.DataFrame) -> list[str]:
    """Say which tables the source lacks and what a reader would learn from each.

    Parameters
    ----------
    missing
        `table` and `teaches`.
    """
    if missing.empty:
        return ["The source brings every table of the data model."]
    items = "\n".join(f"- `{row.table}`: {row.teaches}" for row in missing.itertuples())
    return [f"With these tables the report would also show:\n\n{items}"]


def stage_evidence(silences: pd.DataFrame, *, lapse_days: int) -> list[str]:
    """Say how often a silence longer than the limit ended with another order.

    Parameters
    ----------
    silences
        `n_long_silences`, `n_ended`.
    """
    n, ended = (int(silences[name].iloc[0]) for name in ("n_long_silences", "n_ended"))
    if n == 0:
        return [f"No customer has been silent for more than {text.days(lapse_days)} yet."]
    return [
        f"Of {text.count(n)} silences longer than {text.days(lapse_days)}, {text.count(ended)} "
        f"({text.percent(ended / n)}) ended with another order: lapsed means quiet for long, not "
        "gone for good."
    ]


def customer_base_headline(
    stages: pd.DataFrame,
    factors: pd.DataFrame,
    change: pd.DataFrame,
    *,
    as_of: str,
    n_days: int,
    currency: str,
) -> list[str]:
    """Say how sales moved, why, and at which stages the customers are.

    Parameters
    ----------
    stages
        From `evaluation.customer_base.stage_summary`.
    factors
        From `evaluation.growth.growth_by_factor`.
    change
        From `evaluation.growth.change_with_interval`.
    """
    by_stage = stages.set_index("stage")
    quiet = by_stage.loc[["lapsing", "lapsed"]].sum(numeric_only=True)
    if stages["n_customers"].sum() == 0:
        return ["No sale has a known customer, so nothing can be said about customers."]
    return [
        _change_sentence(change.iloc[0], as_of=as_of, n_days=n_days, currency=currency),
        *_reason_sentence(factors, currency=currency),
        f"{text.count(quiet['n_customers'])} of {text.count(stages['n_customers'].sum())} "
        f"customers ({text.percent(quiet['customer_share'])}) are lapsing or lapsed; they brought "
        f"{text.percent(quiet['net_share'])} of the sales looked at.",
    ]


def _change_sentence(totals: pd.Series, *, as_of: str, n_days: int, currency: str) -> str:
    """Say how sales moved, or why nothing can be said about it."""
    bought = text.money(totals["now_amount"], currency)
    now = f"Known customers bought for {bought} in the {text.days(n_days)} to {as_of}"
    if pd.isna(totals["value"]):
        return (
            f"{now}; the data hold no whole period of {text.days(n_days)} before to compare with."
        )
    before = text.money(totals["before_amount"], currency)
    moved = f"{now}, {text.percent(totals['value'], signed=True)} against {before}"
    return f"{moved} in the {text.days(n_days)} before ({_signed_interval(totals)})."


def _signed_interval(totals: pd.Series) -> str:
    """Word the interval of a change, with what it means for the reader."""
    low, high = totals["low"], totals["high"]
    if pd.isna(low):
        return "too few customers for an interval"
    chance = "" if low > 0 or high < 0 else ", which is within chance"
    ends = text.interval(text.percent(low, signed=True), text.percent(high, signed=True))
    return f"{ends}{chance}"


def _reason_sentence(factors: pd.DataFrame, *, currency: str) -> list[str]:
    """Name the two factors that moved sales most; nothing where the split is not possible."""
    if factors["effect_amount"].isna().any():
        return []
    by_size = factors["effect_amount"].abs().sort_values(ascending=False, kind="stable").index
    first, second = (factors.loc[row] for row in by_size[:2])
    return [
        f"The main reason: {first['factor']} went from {first['before']:,.2f} to "
        f"{first['now']:,.2f} ({text.money(first['effect_amount'], currency)}); "
        f"{second['factor']} went from {second['before']:,.2f} to {second['now']:,.2f} "
        f"({text.money(second['effect_amount'], currency)})."
    ]


def concentration_headline(
    measures: pd.DataFrame,
    classes: pd.DataFrame,
    quiet: pd.DataFrame,
    sales: pd.Series,
    *,
    currency: str,
) -> list[str]:
    """Say how much depends on how few, and what is at risk among the best.

    Parameters
    ----------
    measures
        From `evaluation.concentration.measures`.
    classes
        From `evaluation.concentration.class_summary`.
    quiet
        From `decisions.attention.quiet_customers`.
    sales
        Sales of each customer in the window, account currency.
    """
    top = measures.iloc[0]
    best = classes.iloc[0]
    total = text.money(sales.sum(), currency, cents=True)
    if pd.isna(top["value_share"]):
        return [
            f"Not enough data for a concentration: {text.count(len(sales))} customers with sales "
            f"of {total} in all; positive sales are needed."
        ]
    return [
        f"The best tenth of {text.count(len(sales))} customers brings "
        f"{text.percent(top['value_share'], digits=2)} of {total} ({_share_interval(top)}).",
        f"{text.count(best['n_customers'])} customers "
        f"({text.percent(best['customer_share'])}) are class A and bring "
        f"{text.percent(best['net_share'])} of the sales.",
        f"{text.count(len(quiet))} class A customers are lapsing or lapsed; "
        f"they bought for {text.money(quiet['net_amount'].sum(), currency)} in the period."
        if len(quiet)
        else "No class A customer is lapsing or lapsed.",
    ]


def _share_interval(row: pd.Series) -> str:
    """Word the interval of a share, or say that there is none."""
    if pd.isna(row["low_share"]):
        return "too few customers for an interval"
    return text.interval(text.percent(row["low_share"]), text.percent(row["high_share"]))


def management_headline(
    base: Sequence[str], concentration: Sequence[str], actions: pd.DataFrame, *, currency: str
) -> list[str]:
    """Give the three sentences that matter: what happened, what it rests on, what to do.

    Parameters
    ----------
    base, concentration
        Headlines of the two notebooks, the most important sentence first.
    actions
        `recommendation`, `who`, `n_customers`, `net_amount`; the largest sales first.
    """
    sentences = [base[0], concentration[0]]
    if actions.empty:
        return [*sentences, "No group of customers calls for action now."]
    first = actions.iloc[0]
    return [
        *sentences,
        f"First to do: {first['recommendation'][:1].lower()}{first['recommendation'][1:]} "
        f"({text.count(first['n_customers'])} {first['who']}, who bought for "
        f"{text.money(first['net_amount'], currency)} in the period looked at).",
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
            f"{_signed_interval(totals)}",
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
            _share_interval(top),
        ),
        (
            "Sales to customers gone quiet",
            text.money(quiet["net_amount"], currency),
            f"{text.percent(quiet['net_share'])} of the sales looked at, "
            f"{text.count(quiet['n_customers'])} customers",
        ),
    ]


def stage_moves(transitions: pd.DataFrame) -> list[str]:
    """Say how many customers went quiet and how many came back.

    Parameters
    ----------
    transitions
        From `evaluation.customer_base.stage_transitions`.
    """
    matrix = transitions.set_index("stage_before")
    if matrix.to_numpy().sum() == 0:
        return []
    buying, quiet = ["new", "active", "returned"], ["lapsing", "lapsed"]
    return [
        f"{text.count(matrix.loc[buying, quiet].to_numpy().sum())} customers went quiet in the "
        f"period, {text.count(matrix.loc[quiet, buying].to_numpy().sum())} quiet ones bought "
        "again, "
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
        f"{kind}Data quality: {verdict}. {trust} No effect of any measure is claimed: periods are "
        "compared here, not customers who were treated with customers who were left out by chance."
    ]


def source_note(report: IntakeReport) -> list[str]:
    """Name the source of the data, its provider, the terms of use and what to keep in mind."""
    note = report.note
    parts = [part for part in (note.title, note.provider, note.wording, note.terms) if part]
    origin = "Source: " + ". ".join(text.literal(part.rstrip("."), limit=600) for part in parts)
    remarks = (*note.caveats, *report.overrides)
    caveats = "\n".join(f"- {text.literal(caveat, limit=600)}" for caveat in remarks)
    return [f"{origin}.", *([f"Keep in mind:\n\n{caveats}"] if caveats else [])]
