"""When each customer came, by when he had gone, and why: recorded losses and silent ones."""

from __future__ import annotations

import narwhals as nw

from crmlib.errors import ParameterError
from crmlib.features.margin import with_margin
from crmlib.features.orders import customer_lines, order_days, unknown_count, whole
from crmlib.features.rhythm import gap_quartiles

__all__ = ["customer_lives", "gap_counts"]

_YEAR_DAYS = 365
_FEW_GAPS = 3
"""Fewer gaps than this say little about a customer's own rhythm."""
_GROUPS = ("region", "kind", "household_size", "income_band")


def gap_counts(lines: nw.LazyFrame, *, as_of_day: int) -> nw.LazyFrame:
    """Count how long customers stay away between two order days.

    Returns
    -------
    narwhals.LazyFrame
        One row per length: `gap_days`, `n_gaps`.
    """
    gaps = order_days(lines, as_of_day=as_of_day).filter(~nw.col("gap_days").is_null())
    return gaps.group_by("gap_days").agg(nw.len().alias("n_gaps"))


def customer_lives(
    lines: nw.LazyFrame,
    customers: nw.LazyFrame | None = None,
    departures: nw.LazyFrame | None = None,
    products: nw.LazyFrame | None = None,
    *,
    as_of_day: int,
    usual_gap_days: int,
    silence_factor: int = 3,
    min_silence_days: int = 30,
) -> nw.LazyFrame:
    """Say of each customer when he came, whether and when he left, and what he bought at the end.

    A customer is *lost* on the recorded day of leaving, unless he ordered after it. Without a
    record he is lost once he has been silent longer than his own limit: `silence_factor` times the
    upper quartile of the days between his order days (of customers with fewer than three such
    gaps, at least that of all customers), and no less than `min_silence_days`. Such a loss is dated
    one usual pause (the median gap) after the last order. Guards against one limit of days for
    all, which calls rare buyers lost and daily ones loyal.

    Parameters
    ----------
    lines
        Order lines, contract `crmlib.schema.TRANSACTIONS` with companions.
    customers, departures, products
        Give region, kind and the like, recorded losses with their reason, and costs; each may be
        missing.
    as_of_day
        Last day that counts, a day number.
    usual_gap_days
        Upper quartile of the gaps of all customers, from `gap_counts`.
    silence_factor
        Usual pauses after which silence is called a loss.
    min_silence_days
        Silence in days that is never called a loss.

    Returns
    -------
    narwhals.LazyFrame
        One row per customer with an order: `customer_id`, `region`, `kind`, `household_size`,
        `income_band`, `first_channel` (null where nobody knows), `start_day` and `last_day` (first
        and last order), `n_order_days`,
        `pause_days` (median gap), `usual_gap_days` (upper quartile; where there are few gaps that
        of all), `silence_days`, `reason` (of a recorded loss), `is_recorded`, `is_lost` (0 or 1),
        `end_day` (day of the loss, null while a customer), `year_cents` and `year_margin_cents`
        (net sales and margin of the year up to the last order; the margin null where no cost is
        known).

    Raises
    ------
    SchemaError
        If a column of the contract is missing.
    ParameterError
        If a limit is below 1.
    """
    if min(usual_gap_days, silence_factor, min_silence_days) < 1:
        raise ParameterError(
            f"usual_gap_days={usual_gap_days}, silence_factor={silence_factor}, "
            f"min_silence_days={min_silence_days}: each must be at least 1."
        )
    days = order_days(lines, as_of_day=as_of_day)
    totals = days.group_by("customer_id").agg(
        nw.col("occurred_day").min().alias("start_day"),
        nw.col("occurred_day").max().alias("last_day"),
        nw.len().alias("n_order_days"),
    )
    lives = totals.with_columns(whole("start_day", "last_day", "n_order_days"))
    gaps = gap_quartiles(days.select("customer_id", "occurred_day"))
    for part in (
        gaps,
        _first_way(lines, as_of_day=as_of_day),
        _last_year(lines, totals, products, as_of_day=as_of_day),
    ):
        lives = lives.join(part, on="customer_id", how="left")
    if departures is None:
        unknown = nw.lit(None, dtype=nw.String).alias("reason")
        lives = lives.with_columns(unknown_count().alias("left_day"), unknown)
    else:
        recorded = _recorded(departures, as_of_day=as_of_day)
        lives = lives.join(recorded, on="customer_id", how="left")
    lives = _with_rhythm(_with_groups(lives, customers), usual_gap_days=usual_gap_days)
    limit = silence_factor * nw.col("usual_gap_days")
    silence = as_of_day - nw.col("last_day")
    is_silent = (silence > limit) & (silence > min_silence_days)
    return _with_end(lives.with_columns(silence.alias("silence_days")), is_silent=is_silent)


def _first_way(lines: nw.LazyFrame, *, as_of_day: int) -> nw.LazyFrame:
    """Give channel and region of the first order day; of several the first by code point."""
    known = customer_lines(lines, as_of_day=as_of_day).filter(~(nw.col("quantity") < 0))
    present = known.collect_schema().names()
    ways = {"channel": "first_channel", "region": "_region"}
    first = nw.col("occurred_day").min().over("customer_id")
    return (
        known.with_columns(
            first.alias("_first"),
            **{
                new: nw.col(old) if old in present else nw.lit(None, dtype=nw.String)
                for old, new in ways.items()
            },
        )
        .filter(nw.col("occurred_day") == nw.col("_first"))
        .group_by("customer_id")
        .agg(*(nw.col(new).min() for new in ways.values()))
    )


def _last_year(
    lines: nw.LazyFrame, totals: nw.LazyFrame, products: nw.LazyFrame | None, *, as_of_day: int
) -> nw.LazyFrame:
    """Add up what each customer bought in the year up to his last order."""
    is_known = ~nw.col("line_margin_cents").is_null()
    known = with_margin(customer_lines(lines, as_of_day=as_of_day), products)
    ends = totals.select("customer_id", nw.col("last_day").alias("_last"))
    return (
        known.select("customer_id", "occurred_day", "net_cents", "line_margin_cents")
        .join(ends, on="customer_id", how="inner")
        .filter(nw.col("occurred_day") > nw.col("_last") - _YEAR_DAYS)
        .with_columns(
            nw.when(is_known).then(1).otherwise(0).alias("_known"),
            nw.when(is_known).then(nw.col("line_margin_cents")).otherwise(0.0).alias("_margin"),
        )
        .group_by("customer_id")
        .agg(nw.col("net_cents").sum().alias("year_cents"), nw.col("_known", "_margin").sum())
        .with_columns(
            whole("year_cents"),
            nw.when(nw.col("_known") > 0).then(nw.col("_margin")).alias("year_margin_cents"),
        )
        .drop("_known", "_margin")
    )


def _recorded(departures: nw.LazyFrame, *, as_of_day: int) -> nw.LazyFrame:
    """Give the last recorded loss of each customer; of several reasons the first by code point."""
    known = departures.filter(nw.col("left_day") <= as_of_day)
    present = known.collect_schema().names()
    reason = nw.col("reason") if "reason" in present else nw.lit(None, dtype=nw.String)
    return (
        known.with_columns(
            reason.alias("reason"), nw.col("left_day").max().over("customer_id").alias("_last_left")
        )
        .filter(nw.col("left_day") == nw.col("_last_left"))
        .group_by("customer_id")
        .agg(nw.col("left_day").max(), nw.col("reason").min())
    )


def _with_groups(lives: nw.LazyFrame, customers: nw.LazyFrame | None) -> nw.LazyFrame:
    """Add who the customer is; the region, where the master data lack it, is that of buying."""
    present = customers.collect_schema().names() if customers is not None else []
    chosen = [name for name in _GROUPS if name in present]
    if customers is not None and chosen:
        lives = lives.join(customers.select("customer_id", *chosen), on="customer_id", how="left")
    unknown = nw.lit(None, dtype=nw.String)
    region = nw.coalesce("region", "_region") if "region" in chosen else nw.col("_region")
    missing = {name: unknown for name in _GROUPS if name not in chosen}
    return lives.with_columns(**(missing | {"region": region})).drop("_region")


def _with_rhythm(lives: nw.LazyFrame, *, usual_gap_days: int) -> nw.LazyFrame:
    """Add the usual pause of each customer; who shows few of them is taken for one of all."""
    own = nw.col("gap_q75_days")
    typical = (
        nw.when(own.is_null())
        .then(usual_gap_days)
        .when((nw.col("n_gaps") < _FEW_GAPS) & (own < usual_gap_days))
        .then(usual_gap_days)
        .otherwise(own)
    )
    median = nw.col("gap_median_days")
    pause = nw.when(median.is_null()).then(usual_gap_days).otherwise(median)
    return lives.with_columns(typical.alias("usual_gap_days"), pause.alias("pause_days"))


def _with_end(lives: nw.LazyFrame, *, is_silent: nw.Expr) -> nw.LazyFrame:
    """Say who is lost, since when, and whether that is on record."""
    left = nw.col("left_day")
    is_recorded = ~left.is_null() & (left >= nw.col("last_day"))
    end = (
        nw.when(nw.col("is_recorded") == 1)
        .then(left)
        .when(nw.col("is_lost") == 1)
        .then(nw.col("last_day") + nw.col("pause_days"))
    )
    return (
        lives.with_columns(
            nw.when(is_recorded).then(1).otherwise(0).alias("is_recorded"),
            nw.when(is_recorded | is_silent).then(1).otherwise(0).alias("is_lost"),
        )
        .with_columns(
            end.alias("end_day"),
            nw.when(nw.col("is_recorded") == 1).then(nw.col("reason")).alias("reason"),
        )
        .select(
            "customer_id", *_GROUPS, "first_channel", "start_day", "last_day",
            "n_order_days", "pause_days", "usual_gap_days", "silence_days", "reason",
            "is_recorded", "is_lost", "end_day", "year_cents", "year_margin_cents",
        )
    )  # fmt: skip
