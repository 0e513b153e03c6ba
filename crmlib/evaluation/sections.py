"""How sections of the market grow, with the interval that chance among customers implies."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

__all__ = ["REST", "measure_sections", "pooled_sections"]

REST = "all other sections"
_NORMAL = 1.959963984540054
_SEPARATOR = " | "


def pooled_sections(
    sections: pd.DataFrame,
    buyers: pd.DataFrame,
    *,
    by: Sequence[str],
    min_customers: int,
    most: int,
) -> pd.DataFrame:
    """Name the sections, and take small ones and those beyond the largest together.

    Parameters
    ----------
    sections
        From `crmlib.features.sections.section_sales`.
    buyers
        From `crmlib.features.sections.section_buyers`, by the columns of `by` but the category.
    by
        Columns that make a section.
    min_customers, most
        Customers below which a section is too small to judge, and number of sections kept.

    Returns
    -------
    pandas.DataFrame
        `section`, named by the columns that differ at all, the columns `by` (of `REST` empty), the
        counts and sums of `sections`, `n_buyers`; the largest sales first, `REST` last.
    """
    outer = [name for name in by if name != "category"]
    table = sections.copy()
    table["n_buyers"] = 0
    if outer and len(table):
        told = table.drop(columns="n_buyers").merge(buyers, on=outer, how="left")
        table["n_buyers"] = told["n_buyers"].fillna(0).to_numpy(dtype="int64")
    elif len(table) and len(buyers):
        table["n_buyers"] = int(buyers["n_buyers"].sum())
    telling = [name for name in by if len(table[name].unique()) > 1] or list(by)
    words = table[telling].astype("str").agg(_SEPARATOR.join, axis=1) if len(table) else []
    table.insert(0, "section", pd.Series(words, index=table.index, dtype="str"))
    table = table.sort_values(["net_cents", "section"], ascending=[False, True], ignore_index=True)
    large = (table["n_customers"] >= min_customers) & (table["net_cents"] > 0)
    kept = large & (large.cumsum() <= most)
    rest = table[~kept].drop(columns=["section", *by]).sum()
    if kept.all():
        return table
    last = pd.DataFrame([{"section": REST, **dict.fromkeys(by), **rest.to_dict()}])
    last = last.astype(table.dtypes.to_dict())
    return pd.concat([table[kept], last], ignore_index=True)


def measure_sections(pooled: pd.DataFrame, *, is_comparable: bool) -> pd.DataFrame:
    """Give size, growth, margin, penetration and loyalty of each section.

    Parameters
    ----------
    pooled
        From `pooled_sections`.
    is_comparable
        Whether the data reach over the whole window before; growth is unknown otherwise.

    Returns
    -------
    pandas.DataFrame
        `section`, `n_customers`, `net_amount`, `net_share`, `growth_rate` with
        `growth_low_rate, growth_high_rate` (95 %), `margin_rate`, `penetration_share` (customers of
        the section among all buyers of its kind and region; of `REST` unknown),
        `amount_per_customer_amount`, `stayed_share` (of the customers of before). What is not known
        is empty.

    References
    ----------
    W. G. Cochran (1977), Sampling Techniques, 3rd edition, eq. 6.13 (variance of a ratio), on the
    logarithm; customers are the units.
    """
    now, then = pooled["net_cents"] / 100, pooled["net_cents_before"] / 100
    rate, low, high = _growth(pooled, now, then)
    unknown = pd.Series(np.nan, index=pooled.index)
    if not is_comparable:
        rate, low, high = unknown, unknown, unknown
    total = now.sum()
    counted = pooled["margin_net_cents"]
    reached = pooled["n_buyers"].where((pooled["n_buyers"] > 0) & (pooled["section"] != REST))
    customers = pooled["n_customers"].where(pooled["n_customers"] > 0)
    before = pooled["n_before"].where((pooled["n_before"] > 0) & is_comparable)
    return pd.DataFrame(
        {
            "section": pooled["section"],
            "n_customers": pooled["n_customers"],
            "net_amount": now,
            "net_share": now / total if total > 0 else unknown,
            "growth_rate": rate,
            "growth_low_rate": low,
            "growth_high_rate": high,
            "margin_rate": pooled["margin_cents"] / counted.where(counted > 0),
            "penetration_share": pooled["n_customers"] / reached,
            "amount_per_customer_amount": now / customers,
            "stayed_share": pooled["n_stayed"] / before,
        }
    )


def _growth(
    pooled: pd.DataFrame, now: pd.Series, then: pd.Series
) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Give the growth of sales and its interval."""
    a, b = then.where(then > 0).astype(float), now.where(now > 0).astype(float)
    n = pooled["n_either"].where(pooled["n_either"] > 1).astype(float)
    variance = (
        (pooled["now_squares"] - now**2 / n) / b**2
        + (pooled["before_squares"] - then**2 / n) / a**2
        - 2 * (pooled["products"] - now * then / n) / (a * b)
    ) * (n / (n - 1))
    error = np.sqrt(variance.clip(lower=0))
    ratio = b / a
    return ratio - 1, ratio * np.exp(-_NORMAL * error) - 1, ratio * np.exp(_NORMAL * error) - 1
