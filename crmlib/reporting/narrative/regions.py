"""Sentences of the chapter on regions."""

from __future__ import annotations

import pandas as pd

from crmlib.evaluation.regions import OTHERS
from crmlib.reporting import text

__all__ = ["headline", "places_note", "what_places_are"]

_WORDS = {"region": "regions", "store_id": "shops"}


def what_places_are(column: str) -> str:
    """Name in the plural what a column of places holds.

    Examples
    --------
    >>> what_places_are("store_id")
    'shops'
    """
    return _WORDS.get(column, "places")


def headline(
    measures: pd.DataFrame,
    regions: pd.DataFrame,
    total: pd.Series,
    mix: pd.DataFrame,
    *,
    where: str,
    currency: str,
) -> list[str]:
    """Say which places differ, how much is left unused, and what is bought too little.

    Parameters
    ----------
    measures, total
        Of `evaluation.regions.Compared`.
    regions
        From `decisions.regions.regions_to_act_on`.
    mix
        From `evaluation.regions.mix_of_places`.
    where
        From `what_places_are`.
    """
    sales = measures[measures["measure"] == "amount_per_year"]
    if len(sales) < 2:
        return [
            "There are fewer than two regions or shops with enough known customers, so that there "
            "is nothing to compare. With `region` in the table of customers or of transactions "
            "this chapter shows where customers buy less than elsewhere."
        ]
    return [
        _difference_sentence(measures, where=where),
        _potential_sentence(regions, total, where=where, currency=currency),
        _mix_sentence(mix, where=where, currency=currency),
    ]


def _difference_sentence(measures: pd.DataFrame, *, where: str) -> str:
    """Name the places that differ most in sales or orders per customer."""
    chosen = measures[
        measures["measure"].isin(["amount_per_year", "orders_per_year"])
        & measures["is_different"].astype(bool)
    ]
    n = measures["place"].nunique()
    if chosen.empty:
        return (
            f"The {text.count(n)} {where} do not differ in orders or sales per customer beyond "
            "what chance explains."
        )
    away = (chosen["shrunk_index"].astype(float) - 100).abs()
    ordered = chosen.assign(_away=away).sort_values("_away", ascending=False, kind="stable")
    far = ordered.drop_duplicates("place").index
    named = [_place_words(chosen.loc[row], where=where) for row in far[:3]]
    count = chosen["place"].nunique()
    return (
        f"{text.count(count)} of {text.count(n)} {where} differ from the whole beyond chance: "
        f"{'; '.join(named)} (100 = the whole)."
    )


def _name(place: object, *, where: str) -> str:
    """Write a place; a shop by its number needs the word."""
    name = text.literal(place, limit=40)
    return f"shop {name}" if where == "shops" and place != OTHERS else name


def _place_words(row: pd.Series, *, where: str) -> str:
    what = "sales" if row["measure"] == "amount_per_year" else "orders"
    ends = text.interval(text.count(row["low_index"]), text.count(row["high_index"]))
    return (
        f"{_name(row['place'], where=where)} with {what} per customer of "
        f"{text.count(row['shrunk_index'])} ({ends})"
    )


def _potential_sentence(
    regions: pd.DataFrame, total: pd.Series, *, where: str, currency: str
) -> str:
    """Say how much would come in if those below bought like the whole."""
    sure = regions[regions["is_below"].astype(bool)]
    if sure.empty:
        return _no_gap_sentence(regions, where=where, currency=currency)
    first = sure.iloc[0]
    largest = (
        f"the largest gap is that of {_name(first['place'], where=where)} "
        f"({text.money(first['gap_amount'], currency)}, {first['reason']})"
    )
    return (
        f"If the {text.count(len(sure))} {where} that are below the whole beyond chance bought "
        f"like it, their customers would bring {_gap_words(total, currency=currency)}; {largest}."
        if len(sure) > 1
        else f"If {_name(first['place'], where=where)}, which is below the whole beyond chance, "
        f"bought like it, its customers would bring {_gap_words(total, currency=currency)}, "
        f"mainly because of {first['reason']}."
    )


def _gap_words(row: pd.Series, *, currency: str) -> str:
    """Word a gap in money with its interval."""
    ends = (text.money(row[name], currency) for name in ("gap_low_amount", "gap_high_amount"))
    return f"{text.money(row['gap_amount'], currency)} more a year ({text.interval(*ends)})"


def _no_gap_sentence(regions: pd.DataFrame, *, where: str, currency: str) -> str:
    """Say that no gap is sure, and which one is largest all the same."""
    sentence = f"None of the {where} is below the whole in sales per customer beyond chance"
    if regions.empty:
        return f"{sentence}."
    first = regions.iloc[0]
    return (
        f"{sentence}; the largest gap, that of {_name(first['place'], where=where)}, may be luck: "
        f"{_gap_words(first, currency=currency)}."
    )


def _mix_sentence(mix: pd.DataFrame, *, where: str, currency: str) -> str:
    """Name the category that a place buys furthest below its usual share."""
    sure = mix[mix["is_different"].astype(bool)]
    if sure.empty:
        return f"What is bought does not differ between the {where} beyond chance."
    gap = (sure["expected_amount"] * (1 - sure["shrunk_index"] / 100)).astype(float)
    if gap.max() <= 0:
        return (
            f"No category is bought too little in any of the {where} beyond chance; "
            f"{text.count(len(sure))} are bought more than elsewhere."
        )
    row = sure.loc[gap.idxmax()]
    ends = text.interval(text.count(row["low_index"]), text.count(row["high_index"]))
    return (
        f"The largest gap in what is bought: {_name(row['place'], where=where)} spends "
        f"{text.percent(row['shrunk_index'] / 100, digits=0)} of the usual share on "
        f"{text.literal(row['category'], limit=40)} ({ends} of 100), "
        f"{text.money(gap.max(), currency)} less in the period."
    )


def places_note(column: str, *, n_without: int, min_customers: int) -> list[str]:
    """Say what the places are, and who is in none of them."""
    if not column:
        return []
    sentences = {
        "region": "A customer belongs to the region of the table of customers, or else to the one "
        "in which most of his lines were bought.",
        "store_id": "The data name no regions; a customer belongs to the shop in which most of "
        "his lines were bought. With `region` in the table of customers or of transactions, this "
        "chapter compares regions.",
    }
    small = (
        f"Places with fewer than {text.count(min_customers)} customers are taken together as "
        "all others."
    )
    without = f"{text.count(n_without)} customers belong to none and are left out."
    return [f"{sentences[column]} {small} {without if n_without else ''}".strip()]
