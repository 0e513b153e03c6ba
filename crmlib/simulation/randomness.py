"""Random numbers that depend on nothing but the seed, the block of customers and the topic."""

from __future__ import annotations

import numpy as np

__all__ = ["BLOCK", "stream"]

BLOCK = 4096
"""Customers simulated together; part of what a seed means, never a matter of tuning."""

_TOPICS = (
    "products", "media", "campaigns", "planning", "employees", "customers", "lifetimes", "orders",
    "responses", "losses", "baskets", "anonymous", "money", "contacts", "visits", "prospects",
    "referrals", "surveys", "memberships", "departures", "future", "moments", "openings", "answers",
    "records", "reasons", "satisfaction",
)  # fmt: skip


def stream(seed: int, topic: str, *, block: int | None = None) -> np.random.Generator:
    """Open the stream of one topic, of one block of customers or of the company as a whole.

    It guards against results that depend on the order of the work: what one topic or block draws
    never moves the numbers of another one, so any number of processes gives the same company.

    Examples
    --------
    >>> one, again = (stream(7, "orders", block=3).integers(0, 10**6) for _ in range(2))
    >>> bool(one == again)
    True
    """
    key = (_TOPICS.index(topic), 0 if block is None else block + 1)
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))
