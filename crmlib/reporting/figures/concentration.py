"""Charts of the chapter on concentration and risk."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, PercentFormatter

from crmlib.reporting import text
from crmlib.reporting.drawing import nothing_to_draw, thousands
from crmlib.reporting.theme import ACCENT, COLOURS, MUTED, describe, new_axes

__all__ = ["lorenz", "loss_of_the_best", "sales_at_risk"]

_LOST_IN_TITLE = 10


def lorenz(
    curve: pd.DataFrame,
    *,
    gini: Mapping[str, float] | pd.Series,
    measures: pd.DataFrame,
    as_of: str,
    currency: str,
    ax: Axes | None = None,
) -> Axes:
    """Draw the share of sales that the best customers bring.

    Parameters
    ----------
    curve
        `customer_share` and `net_share`, from the best customer down; `margin_share` where a
        margin is known.
    gini
        Gini coefficient: `value`, `low`, `high`.
    measures
        From `evaluation.inequality.measures`; the title says what the table says.
    """
    ax = new_axes(ax, height=3.4)
    if curve["net_share"].isna().all():
        why = "Not enough data for a concentration (positive sales are needed)"
        return nothing_to_draw(ax, why=why, as_of=as_of)
    ax.plot(curve["customer_share"], curve["net_share"], color=ACCENT, linewidth=2, label="sales")
    ax.plot([0, 1], [0, 1], color=MUTED, linestyle="--", linewidth=1)
    top = 1.01
    if "margin_share" in curve:
        margin = curve["margin_share"]
        ax.plot(curve["customer_share"], margin, color=COLOURS[1], linewidth=2, label="margin")
        ax.legend(loc="lower right")
        top = max(top, 1.03 * float(margin.max()))
    ax.annotate("if all brought the same", (0.64, 0.52), color="#52606D", fontsize=8.5)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(PercentFormatter(1))
    ax.set_xlim(0, 1)
    ax.set_ylim(0, top)
    ax.set_xlabel("Share of customers, best first")
    ax.set_ylabel("Share of all" if "margin_share" in curve else "Share of sales")
    shares = measures.set_index("measure")["value_share"].map(text.percent)
    half = shares.get("Sales of the better half of customers", text.UNKNOWN)
    return describe(
        ax,
        finding=f"The better half of the customers brings {half} of the sales",
        subtitle=f"Gini coefficient {gini['value']:.3f} ({_gini_interval(gini)}), as of {as_of}",
        alt=f"Curve above the diagonal: the best tenth brings {shares.iloc[0]}, the better half "
        f"{half} of the sales.",
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
    ax.yaxis.set_major_formatter(FuncFormatter(thousands))
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


def loss_of_the_best(
    loss: pd.DataFrame, *, as_of: str, currency: str, ax: Axes | None = None
) -> Axes:
    """Draw the share of sales, and of the margin, that goes with the best customers.

    Parameters
    ----------
    loss
        `n_lost`, `lost_amount`, `lost_share` and, where a margin is known, `lost_margin_share`.
    """
    ax = new_axes(ax)
    if loss.empty:
        why = "Not enough data for a loss (positive sales are needed)"
        return nothing_to_draw(ax, why=why, as_of=as_of)
    x = range(len(loss))
    has_margin = "lost_margin_share" in loss
    shift = 0.2 if has_margin else 0.0
    width = 0.38 if has_margin else 0.55
    ax.bar([k - shift for k in x], loss["lost_share"], width, color=ACCENT, label="sales")
    if has_margin:
        shares = loss["lost_margin_share"]
        ax.bar([k + shift for k in x], shares, width, color=COLOURS[1], label="margin")
        ax.legend(loc="upper left")
    ax.set_xticks(list(x), [text.count(n) for n in loss["n_lost"]])
    ax.yaxis.set_major_formatter(PercentFormatter(1))
    ax.set_ylabel("Share that goes with them")
    ax.set_xlabel("Best customers lost")
    row = loss[loss["n_lost"] <= _LOST_IN_TITLE].iloc[-1]
    words = "; ".join(
        f"{text.count(one.n_lost)}: {text.percent(one.lost_share)} of sales"
        for one in loss.itertuples()
    )
    who = "customer takes" if row["n_lost"] == 1 else "customers take"
    return describe(
        ax,
        finding=f"The {text.count(row['n_lost'])} best {who} "
        f"{text.percent(row['lost_share'])} of the sales with them",
        subtitle="Share of all, the best by sales for sales and by margin for margin, "
        f"as of {as_of}",
        alt=f"Bars by number of customers lost. {words}.",
    )
