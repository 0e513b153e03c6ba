"""Prospects: where they came from and who of them has become a customer."""

from __future__ import annotations

import narwhals as nw

from crmlib.database.known import known_at
from crmlib.features.orders import days_since, orders, unknown_count, whole
from crmlib.schema.relations import PROSPECTS

__all__ = ["prospect_rows"]


def prospect_rows(prospects: nw.LazyFrame, lines: nw.LazyFrame, *, as_of_day: int) -> nw.LazyFrame:
    """Say of each prospect whether he has become a customer by the day, and what he bought since.

    Returns
    -------
    narwhals.LazyFrame
        One row per prospect: `prospect_id`, `source`, `is_success` (1 or 0; null where the source
        does not record who was won), `wait_days` (until
        he became a customer; null before), `age_days` (since the first contact), `net_cents` (of
        his orders; 0 where none is known).
    """
    known = known_at(prospects, table=PROSPECTS, as_of_day=as_of_day)
    present = known.collect_schema().names()
    is_recorded = "converted_day" in present
    if not is_recorded:
        known = known.with_columns(unknown_count().alias("converted_day"))
    if "customer_id" not in present:
        known = known.with_columns(nw.lit(None, dtype=nw.String).alias("customer_id"))
    bought = (
        orders(lines, as_of_day=as_of_day)
        .group_by("customer_id")
        .agg(nw.col("net_cents").sum())
        .with_columns(whole("net_cents"))
    )
    is_won = ~nw.col("converted_day").is_null()
    won = nw.when(is_won).then(1).otherwise(0) if is_recorded else unknown_count()
    return known.join(bought, on="customer_id", how="left").select(
        "prospect_id",
        "source",
        won.alias("is_success"),
        (nw.col("converted_day") - nw.col("first_contact_day")).alias("wait_days"),
        days_since("first_contact_day", as_of_day=as_of_day).alias("age_days"),
        nw.when(is_won).then(nw.col("net_cents").fill_null(0)).otherwise(0).alias("net_cents"),
    )
