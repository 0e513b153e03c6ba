"""Charts that every score shows: gains, deciles, calibration, drivers."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, PercentFormatter

from crmlib.reporting import text
from crmlib.reporting.drawing import nothing_to_draw, thousands
from crmlib.reporting.theme import ACCENT, COLOURS, MUTED, describe, new_axes

__all__ = ["deciles", "drivers", "gains", "lift_by_category", "reliability", "sales_by_risk"]

_WITHHELD = "No score to show: see the reason above"
_MOST_DRIVERS = 10


def gains(
    curves: pd.DataFrame, *, what: str, as_of: str, currency: str, ax: Axes | None = None
) -> Axes:
    """Draw which share of the outcomes the best-ranked customers hold, by every way of ranking.

    Parameters
    ----------
    curves
        `way`, `share`, `gain`; the score is the first way.
    what
        The outcome, such as `orders within 28 days`.
    """
    ax = new_axes(ax, height=3.4)
    if curves.empty:
        return nothing_to_draw(ax, why=_WITHHELD, as_of=as_of)
    ways = list(dict.fromkeys(curves["way"]))
    for number, way in enumerate(ways):
        one = curves[curves["way"] == way]
        width = 2.2 if number == 0 else 1.4
        ax.plot(one["share"], one["gain"], color=COLOURS[number % 6], lw=width, label=way)
    ax.plot([0, 1], [0, 1], color=MUTED, lw=1, ls="--", label="by chance")
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(PercentFormatter(1))
    ax.set_xlim(0, 1)
    ax.set_ylim(0, 1.01)
    ax.set_xlabel("Share of customers, best-ranked first")
    ax.set_ylabel("Share of all outcomes found")
    ax.legend(loc="lower right")
    fifth = _gain_at(curves, ways[0], 0.2)
    words = "; ".join(f"{way} {text.percent(_gain_at(curves, way, 0.2))}" for way in ways)
    return describe(
        ax,
        finding=f"The best-ranked fifth of customers holds {text.percent(fifth)} of all {what}",
        subtitle=f"Customers of the judging day, outcomes of the days after it; as of {as_of}",
        alt=f"Curves of gains. Share of outcomes in the best fifth: {words}.",
    )


def _gain_at(curves: pd.DataFrame, way: str, share: float) -> float:
    one = curves[curves["way"] == way]
    return float(one.loc[(one["share"] - share).abs().idxmin(), "gain"])


def deciles(
    table: pd.DataFrame, *, what: str, as_of: str, currency: str, ax: Axes | None = None
) -> Axes:
    """Draw the rate of the outcome in each tenth of customers, with its interval.

    Parameters
    ----------
    table
        `decile`, `rate`, `low`, `high`, `lift`.
    """
    ax = new_axes(ax)
    if table.empty:
        return nothing_to_draw(ax, why=_WITHHELD, as_of=as_of)
    ax.bar(table["decile"], table["rate"], color=ACCENT, width=0.65)
    spread = [table["rate"] - table["low"], table["high"] - table["rate"]]
    below_zero_is_rounding = [side.clip(lower=0) for side in spread]
    ax.errorbar(
        table["decile"],
        table["rate"],
        yerr=below_zero_is_rounding,
        fmt="none",
        ecolor="#323F4B",
        lw=1,
    )
    ax.set_xticks(table["decile"])
    ax.set_ylim(bottom=0)
    ax.yaxis.set_major_formatter(PercentFormatter(1))
    ax.set_xlabel("Tenth of customers, 1 = highest scores")
    ax.set_ylabel(f"Share with {what}")
    best, last = table.iloc[0], table.iloc[-1]
    words = ", ".join(f"{row.decile:.0f}: {text.percent(row.rate)}" for row in table.itertuples())
    return describe(
        ax,
        finding=f"Of the highest-scored tenth {text.percent(best['rate'])} had {what}, of the "
        f"lowest {text.percent(last['rate'])}",
        subtitle=f"Judged on later days than the score learned from; 95 % interval, as of {as_of}",
        alt=f"Bars per tenth. {words}.",
    )


def reliability(curve: pd.DataFrame, *, as_of: str, currency: str, ax: Axes | None = None) -> Axes:
    """Draw what came true against what was foretold.

    Parameters
    ----------
    curve
        `mean_probability`, `share`, `low`, `high`.
    """
    ax = new_axes(ax, height=3.4)
    if curve.empty:
        return nothing_to_draw(ax, why=_WITHHELD, as_of=as_of)
    x, y = curve["mean_probability"], curve["share"]
    spread = [(y - curve["low"]).clip(lower=0), (curve["high"] - y).clip(lower=0)]
    ax.plot([0, 1], [0, 1], color=MUTED, lw=1, ls="--")
    ax.errorbar(x, y, yerr=spread, fmt="o-", color=ACCENT, ecolor="#52606D", lw=1.4, ms=4)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(PercentFormatter(1))
    top = float(max(x.max(), curve["high"].max())) * 1.05
    ax.set_xlim(0, min(top, 1.02))
    ax.set_ylim(0, min(top, 1.02))
    ax.set_xlabel("Probability foretold")
    ax.set_ylabel("Share that came true")
    inside = int(((curve["low"] <= x) & (x <= curve["high"])).sum())
    words = "; ".join(
        f"{text.percent(row.mean_probability)} foretold, {text.percent(row.share)} came true"
        for row in curve.itertuples()
    )
    return describe(
        ax,
        finding=f"In {inside} of {len(curve)} groups what was foretold lies within the interval of "
        "what came true",
        subtitle=f"Groups of customers by probability, 95 % interval, as of {as_of}",
        alt=f"Points against the diagonal. {words}.",
    )


def drivers(table: pd.DataFrame, *, as_of: str, currency: str, ax: Axes | None = None) -> Axes:
    """Draw how far the mean probability moves with each of the strongest columns.

    Parameters
    ----------
    table
        `driver`, `importance_share`, `low_value`, `high_value`, `low_rate`, `high_rate`.
    """
    shown = table.head(_MOST_DRIVERS)
    ax = new_axes(ax, height=1.1 + 0.3 * max(len(shown), 4))
    if shown.empty:
        return nothing_to_draw(ax, why=_WITHHELD, as_of=as_of)
    y = range(len(shown))
    ax.hlines(y, shown["low_rate"], shown["high_rate"], color=MUTED, lw=2)
    ax.scatter(shown["low_rate"], y, color=COLOURS[1], zorder=3, label="with a low value")
    ax.scatter(shown["high_rate"], y, color=ACCENT, zorder=3, label="with a high value")
    ax.set_yticks(list(y), [text.plain(name) for name in shown["driver"]])
    ax.invert_yaxis()
    ax.xaxis.set_major_formatter(PercentFormatter(1))
    ax.set_xlabel("Mean probability of all customers")
    ax.grid(visible=True, axis="x")
    ax.grid(visible=False, axis="y")
    ax.legend(loc="upper center", bbox_to_anchor=(0.4, -0.22), ncols=2)
    first = shown.iloc[0]
    words = "; ".join(
        f"{text.plain(row.driver)}: {text.percent(row.low_rate)} at {text.plain(row.low_value)}, "
        f"{text.percent(row.high_rate)} at {text.plain(row.high_value)}"
        for row in shown.itertuples()
    )
    return describe(
        ax,
        finding=f"The score looks most at {text.plain(first['driver'])} "
        f"({text.percent(first['importance_share'])} of all it looks at)",
        subtitle=f"Low and high: tenth and ninetieth hundredth of the customers, as of {as_of}",
        alt=f"Two points per column. {words}.",
    )


def lift_by_category(
    summary: pd.DataFrame, *, as_of: str, currency: str, ax: Axes | None = None
) -> Axes:
    """Draw how much better the highest-scored tenth of each category does, with its interval.

    Parameters
    ----------
    summary
        `category`, `verdict`, `top_tenth_lift`, `lift_low`, `lift_high`.
    """
    shown = summary[summary["top_tenth_lift"].notna()].head(_MOST_DRIVERS)
    ax = new_axes(ax, height=1.1 + 0.32 * max(len(shown), 4))
    if shown.empty:
        return nothing_to_draw(ax, why=_WITHHELD, as_of=as_of)
    y = range(len(shown))
    lift = shown["top_tenth_lift"].astype(float)
    low, high = shown["lift_low"].astype(float), shown["lift_high"].astype(float)
    ax.errorbar(lift, y, xerr=[(lift - low).clip(lower=0), (high - lift).clip(lower=0)],
                fmt="o", color=ACCENT, ecolor="#52606D", ms=5)  # fmt: skip
    ax.axvline(1, color=MUTED, ls="--", lw=1)
    ax.set_yticks(list(y), [text.plain(str(name)) for name in shown["category"]])
    ax.invert_yaxis()
    ax.set_xlim(left=0)
    ax.set_xlabel("Times the rate of all candidates, highest-scored tenth")
    ax.grid(visible=True, axis="x")
    ax.grid(visible=False, axis="y")
    sure = int((low > 1).sum())
    words = "; ".join(
        f"{text.plain(str(row.category))} {row.top_tenth_lift:.1f} ({row.verdict})"
        for row in shown.itertuples()
    )
    return describe(
        ax,
        finding=f"In {sure} of {len(shown)} categories the highest-scored tenth surely begins more "
        "often than others",
        subtitle=f"Customers who did not buy the category lately; 95 % interval, as of {as_of}",
        alt=f"Points with intervals, one per category. {words}.",
    )


def sales_by_risk(
    bands: pd.DataFrame, *, as_of: str, currency: str, ax: Axes | None = None
) -> Axes:
    """Draw sales by band of risk, and the part of them that is at risk.

    Parameters
    ----------
    bands
        `band`, `n_customers`, `net_amount`, `at_risk_amount`.
    """
    ax = new_axes(ax)
    if not bands["n_customers"].sum():
        return nothing_to_draw(ax, why="No score to show: see the reason above", as_of=as_of)
    ax.bar(bands["band"], bands["net_amount"], color=MUTED, width=0.55, label="sales of the year")
    ax.bar(
        bands["band"], bands["at_risk_amount"], color=COLOURS[5], width=0.55, label="times the risk"
    )
    ax.yaxis.set_major_formatter(FuncFormatter(thousands))
    ax.set_ylabel(f"Sales, {currency}")
    ax.set_xlabel("Probability of no order within the horizon")
    ax.legend()
    words = "; ".join(
        f"{row.band}: {text.count(row.n_customers)} customers, sales "
        f"{text.money(row.net_amount, currency)}, at risk "
        f"{text.money(row.at_risk_amount, currency)}"
        for row in bands.itertuples()
    )
    high = bands["at_risk_amount"].iloc[:2].sum()
    return describe(
        ax,
        finding=f"{text.money(high, currency)} of sales at risk stand with customers more likely "
        "silent than not",
        subtitle=f"Sales of the last 364 days of customers who bought lately, as of {as_of}",
        alt=f"Bars by risk. {words}.",
    )
