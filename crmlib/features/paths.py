"""The way of visitors through the assortment: what follows what, what is looked for and at."""

from __future__ import annotations

import narwhals as nw

from crmlib.features.orders import whole
from crmlib.features.snapshot import with_category
from crmlib.features.visits import STEPS

__all__ = ["followed_steps", "left_at", "searches", "views", "ways"]

_FOUND = ("view", "basket", "buy")


def _changes(events: nw.LazyFrame) -> nw.LazyFrame:
    """Keep the first of several steps of one kind in a row: ten pages looked at are one look."""
    before = nw.col("kind").shift(1).over("visit_id", order_by="position")
    return (
        events.select("visit_id", "position", "kind", before.alias("_before"))
        .filter(nw.col("_before").is_null() | (nw.col("_before") != nw.col("kind")))
        .drop("_before")
    )


def followed_steps(visited: nw.LazyFrame, events: nw.LazyFrame) -> nw.LazyFrame:
    """Count in how many visits a step directly follows another, repeats of one kind left out.

    A visit begins with `enter` and ends with `leave`, whether the source records these or not.

    Parameters
    ----------
    visited
        From `visit_rows`.

    Returns
    -------
    narwhals.LazyFrame
        One row per pair: `step`, `next_step`, `n_visits` (with the pair), `n_from` (with `step`).
    """
    kept = visited.select("visit_id")
    changes = _changes(events).join(kept, on="visit_id", how="inner")
    by_position = {"order_by": "position"}
    both = changes.with_columns(
        nw.col("kind").shift(1).over("visit_id", **by_position).alias("_before"),
        nw.col("kind").shift(-1).over("visit_id", **by_position).alias("_after"),
    )
    start, end = nw.lit("enter"), nw.lit("leave")
    kind, before, after = nw.col("kind"), nw.col("_before"), nw.col("_after")
    pairs = nw.concat(
        [
            both.filter(~after.is_null()).select(
                "visit_id", kind.alias("step"), after.alias("next_step")
            ),
            both.filter(before.is_null(), kind != "enter").select(
                "visit_id", start.alias("step"), kind.alias("next_step")
            ),
            both.filter(after.is_null(), kind != "leave").select(
                "visit_id", kind.alias("step"), end.alias("next_step")
            ),
        ]
    ).unique()
    starts = pairs.select("visit_id", "step").unique()
    total = starts.group_by("step").agg(nw.len().alias("n_from"))
    return (
        pairs.group_by("step", "next_step")
        .agg(nw.len().alias("n_visits"))
        .join(total, on="step", how="inner")
        .with_columns(whole("n_visits", "n_from"))
    )


def ways(visited: nw.LazyFrame, events: nw.LazyFrame, *, n_steps: int = 8) -> nw.LazyFrame:
    """Count the ways of whole visits: their steps in order, repeats of one kind in a row as one.

    Parameters
    ----------
    visited
        From `visit_rows`.
    n_steps
        Steps by which a way is told from another; longer ways end with `...`.

    Returns
    -------
    narwhals.LazyFrame
        One row per way: `way` (kinds joined by ` > `), `n_visits`, `n_bought`.
    """
    kept = visited.select("visit_id", "reached")
    ranked = (
        _changes(events)
        .join(kept, on="visit_id", how="inner")
        .with_columns(nw.col("position").rank("ordinal").over("visit_id").alias("_rank"))
    )
    names = [f"_{rank}" for rank in range(1, n_steps + 1)]
    placed = [
        nw.when(nw.col("_rank") == rank).then(nw.col("kind")).alias(name)
        for rank, name in enumerate(names, start=1)
    ]
    more = nw.when(nw.col("_rank") > n_steps).then(nw.lit("...")).alias("_more")
    bought = nw.when(nw.col("reached") == len(STEPS) - 1).then(1).otherwise(0)
    return (
        ranked.with_columns(*placed, more, bought.alias("n_bought"))
        .group_by("visit_id")
        .agg(nw.col(*names, "_more", "n_bought").max())
        .with_columns(
            nw.concat_str(*names, "_more", separator=" > ", ignore_nulls=True).alias("way")
        )
        .group_by("way")
        .agg(nw.len().alias("n_visits"), nw.col("n_bought").sum())
        .with_columns(whole("n_visits", "n_bought"))
    )


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
