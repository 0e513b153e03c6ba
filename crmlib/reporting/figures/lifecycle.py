"""Charts of the chapter on the customer lifecycle."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, PercentFormatter

from crmlib.reporting import text
from crmlib.reporting.drawing import nothing_to_draw, thousands
from crmlib.reporting.theme import ACCENT, COLOURS, MUTED, describe, new_axes

__all__ = ["cohort_retention", "leaving_by_step", "lifecycle_stages", "lifecycle_transitions"]

_NO_STAGES = "Not enough data for a lifecycle (need 2 whole periods)"


def lifecycle_stages(
    stages: pd.DataFrame, *, period: str, as_of: str, currency: str, ax: Axes | None = None
) -> Axes:
    """Draw what the customers at each stage bought in the last period and in the one before.

    Parameters
    ----------
    stages
        `stage`, `n_customers`, `before_amount`, `now_amount`, `change_amount`.
    """
    ax = new_axes(ax, height=3.1)
    if stages.empty or stages["n_customers"].sum() == 0:
        return nothing_to_draw(ax, why=_NO_STAGES, as_of=as_of)
    x = range(len(stages))
    ax.bar([k - 0.2 for k in x], stages["before_amount"], 0.38, color=MUTED, label="period before")
    ax.bar([k + 0.2 for k in x], stages["now_amount"], 0.38, color=ACCENT, label="last period")
    labels = [
        f"{row.stage}\n{text.count(row.n_customers)} customers" for row in stages.itertuples()
    ]
    ax.set_xticks(list(x), labels)
    ax.yaxis.set_major_formatter(FuncFormatter(thousands))
    ax.set_ylabel(f"Sales, {currency}")
    ax.legend()
    change = stages.set_index("stage")["change_amount"]
    less, more = -change.get("leaving", 0.0), change.get("developing", 0.0)
    words = "; ".join(
        f"{row.stage}: {text.count(row.n_customers)} customers, "
        f"{text.money(row.before_amount, currency)} before, "
        f"{text.money(row.now_amount, currency)} now"
        for row in stages.itertuples()
    )
    return describe(
        ax,
        finding=f"Customers who are leaving bought for {text.money(less, currency)} less, "
        + (f"those developing for {text.money(more, currency)} more" if more else "none develops"),
        subtitle=f"Sales by lifecycle stage of today in {currency}, {period}, as of {as_of}",
        alt=f"Pairs of bars per stage. {words}.",
    )


def lifecycle_transitions(
    rates: pd.DataFrame, *, n_days: int, as_of: str, currency: str, ax: Axes | None = None
) -> Axes:
    """Draw how likely a customer at one stage is at another one period later.

    Parameters
    ----------
    rates
        `stage_before`, `stage`, `n_before`, `move_rate`.
    """
    ax = new_axes(ax, height=3.2)
    if rates.empty:
        why = "Not enough data for a transition (need 3 whole periods)"
        return nothing_to_draw(ax, why=why, as_of=as_of)
    order = list(dict.fromkeys(rates["stage"]))
    matrix = rates.pivot_table(
        index="stage_before", columns="stage", values="move_rate", aggfunc="sum"
    )
    matrix = matrix.reindex(index=[one for one in order if one in matrix.index], columns=order)
    ax.imshow(matrix, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for row, values in enumerate(matrix.to_numpy()):
        for column, value in enumerate(values):
            ink = "white" if value > 0.55 else "#1F2933"
            ax.text(column, row, text.percent(value), ha="center", va="center", color=ink)
    n_before = rates.groupby("stage_before")["n_before"].first()
    ax.set_xticks(range(len(order)), order)
    rows = [f"{stage} ({text.count(n_before[stage])})" for stage in matrix.index]
    ax.set_yticks(range(len(rows)), rows)
    ax.set_xlabel(f"Stage {n_days} days later")
    ax.set_ylabel("Stage (customers seen)")
    ax.grid(visible=False)
    stage = "maintained" if "maintained" in matrix.index else matrix.index[0]
    gone = matrix.loc[stage].reindex(["leaving", "lost"]).sum()
    words = "; ".join(
        f"{row.stage_before} to {row.stage} {text.percent(row.move_rate)}"
        for row in rates.itertuples()
        if row.move_rate > 0
    )
    return describe(
        ax,
        finding=f"{text.percent(gone)} of the customers at stage {stage} are leaving or lost "
        f"{n_days} days later",
        subtitle=f"Share of the customers of a row who are at the stage of the column, as of "
        f"{as_of}",
        alt=f"Table of shares. {words}.",
    )


def leaving_by_step(
    steps: pd.DataFrame, *, as_of: str, currency: str, ax: Axes | None = None
) -> Axes:
    """Draw the share of customers who began to leave, period by period, with its interval.

    Parameters
    ----------
    steps
        `period_ends_on`, `leave_rate`, `low_rate`, `high_rate`, the earliest first.
    """
    ax = new_axes(ax)
    if steps.empty:
        why = "Not enough data for a period in which customers left (need 3 whole periods)"
        return nothing_to_draw(ax, why=why, as_of=as_of)
    x = list(range(len(steps)))
    ends = [
        (steps["leave_rate"] - steps["low_rate"]).clip(lower=0),
        (steps["high_rate"] - steps["leave_rate"]).clip(lower=0),
    ]
    ax.errorbar(x, steps["leave_rate"], yerr=ends, color=COLOURS[5], marker="o", capsize=4)
    ax.set_xticks(x, steps["period_ends_on"])
    ax.set_xlim(-0.5, len(x) - 0.5)
    ax.set_ylim(0, max(0.05, 1.15 * float(steps["high_rate"].max())))
    ax.yaxis.set_major_formatter(PercentFormatter(1))
    ax.set_ylabel("Began to leave")
    ax.set_xlabel("Period that ends on")
    last = steps.iloc[-1]
    words = "; ".join(
        f"{row.period_ends_on}: {text.percent(row.leave_rate)}" for row in steps.itertuples()
    )
    return describe(
        ax,
        finding=f"{text.percent(last['leave_rate'])} of the customers who were staying began to "
        "leave in the last period",
        subtitle=f"Share of those won, developing or maintained at its start, 95 % interval, "
        f"as of {as_of}",
        alt=f"Line with intervals. {words}.",
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
        return nothing_to_draw(ax, why=why, as_of=as_of)
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
