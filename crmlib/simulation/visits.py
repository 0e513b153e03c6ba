"""Visits and their steps: what visitors look for, where they drop out, who buys."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from crmlib.simulation.arrow import ids, instants, numbers, table, texts
from crmlib.simulation.assortment import N_PRODUCTS
from crmlib.simulation.customers import Customers
from crmlib.simulation.market import CATEGORIES, SALES_CHANNELS
from crmlib.simulation.masters import customer_ids, product_ids
from crmlib.simulation.orders import FIRST, Orders, moments
from crmlib.simulation.outline import Outline
from crmlib.simulation.randomness import stream

__all__ = ["FUNNELS", "UNMET_SHARES", "UNMET_TERMS", "Funnel", "visits_tables"]


@dataclass(frozen=True)
class Funnel:
    """Visitors from one source: probability of each step, given the one before.

    Parameters
    ----------
    share
        Share of the source among visits in which a new customer buys for the first time.
    """

    source: str
    channel: str
    share: float
    view: float
    basket: float
    buy: float

    @property
    def success(self) -> float:
        """Probability that a visit ends with an order."""
        return self.view * self.basket * self.buy


FUNNELS = (
    Funnel("search engine", "site", 0.35, 0.60, 0.30, 0.45),
    Funnel("newsletter", "site", 0.15, 0.80, 0.40, 0.50),
    Funnel("social media", "site", 0.10, 0.40, 0.20, 0.30),
    Funnel("comparison site", "site", 0.20, 0.70, 0.35, 0.55),
    Funnel("direct", "site", 0.20, 0.65, 0.30, 0.50),
    Funnel("app", "app", 0.0, 0.90, 0.50, 0.60),
)
"""The app is used by customers only; from all other sources come people who are not yet any."""

UNMET_TERMS = ("gluten-free bread", "decaf pods", "oat milk", "bread box small", "gift card")
UNMET_SHARES = (0.4, 0.25, 0.2, 0.1, 0.05)
"""What is searched and not in the assortment, and how it shares in all such searches."""

_KINDS = ("enter", "search", "view", "ask", "basket", "buy", "leave")
_TRACKED_FIRST, _TRACKED_APP = 0.4, 0.08
"""Share of first online orders, and of later ones, whose visit is recorded."""
_SEARCHES, _ASKS, _UNMET = 0.35, 0.04, 0.6
"""Share of visits with a search and with a question, and of searches without a find among those
who leave before they look at a product."""
_TERMS = (*CATEGORIES, *UNMET_TERMS)
_VISITS_OF_VISITOR = 1.4


@dataclass(frozen=True)
class _Visits:
    """Visits of a block; `reached` counts the steps view, basket, buy; -1 = no customer."""

    source: np.ndarray
    owner: np.ndarray
    day: np.ndarray
    second: np.ndarray
    reached: np.ndarray


def visits_tables(
    outline: Outline, customers: Customers, orders: Orders, block: int, *, end: np.ndarray
) -> tuple[pa.Table, pa.Table]:
    """Write visits and visit events.

    Visits with an order belong to orders of customers. Those without are drawn from the negative
    binomial distribution that the success probability of the source leaves for them, so the shares
    of all visits are those of `FUNNELS`.
    """
    rng = stream(outline.seed, "visits", block=block)
    visits = _draw_visits(rng, outline, customers, orders, end)
    visit, kind, offset = _steps(rng, visits)
    is_buy = kind == _KINDS.index("buy")
    start = visits.second.copy()
    start[visit[is_buy]] -= offset[is_buy]  # the order is placed when the basket is bought
    number = block * 10**7 + np.arange(len(start))
    return (
        _visits_table(rng, outline, customers, visits, start, number),
        _events_table(rng, outline, visits, start, number, (visit, kind, offset)),
    )


def _draw_visits(
    rng: np.random.Generator,
    outline: Outline,
    customers: Customers,
    orders: Orders,
    end: np.ndarray,
) -> _Visits:
    is_online = orders.channel == SALES_CHANNELS.index("online")
    tracked = rng.random(len(orders))
    first = np.flatnonzero(is_online & (orders.origin == FIRST) & (tracked < _TRACKED_FIRST))
    later = np.flatnonzero(is_online & (orders.origin != FIRST) & (tracked < _TRACKED_APP))
    app = len(FUNNELS) - 1
    source = rng.choice(len(FUNNELS), len(first), p=[one.share for one in FUNNELS])
    source = np.append(source, np.full(len(later), app))
    bought = np.append(first, later)
    failed = _failures(rng, source)
    reached = _drop_outs(rng, failed)
    is_app = failed == app
    owner = np.full(len(failed), -1)
    if len(later):
        owner[is_app] = rng.choice(orders.owner[later], is_app.sum())
    none = np.zeros(len(failed), np.int64)
    day = outline.timeline.draw_days(rng, none, none, none + outline.n_days)
    low, high = customers.join[owner], end[owner]
    in_life = low + np.floor(rng.random(len(failed)) * (high - low)).astype(np.int64)
    hour = np.where(is_app, customers.hour[owner], 16.0)
    return _Visits(
        np.append(source, failed),
        np.append(orders.owner[bought], owner),
        np.append(orders.day[bought], np.where(is_app, in_life, day)),
        np.append(orders.second[bought], moments(rng, hour)),
        np.append(np.full(len(bought), 3), reached),
    )


def _failures(rng: np.random.Generator, source: np.ndarray) -> np.ndarray:
    """Draw the visits without an order, by source."""
    found = []
    for position, funnel in enumerate(FUNNELS):
        n = int((source == position).sum())
        n_failed = rng.negative_binomial(n, funnel.success) if n else 0
        found.append(np.full(n_failed, position))
    return np.concatenate(found)


def _drop_outs(rng: np.random.Generator, source: np.ndarray) -> np.ndarray:
    """Draw how many steps a visit without an order gets."""
    view, basket, buy = (
        np.array([getattr(one, step) for one in FUNNELS]) for step in ("view", "basket", "buy")
    )
    stops = np.stack([1 - view, view * (1 - basket), view * basket * (1 - buy)], axis=1)
    sums = stops.cumsum(axis=1) / stops.sum(axis=1, keepdims=True)
    chance = rng.random(len(source))
    return (chance[:, None] >= sums[source, :2]).sum(axis=1)


def _steps(rng: np.random.Generator, visits: _Visits) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw the steps of all visits: visit, kind, seconds since its start."""
    n = len(visits.source)
    views = visits.reached > 0
    counts = np.stack(
        [
            np.ones(n, np.int64),
            rng.random(n) < _SEARCHES,
            views * (1 + rng.poisson(1.2, n)),
            views & (rng.random(n) < _ASKS),
            visits.reached > 1,
            visits.reached > 2,
            np.ones(n, np.int64),
        ],
        axis=1,
    ).astype(np.int64)
    cell = np.repeat(np.arange(counts.size), counts.ravel())
    visit, kind = np.divmod(cell, len(_KINDS))
    passed = np.cumsum(rng.integers(5, 90, len(visit)))
    starts = np.searchsorted(visit, np.arange(n))
    return visit, kind, passed - passed[starts][visit]


def _visits_table(
    rng: np.random.Generator,
    outline: Outline,
    customers: Customers,
    visits: _Visits,
    start: np.ndarray,
    number: np.ndarray,
) -> pa.Table:
    n = len(start)
    unknown = visits.owner < 0
    n_visitors = max(1, int(n / _VISITS_OF_VISITOR))
    visitor = np.where(
        unknown,
        number[:1].sum() + rng.integers(0, n_visitors, n),
        5 * 10**6 + number[:1].sum() + visits.owner,
    )
    return table(
        "visits",
        {
            "visit_id": ids("V", number, width=11),
            "visitor_id": ids("W", visitor, width=11),
            "customer_id": customer_ids(customers.number[visits.owner], empty=unknown),
            "started_at": instants(outline.dates(visits.day), start),
            "source": texts([one.source for one in FUNNELS], visits.source),
            "channel": texts([one.channel for one in FUNNELS], visits.source),
        },
    )


def _events_table(
    rng: np.random.Generator,
    outline: Outline,
    visits: _Visits,
    start: np.ndarray,
    number: np.ndarray,
    steps: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> pa.Table:
    visit, kind, offset = steps
    n = len(visit)
    position = np.arange(n) - np.searchsorted(visit, visit) + 1
    has_product = np.isin(kind, [_KINDS.index(name) for name in ("view", "basket", "buy")])
    has_term = np.isin(kind, [_KINDS.index(name) for name in ("search", "ask")])
    unmet = (visits.reached[visit] == 0) & (rng.random(n) < _UNMET)
    missing = len(CATEGORIES) + rng.choice(len(UNMET_TERMS), n, p=UNMET_SHARES)
    term = np.where(unmet, missing, rng.integers(0, len(CATEGORIES), n))
    return table(
        "visit_events",
        {
            "visit_id": ids("V", number[visit], width=11),
            "position": numbers(position),
            "occurred_at": instants(outline.dates(visits.day[visit]), start[visit] + offset),
            "kind": texts(_KINDS, kind),
            "product_id": product_ids(rng.integers(0, N_PRODUCTS, n), empty=~has_product),
            "term": texts(_TERMS, term, empty=~has_term),
        },
    )
