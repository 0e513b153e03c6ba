"""Why customers leave: incidents, complaints and how they are handled, blows from outside."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from crmlib.simulation.customers import Customers
from crmlib.simulation.market import CATEGORIES
from crmlib.simulation.orders import FIRST, ORGANIC, Orders
from crmlib.simulation.outline import ATTACK, MISTAKE, Outline
from crmlib.simulation.randomness import stream

__all__ = [
    "BASELINE_CAUSES", "CAUSES", "COMPLAINT_REASONS", "FADING_DAYS", "FADING_SHARE",
    "HAZARD_RATIOS", "INCIDENTS_RATIO", "MANY_INCIDENTS", "WINDOW", "Complaints", "Losses",
    "draw_lifetimes",
    "draw_losses", "fade", "kept_incidents", "mix_after_attack",
]  # fmt: skip

CAUSES = ("competitor", "moved/deceased/other non-relational", "complaint", "gradual",
          "accumulated incidents", "our error")  # fmt: skip
BASELINE_CAUSES = np.array([0.2, 0.3, 0.0, 0.4, 0.0, 0.1])
"""Shares of the causes among customers who leave without any of the planted events."""

COMPLAINT_REASONS = ("late delivery", "damaged goods", "wrong article", "wrong invoice",
                     "unfriendly service")  # fmt: skip
_REASON_SHARES = np.array([0.35, 0.25, 0.18, 0.14, 0.08])

HAZARD_RATIOS = {"unanswered": 5.0, "answered": 2.0, "compensated": 1.2}
"""Hazard of leaving over that without a complaint, within `WINDOW` days of the complaint; a
complaint counts as unanswered until the day of its answer."""
WINDOW = 120
MANY_INCIDENTS = 3
INCIDENTS_RATIO = 3.0
"""Hazard ratio for ever, from the day after the incident that makes them `MANY_INCIDENTS`."""
FADING_DAYS = 90
FADING_SHARE = 0.4
"""Share of the orders still made in the last `FADING_DAYS` of those who leave gradually."""

_COMPLAINS, _ANSWERED, _COMPENSATED, _DAYS_TO_ANSWER = 0.4, 0.72, 0.4, 6.0
_COMPLAINT, _INCIDENTS = CAUSES.index("complaint"), CAUSES.index("accumulated incidents")
_COMPETITOR, _ERROR = CAUSES.index("competitor"), CAUSES.index("our error")
_GRADUAL = CAUSES.index("gradual")


@dataclass(frozen=True)
class Complaints:
    """Complaints of a block, by order; `answered` is a day, or far away where there is no answer.

    Parameters
    ----------
    order
        Position of the order it is about, among the orders before anybody leaves.
    """

    owner: np.ndarray
    order: np.ndarray
    opened: np.ndarray
    answered: np.ndarray
    is_compensated: np.ndarray
    reason: np.ndarray


@dataclass(frozen=True)
class Losses:
    """How each customer leaves, whether within the days of data or later.

    Parameters
    ----------
    left
        Day of leaving; orders are made before it only.
    cause
        Position in `CAUSES`.
    is_hit
        Hit by the company's own error.
    has_incident
        Whether something went wrong, by order.
    """

    left: np.ndarray
    cause: np.ndarray
    is_hit: np.ndarray
    has_incident: np.ndarray
    complaints: Complaints


def draw_lifetimes(
    outline: Outline, customers: Customers, block: int
) -> tuple[np.ndarray, np.ndarray]:
    """Draw day and cause of leaving without any event: exponential, at the customer's hazard.

    References
    ----------
    Schmittlein, Morrison & Colombo (1987), assumptions (A2) and (A4).
    """
    rng = stream(outline.seed, "lifetimes", block=block)
    days = np.minimum(rng.exponential(1 / customers.dropout), 1e6)
    cause = rng.choice(len(CAUSES), len(customers), p=BASELINE_CAUSES)
    return customers.join + 1 + days.astype(np.int64), cause


def draw_losses(
    outline: Outline,
    customers: Customers,
    orders: Orders,
    block: int,
    *,
    baseline: tuple[np.ndarray, np.ndarray],
) -> Losses:
    """Let incidents, complaints, the attack and the error compete with the baseline.

    Each adds its own hazard; the earliest moment decides when and why a customer leaves.
    """
    rng = stream(outline.seed, "losses", block=block)
    left, cause = (values.copy() for values in baseline)
    has_incident = rng.random(len(orders)) < customers.incident[orders.owner]
    complaints = _draw_complaints(rng, outline, orders, has_incident)
    when = _leaves_after_complaint(rng, complaints, customers.dropout[complaints.owner])
    _compete(left, cause, complaints.owner, when, _COMPLAINT)
    who, when = _leaves_after_incidents(rng, customers, orders, has_incident)
    _compete(left, cause, who, when, _INCIDENTS)
    heavy = customers.mix[:, ATTACK.category] >= ATTACK.heavy
    chance, delay = rng.random((2, len(customers)))
    who = np.flatnonzero(customers.is_attacked & heavy & (chance < ATTACK.leaving))
    when = outline.attack_day + 1 + (delay[who] * ATTACK.days).astype(np.int64)
    _compete(left, cause, who, when, _COMPETITOR)
    hit, chance, delay = rng.random((3, len(customers)))
    is_hit = (hit < MISTAKE.share) & (customers.join < outline.mistake_day)
    is_hit &= left > outline.mistake_day
    who = np.flatnonzero(is_hit & (chance < MISTAKE.leaving))
    when = outline.mistake_day + 1 + (delay[who] * MISTAKE.days).astype(np.int64)
    _compete(left, cause, who, when, _ERROR)
    return Losses(left, cause, is_hit, has_incident, complaints)


def _compete(
    left: np.ndarray, cause: np.ndarray, who: np.ndarray, when: np.ndarray, why: int
) -> None:
    """Move the day of leaving forward where `when` is earlier; one customer may come twice."""
    first = np.full(len(left), np.iinfo(np.int64).max)
    np.minimum.at(first, who, when)
    earlier = first < left
    left[earlier] = first[earlier]
    cause[earlier] = why


def _draw_complaints(
    rng: np.random.Generator, outline: Outline, orders: Orders, has_incident: np.ndarray
) -> Complaints:
    complains = has_incident & (rng.random(len(orders)) < _COMPLAINS)
    order = np.flatnonzero(complains)
    n = len(order)
    opened = orders.day[order] + 1 + rng.integers(0, 5, n)
    wait = 1 + np.floor(rng.exponential(_DAYS_TO_ANSWER, n)).astype(np.int64)
    is_answered = rng.random(n) < _ANSWERED
    is_compensated = is_answered & (rng.random(n) < _COMPENSATED)
    reason = rng.choice(len(COMPLAINT_REASONS), n, p=_REASON_SHARES)
    answered = np.where(is_answered, opened + wait, 10**6)
    within = opened < outline.n_days
    values = (orders.owner[order], order, opened, answered, is_compensated, reason)
    return Complaints(*(value[within] for value in values))


def _leaves_after_complaint(
    rng: np.random.Generator, complaints: Complaints, dropout: np.ndarray
) -> np.ndarray:
    """Draw the day of leaving because of a complaint, or a day far away.

    The hazard added is (ratio - 1) x the customer's own hazard, with one ratio until the answer and
    another from there to the end of the window; the moment is found by inversion.
    """
    amount = rng.exponential(size=len(dropout))
    before = (HAZARD_RATIOS["unanswered"] - 1) * dropout
    ratio = np.where(
        complaints.is_compensated, HAZARD_RATIOS["compensated"], HAZARD_RATIOS["answered"]
    )
    after = (ratio - 1) * dropout
    until_answer = np.minimum(complaints.answered - complaints.opened, WINDOW)
    used_up = before * until_answer
    days = np.where(amount < used_up, amount / before, until_answer + (amount - used_up) / after)
    far = days >= WINDOW
    return np.where(far, 10**7, complaints.opened + 1 + np.minimum(days, WINDOW)).astype(np.int64)


def _leaves_after_incidents(
    rng: np.random.Generator, customers: Customers, orders: Orders, has_incident: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Find the customers with many incidents, and draw the day on which they have enough."""
    order = np.flatnonzero(has_incident)
    owner = orders.owner[order]
    starts = np.searchsorted(owner, owner)
    nth = np.arange(len(order)) - starts + 1
    which = order[nth == MANY_INCIDENTS]
    who = orders.owner[which]
    days = rng.exponential(1 / ((INCIDENTS_RATIO - 1) * customers.dropout[who]))
    return who, orders.day[which] + 1 + np.minimum(days, 10**6).astype(np.int64)


def fade(outline: Outline, orders: Orders, losses: Losses, block: int) -> np.ndarray:
    """Say which orders are made: none after leaving, fewer by those who leave gradually."""
    rng = stream(outline.seed, "departures", block=block)
    left = losses.left[orders.owner]
    fading = (losses.cause[orders.owner] == _GRADUAL) & (orders.day >= left - FADING_DAYS)
    fading &= (orders.origin == ORGANIC) & ~losses.has_incident
    fading &= rng.random(len(orders)) >= FADING_SHARE
    return (orders.day < left) & ~fading | (orders.origin == FIRST)


def mix_after_attack(mix: np.ndarray, is_attacked: np.ndarray) -> np.ndarray:
    """Give the shares of the categories from the day of the attack.

    A line of the attacked category is drawn once more, and becomes bread if it is that again.
    """
    lost = mix[:, [ATTACK.category]]
    changed = mix * (1 + lost)
    changed[:, ATTACK.category] = 0
    changed[:, CATEGORIES.index("Bread")] += lost[:, 0] ** 2
    return np.where(is_attacked[:, None], changed, mix)


def kept_incidents(losses: Losses, kept: np.ndarray) -> Losses:
    """Keep the incidents of the orders that are made."""
    return replace(losses, has_incident=losses.has_incident[kept])
