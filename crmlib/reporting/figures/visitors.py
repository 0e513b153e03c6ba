"""Charts of the chapter on visitors and prospects."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, PercentFormatter

from crmlib.reporting import text
from crmlib.reporting.drawing import dots_with_intervals, nothing_to_draw, thousands, tick_names
from crmlib.reporting.theme import ACCENT, COLOURS, MUTED, describe, new_axes

__all__ = ["drop_outs", "purchases_by_month", "success_by_source", "unmet_terms"]

_SHOWN = 12
_COLOUR = {"higher": COLOURS[2], "lower": COLOURS[5]}
_DONE = {
    "enter": "enter",
    "view": "look at a product",
    "basket": "fill a basket",
    "buy": "buy",
}


def drop_outs(steps: pd.DataFrame, *, as_of: str, currency: str, ax: Axes | None = None) -> Axes:
    """Draw how many visits reach each step and how many go no further.

    Parameters
    ----------
    steps
        From `evaluation.visitors.drop_outs`.
    """
    if steps.empty:
        why = "No step after entering on record (need 1)"
        return nothing_to_draw(new_axes(ax), why=why, as_of=as_of)
    ax = new_axes(ax, height=1.3 + 0.5 * len(steps))
    last = steps.iloc[-1]
    names = [_DONE[step] for step in [*steps["step"], last["next_step"]]]
    counts = [*steps["n_visits"], last["n_visits"] - last["n_ended"]]
    ax.barh(names, counts, color=ACCENT, height=0.6)
    ax.invert_yaxis()
    for place, row in enumerate(steps.itertuples()):
        words = f"{text.percent(row.ended_rate)} go no further"
        ax.annotate(words, (0, place + 0.5), va="center", color="#323F4B", fontsize=8.5,
                    xytext=(4, 0), textcoords="offset points")  # fmt: skip
    ax.xaxis.set_major_formatter(FuncFormatter(thousands))
    ax.set_xlabel("Visits")
    ax.grid(visible=True, axis="x")
    ax.grid(visible=False, axis="y")
    most = steps.loc[steps["n_ended"].idxmax()]
    words = "; ".join(
        f"of {text.count(row.n_visits)} that {_DONE[row.step]}, {text.percent(row.ended_rate)} "
        f"({text.percent(row.low_rate)} to {text.percent(row.high_rate)}) go no further"
        for row in steps.itertuples()
    )
    return describe(
        ax,
        finding=(
            f"Most visits end before they {_DONE[most['next_step']]}: "
            f"{text.count(most['n_ended'])} of the {text.count(most['n_visits'])} that "
            f"{_DONE[most['step']]}"
            if most["n_ended"]
            else f"All {text.count(most['n_visits'])} visits {_DONE[most['next_step']]}"
        ),
        subtitle=f"Visits by the furthest step, as of {as_of}",
        alt=f"Bars of visits by step: {words}.",
    )


def success_by_source(
    rates: pd.DataFrame, *, what: str, as_of: str, currency: str, ax: Axes | None = None
) -> Axes:
    """Draw the success of the largest sources with their intervals.

    Parameters
    ----------
    rates
        From `evaluation.visitors.source_rates`.
    what
        What a success is, as in "end with a purchase".
    """
    if rates.empty:
        return nothing_to_draw(new_axes(ax), why="No source to look at (need 1)", as_of=as_of)
    shown = rates.nlargest(_SHOWN, "n_trials", keep="all").head(_SHOWN)
    shown = shown.sort_values("success_rate", ascending=False, kind="stable")
    ax = new_axes(ax, height=1.1 + 0.32 * len(shown))
    ends = shown[["success_rate", "low_rate", "high_rate"]]
    colours = [_COLOUR.get(verdict, MUTED) for verdict in shown["verdict"]]
    names = dots_with_intervals(ax, shown["source"], ends, colours=colours)
    ax.set_xlim(0, min(1.0, 1.05 * shown["high_rate"].max()))
    ax.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    ax.set_xlabel(f"Share of those who {what}, 95 % interval; grey = as the others, within chance")
    n = int((rates["verdict"] != "as the rest").sum())
    words = "; ".join(
        f"{name} {text.percent(row.success_rate)} ({text.percent(row.low_rate)} to "
        f"{text.percent(row.high_rate)}), {row.verdict}"
        for name, row in zip(names, shown.itertuples(), strict=True)
    )
    return describe(
        ax,
        finding=f"{n} of {len(rates)} sources differ from the others beyond chance in how many "
        f"{what}",
        subtitle=f"{text.count(rates['n_trials'].sum())} in all, the {len(shown)} largest sources, "
        f"as of {as_of}",
        alt=f"Points with intervals. {words}.",
    )


def purchases_by_month(
    months: pd.DataFrame, *, as_of: str, currency: str, ax: Axes | None = None
) -> Axes:
    """Draw the share of visits that end with a purchase, by month of the visit.

    Parameters
    ----------
    months
        `month_on`, `n_trials`, `success_rate`, `low_rate`, `high_rate`, the first month first.
    """
    ax = new_axes(ax)
    if months.empty:
        return nothing_to_draw(ax, why="No purchase in a visit on record (need 1)", as_of=as_of)
    x = list(range(len(months)))
    ax.fill_between(x, months["low_rate"], months["high_rate"], color=ACCENT, alpha=0.18, lw=0)
    ax.plot(x, months["success_rate"], color=ACCENT, marker="o", markersize=4)
    ax.set_ylim(bottom=0)
    step = max(1, -(-len(months) // 8))
    ax.set_xticks(x[::step], months["month_on"].iloc[::step])
    ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    ax.set_ylabel("Visits with a purchase")
    ax.set_xlabel("Month of the visit")
    best, worst = (months.loc[months["success_rate"].agg(end)] for end in ("idxmax", "idxmin"))
    return describe(
        ax,
        finding=f"Visits with a purchase by month: from {text.percent(worst['success_rate'])} in "
        f"{worst['month_on']} to {text.percent(best['success_rate'])} in {best['month_on']}",
        subtitle=f"{text.count(months['n_trials'].sum())} visits, 95 % interval, as of {as_of}",
        alt=f"Line over {len(months)} months, lowest in {worst['month_on']}, highest in "
        f"{best['month_on']}.",
    )


def unmet_terms(terms: pd.DataFrame, *, as_of: str, currency: str, ax: Axes | None = None) -> Axes:
    """Draw how often each term was searched in vain.

    Parameters
    ----------
    terms
        From `evaluation.visitors.priced_terms`, the most frequent first.
    """
    if terms.empty:
        why = "No term that fails more often than others (0 found)"
        return nothing_to_draw(new_axes(ax), why=why, as_of=as_of)
    shown = terms.head(_SHOWN)
    ax = new_axes(ax, height=1.1 + 0.32 * len(shown))
    y = list(range(len(shown)))
    ax.barh(y, shown["n_unmet"], color=COLOURS[5], height=0.6)
    names = tick_names(shown["term"])
    ax.set_yticks(y, names, parse_math=False)
    ax.invert_yaxis()
    ax.xaxis.set_major_formatter(FuncFormatter(thousands))
    ax.set_xlabel("Visits that searched or asked for it and found nothing")
    ax.grid(visible=True, axis="x")
    ax.grid(visible=False, axis="y")
    words = "; ".join(
        f"{name} {text.count(row.n_unmet)} of {text.count(row.n_visits)}"
        for name, row in zip(names, shown.itertuples(), strict=True)
    )
    return describe(
        ax,
        finding=f"{text.count(terms['n_unmet'].sum())} visits looked in vain for {len(terms)} "
        f"term{'' if len(terms) == 1 else 's'}",
        subtitle=f"Terms that fail more often than others beyond chance, as of {as_of}",
        alt=f"Bars of visits without a find. {words}.",
    )
