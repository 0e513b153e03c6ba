"""Charts of the chapter on channel and moment."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.ticker import FuncFormatter, PercentFormatter

from crmlib.features.moments import WEEKDAYS
from crmlib.reporting import text
from crmlib.reporting.drawing import dots_with_intervals, nothing_to_draw, thousands
from crmlib.reporting.theme import ACCENT, COLOURS, MUTED, describe, new_axes

__all__ = ["moments", "preferences", "reactions", "service"]

_LIGHT = LinearSegmentedColormap.from_list("light", ["#FFFFFF", ACCENT])


def preferences(
    shares: pd.DataFrame, *, what: str, as_of: str, currency: str, ax: Axes | None = None
) -> Axes:
    """Draw the share of customers who prefer each option.

    Parameters
    ----------
    shares
        From `decisions.channels.preference_table`; the first column names the option.
    what
        What the options are, as in "as the way to buy".
    """
    if shares.empty:
        why = "Not enough choices on record (need 10 customers with two)"
        return nothing_to_draw(new_axes(ax), why=why, as_of=as_of)
    ax = new_axes(ax, height=1.1 + 0.32 * len(shares))
    ends = shares[["customer_share", "low_share", "high_share"]]
    names = dots_with_intervals(ax, shares.iloc[:, 0], ends, colours=[ACCENT] * len(shares))
    ax.set_xlim(0, max(0.1, 1.05 * shares["high_share"].max()))
    ax.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    ax.set_xlabel(f"Share of customers who prefer it {what}, 95 % interval")
    words = "; ".join(
        f"{name} {text.percent(row.customer_share)} ({text.percent(row.low_share)} to "
        f"{text.percent(row.high_share)})"
        for name, row in zip(names, shares.itertuples(), strict=True)
    )
    first = shares.iloc[0]
    return describe(
        ax,
        finding=f"{text.percent(first['customer_share'])} of the customers prefer "
        f"{text.plain(first.iloc[0], limit=40)} {what}",
        subtitle=f"From {text.count(shares['n_choices'].sum())} choices of the customers, as of "
        f"{as_of}",
        alt=f"Points with intervals. {words}.",
    )


def moments(grid: pd.DataFrame, *, as_of: str, currency: str, ax: Axes | None = None) -> Axes:
    """Draw when customers turn to us: weekdays by hours, the darker the more often.

    Parameters
    ----------
    grid
        `weekday` (0 = Monday), `hour`, `n_times`.
    """
    if grid.empty:
        why = "No contact or order with a time of day on record (need 1)"
        return nothing_to_draw(new_axes(ax), why=why, as_of=as_of)
    ax = new_axes(ax, height=2.9)
    counts = grid.pivot_table(index="weekday", columns="hour", values="n_times", aggfunc="sum")
    counts = counts.reindex(index=range(7), columns=range(24)).fillna(0)
    ax.pcolormesh(range(25), range(8), counts.to_numpy(), cmap=_LIGHT, edgecolor="white", lw=0.5)
    ax.set_yticks([day + 0.5 for day in range(7)], WEEKDAYS)
    ax.set_xticks(range(0, 25, 3))
    ax.set_xlabel("Hour of the day, local time")
    ax.invert_yaxis()
    ax.grid(visible=False)
    total = counts.to_numpy().sum()
    by_day = counts.sum(axis=1) / total
    by_hour = counts.sum(axis=0) / total
    three = by_hour.rolling(3).sum()
    last = int(three.idxmax())
    busiest = WEEKDAYS[int(by_day.idxmax())]
    return describe(
        ax,
        finding=f"{text.percent(three.max())} of the contacts and orders come from {last - 2} to "
        f"{last + 1} o'clock, {text.percent(by_day.max())} on a {busiest}",
        subtitle=f"{text.count(total)} contacts and orders of known customers, as of {as_of}",
        alt="Grid of weekdays and hours. "
        + "; ".join(
            f"{day} {text.percent(share)}" for day, share in zip(WEEKDAYS, by_day, strict=True)
        )
        + ".",
    )


def reactions(rates: pd.DataFrame, *, as_of: str, currency: str, ax: Axes | None = None) -> Axes:
    """Draw the share of our contacts that met interest, by what they went through.

    Parameters
    ----------
    rates
        From `decisions.channels.reaction_table`.
    """
    if rates.empty:
        why = "No contact of ours met with the reaction hoped for (need 1)"
        return nothing_to_draw(new_axes(ax), why=why, as_of=as_of)
    ax = new_axes(ax, height=1.1 + 0.32 * len(rates))
    ends = rates[["success_rate", "low_rate", "high_rate"]]
    colours = [COLOURS[2] if kind == "preference" else ACCENT for kind in rates["kind"]]
    names = dots_with_intervals(ax, rates["through"], ends, colours=colours)
    ax.set_xlim(0, min(1.0, 1.05 * rates["high_rate"].max()))
    ax.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    ax.set_xlabel("Share of contacts met with the reaction hoped for, 95 % interval")
    words = "; ".join(
        f"{name} {text.percent(row.success_rate)} ({text.percent(row.low_rate)} to "
        f"{text.percent(row.high_rate)})"
        for name, row in zip(names, rates.itertuples(), strict=True)
    )
    said = [
        f"{text.percent(row.success_rate)} {start} {text.plain(row.through, limit=40)}"
        for row, start in zip(
            rates.itertuples(),
            ("of our contacts met with interest through", "through"),
            strict=False,
        )
    ]
    return describe(
        ax,
        finding=", ".join(said),
        subtitle=f"Our contacts with a reaction on record, as of {as_of}; observed, nobody drew "
        "lots",
        alt=f"Points with intervals. {words}.",
    )


def service(summary: pd.DataFrame, *, as_of: str, currency: str, ax: Axes | None = None) -> Axes:
    """Draw the sales of customers by how we serve the channel they prefer.

    Parameters
    ----------
    summary
        From `decisions.channels.service_summary`.
    """
    if not summary.loc[summary["state"] != "not known", "n_customers"].sum():
        why = "Of no customer it is known which channel he prefers"
        return nothing_to_draw(new_axes(ax), why=why, as_of=as_of)
    ax = new_axes(ax, height=2.6)
    colours = [COLOURS[2] if state == "served" else MUTED for state in summary["state"]]
    colours = [
        COLOURS[5] if state == "unserved" else colour
        for state, colour in zip(summary["state"], colours, strict=True)
    ]
    ax.barh(summary["state"], summary["net_amount"], color=colours, height=0.6)
    ax.invert_yaxis()
    ax.xaxis.set_major_formatter(FuncFormatter(thousands))
    ax.set_xlabel(f"Sales of these customers in the period, {currency}")
    ax.grid(visible=True, axis="x")
    ax.grid(visible=False, axis="y")
    words = "; ".join(
        f"{row.state}: {text.count(row.n_customers)} customers, "
        f"{text.money(row.net_amount, currency)}"
        for row in summary.itertuples()
    )
    lost = summary.set_index("state")["net_amount"].get("unserved", 0.0)
    return describe(
        ax,
        finding=f"{text.money(lost, currency)} of sales come from customers whom we mostly contact "
        "through a channel they do not prefer",
        subtitle=f"Known customers by how their preferred channel is served, as of {as_of}",
        alt=f"Bars of sales. {words}.",
    )
