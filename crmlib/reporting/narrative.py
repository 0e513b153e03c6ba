"""Sentences that write their numbers from data. Nothing is computed here beyond wording."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd
from IPython.display import display

from crmlib.database.report import IntakeReport
from crmlib.reporting import text

__all__ = [
    "as_table",
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


def show(sentences: Sequence[str] | pd.DataFrame) -> None:
    """Display sentences as Markdown, the first one in bold.

    Parameters
    ----------
    sentences
        Markdown texts, or a table with the column `sentence`; customers' strings in them are
        escaped with `text.literal`.
    """
    lines = list(sentences["sentence"] if isinstance(sentences, pd.DataFrame) else sentences)
    shown = [f"**{lines[0]}**", *lines[1:]] if lines else []
    body = "\n\n".join(shown)
    display({"text/markdown": body, "text/plain": body}, raw=True)


def show_plain(sentences: Iterable[str]) -> None:
    """Display sentences as a Markdown paragraph, none of them in bold."""
    body = " ".join(sentences)
    display({"text/markdown": body, "text/plain": body}, raw=True)


def as_table(sentences: Sequence[str]) -> pd.DataFrame:
    """Put sentences into a table with the column `sentence`, to be saved."""
    return pd.DataFrame({"sentence": list(sentences)}, dtype="str")


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
        "PASS": "The data are fit for decisions",
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
        f"Of {text.count(rows)} rows read from {len(tables)} tables, {text.count(refused)} were "
        f"refused and {text.count(doubled)} dropped as exact duplicates; every row is accounted "
        "for.",
    ]


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


def stage_evidence(silences: pd.Series, *, lapse_days: int) -> list[str]:
    """Say how often a silence longer than the limit ended with another order.

    Parameters
    ----------
    silences
        `n_long_silences`, `n_ended`.
    """
    n, ended = int(silences["n_long_silences"]), int(silences["n_ended"])
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
    change: pd.Series,
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
        One row of `evaluation.growth.change_with_interval`.
    """
    value, low, high = change["value"], change["low"], change["high"]
    sure = "" if low > 0 or high < 0 else ", which is within chance"
    ends = text.interval(text.percent(low, signed=True), text.percent(high, signed=True))
    reasons = factors.reindex(factors["effect_amount"].abs().sort_values(ascending=False).index)
    first, second = reasons.iloc[0], reasons.iloc[1]
    by_stage = stages.set_index("stage")
    quiet = by_stage.loc[["lapsing", "lapsed"]].sum(numeric_only=True)
    return [
        f"Sales of the {text.days(n_days)} to {as_of} were "
        f"{text.money(change['now_amount'], currency)}, {text.percent(value, signed=True)} against "
        f"{text.money(change['before_amount'], currency)} in the {text.days(n_days)} before "
        f"({ends}{sure}).",
        f"The main reason: {first['factor']} went from {first['before']:,.2f} to "
        f"{first['now']:,.2f} ({text.money(first['effect_amount'], currency)}); "
        f"{second['factor']} went from {second['before']:,.2f} to {second['now']:,.2f} "
        f"({text.money(second['effect_amount'], currency)}).",
        f"{text.count(quiet['n_customers'])} of {text.count(stages['n_customers'].sum())} "
        f"customers ({text.percent(quiet['customer_share'])}) are lapsing or lapsed; they stand "
        f"for {text.percent(quiet['net_share'])} of the sales so far.",
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
    ends = text.interval(text.percent(top["low"]), text.percent(top["high"]))
    return [
        f"The best tenth of {text.count(len(sales))} customers brings "
        f"{text.percent(top['value'], digits=2)} of "
        f"{text.money(sales.sum(), currency, cents=True)} ({ends}).",
        f"{text.count(best['n_customers'])} customers "
        f"({text.percent(best['customer_share'])}) are class A and bring "
        f"{text.percent(best['net_share'])} of the sales.",
        f"{text.count(len(quiet))} class A customers are lapsing or lapsed; "
        f"{text.money(quiet['net_amount'].sum(), currency)} of yearly sales are at stake with them."
        if len(quiet)
        else "No class A customer is lapsing or lapsed.",
    ]


def management_headline(
    base: pd.DataFrame, concentration: pd.DataFrame, actions: pd.DataFrame, *, currency: str
) -> list[str]:
    """Give the three sentences that matter: what happened, what it rests on, what to do.

    Parameters
    ----------
    base, concentration
        Headline tables of the two notebooks, column `sentence`.
    actions
        `action`, `who`, `n_customers`, `stake_amount`; the largest stake first.
    """
    sentences = [base["sentence"].iloc[0], concentration["sentence"].iloc[0]]
    if actions.empty:
        return [*sentences, "No group of customers calls for action now."]
    first = actions.iloc[0]
    return [
        *sentences,
        f"First to do: {first['action'][:1].lower()}{first['action'][1:]}: "
        f"{text.count(first['n_customers'])} {first['who']}, "
        f"{text.money(first['stake_amount'], currency)} of sales at stake.",
    ]


def key_figures(
    change: pd.Series,
    stages: pd.DataFrame,
    measures: pd.DataFrame,
    actions: pd.DataFrame,
    *,
    currency: str,
) -> list[tuple[str, str, str]]:
    """Give label, value and note of the numbers on the first page."""
    by_stage = stages.set_index("stage")
    buying = by_stage.loc[["new", "active", "returned"]].sum(numeric_only=True)
    top = measures.iloc[0]
    ends = text.interval(
        text.percent(change["low"], signed=True), text.percent(change["high"], signed=True)
    )
    figures = [
        (
            "Sales of the period",
            text.money(change["now_amount"], currency),
            f"{text.percent(change['value'], signed=True)} on the period before, {ends}",
        ),
        (
            "Customers who are buying",
            text.count(buying["n_customers"]),
            f"{text.percent(buying['customer_share'])} of all "
            f"{text.count(stages['n_customers'].sum())} customers",
        ),
        (
            "Sales of the best tenth",
            text.percent(top["value"], digits=2),
            text.interval(text.percent(top["low"]), text.percent(top["high"])),
        ),
    ]
    if not actions.empty:
        figures.append(
            (
                "Largest stake",
                text.money(actions["stake_amount"].iloc[0], currency),
                str(actions["who"].iloc[0]),
            )
        )
    return figures


def stage_moves(transitions: pd.DataFrame) -> list[str]:
    """Say how many customers went quiet and how many came back.

    Parameters
    ----------
    transitions
        From `evaluation.customer_base.stage_transitions`.
    """
    matrix = transitions.set_index("stage_before")
    buying, quiet = ["new", "active", "returned"], ["lapsing", "lapsed"]
    return [
        f"{text.count(matrix.loc[buying, quiet].to_numpy().sum())} customers went quiet in the "
        f"period, {text.count(matrix.loc[quiet, buying].to_numpy().sum())} quiet ones bought "
        "again, "
        f"{text.count(matrix.loc['not yet a customer'].sum())} were won."
    ]


def certainty(change: pd.Series, *, verdict: str, report: IntakeReport) -> list[str]:
    """Say what the figures can carry and what they cannot."""
    beyond = change["low"] > 0 or change["high"] < 0
    trust = (
        "The change of sales is larger than chance among customers explains."
        if beyond
        else "The change of sales could be chance among customers."
    )
    kind = "These are simulated data. " if report.note.is_simulated else ""
    return [
        f"{kind}Data quality: {verdict}. {trust} No effect of any measure is claimed: nobody was "
        "left out by chance, so there is nothing to compare with."
    ]


def source_note(report: IntakeReport) -> list[str]:
    """Name the source of the data, its provider, the terms of use and what to keep in mind."""
    note = report.note
    parts = [part for part in (note.title, note.provider, note.wording, note.terms) if part]
    origin = "Source: " + ". ".join(text.literal(part.rstrip("."), limit=600) for part in parts)
    caveats = "\n".join(f"- {text.literal(caveat, limit=600)}" for caveat in note.caveats)
    return [f"{origin}.", *([f"Keep in mind:\n\n{caveats}"] if caveats else [])]
