"""Days of customers' lives by what stands open between us: the exposure behind hazard ratios."""

from __future__ import annotations

import narwhals as nw

from crmlib.errors import ParameterError
from crmlib.features.complaints import complaint_cases
from crmlib.features.orders import customer_lines, whole

__all__ = ["STATES", "complaint_spells"]

STATES = ("is_unanswered", "is_answered", "is_compensated")
"""States after a complaint; a customer in none of them has no complaint of late."""

_COUNTS = ("n_entered", "n_events", "n_censored")


def complaint_spells(
    lines: nw.LazyFrame,
    complaints: nw.LazyFrame,
    departures: nw.LazyFrame,
    *,
    as_of_day: int,
    effect_days: int = 60,
) -> nw.LazyFrame:
    """Count customers by day of life and state after a complaint: who enters, leaves, moves on.

    A life begins with the first order and ends on the known day of leaving; it goes on at
    `as_of_day` or is no longer looked at from the second complaint on, whose effect would mix with
    that of the first. From the day after the complaint a customer is *unanswered* until the day of
    the answer, from the day after it *answered* or *compensated*, up to `effect_days` after the
    complaint. Guards against counting the days before a complaint, which a customer must have
    stayed to make it, as days after it (immortal time).

    Parameters
    ----------
    effect_days
        Days after a complaint in which its effect on leaving is looked for. The longer, the more
        of those who tend to leave have left, which draws the ratio of hazards towards one.

    Returns
    -------
    narwhals.LazyFrame
        Counts as of `crmlib.features.person_periods.person_periods` with periods of a day:
        `is_unanswered`, `is_answered`, `is_compensated` (0 or 1 each), `period` (day of life),
        `n_entered`, `n_events` (left), `n_censored`.

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
    cases = _first_cases(complaint_cases(complaints, as_of_day=as_of_day))
    lives = _lives(lines, cases, departures, as_of_day=as_of_day)
    spells = _spells(lives, effect_days=effect_days).filter(nw.col("to_day") > nw.col("from_day"))
    ends = (nw.col("to_day") == nw.col("end_day")) & (nw.col("has_left") == 1)
    zero, one = nw.lit(0), nw.lit(1)
    entered = spells.select(
        *STATES,
        (nw.col("from_day") + 1 - nw.col("start_day")).alias("period"),
        n_entered=one, n_events=zero, n_censored=zero,
    )  # fmt: skip
    gone = spells.select(
        *STATES,
        (nw.col("to_day") - nw.col("start_day")).alias("period"),
        n_entered=zero,
        n_events=nw.when(ends).then(1).otherwise(0),
        n_censored=nw.when(ends).then(0).otherwise(1),
    )
    return (
        nw.concat([entered, gone])
        .group_by(*STATES, "period")
        .agg(nw.col(*_COUNTS).sum())
        .with_columns(whole(*STATES, "period", *_COUNTS))
    )


def _first_cases(cases: nw.LazyFrame) -> nw.LazyFrame:
    """Give each customer's first complaint, and the day of the next one."""
    is_open = nw.when(nw.col("is_open") == 1).then(1).otherwise(0)
    return (
        cases.with_columns(is_open.alias("_is_open"))
        .group_by("customer_id", "opened_day")
        .agg(nw.col("resolved_day").max(), nw.col("_is_open").max(), nw.col("is_compensated").max())
        .with_columns(
            nw.col("opened_day").min().over("customer_id").alias("_first"),
            nw.col("opened_day")
            .shift(-1)
            .over("customer_id", order_by="opened_day")
            .alias("_next"),
        )
        .filter(nw.col("opened_day") == nw.col("_first"))
        .with_columns(
            nw.when(nw.col("_is_open") == 0).then(nw.col("resolved_day")).alias("resolved_day")
        )
        .select("customer_id", "opened_day", "_next", "resolved_day", "is_compensated")
    )


def _lives(
    lines: nw.LazyFrame, cases: nw.LazyFrame, departures: nw.LazyFrame, *, as_of_day: int
) -> nw.LazyFrame:
    """Give first and last day of each life looked at, whether it was left, and the complaint."""
    start = (  # of lines, not of orders: it is worked out once for each kind of spell
        customer_lines(lines, as_of_day=as_of_day)
        .filter(~(nw.col("quantity") < 0))
        .group_by("customer_id")
        .agg(nw.col("occurred_day").min().alias("start_day"))
    )
    left = (
        departures.filter(nw.col("left_day") <= as_of_day)
        .group_by("customer_id")
        .agg(nw.col("left_day").min())
    )
    stays = nw.col("left_day").is_null()
    joined = (
        start.join(left, on="customer_id", how="left")
        .join(cases, on="customer_id", how="left")
        .with_columns(nw.when(stays).then(as_of_day).otherwise(nw.col("left_day")).alias("_end"))
        .with_columns(nw.min_horizontal("_end", "_next").alias("end_day"))
    )
    is_end = ~stays & (nw.col("left_day") == nw.col("end_day"))
    return joined.with_columns(nw.when(is_end).then(1).otherwise(0).alias("has_left"))


def _spells(lives: nw.LazyFrame, *, effect_days: int) -> nw.LazyFrame:
    """Cut each life where the state changes; a spell has the days after `from_day` to `to_day`."""
    over = nw.col("opened_day") + effect_days
    late = nw.col("resolved_day").is_null() | (nw.col("resolved_day") > over)
    marked = lives.with_columns(
        over.alias("_over"),
        nw.when(late).then(over).otherwise(nw.col("resolved_day")).alias("_settled"),
    )
    complained = marked.filter(~nw.col("opened_day").is_null())
    compensated = nw.col("is_compensated") == 1
    none = dict.fromkeys(STATES, nw.lit(0))
    answered = {
        "is_answered": nw.when(compensated).then(0).otherwise(1),
        "is_compensated": nw.when(compensated).then(1).otherwise(0),
    }
    return nw.concat(
        [
            _spell(marked, "start_day", "opened_day", none),
            _spell(complained, "opened_day", "_settled", none | {"is_unanswered": nw.lit(1)}),
            _spell(complained, "_settled", "_over", none | answered),
            _spell(complained, "_over", "end_day", none),
        ]
    )


def _spell(
    frame: nw.LazyFrame, from_day: str, to_day: str, state: dict[str, nw.Expr]
) -> nw.LazyFrame:
    """Give the days after one column up to and including another, within the life."""
    return frame.select(
        nw.max_horizontal(from_day, "start_day").alias("from_day"),
        nw.min_horizontal(to_day, "end_day").alias("to_day"),
        "start_day", "end_day", "has_left",
        **state,
    )  # fmt: skip
