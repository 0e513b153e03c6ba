"""Prospects, who of them become customers, and who recommended us to whom."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from crmlib.simulation.arrow import flags, ids, instants, table, texts
from crmlib.simulation.customers import Customers
from crmlib.simulation.masters import customer_ids
from crmlib.simulation.orders import FIRST, Orders
from crmlib.simulation.outline import Outline
from crmlib.simulation.randomness import stream

__all__ = ["PROSPECT_SOURCES", "ProspectSource", "prospects_tables"]


@dataclass(frozen=True)
class ProspectSource:
    """Where prospects come from.

    Parameters
    ----------
    share
        Share of the source among prospects who became customers.
    person, business
        Probability that a private or business prospect becomes a customer.
    """

    source: str
    share: float
    person: float
    business: float


PROSPECT_SOURCES = (
    ProspectSource("referral", 0.35, 0.35, 0.50),
    ProspectSource("trade fair", 0.15, 0.10, 0.25),
    ProspectSource("sample parcel", 0.25, 0.20, 0.30),
    ProspectSource("advice call", 0.25, 0.30, 0.15),
)
_ARE_RECORDED = 0.5
"""Share of the customers with a contact before their first order who were recorded as prospects."""
_NOON = 12 * 3600


def prospects_tables(
    outline: Outline,
    customers: Customers,
    orders: Orders,
    block: int,
    *,
    end: np.ndarray,
    overall: np.ndarray,
) -> tuple[pa.Table, pa.Table]:
    """Write prospects and referrals.

    Prospects who do not become customers are drawn from the negative binomial distribution that
    the probability of source and kind leaves for them.
    """
    rng = stream(outline.seed, "prospects", block=block)
    early = np.flatnonzero(customers.first_contact < customers.join)
    won = early[rng.random(len(early)) < _ARE_RECORDED]
    source = rng.choice(len(PROSPECT_SOURCES), len(won), p=[one.share for one in PROSPECT_SOURCES])
    cell = np.append(source * 2 + (customers.kind[won] > 0), [])
    lost = _failures(rng, cell)
    n_won, n_lost = len(won), len(lost)
    day = np.append(customers.first_contact[won], rng.integers(-30, outline.n_days, n_lost))
    second = rng.integers(8 * 3600, _NOON, n_won + n_lost)
    cell = np.append(cell, lost).astype(np.int64)
    is_lost = np.arange(n_won + n_lost) >= n_won
    first = np.flatnonzero(orders.origin == FIRST)
    owner = np.append(won, np.zeros(n_lost, np.int64))
    order = first[owner]  # the first order of each customer, by customer
    number = block * 10**6 + np.arange(n_won + n_lost)
    joined_second = np.where(
        orders.day[order] == day, np.maximum(orders.second[order], second), orders.second[order]
    )
    prospects = table(
        "prospects",
        {
            "prospect_id": ids("N", number, width=10),
            "source": texts([one.source for one in PROSPECT_SOURCES], cell // 2),
            "first_contact_at": instants(outline.dates(day), second),
            "converted_at": instants(
                outline.dates(orders.day[order]), joined_second, empty=is_lost
            ),
            "customer_id": customer_ids(customers.number[owner], empty=is_lost),
            "kind": texts(("person", "business"), cell % 2),
        },
    )
    referred = np.flatnonzero(cell // 2 == 0)
    what = (number[referred], day[referred], second[referred], ~is_lost[referred])
    rng = stream(outline.seed, "referrals", block=block)
    return prospects, _referrals(rng, outline, customers, end, overall, what)


def _failures(rng: np.random.Generator, cell: np.ndarray) -> np.ndarray:
    """Draw the prospects who stay prospects; a cell is source x 2 + is business."""
    found = []
    for position, one in enumerate(PROSPECT_SOURCES):
        for is_business, chance in enumerate((one.person, one.business)):
            key = position * 2 + is_business
            n = int((cell == key).sum())
            n_lost = rng.negative_binomial(n, chance) if n else 0
            found.append(np.full(n_lost, key))
    return np.concatenate(found)


def _referrals(
    rng: np.random.Generator,
    outline: Outline,
    customers: Customers,
    end: np.ndarray,
    overall: np.ndarray,
    what: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
) -> pa.Table:
    """Find who recommended us: of two customers at the time, the more satisfied one."""
    number, day, second, is_won = what
    by_join = np.argsort(customers.join, kind="stable")
    n_before = np.searchsorted(customers.join[by_join], day)
    picks = by_join[
        np.minimum(np.floor(rng.random((2, len(day))) * n_before), len(by_join) - 1).astype(int)
    ]
    referrer = np.where(overall[picks[0]] >= overall[picks[1]], picks[0], picks[1])
    keep = (n_before > 0) & (end[referrer] > day)
    referrer, number, day, second, is_won = (
        value[keep] for value in (referrer, number, day, second, is_won)
    )
    return table(
        "referrals",
        {
            "referrer_id": customer_ids(customers.number[referrer]),
            "referred_id": ids("N", number, width=10),
            "occurred_at": instants(outline.dates(day), second - 3600),
            "converted": flags(is_won),
        },
    )
