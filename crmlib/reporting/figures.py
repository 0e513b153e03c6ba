"""Charts: one function each, a frame in, labelled axes out.

All take the snapshot day and the currency, so that the run context can hand them over.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, PercentFormatter

from crmlib.reporting import text
from crmlib.reporting.theme import ACCENT, COLOURS, MUTED, describe, new_axes

__all__ = [
    "cohort_retention",
    "growth_bridge",
    "lorenz",
    "rows_by_table",
    "sales_at_risk",
    "stage_customers",
    "weekly_sales",
]


def _thousands(value: float, _position: int) -> str:
    return f"{value:,.0f}"


def _nothing_to_draw(ax: Axes, *, why: str, as_of: str) -> Axes:
    """Say in the place of a chart why there is none."""
    ax.set_axis_off()
    ax.text(0.5, 0.5, why, ha="center", va="center", color="#52606D", transform=ax.transAxes)
    return describe(ax, finding=why, subtitle=f"As of {as_of}", alt=f"No chart: {why}.")


def weekly_sales(weeks: pd.DataFrame, *, as_of: str, currency: str, ax: Axes | None = None) -> Axes:
    """Draw sales per week with the number of buying customers in words.

    Parameters
    ----------
    weeks
        `week_ends_on` (ISO text), `net_amount`, `n_customers`; whole weeks, oldest first.
    """
    ax = new_axes(ax)
    if weeks.empty:
        return _nothing_to_draw(ax, why="Not enough data for a week (need 7 days)", as_of=as_of)
    ax.plot(range(len(weeks)), weeks["net_amount"], color=ACCENT, linewidth=1.8)
    ax.set_ylim(bottom=0)
    step = max(1, -(-len(weeks) // 6))
    ax.set_xticks(range(0, len(weeks), step), weeks["week_ends_on"].iloc[::step], rotation=0)
    ax.yaxis.set_major_formatter(FuncFormatter(_thousands))
    ax.set_ylabel(f"Sales per week, {currency}")
    ax.set_xlabel("Week that ends on")
    best = weeks.loc[weeks["net_amount"].idxmax()]
    last, mean = weeks["net_amount"].iloc[-1], weeks["net_amount"].mean()
    against = text.percent(last / mean - 1, signed=True) if mean > 0 else text.UNKNOWN
    return describe(
        ax,
        finding=f"Sales of the last week against the average week: {against}",
        subtitle=f"Sales per week in {currency}, {len(weeks)} whole weeks to {as_of}",
        alt=f"Line of sales per week over {len(weeks)} weeks. The best week ends on "
        f"{best['week_ends_on']} with {text.money(best['net_amount'], currency)}; the last one "
        f"has {text.money(last, currency)}.",
    )


def stage_customers(
    stages: pd.DataFrame, *, as_of: str, currency: str, ax: Axes | None = None
) -> Axes:
    """Draw the share of customers and of sales at each lifecycle stage.

    Parameters
    ----------
    stages
        `stage`, `n_customers`, `customer_share`, `net_share`.
    """
    ax = new_axes(ax)
    y = range(len(stages))
    ax.barh([k - 0.2 for k in y], stages["customer_share"], 0.38, color=ACCENT, label="customers")
    ax.barh([k + 0.2 for k in y], stages["net_share"], 0.38, color=MUTED, label="sales")
    ax.set_yticks(list(y), stages["stage"])
    ax.invert_yaxis()
    ax.xaxis.set_major_formatter(PercentFormatter(1))
    ax.set_xlabel("Share of all customers, share of all sales")
    ax.grid(visible=True, axis="x")
    ax.grid(visible=False, axis="y")
    ax.legend(loc="lower right")
    share = dict(zip(stages["stage"], stages["customer_share"], strict=True))
    leaving = share.get("lapsing", 0) + share.get("lapsed", 0)
    words = ", ".join(
        f"{row.stage} {text.percent(row.customer_share)} of customers with "
        f"{text.percent(row.net_share)} of sales"
        for row in stages.itertuples()
    )
    return describe(
        ax,
        finding=f"{text.percent(leaving)} of the customers are going quiet or silent",
        subtitle=f"{text.count(stages['n_customers'].sum())} customers, as of {as_of}",
        alt=f"Bars per stage: {words}.",
    )


def cohort_retention(
    retention: pd.DataFrame, *, as_of: str, currency: str, ax: Axes | None = None
) -> Axes:
    """Draw the share of new customers who order in later months, with its interval.

    Parameters
    ----------
    retention
        `months_since`, `n_cohort`, `n_active`, `retention_rate`, `low_rate`, `high_rate`; month 0
        left out.
    """
    ax = new_axes(ax)
    if retention.empty:
        why = "Not enough data to follow new customers (need one whole month after the first)"
        return _nothing_to_draw(ax, why=why, as_of=as_of)
    x = retention["months_since"]
    ax.fill_between(
        x, retention["low_rate"], retention["high_rate"], color=ACCENT, alpha=0.18, lw=0
    )
    ax.plot(x, retention["retention_rate"], color=ACCENT, marker="o", markersize=4)
    ax.set_ylim(0, 1)
    ax.yaxis.set_major_formatter(PercentFormatter(1))
    ax.set_ylabel("Order in that month")
    ax.set_xlabel("Months since the first order")
    first, last = retention.iloc[0], retention.iloc[-1]
    return describe(
        ax,
        finding=f"{text.percent(first['retention_rate'])} of new customers order in the month "
        f"after the first; {text.percent(last['retention_rate'])} in month "
        f"{last['months_since']:.0f}",
        subtitle=f"Cohorts after the first month of data, 95 % Wilson interval, {as_of}",
        alt=f"Line from {text.percent(first['retention_rate'])} one month after the first "
        f"order to {text.percent(last['retention_rate'])} after {last['months_since']:.0f} months.",
    )


def growth_bridge(
    groups: pd.DataFrame, *, period: str, as_of: str, currency: str, ax: Axes | None = None
) -> Axes:
    """Draw what customers won, grown, shrunk and lost added to or took from sales.

    Parameters
    ----------
    groups
        `group`, `n_customers`, `change_amount`.
    """
    ax = new_axes(ax)
    if groups.empty:
        return _nothing_to_draw(ax, why="No whole period before to compare with", as_of=as_of)
    shown = groups[groups["group"] != "unchanged"]
    colours = [COLOURS[2] if value >= 0 else COLOURS[5] for value in shown["change_amount"]]
    ax.bar(shown["group"], shown["change_amount"], color=colours, width=0.6)
    ax.axhline(0, color="#52606D", linewidth=0.8)
    ax.yaxis.set_major_formatter(FuncFormatter(_thousands))
    ax.set_ylabel(f"Change of sales, {currency}")
    total = groups["change_amount"].sum()
    words = "; ".join(
        f"{row.group}: {text.count(row.n_customers)} customers, "
        f"{text.money(row.change_amount, currency)}"
        for row in shown.itertuples()
    )
    amount = groups.set_index("group")["change_amount"]
    more, less = amount[["won", "grown"]].sum(), amount[["shrunk", "lost"]].sum()
    return describe(
        ax,
        finding=f"Sales moved by {text.money(total, currency)}: customers won or grown brought "
        f"{text.money(more, currency)} more, those shrunk or lost {text.money(-less, currency)} "
        "less",
        subtitle=f"Change of sales by group of customers in {currency}, {period}, as of {as_of}",
        alt=f"Bars of the change of sales. {words}.",
    )


def lorenz(
    curve: pd.DataFrame,
    *,
    gini: Mapping[str, float] | pd.Series,
    as_of: str,
    currency: str,
    ax: Axes | None = None,
) -> Axes:
    """Draw the share of sales that the best customers bring.

    Parameters
    ----------
    curve
        `customer_share` and `net_share`, from the best customer down.
    gini
        Gini coefficient: `value`, `low`, `high`.
    """
    ax = new_axes(ax, height=3.4)
    if curve["net_share"].isna().all():
        why = "Not enough data for a concentration (positive sales are needed)"
        return _nothing_to_draw(ax, why=why, as_of=as_of)
    ax.plot(curve["customer_share"], curve["net_share"], color=ACCENT, linewidth=2)
    ax.plot([0, 1], [0, 1], color=MUTED, linestyle="--", linewidth=1)
    ax.annotate("if all brought the same", (0.64, 0.52), color="#52606D", fontsize=8.5)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(PercentFormatter(1))
    ax.set_xlim(0, 1)
    ax.set_ylim(0, 1.01)
    ax.set_xlabel("Share of customers, best first")
    ax.set_ylabel("Share of sales")
    tenth = curve.loc[(curve["customer_share"] - 0.1).abs().idxmin(), "net_share"]
    half = curve.loc[(curve["customer_share"] - 0.5).abs().idxmin(), "net_share"]
    return describe(
        ax,
        finding=f"The better half of the customers brings {text.percent(half)} of the sales",
        subtitle=f"Gini coefficient {gini['value']:.3f} ({_gini_interval(gini)}), as of {as_of}",
        alt=f"Curve above the diagonal: the best tenth brings about {text.percent(tenth)}, the "
        f"better half {text.percent(half)} of the sales.",
    )


def _gini_interval(gini: Mapping[str, float] | pd.Series) -> str:
    """Word the interval of the coefficient, or say that there is none."""
    if pd.isna(gini["low"]):
        return "too few customers for an interval"
    return text.interval(f"{gini['low']:.3f}", f"{gini['high']:.3f}")


def sales_at_risk(
    classes: pd.DataFrame, *, as_of: str, currency: str, ax: Axes | None = None
) -> Axes:
    """Draw the sales of each class of customers, and the part of those who are going quiet.

    Parameters
    ----------
    classes
        `abc_class`, `n_customers`, `net_amount`, `quiet_amount`.
    """
    ax = new_axes(ax)
    ax.bar(classes["abc_class"], classes["net_amount"], color=MUTED, width=0.55, label="all")
    ax.bar(
        classes["abc_class"],
        classes["quiet_amount"],
        color=COLOURS[5],
        width=0.55,
        label="of customers lapsing or lapsed",
    )
    ax.yaxis.set_major_formatter(FuncFormatter(_thousands))
    ax.set_ylabel(f"Sales, {currency}")
    ax.set_xlabel("Class of customers")
    ax.legend()
    words = "; ".join(
        f"class {row.abc_class}: {text.money(row.net_amount, currency)}, of which "
        f"{text.money(row.quiet_amount, currency)} quiet"
        for row in classes.itertuples()
    )
    quiet = classes["quiet_amount"].sum()
    return describe(
        ax,
        finding=f"{text.money(quiet, currency)} of sales come from customers who are going quiet",
        subtitle=f"Sales of the period by class in {currency}, as of {as_of}",
        alt=f"Bars of sales per class. {words}.",
    )


def rows_by_table(
    tables: pd.DataFrame, *, as_of: str, currency: str, ax: Axes | None = None
) -> Axes:
    """Draw the share of rows used, quarantined and deduplicated of each table.

    Parameters
    ----------
    tables
        `table`, `rows_in`, `rows_used`, `rows_quarantined`, `rows_deduplicated`.
    """
    ax = new_axes(ax, height=0.9 + 0.36 * len(tables))
    total = tables["rows_in"].clip(lower=1)
    left = 0.0 * total
    parts = [("rows_used", ACCENT), ("rows_deduplicated", MUTED), ("rows_quarantined", COLOURS[5])]
    for name, colour in parts:
        share = tables[name] / total
        ax.barh(tables["table"], share, left=left, color=colour, label=name.removeprefix("rows_"))
        left = left + share
    ax.invert_yaxis()
    ax.set_xlim(0, 1)
    ax.xaxis.set_major_formatter(PercentFormatter(1))
    ax.grid(visible=False, axis="y")
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.18), ncols=3)
    refused = int(tables["rows_quarantined"].sum())
    words = "; ".join(
        f"{row.table}: {text.count(row.rows_used)} of {text.count(row.rows_in)} used"
        for row in tables.itertuples()
    )
    return describe(
        ax,
        finding=f"{text.count(refused)} of {text.count(tables['rows_in'].sum())} rows were refused",
        subtitle=f"Share of the rows of each table, as of {as_of}",
        alt=f"Bars per table. {words}.",
    )
