"""Why somebody may not buy what customers like him buy: what the data show, or unknown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

from crmlib.features import hindrances
from crmlib.periods import Window
from crmlib.schema import require_columns

__all__ = ["REASONS", "UNKNOWN", "flag", "hindrance_facts", "with_reasons"]

Collect = Callable[[nw.LazyFrame[Any]], pd.DataFrame]

REASONS: dict[str, str] = {
    "complaint": "Settle the complaint first, then make an offer",
    "not sold there": "Bring it to where they buy, or deliver it",
    "substitute owned": "Leave alone: they buy something else instead",
    "price": "Offer it once at a reduced price",
    "no need seen": "Ask before offering again",
    "never offered": "Offer it for the first time",
    "unknown": "Ask in the next contact why they do not buy it here",
}
"""Reason codes from the most particular to the most general, with what to do."""

UNKNOWN = "unknown"
"""Reason where the data show none."""
_MIN_MISSING = 10.0
_BARGAINS, _SELDOM = 0.5, 0.5  # share of lines at a discount; of the customer's own share


def hindrance_facts(
    tables: Mapping[str, nw.LazyFrame[Any]], *, lines: nw.LazyFrame[Any], window: Window,
    collect: Collect,
) -> dict[str, pd.DataFrame]:  # fmt: skip
    """Gather what the source tells about why something may not be bought.

    Parameters
    ----------
    tables
        Those of `products`, `complaints`, `offers`, `campaigns`, `assignments` that are there.
    lines
        Order lines with a column `category`.
    window
        Days that count; complaints and campaigns count up to its last day.
    collect
        Brings a lazy frame to pandas.

    Returns
    -------
    dict of pandas.DataFrame
        Facts by name, for `with_reasons`; what the source cannot tell is left out.
    """
    day, present = window.last_day, lines.collect_schema().names()
    facts = {
        "of_customers": hindrances.discount_habits(lines, window=window),
        "of_items": hindrances.discount_habits(lines, window=window, by="category"),
    }
    for place in (place for place in hindrances.PLACES if place in present):
        facts[f"sold:{place}"] = hindrances.place_items(lines, window=window, place=place)
        facts[f"main:{place}"] = hindrances.main_places(lines, window=window, place=place)
    products = tables.get("products")
    if products is not None and "complaints" in tables:
        facts["complained"] = hindrances.complained_items(
            tables["complaints"], products, as_of_day=day
        )
    if products is not None and "offers" in tables:
        on_offer = hindrances.items_on_offer(tables["offers"], products, window=window)
        facts["on_offer"] = on_offer
        if {"campaigns", "assignments"} <= set(tables):
            facts["in_campaigns"] = hindrances.campaign_offers(tables["campaigns"])
            facts["offered"] = hindrances.customers_offered(
                tables["assignments"], tables["campaigns"], on_offer, as_of_day=day
            )
    return {name: collect(fact) for name, fact in facts.items()}


def with_reasons(
    gaps: pd.DataFrame, facts: Mapping[str, pd.DataFrame], substitutes: pd.DataFrame
) -> pd.DataFrame:
    """Give each white spot the most particular reason that the data show, or `unknown`.

    A reason is what speaks for itself in the data; that it is *the* reason is not proven.

    Parameters
    ----------
    gaps
        White spots: `customer_id`, `item`.
    facts
        From `hindrance_facts`, and `held`: `customer_id`, `item` of what the customers buy.
    substitutes
        From `crmlib.models.expected_purchases.substitutes`.

    Returns
    -------
    pandas.DataFrame
        The gaps with `reason` (a code of `REASONS`), `evidence` (in words) and one column
        `has_...` per reason but the last that says whether it holds.
    """
    require_columns(gaps, ("customer_id", "item"), what="The table of white spots")
    found = {
        "complaint": _complaints(gaps, facts),
        "not sold there": _unsold(gaps, facts),
        "substitute owned": _substitutes(gaps, facts, substitutes),
        "price": _prices(gaps, facts),
        **_offers(gaps, facts),
    }
    table = gaps.assign(reason=UNKNOWN, evidence="")
    for name in reversed([name for name in REASONS if name != UNKNOWN]):
        words = found[name]
        table[flag(name)] = words.notna().to_numpy()
        table["reason"] = table["reason"].where(words.isna().to_numpy(), name)
        table["evidence"] = table["evidence"].where(words.isna().to_numpy(), words.to_numpy())
    return table.astype({"reason": "str", "evidence": "str"})


def flag(reason: str) -> str:
    """Name the column that says whether a reason holds.

    Examples
    --------
    >>> flag("no need seen")
    'has_no_need_seen'
    """
    return f"has_{reason.replace(' ', '_')}"


def _nothing(gaps: pd.DataFrame) -> pd.Series:
    return pd.Series(None, index=gaps.index, dtype="str")


def _looked_up(gaps: pd.DataFrame, fact: pd.DataFrame | None, name: str) -> pd.Series:
    """Give a number of a fact by customer and item, missing where there is none."""
    if fact is None or fact.empty or gaps.empty:
        return pd.Series(np.nan, index=gaps.index)
    known = fact.drop_duplicates(["customer_id", "item"])[["customer_id", "item", name]]
    joined = gaps[["customer_id", "item"]].merge(known, on=["customer_id", "item"], how="left")
    return joined[name].set_axis(gaps.index)


def _worded(values: pd.Series, write: Callable[[Any], str]) -> pd.Series:
    return values.map(write, na_action="ignore").astype("str").where(values.notna())


def _complaints(gaps: pd.DataFrame, facts: Mapping[str, pd.DataFrame]) -> pd.Series:
    number = _looked_up(gaps, facts.get("complained"), "n_complaints")
    return _worded(number, lambda n: f"complaints about it: {n:.0f}")


def _unsold(gaps: pd.DataFrame, facts: Mapping[str, pd.DataFrame]) -> pd.Series:
    """Find items that nobody buys at the customer's place, though at least ten should."""
    words = _nothing(gaps)
    for name in [name for name in facts if name.startswith("sold:")]:
        sold, main = facts[name], facts[name.replace("sold:", "main:")]
        sizes = sold[sold["item"].isna()].set_index("place")["n_customers"]
        each = sold[sold["item"].notna()].set_index(["place", "item"])["n_customers"]
        share = each.groupby(level="item").sum() / max(sizes.sum(), 1)
        place = gaps["customer_id"].map(main.set_index("customer_id")["place"])
        expected = place.map(sizes).astype(float) * gaps["item"].map(share).astype(float)
        sells = pd.MultiIndex.from_arrays([place, gaps["item"]]).isin(each.index)
        missing = (expected >= _MIN_MISSING) & ~sells
        kind = name.removeprefix("sold:").removesuffix("_id")
        words = words.where(~missing, kind + " " + place.astype("str"))
    return words


def _substitutes(
    gaps: pd.DataFrame, facts: Mapping[str, pd.DataFrame], substitutes: pd.DataFrame
) -> pd.Series:
    """Name what the customer buys of the things bought instead, the closest one."""
    if gaps.empty or substitutes.empty or "held" not in facts:
        return _nothing(gaps)
    numbered = gaps[["customer_id", "item"]].assign(_row=np.arange(len(gaps)))
    pairs = numbered.merge(substitutes, on="item").merge(
        facts["held"].rename(columns={"item": "instead"}), on=["customer_id", "instead"]
    )
    closest = pairs.sort_values(["partial_correlation", "instead"]).drop_duplicates("_row")
    owned = closest.set_index("_row")["instead"].reindex(range(len(gaps))).set_axis(gaps.index)
    return _worded(owned, lambda name: f"buys {name}")


def _prices(gaps: pd.DataFrame, facts: Mapping[str, pd.DataFrame]) -> pd.Series:
    """Find customers who live on bargains, and items that hardly ever are one."""
    of_customer, of_item = (
        facts[name].set_index(key)["n_discounted"] / facts[name].set_index(key)["n_lines"]
        for name, key in (("of_customers", "customer_id"), ("of_items", "category"))
    )
    own = gaps["customer_id"].map(of_customer).astype(float)
    there = gaps["item"].map(of_item).astype(float)
    is_price = (own >= _BARGAINS) & (there <= _SELDOM * own)
    shown = pd.Series(
        [f"at a discount: {100 * a:.0f} % of all, {100 * b:.0f} % of this"
         for a, b in zip(own.fillna(0), there.fillna(0), strict=True)],
        index=gaps.index, dtype="str",
    )  # fmt: skip
    return shown.where(is_price)


def _offers(gaps: pd.DataFrame, facts: Mapping[str, pd.DataFrame]) -> dict[str, pd.Series]:
    """Tell who was offered the item and did not want it from who never was."""
    if "on_offer" not in facts:
        return {"no need seen": _nothing(gaps), "never offered": _nothing(gaps)}
    number = _looked_up(gaps, facts.get("offered"), "n_offers")
    named = facts["in_campaigns"]["offer_id"] if "in_campaigns" in facts else []
    on_offer = facts["on_offer"]
    to_all = on_offer.loc[~on_offer["offer_id"].isin(list(named)), "item"]
    never = number.isna() & ~gaps["item"].isin(to_all)
    return {
        "no need seen": _worded(number, lambda n: f"offered to the customer: {n:.0f} times"),
        "never offered": pd.Series("no offer of it", index=gaps.index, dtype="str").where(never),
    }
