"""Answers to surveys: the latest of each respondent, and what customers did after answering."""

from __future__ import annotations

import narwhals as nw

from crmlib.features.around import around_moment
from crmlib.features.orders import unknown_count
from crmlib.periods import Window

__all__ = ["latest_answers", "orders_after_answers", "survey_waves"]

_VALUES = ("expectation", "perception", "importance", "recommend_0_10")


def latest_answers(surveys: nw.LazyFrame, *, window: Window) -> nw.LazyFrame:
    """Give the latest answer of each respondent to each attribute.

    Guards against people who answer every survey and so count several times. Of two answers on
    one day that of the last survey by code point counts.

    Parameters
    ----------
    window
        Days whose answers count.

    Returns
    -------
    narwhals.LazyFrame
        One row per kind of respondent, respondent and attribute: `respondent_kind`,
        `respondent_id`, `attribute`, `attribute_group`, `answered_day`, `expectation`,
        `perception`, `importance`, `recommend_0_10` (null where not asked).
    """
    present = surveys.collect_schema().names()
    missing = [name for name in _VALUES if name not in present]
    keys = ("respondent_kind", "respondent_id", "attribute")
    day = nw.col("answered_day")
    return (
        surveys.filter(day >= window.first_day, day <= window.last_day)
        .with_columns(
            *(unknown_count().cast(nw.Float64).alias(name) for name in missing),
            day.max().over(*keys).alias("_last"),
        )
        .filter(day == nw.col("_last"))
        .with_columns(nw.col("survey_id").max().over(*keys).alias("_survey"))
        .filter(nw.col("survey_id") == nw.col("_survey"))
        .select(
            *keys,
            "attribute_group",
            "answered_day",
            *(nw.col(name).cast(nw.Float64) for name in _VALUES),
        )
    )


def survey_waves(surveys: nw.LazyFrame, *, as_of_day: int) -> nw.LazyFrame:
    """Say for each survey when it ran and how many answered.

    Returns
    -------
    narwhals.LazyFrame
        One row per survey and kind of respondent: `survey_id`, `respondent_kind`, `first_day`,
        `last_day`, `n_respondents`.
    """
    day = nw.col("answered_day")
    return (
        surveys.filter(day <= as_of_day)
        .group_by("survey_id", "respondent_kind")
        .agg(
            day.min().alias("first_day"),
            day.max().alias("last_day"),
            nw.col("respondent_id").n_unique().alias("n_respondents"),
        )
    )


def orders_after_answers(
    lines: nw.LazyFrame, surveys: nw.LazyFrame, *, window: Window, follow_days: int
) -> nw.LazyFrame:
    """Count what customers ordered in the days after their latest answer.

    Only answers whose `follow_days` are over at the end of `window` count.

    Returns
    -------
    narwhals.LazyFrame
        One row per customer who answered and had bought before: `respondent_id`, `answered_day`,
        `n_orders_after`.
    """
    last = window.last_day - follow_days
    day = nw.col("answered_day")
    moments = (
        surveys.filter(
            nw.col("respondent_kind") == "customer", day >= window.first_day, day <= last
        )
        .group_by("respondent_id")
        .agg(day.max().alias("moment_day"))
        .select(nw.col("respondent_id").alias("customer_id"), "moment_day")
    )
    found = around_moment(lines, moments, as_of_day=window.last_day, after_days=follow_days)
    return found.select(
        nw.col("customer_id").alias("respondent_id"),
        nw.col("moment_day").alias("answered_day"),
        "n_orders_after",
    )
