"""Days of customers' lives by what stands open between us: the exposure behind hazard ratios."""

from __future__ import annotations

import narwhals as nw

from crmlib.errors import ParameterError
from crmlib.features.complaints import complaint_cases
from crmlib.features.orders import orders, whole

__all__ = ["STATES", "complaint_spells"]

STATES = ("is_unanswered", "is_answered", "is_compensated")
"""States after a complaint; a customer in none of them has no complaint of late."""

_COUNTS = ("n_entered", "n_events", "n_censored")
_KEYS = (*STATES, "is_repeated")


def complaint_spells(
    lines: nw.LazyFrame,
    complaints: nw.LazyFrame,
    departures: nw.LazyFrame,
    *,
    as_of_day: int,
    effect_days: int = 90,
) -> nw.LazyFrame:
    """Count customers by day of life and state after a complaint: who enters, leaves, moves on.

    A life begins with the first order and ends on the known day of leaving, or goes on at
    `as_of_day`. From the day after a complaint a customer is *unanswered* until the day of the
    answer, from the day after it *answered* or *compensated*, up to `effect_days` after the
    complaint; the latest complaint decides. Guards against counting the days before a complaint,
    which a customer must have stayed to make it, as days after it (immortal time).

    Parameters
    ----------
    effect_days
        Days after a complaint in which its effect on leaving is looked for.

    Returns
    -------
    narwhals.LazyFrame
        Counts as of `crmlib.features.person_periods.person_periods` with periods of a day:
        `is_unanswered`, `is_answered`, `is_compensated`, `is_repeated` (from the second complaint
        on; 0 or 1 each), `period` (day of life), `n_entered`, `n_events` (left), `n_censored`.

    Raises
    ------
    ParameterError
        If `effect_days` is below 1.

    References
    ----------
    P. D. Allison (1982), Discrete-time methods for the analysis of event histories, Sociological
    Methodology 13, section 4 (covariates that change in time). S. Suissa (2008), Immortal time
    bias in pharmacoepidemiology, American Journal of Epidemiology 167, 492-499.
    """
    if effect_days < 1:
        raise ParameterError(f"effect_days={effect_days}: at least one day is needed.")
    lives = _lives(lines, departures, as_of_day=as_of_day)
    cases = complaint_cases(complaints, as_of_day=as_of_day)
    spells = _spells(lives, cases, effect_days=effect_days).filter(
        nw.col("to_day") > nw.col("from_day")
    )
    ends = (nw.col("to_day") == nw.col("end_day")) & (nw.col("has_left") == 1)
    zero, one = nw.lit(0), nw.lit(1)
    entered = spells.select(
        *_KEYS,
        (nw.col("from_day") + 1 - nw.col("start_day")).alias("period"),
        n_entered=one, n_events=zero, n_censored=zero,
    )  # fmt: skip
    gone = spells.select(
        *_KEYS,
        (nw.col("to_day") - nw.col("start_day")).alias("period"),
        n_entered=zero,
        n_events=nw.when(ends).then(1).otherwise(0),
        n_censored=nw.when(ends).then(0).otherwise(1),
    )
    return (
        nw.concat([entered, gone])
        .group_by(*_KEYS, "period")
        .agg(nw.col(*_COUNTS).sum())
        .with_columns(whole(*_KEYS, "period", *_COUNTS))
    )


def _lives(lines: nw.LazyFrame, departures: nw.LazyFrame, *, as_of_day: int) -> nw.LazyFrame:
    """Give the first and last day of each customer's life, and whether he has left."""
    start = (
        orders(lines, as_of_day=as_of_day)
        .filter(nw.col("is_order") == 1)
        .group_by("customer_id")
        .agg(nw.col("occurred_day").min().alias("start_day"))
    )
    left = (
        departures.filter(nw.col("left_day") <= as_of_day)
        .group_by("customer_id")
        .agg(nw.col("left_day").min())
    )
    joined = start.join(left, on="customer_id", how="left")
    return joined.with_columns(
        nw.when(nw.col("left_day").is_null()).then(0).otherwise(1).alias("has_left"),
        nw.when(nw.col("left_day").is_null())
        .then(as_of_day)
        .otherwise(nw.col("left_day"))
        .alias("end_day"),
    ).select("customer_id", "start_day", "end_day", "has_left")


def _spells(lives: nw.LazyFrame, cases: nw.LazyFrame, *, effect_days: int) -> nw.LazyFrame:
    """Cut each life where the state changes; a spell has the days after `from_day` to `to_day`."""
    open_ = nw.when(nw.col("is_open") == 1).then(1).otherwise(0)
    order = {"order_by": "opened_day"}
    by_day = (
        cases.with_columns(open_.alias("_is_open"))
        .group_by("customer_id", "opened_day")
        .agg(nw.col("resolved_day").max(), nw.col("_is_open").max(), nw.col("is_compensated").max())
        .with_columns(
            nw.col("opened_day").shift(-1).over("customer_id", **order).alias("_next"),
            nw.col("opened_day").shift(1).over("customer_id", **order).alias("_before"),
        )
        .join(lives, on="customer_id", how="inner")
    )
    opened, over = nw.col("opened_day"), nw.col("opened_day") + effect_days
    stop = nw.min_horizontal("_next", "end_day")
    settled = nw.when(nw.col("_is_open") == 0).then(nw.col("resolved_day"))
    marked = by_day.with_columns(
        stop.alias("_stop"),
        nw.when(nw.col("_before").is_null()).then(0).otherwise(1).alias("is_repeated"),
        nw.when(settled.is_null() | (settled > over))
        .then(over)
        .otherwise(settled)
        .alias("_settled"),
        over.alias("_over"),
    )
    compensated = nw.col("is_compensated") == 1
    after_answer = {
        "is_unanswered": nw.lit(0),
        "is_answered": nw.when(compensated).then(0).otherwise(1),
        "is_compensated": nw.when(compensated).then(1).otherwise(0),
    }
    unanswered = {"is_unanswered": nw.lit(1), "is_answered": nw.lit(0), "is_compensated": nw.lit(0)}
    none = dict.fromkeys(STATES, nw.lit(0))
    first = by_day.group_by("customer_id").agg(opened.min().alias("_first"))
    before = (
        lives.join(first, on="customer_id", how="left")
        .with_columns(
            nw.min_horizontal("_first", "end_day").alias("_stop"), nw.lit(0).alias("is_repeated")
        )
        .with_columns(nw.col("start_day").alias("_from"), nw.col("_stop").alias("_to"))
    )
    return nw.concat(
        [
            _spell(before, "_from", "_to", none),
            _spell(marked, "opened_day", "_settled", unanswered),
            _spell(marked, "_settled", "_over", after_answer),
            _spell(marked, "_over", "_stop", none),
        ]
    )


def _spell(
    frame: nw.LazyFrame, from_day: str, to_day: str, state: dict[str, nw.Expr]
) -> nw.LazyFrame:
    """Give the days after one column up to and including another, within the life."""
    return frame.select(
        nw.max_horizontal(from_day, "start_day").alias("from_day"),
        nw.min_horizontal(to_day, "_stop").alias("to_day"),
        "start_day", "end_day", "has_left", "is_repeated",
        **state,
    )  # fmt: skip
