"""The way of visitors through the assortment: what follows what, what is looked for and at."""

from __future__ import annotations

import narwhals as nw

from crmlib.features.orders import whole
from crmlib.features.snapshot import with_category
from crmlib.features.visits import STEPS
from crmlib.schema.relations import VISIT_EVENTS

__all__ = ["KINDS", "followed_steps", "left_at", "searches", "views", "ways"]

KINDS = VISIT_EVENTS["kind"].values
"""Kinds of steps."""
_FOUND = ("view", "basket", "buy")


def followed_steps(visits: nw.LazyFrame, events: nw.LazyFrame) -> nw.LazyFrame:
    """Count how often a step directly follows another, repeats of one kind left out.

    A visit begins with `enter` and ends with `leave`, whether the source records these or not.

    Parameters
    ----------
    visits
        The visits that count, by `visit_id`.

    Returns
    -------
    narwhals.LazyFrame
        One row per pair: `step`, `next_step`, `n_cases` (of the pair), `n_from` (of `step`).
    """
    kind, before, after = nw.col("kind"), nw.col("_before"), nw.col("_after")
    along = {"order_by": "position"}
    triples = (
        _of(visits, events)
        .select(
            "kind",
            kind.shift(1).over("visit_id", **along).alias("_before"),
            kind.shift(-1).over("visit_id", **along).alias("_after"),
        )
        .group_by("kind", "_before", "_after")
        .agg(nw.len().alias("n_cases"))
    )  # a few rows from here on
    ends = nw.when(~after.is_null() | (kind == "leave")).then(after).otherwise(nw.lit("leave"))
    onward = triples.select(kind.alias("step"), ends.alias("next_step"), "n_cases")
    inward = triples.filter(before.is_null()).select(
        nw.lit("enter").alias("step"), kind.alias("next_step"), "n_cases"
    )
    moved = ~nw.col("next_step").is_null() & (nw.col("step") != nw.col("next_step"))
    return (
        nw.concat([onward.filter(moved), inward.filter(moved)])
        .group_by("step", "next_step")
        .agg(nw.col("n_cases").sum())
        .with_columns(nw.col("n_cases").sum().over("step").alias("n_from"))
        .with_columns(whole("n_cases", "n_from"))
    )


def ways(visits: nw.LazyFrame, events: nw.LazyFrame, *, n_steps: int = 8) -> nw.LazyFrame:
    """Count the ways of whole visits: their steps in order, repeats of one kind in a row as one.

    Parameters
    ----------
    visits
        The visits that count, by `visit_id`.
    n_steps
        Steps by which a way is told from another, at most 20; longer ways end with `...`.

    Returns
    -------
    narwhals.LazyFrame
        One row per way: `way` (kinds joined by ` > `), `n_visits`, `n_bought`.
    """
    before = nw.col("kind").shift(1).over("visit_id", order_by="position")
    rank = nw.col("position").rank("ordinal").over("visit_id")
    ranked = (
        _of(visits, events)
        .select("visit_id", "position", "kind", before.alias("_before"))
        .filter(nw.col("_before").is_null() | (nw.col("_before") != nw.col("kind")))
        .select("visit_id", "kind", rank.alias("_rank"))
    )
    digit, place = nw.lit(0), nw.lit(0)
    for number, name in enumerate(KINDS, start=1):
        digit = nw.when(nw.col("kind") == name).then(number).otherwise(digit)
    for step in range(1, n_steps + 1):  # a way is a number, its steps the digits to base 8
        place = nw.when(nw.col("_rank") == step).then(8 ** (step - 1)).otherwise(place)
    parts = {
        "_way": digit * place,
        "_is_longer": nw.when(nw.col("_rank") > n_steps).then(1).otherwise(0),
        "n_bought": nw.when(nw.col("kind") == "buy").then(1).otherwise(0),
    }
    counted = (
        ranked.select("visit_id", **parts)
        .group_by("visit_id")
        .agg(nw.col("_way").sum(), nw.col("_is_longer", "n_bought").max())
        .group_by("_way", "_is_longer")
        .agg(nw.len().alias("n_visits"), nw.col("n_bought").sum())
        .with_columns(whole("_way", "n_visits", "n_bought"))
    )
    return counted.select(_words(n_steps).alias("way"), "n_visits", "n_bought")


def _words(n_steps: int) -> nw.Expr:
    """Turn the number of a way back into the names of its steps."""
    names = []
    for step in range(n_steps):
        digit = nw.col("_way") // 8**step % 8
        name = nw.lit(None, dtype=nw.String)
        for number, kind in enumerate(KINDS, start=1):
            name = nw.when(digit == number).then(nw.lit(kind)).otherwise(name)
        names.append(name)
    more = nw.when(nw.col("_is_longer") == 1).then(nw.lit("..."))
    return nw.concat_str(*names, more, separator=" > ", ignore_nulls=True)


def _of(visits: nw.LazyFrame, events: nw.LazyFrame) -> nw.LazyFrame:
    """Keep the events of the visits that count."""
    return events.join(visits.select("visit_id"), on="visit_id", how="inner")


def searches(visited: nw.LazyFrame, events: nw.LazyFrame) -> nw.LazyFrame:
    """List what was searched or asked for, and whether something was found.

    Found means that the visitor directly went on to look at a product, to the basket or to buy;
    who searches again, asks or leaves did not find. A term counts once per visit, in small letters
    and without blanks around it, and is found if it was found once.

    Parameters
    ----------
    visited
        From `visit_rows`.

    Returns
    -------
    narwhals.LazyFrame
        One row per visit, kind and term: `visit_id`, `visitor_id`, `kind` (`search` or `ask`),
        `term`, `is_success` (1 = found), `bought` (1 if the visit ended with a purchase).
    """
    after = nw.col("kind").shift(-1).over("visit_id", order_by="position")
    names = ("visit_id", "position", "kind", "term")
    if "term" not in events.collect_schema():
        events = events.with_columns(nw.lit(None, dtype=nw.String).alias("term"))
    found = nw.when(nw.col("_after").is_in(_FOUND)).then(1).otherwise(0)
    looked = (
        events.select(*names, after.alias("_after"))
        .filter(nw.col("kind").is_in(["search", "ask"]), ~nw.col("term").is_null())
        .with_columns(
            nw.col("term").str.to_lowercase().str.strip_chars().alias("term"),
            found.alias("is_success"),
        )
        .group_by("visit_id", "kind", "term")
        .agg(nw.col("is_success").max())
    )
    bought = nw.when(nw.col("reached") == len(STEPS) - 1).then(1).otherwise(0)
    return looked.join(
        visited.select("visit_id", "visitor_id", bought.alias("bought")),
        on="visit_id",
        how="inner",
    ).select("visit_id", "visitor_id", "kind", "term", "is_success", "bought")


def views(
    visited: nw.LazyFrame,
    events: nw.LazyFrame,
    products: nw.LazyFrame | None = None,
    *,
    item: str = "category",
) -> nw.LazyFrame:
    """List what was looked at in each visit, each item once, and which one was the last.

    Parameters
    ----------
    visited
        From `visit_rows`.
    products
        Gives `category` by `product_id`.
    item
        `category` or `product_id`.

    Returns
    -------
    narwhals.LazyFrame
        One row per visit and item: `visit_id`, `visitor_id`, `item`, `occurred_day` (of the
        visit), `reached`, `is_last` (1 for the item looked at last), and the constants that
        `crmlib.features.baskets.basket_pairs` asks for: `transaction_id`, `quantity`.
    """
    if "product_id" not in events.collect_schema():
        events = events.with_columns(nw.lit(None, dtype=nw.String).alias("product_id"))
    seen = with_category(events.filter(nw.col("kind") == "view"), products)
    last = nw.col("_at").max().over("visit_id")
    return (
        seen.filter(~nw.col(item).is_null())
        .group_by("visit_id", nw.col(item).alias("item"))
        .agg(nw.col("position").max().alias("_at"))
        .with_columns(last.alias("_last"))
        .with_columns(
            nw.when(nw.col("_at") == nw.col("_last")).then(1).otherwise(0).alias("is_last")
        )
        .join(
            visited.select("visit_id", "visitor_id", "started_day", "reached"),
            on="visit_id",
            how="inner",
        )
        .select(
            "visit_id",
            "visitor_id",
            "item",
            nw.col("started_day").alias("occurred_day"),
            "reached",
            "is_last",
            nw.col("visit_id").alias("transaction_id"),
            nw.lit(1.0).alias("quantity"),
        )
    )


def left_at(seen: nw.LazyFrame) -> nw.LazyFrame:
    """Say of each item looked at whether the visitor left after it, without a basket.

    Parameters
    ----------
    seen
        From `views`.

    Returns
    -------
    narwhals.LazyFrame
        One row per visit and item: `visitor_id`, `item`, `is_success` (1 if he left there).
    """
    left = (nw.col("is_last") == 1) & (nw.col("reached") < STEPS.index("basket"))
    return seen.select("visitor_id", "item", nw.when(left).then(1).otherwise(0).alias("is_success"))
