"""Charts of the chapter on the share of wallet."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, PercentFormatter

from crmlib.reporting import text
from crmlib.reporting.drawing import nothing_to_draw, thousands, tick_names
from crmlib.reporting.theme import ACCENT, COLOURS, MUTED, describe, new_axes

__all__ = ["category_potential", "estimates_against_answers", "share_bands"]

_SHOWN = 12
_ROW = 0.28
_TOO_FEW = "Not enough customers for shares of wallet (need 100)"


def share_bands(bands: pd.DataFrame, *, as_of: str, currency: str, ax: Axes | None = None) -> Axes:
    """Draw the mean share won of each fifth of the customers with its interval.

    Parameters
    ----------
    bands
        `band`, `n_customers`, `won_share`, `low_share`, `high_share`.
    """
    ax = new_axes(ax)
    if bands.empty:
        return nothing_to_draw(ax, why=_TOO_FEW, as_of=as_of)
    x = list(range(len(bands)))
    ax.bar(x, bands["won_share"], color=ACCENT, width=0.6)
    ax.vlines(x, bands["low_share"], bands["high_share"], color="#323F4B", linewidth=1.5)
    ax.set_ylim(0, 1)
    ax.yaxis.set_major_formatter(PercentFormatter(1))
    ax.set_xticks(x, [f"{row.band}" for row in bands.itertuples()])
    ax.set_xlabel("Fifth of the customers, smallest share first")
    ax.set_ylabel("Share of the need won")
    low, high = bands["won_share"].iloc[0], bands["won_share"].iloc[-1]
    words = "; ".join(f"{row.band}: {text.percent(row.won_share)}" for row in bands.itertuples())
    n = text.count(bands["n_customers"].sum())
    return describe(
        ax,
        finding=f"Share won: {text.percent(low)} in the lowest fifth, {text.percent(high)} in the "
        "highest",
        subtitle=f"{n} customers, intervals that hold together with 95 %, as of {as_of}",
        alt=f"Bars of the mean share won per fifth: {words}.",
    )


def category_potential(
    categories: pd.DataFrame, *, as_of: str, currency: str, ax: Axes | None = None
) -> Axes:
    """Draw per category what is spent here and what is not won.

    Parameters
    ----------
    categories
        `category`, `spent_amount`, `not_won_amount`, `won_share`; the rest of the categories is
        not drawn.
    """
    shown = categories[categories["category"] != "other categories"].head(_SHOWN)
    ax = new_axes(ax, height=1.3 + _ROW * max(len(shown), 3))
    if shown.empty:
        why = "0 categories are known, or too few customers"
        return nothing_to_draw(ax, why=why, as_of=as_of)
    y = list(range(len(shown)))
    ax.barh(y, shown["spent_amount"], 0.65, color=ACCENT, label="spent here")
    ax.barh(
        y, shown["not_won_amount"], 0.65, left=shown["spent_amount"], color=MUTED, label="not won"
    )
    names = tick_names(shown["category"])
    ax.set_yticks(y, names, parse_math=False)
    ax.invert_yaxis()
    ax.xaxis.set_major_formatter(FuncFormatter(thousands))
    ax.set_xlabel(f"{currency} a year")
    ax.grid(visible=True, axis="x")
    ax.grid(visible=False, axis="y")
    ax.legend(loc="lower right")
    words = "; ".join(
        f"{name} {text.money(row.spent_amount, currency)} of "
        f"{text.money(row.spent_amount + row.not_won_amount, currency)}"
        for name, row in zip(names, shown.itertuples(), strict=True)
    )
    top = shown.iloc[0]
    return describe(
        ax,
        finding=f"Most is not won in {names[0]}: {text.money(top['not_won_amount'], currency)} a "
        "year",
        subtitle=f"The largest categories, estimate for a year, as of {as_of}",
        alt=f"Bars of what is spent here and what could be: {words}.",
    )


def estimates_against_answers(
    check: pd.DataFrame, *, as_of: str, currency: str, ax: Axes | None = None
) -> Axes:
    """Draw the mean answer of those asked against the estimate made without their answers.

    Parameters
    ----------
    check
        `band`, `n_customers`, `estimated_share`, `answered_share`, `low_share`, `high_share`.
    """
    ax = new_axes(ax)
    if check.empty:
        why = "Not enough answers to check the estimates (need 100)"
        return nothing_to_draw(ax, why=why, as_of=as_of)
    ax.plot([0, 1], [0, 1], color=MUTED, linewidth=1)
    ax.vlines(check["estimated_share"], check["low_share"], check["high_share"], color=COLOURS[5])
    ax.scatter(check["estimated_share"], check["answered_share"], color=COLOURS[5], zorder=3)
    most = 1.1 * max(check["high_share"].max(), check["estimated_share"].max())
    ax.set_xlim(0, min(most, 1))
    ax.set_ylim(0, min(most, 1))
    ax.xaxis.set_major_formatter(PercentFormatter(1))
    ax.yaxis.set_major_formatter(PercentFormatter(1))
    ax.set_xlabel("Estimated share, without the own answer")
    ax.set_ylabel("Answered share")
    inside = check["estimated_share"].between(check["low_share"], check["high_share"]).sum()
    pairs = zip(check["estimated_share"], check["answered_share"], strict=True)
    words = "; ".join(
        f"estimated {text.percent(one)}, answered {text.percent(other)}" for one, other in pairs
    )
    n = text.count(check["n_customers"].sum())
    return describe(
        ax,
        finding=f"Estimate and answers agree in {int(inside)} of {len(check)} fifths",
        subtitle=f"{n} customers who were asked, 95 % interval of the mean answer, as of {as_of}",
        alt=f"Dots near the diagonal: {words}.",
    )
