"""Charts of the chapter on cross-selling."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from crmlib.reporting import text
from crmlib.reporting.drawing import in_points, nothing_to_draw, tick_names
from crmlib.reporting.theme import ACCENT, COLOURS, MUTED, describe, new_axes

__all__ = ["follower_effects", "pair_lifts", "slow_seller_baskets"]

_N_SHOWN = 10
_NAME = 24


def pair_lifts(rules: pd.DataFrame, *, as_of: str, currency: str, ax: Axes | None = None) -> Axes:
    """Draw how many times as often as by chance the closest pairs are in one basket.

    Parameters
    ----------
    rules
        From `decisions.cross_selling.strong_rules`; of the two rules of a pair one is shown.
    """
    pair = [" ".join(sorted(names)) for names in zip(rules["antecedent"], rules["consequent"],
                                                      strict=True)]  # fmt: skip
    once = rules[~pd.Series(pair, index=rules.index, dtype="str").duplicated()].head(_N_SHOWN)
    ax = new_axes(ax, height=1.1 + 0.3 * max(len(once), 3))
    if once.empty:
        return nothing_to_draw(ax, why="No pair is bought together beyond chance", as_of=as_of)
    once = once.sort_values(["lift", "antecedent"], ascending=[False, True], ignore_index=True)
    y = range(len(once))
    reach = [once["lift"] - once["lift_low"], once["lift_high"] - once["lift"]]
    ax.errorbar(once["lift"], y, xerr=reach, fmt="o", color=ACCENT, markersize=5, capsize=2)
    ax.axvline(1, color="#52606D", linewidth=1, linestyle="--")
    _names(ax, once["antecedent"], once["consequent"], joint="with")
    ax.set_xlabel("Times as often as by chance (1 = chance)")
    ax.set_xlim(left=0)
    best = once.iloc[0]
    words = "; ".join(
        f"{text.plain(row.antecedent)} with {text.plain(row.consequent)} {row.lift:.1f} times"
        for row in once.itertuples()
    )
    return describe(
        ax,
        finding=f"{text.plain(best['antecedent'])} and {text.plain(best['consequent'])} are "
        f"bought together {best['lift']:.1f} times as often as by chance",
        subtitle=f"The {len(once)} closest of the frequent pairs, 95 % interval, {as_of}",
        alt=f"Points with intervals. {words}.",
    )


def follower_effects(
    followers: pd.DataFrame, *, as_of: str, currency: str, ax: Axes | None = None
) -> Axes:
    """Draw the effects of a first purchase on the next order beside the negative controls.

    Parameters
    ----------
    followers
        From `evaluation.followers.followers`.
    """
    shown = followers.head(_N_SHOWN)
    ax = new_axes(ax, height=1.3 + 0.34 * max(len(shown), 3))
    if shown.empty:
        why = "Not enough first purchases with an order before and one after"
        return nothing_to_draw(ax, why=why, as_of=as_of)
    for name, shift, colour, label in (
        ("effect", -0.14, ACCENT, "after the first purchase"),
        ("placebo", 0.14, MUTED, "three orders too early: must be nil"),
    ):
        middle = shown[f"{name}_share"]
        reach = [middle - shown[f"{name}_low_share"], shown[f"{name}_high_share"] - middle]
        y = [k + shift for k in range(len(shown))]
        ax.errorbar(middle, y, xerr=reach, fmt="o", color=colour, markersize=4.5, label=label)
    ax.axvline(0, color="#52606D", linewidth=1)
    _names(ax, shown["first"], shown["second"], joint="then")
    ax.xaxis.set_major_formatter(FuncFormatter(in_points))
    ax.set_xlabel("Change of the share who buy the second, points")
    ax.legend(loc="upper center", bbox_to_anchor=(0.1, -0.75 / (1.3 + 0.34 * len(shown))), ncols=2)
    n_found = int(followers["is_found"].sum())
    words = "; ".join(
        f"{text.plain(row.first)} then {text.plain(row.second)} "
        f"{text.points(row.effect_share)} (control {text.points(row.placebo_share)})"
        for row in shown.itertuples()
    )
    return describe(
        ax,
        finding=f"{n_found} of {text.count(len(followers))} pairs of items help to sell each other "
        "beyond chance and taste",
        subtitle=f"The {len(shown)} pairs with the greatest effect found first, 95 % intervals, "
        f"observational, {as_of}",
        alt=f"Points with intervals for the effect and for the negative control. {words}.",
    )


def slow_seller_baskets(
    slow: pd.DataFrame, *, as_of: str, currency: str, ax: Axes | None = None
) -> Axes:
    """Draw what else is in the baskets with slow sellers, against what would be by chance.

    Parameters
    ----------
    slow
        From `decisions.cross_selling.slow_sellers`.
    """
    kinds = [name for name in ("subcategory", "category") if name in slow]
    n_found = len(slow)
    if kinds:  # one product of each kind
        slow = slow[slow[kinds[0]].isna() | ~slow[kinds[0]].duplicated()]
    shown = slow.head(_N_SHOWN)
    ax = new_axes(ax, height=1.2 + 0.3 * max(len(shown), 3))
    if shown.empty:
        why = "No slow seller goes with larger baskets beyond chance"
        return nothing_to_draw(ax, why=why, as_of=as_of)
    y = list(range(len(shown)))
    reach = [
        shown["excess_amount"] - shown["excess_low_amount"],
        shown["excess_high_amount"] - shown["excess_amount"],
    ]
    ax.errorbar(shown["rest_amount"], y, xerr=reach, fmt="o", color=ACCENT, markersize=5,
                label="with the product")  # fmt: skip
    ax.plot(shown["expected_amount"], y, "D", color=COLOURS[1], markersize=5,
            label="with another slow seller, same customers")  # fmt: skip
    about = shown[kinds[0]] if kinds else pd.Series("", index=shown.index)
    labels = tick_names(
        (
            f"{row} {kind}" if isinstance(kind, str) else row
            for row, kind in zip(shown["product_id"], about, strict=True)
        ),
        limit=36,
    )
    ax.set_yticks(y, labels, parse_math=False)
    ax.invert_yaxis()
    ax.grid(visible=True, axis="x")
    ax.grid(visible=False, axis="y")
    ax.set_xlabel(f"All else in the basket, {currency}")
    ax.legend(loc="upper center", bbox_to_anchor=(0.3, -0.7 / (1.2 + 0.3 * len(shown))), ncols=2)
    best = shown.iloc[0]
    words = "; ".join(
        f"{label} {text.money(row.rest_amount, currency, cents=True)} against "
        f"{text.money(row.expected_amount, currency, cents=True)}"
        for label, row in zip(labels, shown.itertuples(), strict=True)
    )
    return describe(
        ax,
        finding=f"{text.count(n_found)} slow sellers lie in larger baskets: beside "
        f"{labels[0]} lies {text.money(best['excess_amount'], currency, cents=True)} more",
        subtitle=f"The first of each kind, {len(shown)} kinds, in {currency}, 95 % interval, "
        f"{as_of}",
        alt=f"Points for baskets with the product and for the yardstick. {words}.",
    )


def _names(ax: Axes, first: pd.Series, second: pd.Series, *, joint: str) -> None:
    """Label the rows with both names of each pair, the first pair on top."""
    names = zip(tick_names(first, limit=_NAME), tick_names(second, limit=_NAME), strict=True)
    labels = [f"{a} {joint} {b}" for a, b in names]
    ax.set_yticks(range(len(labels)), labels, parse_math=False)
    ax.invert_yaxis()
    ax.grid(visible=True, axis="x")
    ax.grid(visible=False, axis="y")
