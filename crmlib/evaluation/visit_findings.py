"""What the chapter on visitors finds about visits, searches and prospects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

from crmlib.evaluation import visitors
from crmlib.evaluation.clusters import against_the_rest, clustered_rates, for_readers
from crmlib.features import paths, visits
from crmlib.features.calendar import with_month
from crmlib.features.clusters import cluster_sums
from crmlib.features.prospects import prospect_rows
from crmlib.periods import Window

__all__ = ["Looked", "Searched", "items", "looked", "prospects", "searched", "ways"]

Collect = Callable[[nw.LazyFrame[Any]], pd.DataFrame]
"""Runs a query, such as `crmlib.features.collect.collect`."""

_WHO = "visitor_id"


@dataclass(frozen=True)
class Looked:
    """How far visits came.

    Attributes
    ----------
    steps
        The steps of the funnel that the source records.
    paid
        From `crmlib.features.visits.visit_orders`, collected.
    sources
        Purchases by source, from `crmlib.evaluation.visitors.source_rates`.
    months
        Purchases by `month_on` ("2024-03") of the visit, from `crmlib.evaluation.clusters`.
    new_customers
        Purchases by source in visits of people who were no customers before.
    drop_outs
        From `crmlib.evaluation.visitors.drop_outs`.
    by_source
        Who went on, by step and source, each source against the others at its step.
    """

    steps: tuple[str, ...]
    paid: pd.DataFrame
    sources: pd.DataFrame
    months: pd.DataFrame
    new_customers: pd.DataFrame
    drop_outs: pd.DataFrame
    by_source: pd.DataFrame


def looked(
    collect: Collect,
    visited: nw.LazyFrame,
    events: nw.LazyFrame,
    lines: nw.LazyFrame,
    *,
    as_of_day: int,
) -> Looked:
    """Count how far visits came and what they brought, by source.

    Parameters
    ----------
    collect
        Runs a query.
    visited
        From `crmlib.features.visits.visit_rows`.
    events, lines
        Visit events and order lines.
    """
    steps = visitors.recorded_steps(collect(visits.kinds_of_steps(events)))
    paid = collect(visits.visit_orders(visited, lines, as_of_day=as_of_day))

    def by_source(amounts: pd.DataFrame, *, of_customers: bool) -> pd.DataFrame:
        rows = visits.purchase_rows(visited, steps=steps, of_customers=of_customers)
        sums = collect(cluster_sums(rows, by=["source"], cluster=_WHO))
        return visitors.source_rates(sums, amounts)

    bought = visits.purchase_rows(visited, steps=steps)
    dated = with_month(bought, day="started_day", month="month")
    by_month = collect(cluster_sums(dated, by=["month"], cluster=_WHO))
    on_way = visits.step_rows(visited, steps=steps)
    at_steps = collect(cluster_sums(on_way, by=["step", "next_step"], cluster=_WHO))
    at_sources = collect(cluster_sums(on_way, by=["step", "source"], cluster=_WHO))
    return Looked(
        steps,
        paid,
        by_source(paid, of_customers=True),
        _months(by_month),
        by_source(paid[paid["is_new"] == 1], of_customers=False),
        visitors.drop_outs(at_steps, steps=steps),
        against_the_rest(at_sources, within="step"),
    )


def _months(sums: pd.DataFrame) -> pd.DataFrame:
    """Give the rate of each month, the first one first, months by their usual names."""
    rates = clustered_rates(sums.sort_values("month", ignore_index=True))
    names = [f"{month // 12}-{month % 12 + 1:02d}" for month in rates.pop("month")]
    rates.insert(0, "month_on", pd.Series(names, dtype="str"))
    return rates


@dataclass(frozen=True)
class Searched:
    """What was looked for in vain: `terms` with their price, and what the price rests on."""

    terms: pd.DataFrame
    missed: visitors.Missed


def searched(
    collect: Collect,
    visited: nw.LazyFrame,
    events: nw.LazyFrame,
    paid: pd.DataFrame,
    *,
    min_visits: int,
    rng: np.random.Generator,
) -> Searched:
    """Find the terms that are looked for in vain, and price them.

    Parameters
    ----------
    collect
        Runs a query.
    visited, events
        As for `looked`.
    paid
        `Looked.paid`.
    min_visits
        Visits with a term below which it is not judged.
    rng
        Source of randomness.
    """
    rows = paths.searches(visited, events)
    by_term = collect(cluster_sums(rows, by=["kind", "term"], cluster=_WHO))
    found = cluster_sums(rows, by=["is_success"], cluster=_WHO, success="bought")
    missed = visitors.missed_sales(collect(found), paid["net_cents"], rng=rng)
    terms = visitors.unmet_terms(by_term, min_visits=min_visits)
    return Searched(visitors.priced_terms(terms, missed), missed)


def items(collect: Collect, seen: nw.LazyFrame) -> pd.DataFrame:
    """Say after which items visitors leave more or less often than after the others.

    Parameters
    ----------
    seen
        From `crmlib.features.paths.views`.

    Returns
    -------
    pandas.DataFrame
        As `crmlib.evaluation.clusters.against_the_rest` for readers, by `item`, the largest rate
        first.
    """
    sums = collect(cluster_sums(paths.left_at(seen), by=["item"], cluster=_WHO))
    rates = for_readers(against_the_rest(sums))
    return rates.sort_values(["success_rate", "item"], ascending=[False, True], ignore_index=True)


def ways(
    collect: Collect, came: nw.LazyFrame, events: nw.LazyFrame, *, window: Window
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Say what visitors do directly after what, and which ways whole visits take.

    Parameters
    ----------
    collect
        Runs a query.
    came, events
        Visits and visit events.
    window
        Days on which a visit began.

    Returns
    -------
    tuple of pandas.DataFrame
        `crmlib.evaluation.visitors.next_steps` and `top_ways` of the same module.
    """
    counted = visits.within(came, window=window)
    follow = visitors.next_steps(collect(paths.followed_steps(counted, events)))
    return follow, visitors.top_ways(collect(paths.ways(counted, events)))


def prospects(
    collect: Collect, known: nw.LazyFrame, lines: nw.LazyFrame, *, as_of_day: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Say which prospects have become customers, and compare their sources.

    Parameters
    ----------
    collect
        Runs a query.
    known, lines
        Prospects and order lines.

    Returns
    -------
    tuple of pandas.DataFrame
        `crmlib.features.prospects.prospect_rows`, collected, and
        `crmlib.evaluation.visitors.prospect_rates`.
    """
    rows = collect(prospect_rows(known, lines, as_of_day=as_of_day))
    return rows, visitors.prospect_rates(rows)
