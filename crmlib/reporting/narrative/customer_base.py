"""Sentences of the chapter on the customer base."""

from __future__ import annotations

import pandas as pd

from crmlib.reporting import text

__all__ = ["headline", "price_evidence", "stage_evidence"]


def headline(
    stages: pd.DataFrame,
    factors: pd.DataFrame,
    change: pd.DataFrame,
    *,
    as_of: str,
    n_days: int,
    currency: str,
) -> list[str]:
    """Say how sales moved, why, and at which stages the customers are.

    Parameters
    ----------
    stages
        From `evaluation.customer_base.stage_summary`.
    factors
        From `evaluation.growth.growth_by_factor`.
    change
        From `evaluation.growth.change_with_interval`.
    """
    by_stage = stages.set_index("stage")
    quiet = by_stage.loc[["lapsing", "lapsed"]].sum(numeric_only=True)
    if stages["n_customers"].sum() == 0:
        return ["No sale has a known customer, so nothing can be said about customers."]
    return [
        _change_sentence(change.iloc[0], as_of=as_of, n_days=n_days, currency=currency),
        *_reason_sentence(factors, currency=currency),
        f"{text.count(quiet['n_customers'])} of {text.count(stages['n_customers'].sum())} "
        f"customers ({text.percent(quiet['customer_share'])}) are lapsing or lapsed; they brought "
        f"{text.percent(quiet['net_share'])} of the sales looked at.",
    ]


def _change_sentence(totals: pd.Series, *, as_of: str, n_days: int, currency: str) -> str:
    """Say how sales moved, or why nothing can be said about it."""
    bought = text.money(totals["now_amount"], currency)
    now = f"Known customers bought for {bought} in the {text.days(n_days)} to {as_of}"
    if pd.isna(totals["value"]):
        return (
            f"{now}; the data hold no whole period of {text.days(n_days)} before to compare with."
        )
    before = text.money(totals["before_amount"], currency)
    moved = f"{now}, {text.percent(totals['value'], signed=True)} against {before}"
    return f"{moved} in the {text.days(n_days)} before ({change_interval(totals)})."


def change_interval(totals: pd.Series) -> str:
    """Word the interval of a change, with what it means for the reader."""
    low, high = totals["low"], totals["high"]
    if pd.isna(low):
        return "too few customers for an interval"
    chance = "" if low > 0 or high < 0 else ", which is within chance"
    ends = text.interval(text.percent(low, signed=True), text.percent(high, signed=True))
    return f"{ends}{chance}"


def _reason_sentence(factors: pd.DataFrame, *, currency: str) -> list[str]:
    """Name the two factors that moved sales most; nothing where the split is not possible."""
    if factors["effect_amount"].isna().any():
        return []
    by_size = factors["effect_amount"].abs().sort_values(ascending=False, kind="stable").index
    first, second = (_moved(factors.loc[row], currency=currency) for row in by_size[:2])
    return [f"The main reason: {first}; {second}."]


def _moved(row: pd.Series, *, currency: str) -> str:
    """Say how a factor moved, in its own unit, and what that did to sales."""
    name, before, now = str(row["factor"]), float(row["before"]), float(row["now"])
    effect = text.money(row["effect_amount"], currency)
    if name.startswith("prices"):
        return f"{name} moved by {text.percent(now / before - 1, signed=True)} ({effect})"
    if name.startswith("orders"):
        ends = f"{before:,.2f}", f"{now:,.2f}"
    elif name == "customers":
        ends = text.count(before), text.count(now)
    else:
        ends = text.money(before, currency, cents=True), text.money(now, currency, cents=True)
    return f"{name} went from {ends[0]} to {ends[1]} ({effect})"


def price_evidence(products: pd.DataFrame) -> list[str]:
    """Say for which part of the sales the price effect speaks.

    Parameters
    ----------
    products
        From `features.sales.product_sales_in_two_windows`.
    """
    names = ["quantity", "net_cents", "quantity_before", "net_cents_before"]
    both = (products[names] > 0).all(axis=1)
    if not both.any():
        return ["No product was sold with known units in both periods, so prices are not told."]
    share = products.loc[both, "net_cents"].sum() / products["net_cents"].sum()
    return [
        f"The price effect speaks for {text.number(both.sum(), 'product')} sold in both periods "
        f"with known units, {text.percent(share)} of the sales."
    ]


def stage_evidence(silences: pd.DataFrame, *, lapse_days: int) -> list[str]:
    """Say how often a silence longer than the limit ended with another order.

    Parameters
    ----------
    silences
        `n_long_silences`, `n_ended`.
    """
    n, ended = (int(silences[name].iloc[0]) for name in ("n_long_silences", "n_ended"))
    if n == 0:
        return [f"No customer has been silent for more than {text.days(lapse_days)} yet."]
    return [
        f"Of {text.count(n)} silences longer than {text.days(lapse_days)}, {text.count(ended)} "
        f"({text.percent(ended / n)}) ended with another order: lapsed means quiet for long, not "
        "gone for good."
    ]
