"""Customers: who they are, how often they need something, and what share of it they buy here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crmlib.simulation.market import (
    CONSENT_SHARES,
    CONTACT_CHANNELS,
    KIND_FACTORS,
    KIND_SHARES,
    KINDS,
    REGION_RATES,
    REGION_SHARES,
    REGIONS,
    SEGMENT_OF_KIND,
    centres,
    of_segments,
)
from crmlib.simulation.outline import ATTACK, Outline
from crmlib.simulation.randomness import BLOCK, stream

__all__ = ["INCOMES", "SHARE_A", "SHARE_B", "Customers", "draw_customers"]

INCOMES = ("under 25K", "25-49K", "50-74K", "75K and more")
SHARE_A, SHARE_B = 1.6, 3.4
"""Beta distribution of the share of orders won; with a gamma(a + b) need the rate is gamma(a)."""

_ORDERS_NEEDED = 0.062  # per day, of a person in a household of two with a middle income
_INCOME_FACTORS = np.array([0.6, 0.9, 1.2, 1.6])
_DROPOUT_SHAPE, _DROPOUT_MEAN = 2.0, 1 / 1000
_CONCENTRATION = 40.0
_WHITE_SPOT, _MAIN = 0.1, 0.25
"""Share of the categories that are needed and not bought here; never one with this share of the
target group's lines."""
_INCIDENT_MEAN, _INCIDENT_SHAPE = 0.05, 2.0


@dataclass(frozen=True)
class Customers:
    """One block of customers; all arrays have one entry (or row) per customer, days count from 0.

    Parameters
    ----------
    number
        Position among all customers.
    manner
        Household size, income, birth year: positions and numbers, of persons only.
    join
        Day of the first order.
    need
        Orders needed per average day, wherever they are bought.
    rate
        Orders bought here per average day: need x share.
    dropout
        Hazard of leaving per day, without any event.
    wanted, mix
        Share of the categories in the lines needed, and in those bought here.
    incident
        Probability that something goes wrong with an order.
    hour
        Middle of the hours in which the customer buys and likes to be in touch.
    is_attacked
        Buys the category of the attack elsewhere from the day of the attack.
    """

    number: np.ndarray
    kind: np.ndarray
    region: np.ndarray
    segment: np.ndarray
    household: np.ndarray
    income: np.ndarray
    birth_year: np.ndarray
    join: np.ndarray
    first_contact: np.ndarray
    need: np.ndarray
    share: np.ndarray
    rate: np.ndarray
    dropout: np.ndarray
    wanted: np.ndarray
    mix: np.ndarray
    incident: np.ndarray
    sales_channel: np.ndarray
    contact_channel: np.ndarray
    hour: np.ndarray
    consent: np.ndarray
    is_attacked: np.ndarray

    def __len__(self) -> int:
        return len(self.number)


def draw_customers(outline: Outline, block: int) -> Customers:
    """Draw one block of customers; only the last block is not full.

    The need is gamma(a + b) and the share won beta(a, b), so that the rate is gamma(a) as in the
    Pareto/NBD model, times factors of kind, region, target group, household and income.

    References
    ----------
    Schmittlein, Morrison & Colombo (1987), Counting your customers, assumptions (A1)-(A5).
    """
    rng = stream(outline.seed, "customers", block=block)
    who = _people(rng)
    need = _ORDERS_NEEDED * who.pop("scale") * rng.gamma(SHARE_A + SHARE_B, size=BLOCK)
    need /= SHARE_A + SHARE_B
    share = rng.beta(SHARE_A, SHARE_B, BLOCK)
    join, first_contact = _entry(rng, outline.n_days)
    wanted, relative = _shares(rng, who["segment"])
    chance = rng.random(BLOCK) < ATTACK.share
    values = {
        "number": block * BLOCK + np.arange(BLOCK),
        **who,
        "join": join,
        "first_contact": first_contact,
        "need": need,
        "share": share,
        "rate": need * share,
        "dropout": rng.gamma(_DROPOUT_SHAPE, _DROPOUT_MEAN / _DROPOUT_SHAPE, BLOCK) + 1e-6,
        "wanted": wanted,
        "mix": wanted * relative,
        "incident": np.minimum(
            rng.gamma(_INCIDENT_SHAPE, _INCIDENT_MEAN / _INCIDENT_SHAPE, BLOCK), 0.4
        ),
        **_preferences(rng, who["segment"]),
        "is_attacked": chance & (who["region"] == ATTACK.region) & (join < outline.attack_day),
    }
    n_left = min(BLOCK, outline.n_customers - block * BLOCK)
    return Customers(**{name: value[:n_left] for name, value in values.items()})


def _people(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Draw kinds, regions, target groups and households, and the factor on the orders needed."""
    kind = rng.choice(len(KINDS), BLOCK, p=KIND_SHARES)
    region = rng.choice(len(REGIONS), BLOCK, p=REGION_SHARES)
    segment = _pick(rng, SEGMENT_OF_KIND[kind])
    is_family = segment == 0
    household = np.where(is_family, 2 + rng.poisson(1.4, BLOCK), 1 + rng.poisson(0.8, BLOCK))
    household = np.minimum(household, 6)
    income = np.clip(rng.integers(0, 4, BLOCK) + (segment == 1) - (segment == 2), 0, 3)
    birth_year = np.clip(1970 + rng.normal(0, 14, BLOCK) + 14 * (segment == 3), 1935, 2004)
    is_person = kind == 0
    home = np.sqrt(household / 2) * _INCOME_FACTORS[income]
    scale = KIND_FACTORS[kind] * REGION_RATES[region] * of_segments("rate")[segment]
    return {
        "kind": kind,
        "region": region,
        "segment": segment,
        "household": household,
        "income": income,
        "birth_year": birth_year.astype(np.int64),
        "scale": scale * np.where(is_person, home, 1.0),
    }


def _entry(rng: np.random.Generator, n_days: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw the day of the first order, many soon after the opening, and of the first contact."""
    early = rng.random(BLOCK) ** 2 * min(90, n_days - 1)
    late = rng.random(BLOCK) * (n_days - 1)
    join = np.where(rng.random(BLOCK) < 0.45, early, late).astype(np.int64)
    waited = np.minimum(rng.exponential(15, BLOCK), 60).astype(np.int64)
    return join, join - np.where(rng.random(BLOCK) < 0.5, waited, 0)


def _shares(rng: np.random.Generator, segment: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Draw the needed mix of categories, and the relative share won in each.

    Some categories are not bought here at all, although they are needed: white spots.
    """
    centre = centres()[segment]
    wanted = rng.gamma(_CONCENTRATION * centre)
    wanted /= wanted.sum(axis=1, keepdims=True)
    is_white = (rng.random(wanted.shape) < _WHITE_SPOT) & (centre < _MAIN)
    relative = rng.uniform(0.6, 1.4, wanted.shape) * ~is_white
    relative /= (wanted * relative).sum(axis=1, keepdims=True)
    return wanted, relative


def _preferences(rng: np.random.Generator, segment: np.ndarray) -> dict[str, np.ndarray]:
    """Draw how a customer buys and likes to be in touch."""
    hour = of_segments("hour")[segment] + rng.normal(0, 1.2, BLOCK)
    return {
        "sales_channel": _pick(rng, of_segments("channels")[segment]),
        "contact_channel": _pick(rng, of_segments("contacts")[segment]),
        "hour": np.clip(hour, 7, 20.5),
        "consent": rng.random((BLOCK, len(CONTACT_CHANNELS))) < CONSENT_SHARES,
    }


def _pick(rng: np.random.Generator, shares: np.ndarray) -> np.ndarray:
    """Draw one position per row in proportion to its shares."""
    sums = shares.cumsum(axis=1)
    wanted = rng.random(len(shares)) * sums[:, -1]
    return np.minimum((wanted[:, None] >= sums).sum(axis=1), shares.shape[1] - 1)
