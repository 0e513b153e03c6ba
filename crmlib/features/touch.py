"""How, when and through which channel customers turn to us, and we to them."""

from __future__ import annotations

import narwhals as nw

from crmlib.features.campaigns import CONTROL
from crmlib.features.moments import with_local_time
from crmlib.features.orders import customer_lines, whole
from crmlib.periods import Window
from crmlib.schema import require_columns

__all__ = [
    "DAY_PARTS",
    "campaign_reactions",
    "choices",
    "consents",
    "our_contacts",
    "own_contacts",
    "own_moments",
    "purchases",
]


DAY_PARTS = {"before noon": 12, "noon to five": 17, "after five": 24}
"""Parts of the day by the hour at which each ends. Three of about equal length: with more of them,
short ones such as midday are mistaken for their neighbours."""


def own_contacts(contacts: nw.LazyFrame, *, window: Window) -> nw.LazyFrame:
    """Keep the contacts in which a known customer turned to us: the channel was his choice.

    Returns
    -------
    narwhals.LazyFrame
        One row per contact: `customer_id`, `channel`, `occurred_at`, `occurred_day`.
    """
    return _within(contacts, window, direction="in").select(
        "customer_id", "channel", "occurred_at", "occurred_day"
    )


def our_contacts(
    contacts: nw.LazyFrame, *, window: Window, zone: str, success: str
) -> nw.LazyFrame:
    """Keep the contacts in which we turned to a known customer, and say how each was met.

    Parameters
    ----------
    zone
        Time zone of the local days; see `crmlib.features.moments`.
    success
        The reaction that is hoped for, such as `interested`.

    Returns
    -------
    narwhals.LazyFrame
        One row per contact: `customer_id`, `channel`, `day_part`, `is_success` (1 or 0; null where
        no reaction is recorded).
    """
    ours = _within(contacts, window, direction="out")
    if "reaction" not in ours.collect_schema():
        ours = ours.with_columns(nw.lit(None, dtype=nw.String).alias("reaction"))
    met = nw.when(nw.col("reaction") == success).then(1).otherwise(0)
    return (
        with_local_time(ours, zone=zone, window=window)
        .with_columns(
            _day_part(),
            nw.when(~nw.col("reaction").is_null()).then(met).alias("is_success"),
        )
        .select("customer_id", "channel", "day_part", "is_success")
    )


def purchases(lines: nw.LazyFrame, *, window: Window) -> nw.LazyFrame:
    """List the orders of known customers with their moment, channel and shop.

    Returns
    -------
    narwhals.LazyFrame
        One row per order with a line that is no return: `customer_id`, `transaction_id`,
        `occurred_at`, `occurred_day` (of the first line), `channel`, `store_id`; null where the
        source does not tell.
    """
    ways = ("channel", "store_id")
    known = customer_lines(lines, as_of_day=window.last_day)
    present = known.collect_schema().names()
    unknown = nw.lit(None, dtype=nw.String)
    stated = [nw.col(way) if way in present else unknown.alias(way) for way in ways]
    firsts = nw.col("occurred_at", "occurred_day", *ways).min()
    return (
        known.filter(nw.col("occurred_day") >= window.first_day, ~(nw.col("quantity") < 0))
        .with_columns(*stated)
        .group_by("customer_id", "transaction_id")
        .agg(firsts)
    )


def own_moments(
    contacts: nw.LazyFrame, lines: nw.LazyFrame, *, window: Window, zone: str
) -> nw.LazyFrame:
    """Collect the moments at which customers turned to us of their own accord: contacts and orders.

    Midnight sharp is the moment of a day without a time; such rows are left out.

    Returns
    -------
    narwhals.LazyFrame
        One row per contact or order: `customer_id`, `weekday` (0 = Monday), `hour`, `day_part`.
    """
    names = ("customer_id", "occurred_at", "occurred_day")
    both = nw.concat(
        [
            own_contacts(contacts, window=window).select(*names),
            purchases(lines, window=window).select(*names),
        ]
    )
    return (
        with_local_time(both, zone=zone, window=window)
        .filter(nw.col("minute_of_day") > 0)
        .with_columns(_day_part())
        .select("customer_id", "weekday", "hour", "day_part")
    )


def choices(rows: nw.LazyFrame, *options: str, subject: str = "customer_id") -> nw.LazyFrame:
    """Count how often each customer chose each option; rows without one are left out.

    Parameters
    ----------
    options
        Columns that name the option, such as `channel`.

    Returns
    -------
    narwhals.LazyFrame
        One row per customer and option: `subject`, `options`, `n_times`.
    """
    known = [~nw.col(option).is_null() for option in options]
    return (
        rows.filter(*known)
        .group_by(subject, *options)
        .agg(nw.len().alias("n_times"))
        .with_columns(whole("n_times"))
    )


def consents(customers: nw.LazyFrame) -> nw.LazyFrame:
    """Keep the customer and what he said of each channel, the columns `consent_*`."""
    said = [name for name in customers.collect_schema().names() if name.startswith("consent_")]
    return customers.select("customer_id", *said)


def campaign_reactions(
    assignments: nw.LazyFrame,
    campaigns: nw.LazyFrame,
    conversions: nw.LazyFrame,
    *,
    as_of_day: int,
) -> nw.LazyFrame:
    """Say of each customer reached by a sales measure whether he reacted to it.

    Who was held out does not count. A reaction is no effect: some would have bought anyway.

    Returns
    -------
    narwhals.LazyFrame
        One row per campaign and customer treated: `customer_id`, `campaign_id`, `channel`,
        `is_success` (1 if a conversion of his names the campaign, otherwise 0).
    """
    for frame, name in ((assignments, "assigned_day"), (conversions, "occurred_day")):
        require_columns(frame.collect_schema().names(), [name], what="A table of measures")
    keys = ["campaign_id", "customer_id"]
    reached = assignments.filter(
        nw.col("arm") != CONTROL, nw.col("assigned_day") <= as_of_day
    ).select(*keys)
    reacted = (
        conversions.filter(nw.col("occurred_day") <= as_of_day, ~nw.col("customer_id").is_null())
        .group_by(*keys)
        .agg(nw.len().alias("_n"))
        .select(*keys, nw.lit(1).alias("is_success"))
    )
    return (
        reached.join(campaigns.select("campaign_id", "channel"), on="campaign_id", how="inner")
        .join(reacted, on=keys, how="left")
        .with_columns(nw.col("is_success").fill_null(0).cast(nw.Int64))
        .select("customer_id", "campaign_id", "channel", "is_success")
    )


def _within(contacts: nw.LazyFrame, window: Window, *, direction: str) -> nw.LazyFrame:
    """Keep the contacts of known customers in one direction and within the window."""
    needed = ("customer_id", "channel", "direction", "occurred_at", "occurred_day")
    require_columns(contacts.collect_schema().names(), needed, what="The table of contacts")
    return contacts.filter(
        ~nw.col("customer_id").is_null(),
        nw.col("direction") == direction,
        nw.col("occurred_day") >= window.first_day,
        nw.col("occurred_day") <= window.last_day,
    )


def _day_part() -> nw.Expr:
    """Name the part of the day, one of `DAY_PARTS`, in which the column `hour` lies."""
    (last, _), *earlier = reversed(DAY_PARTS.items())
    name = nw.lit(last)
    for part, ends in earlier:
        name = nw.when(nw.col("hour") < ends).then(nw.lit(part)).otherwise(name)
    return name.alias("day_part")
