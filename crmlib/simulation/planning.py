"""Exchange rates, and a sales plan that is too high and too low in known places."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from crmlib.simulation.arrow import days, money, numbers, table, texts
from crmlib.simulation.market import CATEGORIES, KINDS, REGIONS
from crmlib.simulation.outline import Outline
from crmlib.simulation.randomness import stream
from crmlib.simulation.timeline import season

__all__ = [
    "AMBITION", "CURRENCIES", "Months", "Rates", "currency_of", "make_months", "make_rates",
    "rates_table", "sales_plan_table",
]  # fmt: skip

CURRENCIES = ("CHF", "GBP", "AUD")
_LEVELS = np.array([1.05, 1.17, 0.61])
_BILLED = {"Alps": 0, "Islands": 1}
"""Resellers of these regions are billed in the currency at this position of `CURRENCIES`."""

AMBITION = {"Tea": 1.25, "Kitchen knives": 0.8}
"""Factor on the plan of a category; all others are planned at what is sold, spread by season."""


@dataclass(frozen=True)
class Rates:
    """Account currency for one unit: currencies x days since the first day."""

    values: np.ndarray


def make_rates(outline: Outline) -> Rates:
    """Draw a random walk per currency, rounded to four decimals as banks do."""
    steps = stream(outline.seed, "planning").normal(0, 0.003, (len(CURRENCIES), outline.n_days))
    return Rates(np.round(_LEVELS[:, None] * np.exp(steps.cumsum(axis=1)), 4))


def currency_of(kind: np.ndarray, region: np.ndarray) -> np.ndarray:
    """Give the position of the currency each customer is billed in; -1 = the account currency."""
    foreign = np.array([_BILLED.get(name, -1) for name in REGIONS])
    return np.where(kind == KINDS.index("reseller"), foreign[region], -1)


def rates_table(outline: Outline, rates: Rates) -> pa.Table:
    """Write the rates, one per day."""
    n_currencies, n_days = rates.values.shape
    return table(
        "rates",
        {
            "currency": texts(CURRENCIES, np.repeat(np.arange(n_currencies), n_days)),
            "day": days(np.tile(outline.dates(np.arange(n_days)), n_currencies)),
            "rate_to_base": numbers(rates.values.ravel()),
        },
    )


@dataclass(frozen=True)
class Months:
    """Calendar months of the days with data.

    Parameters
    ----------
    of_day
        Position of the month of each day.
    first, last
        First and last day with data of each month, since the company's first day.
    """

    of_day: np.ndarray
    first: np.ndarray
    last: np.ndarray


def make_months(outline: Outline) -> Months:
    """Find the months."""
    day = outline.dates(np.arange(outline.n_days)).astype("datetime64[D]")
    month = day.astype("datetime64[M]").astype(np.int64)
    of_day = month - month[0]
    first = np.flatnonzero(np.diff(of_day, prepend=-1))
    return Months(of_day, first, np.append(first[1:], outline.n_days) - 1)


def sales_plan_table(outline: Outline, months: Months, sold_cents: np.ndarray) -> pa.Table:
    """Plan each month of each category and region.

    The plan spreads what is sold in all months by season, times the ambition of the category; so
    what differs is growth, campaigns, the attack and the planted ambition.

    Parameters
    ----------
    sold_cents
        Months x categories x regions.
    """
    by_day = season(outline.dates(np.arange(outline.n_days)))
    weights = np.bincount(months.of_day, by_day)
    ambition = np.array([AMBITION.get(name, 1.0) for name in CATEGORIES])
    share = weights / weights.sum()
    plan = share[:, None, None] * (sold_cents.sum(axis=0) * ambition[:, None])
    cents = np.rint(plan / 10_000).astype(np.int64) * 10_000  # hundreds of account currency
    shape = cents.shape
    month, category, region = (a.ravel() for a in np.indices(shape))
    return table(
        "sales_plan",
        {
            "period_start": days(outline.dates(months.first[month])),
            "period_end": days(outline.dates(months.last[month])),
            "planned_amount": money(cents.ravel()),
            "category": texts(CATEGORIES, category),
            "region": texts(REGIONS, region),
        },
    )
