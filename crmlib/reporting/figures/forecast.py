"""Charts of the chapter on the forecast."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from crmlib.reporting import text
from crmlib.reporting.drawing import nothing_to_draw, thousands, tick_names
from crmlib.reporting.theme import ACCENT, COLOURS, MUTED, describe, new_axes

__all__ = ["forecast_look_back", "parts_ahead", "sales_ahead"]

_SHOWN = 14


def sales_ahead(weeks: pd.DataFrame, *, as_of: str, currency: str, ax: Axes | None = None) -> Axes:
    """Draw sales by week and, after the last one, what is to be expected.

    Parameters
    ----------
    weeks
        `week_ends_on`, `actual`, `forecast`, `low`, `high`; past weeks have the first, weeks ahead
        the others.
    """
    ax = new_axes(ax)
    ahead = weeks["forecast"].notna()
    if not ahead.any():
        return nothing_to_draw(ax, why="Not enough weeks for a forecast of sales", as_of=as_of)
    x = np.arange(len(weeks))
    ax.plot(x[~ahead], weeks.loc[~ahead, "actual"], color=MUTED, linewidth=1.5, label="sales")
    ends = (weeks.loc[ahead, "low"], weeks.loc[ahead, "high"])
    ax.fill_between(x[ahead], *ends, color=ACCENT, alpha=0.18, lw=0, label="95 % interval")
    ax.plot(x[ahead], weeks.loc[ahead, "forecast"], color=ACCENT, linewidth=2, label="forecast")
    ax.set_ylim(bottom=min(0.0, float(weeks[["actual", "low"]].min().min())))
    step = max(1, -(-len(weeks) // 6))
    ax.set_xticks(x[::step], weeks["week_ends_on"].iloc[::step])
    ax.yaxis.set_major_formatter(FuncFormatter(thousands))
    ax.set_ylabel(f"Sales per week, {currency}")
    ax.set_xlabel("Week that ends on")
    ax.legend(loc="upper left", ncols=3, fontsize=8)
    first, last = weeks[ahead].iloc[0], weeks[ahead].iloc[-1]
    return describe(
        ax,
        finding=f"{text.money(weeks.loc[ahead, 'forecast'].mean(), currency)} a week are to be "
        f"expected over the next {int(ahead.sum())} weeks",
        subtitle=f"Sales per week in {currency}, forecast with 95 % intervals of single weeks, "
        f"as of {as_of}",
        alt=f"Line of sales over {int((~ahead).sum())} weeks, then the forecast from "
        f"{text.money(first['forecast'], currency)} ({text.money(first['low'], currency)} to "
        f"{text.money(first['high'], currency)}) to {text.money(last['forecast'], currency)} "
        f"({text.money(last['low'], currency)} to {text.money(last['high'], currency)}).",
    )


def forecast_look_back(
    weeks: pd.DataFrame, *, as_of: str, currency: str, ax: Axes | None = None
) -> Axes:
    """Draw the last weeks as they came and as they would have been forecast.

    Parameters
    ----------
    weeks
        `quantity` (`net_amount` is drawn), `week_ends_on`, `actual`, `forecast`, `low`, `high`,
        `naive`.
    """
    ax = new_axes(ax)
    weeks = weeks[weeks["quantity"] == "net_amount"]
    if weeks.empty:
        why = "Not enough weeks to hold a forecast against what came"
        return nothing_to_draw(ax, why=why, as_of=as_of)
    x = np.arange(len(weeks))
    ax.fill_between(x, weeks["low"], weeks["high"], color=ACCENT, alpha=0.18, lw=0)
    ax.plot(x, weeks["forecast"], color=ACCENT, linewidth=2, label="forecast, 95 % interval")
    ax.plot(x, weeks["naive"], color=COLOURS[5], linestyle="--", label="naive forecast")
    ax.plot(x, weeks["actual"], color="#323F4B", marker="o", markersize=4, label="what came")
    ax.set_ylim(bottom=min(0.0, float(weeks[["actual", "low"]].min().min())))
    ax.set_xticks(x, weeks["week_ends_on"], fontsize=7.5)
    ax.yaxis.set_major_formatter(FuncFormatter(thousands))
    ax.set_ylabel(f"Sales per week, {currency}")
    ax.set_xlabel("Week that ends on")
    ax.legend(loc="lower left", ncols=3, fontsize=8)
    off = (weeks["forecast"] - weeks["actual"]).abs().mean()
    naive = (weeks["naive"] - weeks["actual"]).abs().mean()
    n_inside = int(((weeks["low"] <= weeks["actual"]) & (weeks["actual"] <= weeks["high"])).sum())
    return describe(
        ax,
        finding=f"The forecast was off by {text.money(off, currency)} a week, the naive one by "
        f"{text.money(naive, currency)}; {n_inside} of {len(weeks)} weeks came inside the interval",
        subtitle=f"Sales per week in {currency}, forecast without these {len(weeks)} weeks, "
        f"as of {as_of}",
        alt=f"Lines over {len(weeks)} weeks: what came, from "
        f"{text.money(weeks['actual'].iloc[0], currency)} to "
        f"{text.money(weeks['actual'].iloc[-1], currency)}; the forecast, from "
        f"{text.money(weeks['forecast'].iloc[0], currency)} to "
        f"{text.money(weeks['forecast'].iloc[-1], currency)}; and the naive forecast.",
    )


def parts_ahead(parts: pd.DataFrame, *, as_of: str, currency: str, ax: Axes | None = None) -> Axes:
    """Draw the change of sales that is to be expected of the largest parts, with intervals.

    Parameters
    ----------
    parts
        `dimension` (`total` is left out), `quantity` (`net_amount` is drawn), `part`, `forecast`,
        `low`, `high`, `last_weeks`; the weeks ahead and as many weeks before.
    """
    is_drawn = (parts["quantity"] == "net_amount") & (parts["dimension"] != "total")
    known = parts[is_drawn & (parts["last_weeks"] > 0)]
    if known.empty:
        why = "Nothing is known by which sales could be split into parts and forecast"
        return nothing_to_draw(new_axes(ax), why=why, as_of=as_of)
    shown = known.nlargest(_SHOWN, "last_weeks", keep="all").head(_SHOWN)
    shown = shown.sort_values(["dimension", "last_weeks"], ascending=[True, False])
    ax = new_axes(ax, height=0.9 + 0.26 * len(shown))
    change, low, high = (
        100 * (shown[name] / shown["last_weeks"] - 1) for name in ("forecast", "low", "high")
    )
    y = np.arange(len(shown))
    ax.hlines(y, low, high, color=ACCENT, linewidth=1.6)
    ax.scatter(change, y, color=ACCENT, zorder=3)
    ax.axvline(0, color="#52606D", linestyle="--", linewidth=1)
    names = tick_names((f"{row.dimension}: {row.part}" for row in shown.itertuples()), limit=40)
    ax.set_yticks(y, names, parse_math=False)
    ax.invert_yaxis()
    ax.grid(visible=True, axis="x")
    ax.grid(visible=False, axis="y")
    ax.set_xlabel("Change of sales against as many weeks before, %")
    least = int(change.to_numpy().argmin())
    words = "; ".join(
        f"{name} {value:+.0f} % ({a:+.0f} to {b:+.0f})"
        for name, value, a, b in zip(names, change, low, high, strict=True)
    )
    n_clear = int(((low > 0) | (high < 0)).sum())
    return describe(
        ax,
        finding=f"Of the {len(shown)} largest parts {n_clear} are to change beyond the interval of "
        f"the forecast; lowest: {names[least]} {change.iloc[least]:+.0f} %",
        subtitle=f"Sales ahead against as many weeks before, 95 % intervals, as of {as_of}",
        alt=f"Points with intervals. {words}.",
    )
