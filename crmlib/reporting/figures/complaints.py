"""Charts of the chapter on complaints."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from crmlib.reporting import text
from crmlib.reporting.drawing import nothing_to_draw
from crmlib.reporting.theme import ACCENT, COLOURS, MUTED, describe, new_axes

__all__ = ["answer_curve", "complaints_by_month", "hazard_of_leaving", "rates_by_group"]

_SHOWN = 12


def complaints_by_month(
    months: pd.DataFrame, *, as_of: str, currency: str, ax: Axes | None = None
) -> Axes:
    """Draw complaints per 1,000 orders by month with their intervals; counts without orders.

    Parameters
    ----------
    months
        `month_on`, `n_orders`, `n_complaints`, `raw_per_1000`, `low_per_1000`, `high_per_1000`.
    """
    ax = new_axes(ax)
    if months.empty:
        return nothing_to_draw(ax, why="No whole month with a complaint yet", as_of=as_of)
    x = range(len(months))
    is_rate = bool(months["n_orders"].sum() > 0)
    value = months["raw_per_1000"] if is_rate else months["n_complaints"].astype(float)
    if is_rate:
        ends = (months["low_per_1000"], months["high_per_1000"])
        ax.fill_between(x, *ends, color=ACCENT, alpha=0.18, lw=0)
    ax.plot(x, value, color=ACCENT, marker="o", markersize=4)
    ax.set_ylim(bottom=0)
    step = max(1, -(-len(months) // 8))
    ax.set_xticks(list(x)[::step], months["month_on"].iloc[::step])
    unit = "Complaints per 1,000 orders" if is_rate else "Complaints"
    ax.set_ylabel(unit)
    ax.set_xlabel("Month")
    peak = months.loc[value.fillna(-1).idxmax()]
    most = f"{value.max():,.1f} per 1,000 orders" if is_rate else text.count(value.max())
    return describe(
        ax,
        finding=f"Most complaints in {peak['month_on']}: {most}",
        subtitle=f"{unit} by month, {'95 % interval, ' if is_rate else ''}as of {as_of}",
        alt=f"Line over {len(months)} months; the highest point is {peak['month_on']} with "
        f"{most}, the last one {months['month_on'].iloc[-1]} with {value.iloc[-1]:,.1f}.",
    )


def rates_by_group(
    rates: pd.DataFrame, *, as_of: str, currency: str, ax: Axes | None = None
) -> Axes:
    """Draw the shrunk rates of the largest groups with their intervals.

    Parameters
    ----------
    rates
        `dimension`, `group`, `n_orders`, `raw_per_1000`, `shrunk_per_1000`, `low_per_1000`,
        `high_per_1000`, `is_different`.
    """
    if rates.empty:
        why = "No groups of customers whose complaints could be compared (need 2)"
        return nothing_to_draw(new_axes(ax), why=why, as_of=as_of)
    shown = rates.nlargest(_SHOWN, ["n_orders", "n_customers"], keep="all").head(_SHOWN)
    shown = shown.sort_values(["dimension", "shrunk_per_1000"], ascending=[True, False])
    ax = new_axes(ax, height=0.9 + 0.28 * len(shown))
    y = list(range(len(shown)))
    colours = [COLOURS[5] if flag else ACCENT for flag in shown["is_different"]]
    ax.hlines(y, shown["low_per_1000"], shown["high_per_1000"], color=colours, linewidth=1.6)
    ax.scatter(shown["shrunk_per_1000"], y, color=colours, zorder=3, label="drawn towards all")
    ax.scatter(shown["raw_per_1000"], y, marker="|", color=MUTED, s=70, label="as counted")
    names = [text.plain(f"{row.dimension}: {row.group}", limit=40) for row in shown.itertuples()]
    ax.set_yticks(y, names)
    ax.invert_yaxis()
    ax.grid(visible=True, axis="x")
    ax.grid(visible=False, axis="y")
    base = "orders" if rates["n_orders"].sum() > 0 else "customers"
    ax.set_xlabel(f"Complaints per 1,000 {base}")
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    n = int(rates["is_different"].sum())
    words = "; ".join(
        f"{name} {row.shrunk_per_1000:,.1f} ({row.low_per_1000:,.1f} to {row.high_per_1000:,.1f})"
        for name, row in zip(names, shown.itertuples(), strict=True)
    )
    return describe(
        ax,
        finding=f"{n} of {len(rates)} groups complain more or less than the others beyond chance",
        subtitle=f"Complaints per 1,000 {base}, 95 % interval, the {len(shown)} largest groups, "
        f"as of {as_of}",
        alt=f"Points with intervals. {words}.",
    )


def answer_curve(curve: pd.DataFrame, *, as_of: str, currency: str, ax: Axes | None = None) -> Axes:
    """Draw the share of complaints answered within so many days.

    Parameters
    ----------
    curve
        `days`, `answered_share`, `low_share`, `high_share`, `n_waiting`; the first 90 days are
        shown.
    """
    ax = new_axes(ax)
    shown = curve[curve["days"] <= 90]
    if shown.empty:
        return nothing_to_draw(ax, why="No complaint has a known day of its answer", as_of=as_of)
    ax.fill_between(
        shown["days"], shown["low_share"], shown["high_share"],
        step="post", color=ACCENT, alpha=0.18, lw=0,
    )  # fmt: skip
    ax.step(shown["days"], shown["answered_share"], where="post", color=ACCENT, linewidth=1.8)
    ax.set_ylim(0, 1)
    ax.set_xlim(left=0)
    ax.yaxis.set_major_formatter(PercentFormatter(1))
    ax.set_ylabel("Complaints answered")
    ax.set_xlabel("Days since the complaint")
    last = shown.iloc[-1]
    return describe(
        ax,
        finding=f"{text.percent(last['answered_share'])} of complaints are answered within "
        f"{text.days(last['days'])}",
        subtitle=f"{text.count(curve['n_waiting'].iloc[0])} complaints, those still open counted "
        f"up to their age, 95 % interval, as of {as_of}",
        alt=f"Rising curve of the share answered; after {text.days(last['days'])} it stands at "
        f"{text.percent(last['answered_share'])}.",
    )


def hazard_of_leaving(
    ratios: pd.DataFrame, *, as_of: str, currency: str, ax: Axes | None = None
) -> Axes:
    """Draw by how much each state after a complaint multiplies the hazard of leaving.

    Parameters
    ----------
    ratios
        `event`, `n_losses`, `hazard_ratio`, `low`, `high`.
    """
    known = ratios.dropna(subset=["hazard_ratio", "low", "high"])
    if known.empty:
        why = "Not enough known losses after a complaint (need 5)"
        return nothing_to_draw(new_axes(ax), why=why, as_of=as_of)
    ax = new_axes(ax, height=1.2 + 0.32 * len(known))
    y = list(range(len(known)))
    colours = [COLOURS[5] if low > 1 else ACCENT for low in known["low"]]
    ax.hlines(y, known["low"], known["high"], color=colours, linewidth=2)
    ax.scatter(known["hazard_ratio"], y, color=colours, zorder=3)
    ax.axvline(1, color="#52606D", linestyle="--", linewidth=1)
    ax.set_yticks(y, known["event"])
    ax.invert_yaxis()
    ax.set_xscale("log")
    ticks = [tick for tick in (0.25, 0.5, 1, 2, 4, 8, 16)
             if 0.7 * known["low"].min() <= tick <= 1.4 * known["high"].max()]  # fmt: skip
    ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.minorticks_off()
    ax.grid(visible=True, axis="x")
    ax.grid(visible=False, axis="y")
    ax.set_xlabel("Times as often as without a complaint (1 = no difference)")
    worst = known.loc[known["hazard_ratio"].idxmax()]
    times = f"{worst['hazard_ratio']:.1f} times as often as without a complaint"
    words = "; ".join(
        f"{row.event} {row.hazard_ratio:.2f} ({row.low:.2f} to {row.high:.2f})"
        for row in known.itertuples()
    )
    return describe(
        ax,
        finding=f"{str(worst['event']).capitalize()}: customers leave {times}",
        subtitle=f"Hazard ratio of leaving, 95 % interval, observational, as of {as_of}",
        alt=f"Points with intervals on a scale of ratios. {words}.",
    )
