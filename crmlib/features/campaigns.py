"""What each customer got from sales measures, and how he reacted."""

from __future__ import annotations

import narwhals as nw

from crmlib.database.known import known_at
from crmlib.features.orders import days_since, unknown_count, whole
from crmlib.schema.measures import ASSIGNMENTS, CONVERSIONS

__all__ = ["campaign_history"]

_COUNTS = ("n_campaigns", "n_holdouts", "n_reactions", "n_campaigns_reacted")
_DAYS = ("_campaign", "_reaction")
CONTROL = "control"


def campaign_history(
    assignments: nw.LazyFrame, conversions: nw.LazyFrame | None = None, *, as_of_day: int
) -> nw.LazyFrame:
    """Count the measures each customer got or was held out of, and his reactions.

    Several reactions to one campaign count as one in `n_campaigns_reacted`. A reaction without an
    assignment, such as that of somebody who found the offer himself, counts too.

    Parameters
    ----------
    assignments, conversions
        Contracts `crmlib.schema.ASSIGNMENTS` and `CONVERSIONS`; without the second, reactions are
        unknown (null).

    Returns
    -------
    narwhals.LazyFrame
        One row per customer in either: `customer_id`, `n_campaigns` (treated), `n_holdouts`
        (control), `n_reactions`, `n_campaigns_reacted`, `last_campaign_days` and
        `last_reaction_days` (days since).
    """
    given = known_at(assignments, table=ASSIGNMENTS, as_of_day=as_of_day)
    is_control = nw.col("arm") == CONTROL
    events = _events(
        given,
        n_campaigns=nw.when(is_control).then(0).otherwise(1),
        n_holdouts=nw.when(is_control).then(1).otherwise(0),
        _campaign=nw.when(~is_control).then(nw.col("assigned_day")),
    )
    if conversions is not None:
        events = nw.concat([events, _reactions(conversions, as_of_day=as_of_day)])
    table = (
        events.filter(~nw.col("customer_id").is_null())
        .group_by("customer_id")
        .agg(nw.col(*_COUNTS).sum(), nw.col(*_DAYS).max())
        .with_columns(
            whole(*_COUNTS),
            *(days_since(day, as_of_day=as_of_day).alias(f"last{day}_days") for day in _DAYS),
        )
        .drop(*_DAYS)
    )
    if conversions is None:
        unknown = ("n_reactions", "n_campaigns_reacted")
        table = table.with_columns(unknown_count().alias(name) for name in unknown)
    return table


def _reactions(conversions: nw.LazyFrame, *, as_of_day: int) -> nw.LazyFrame:
    """Add up the reactions of each customer to each campaign, in the columns of events."""
    known = known_at(conversions, table=CONVERSIONS, as_of_day=as_of_day)
    by_campaign = known.group_by("customer_id", "campaign_id").agg(
        nw.len().alias("n_reactions"), nw.col("occurred_day").max().alias("_reaction")
    )
    return _events(
        by_campaign,
        n_reactions=nw.col("n_reactions"),
        n_campaigns_reacted=nw.lit(1),
        _reaction=nw.col("_reaction"),
    )


def _events(frame: nw.LazyFrame, **columns: nw.Expr) -> nw.LazyFrame:
    """Give all counts, 0 where not named, and both days, as types that every engine can stack."""
    counts = [columns.get(name, nw.lit(0)).cast(nw.Int64).alias(name) for name in _COUNTS]
    days = [columns.get(name, unknown_count()).cast(nw.Float64).alias(name) for name in _DAYS]
    return frame.select("customer_id", *counts, *days)
