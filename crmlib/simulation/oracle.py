"""What nobody in the company knows: expectations worked out from the true rates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crmlib.simulation.baskets import OrderValue, order_value
from crmlib.simulation.campaigns import HORIZON
from crmlib.simulation.customers import Customers
from crmlib.simulation.losses import (
    BASELINE_CAUSES,
    CAUSES,
    FADING_DAYS,
    FADING_SHARE,
    INCIDENTS_RATIO,
    MANY_INCIDENTS,
    Losses,
    mix_after_attack,
)
from crmlib.simulation.orders import REDEEMS, Assigned, Orders
from crmlib.simulation.outline import Outline
from crmlib.simulation.randomness import stream
from crmlib.simulation.timeline import FUTURE_DAYS

__all__ = [
    "CLV_DAYS", "DISCOUNT_RATE", "Expected", "Future", "Wallet", "campaign_effects",
    "expect_future", "expected_orders_by_week", "lost_rates", "order_values", "wallets",
]  # fmt: skip

CLV_DAYS, DISCOUNT_RATE = 3 * 365, 0.10
"""Horizon of the customer value, and the yearly rate at which it is discounted."""

_LARGEST_SHARE = 0.97


@dataclass(frozen=True)
class Expected:
    """Expected money of an order before the attack, and from its day."""

    before: OrderValue
    after: OrderValue

    def at(self, outline: Outline, day: int) -> OrderValue:
        """Choose the value that holds on a day."""
        return self.after if day >= outline.attack_day else self.before


def order_values(outline: Outline, customers: Customers) -> Expected:
    """Work out the expected money of an order of each customer."""
    mix = mix_after_attack(customers.mix, customers.is_attacked)
    return Expected(
        order_value(outline.assortment, customers, customers.mix),
        order_value(outline.assortment, customers, mix),
    )


@dataclass(frozen=True)
class Wallet:
    """Yearly need and spend in account currency before the attack: customers x categories."""

    need: np.ndarray
    spend: np.ndarray

    @property
    def share(self) -> np.ndarray:
        """Share of the need in all categories that is bought here, by customer."""
        return self.spend.sum(axis=1) / self.need.sum(axis=1)


def wallets(outline: Outline, customers: Customers, values: Expected) -> Wallet:
    """Work out need and spend; a need is never below the spend over 0.97."""
    spend = values.before.by_category * customers.rate[:, None] * 365
    wanted = order_value(outline.assortment, customers, customers.wanted)
    need = wanted.by_category * customers.need[:, None] * 365
    return Wallet(np.maximum(need, spend / _LARGEST_SHARE), spend)


@dataclass(frozen=True)
class Future:
    """What to expect after the last day, by customer; nothing of those who have left.

    Parameters
    ----------
    hazard
        Hazard of leaving per day from now on.
    orders, realised
        By horizon in days: expected orders, and orders drawn for one possible future.
    clv
        Discounted contribution margin over `CLV_DAYS`, account currency.
    """

    hazard: np.ndarray
    orders: dict[int, np.ndarray]
    realised: dict[int, np.ndarray]
    clv: np.ndarray


def lost_rates(customers: Customers, orders: Orders, has_incident: np.ndarray) -> np.ndarray:
    """Give each customer's hazard of leaving after the orders so far; complaints fade away."""
    n_incidents = np.bincount(orders.owner[has_incident], minlength=len(customers))
    has_many = n_incidents >= MANY_INCIDENTS
    return customers.dropout * np.where(has_many, INCIDENTS_RATIO, 1.0)


def expect_future(
    outline: Outline,
    customers: Customers,
    losses: Losses,
    block: int,
    *,
    hazard: np.ndarray,
    margin: np.ndarray,
) -> Future:
    """Work out expected orders and value, and draw one future.

    References
    ----------
    Schmittlein, Morrison & Colombo (1987), equation (17), given the customer's own rates: the
    expected orders up to t are rate x (1 - exp(-hazard t)) / hazard, here summed over days with
    their factor.
    """
    alive = losses.left >= outline.n_days
    factor = outline.timeline.factor[:, outline.n_days :]
    day = np.arange(FUTURE_DAYS)
    gradual = BASELINE_CAUSES[CAUSES.index("gradual")] * (1 - FADING_SHARE)
    fading = 1 - gradual * -np.expm1(-hazard * FADING_DAYS)
    rate = np.where(alive, customers.rate * fading, 0.0)
    stays = np.exp(-hazard[:, None] * (day + 0.5))
    expected = (stays * factor[customers.region]).cumsum(axis=1) * rate[:, None]
    rng = stream(outline.seed, "future", block=block)
    realised = {}
    start = np.full(len(customers), outline.n_days)
    is_gradual = losses.cause == CAUSES.index("gradual")
    done, before = np.zeros(len(customers), np.int64), start
    for days in (90, FUTURE_DAYS):
        end = np.clip(losses.left, before, outline.n_days + days)
        mean = outline.timeline.exposure(customers.region, before, end)
        fades = np.clip(losses.left - FADING_DAYS, before, end)
        thinned = outline.timeline.exposure(customers.region, fades, end) * (1 - FADING_SHARE)
        mean = customers.rate * (mean - is_gradual * thinned)
        done = done + rng.poisson(mean * alive)
        realised[days] = done
        before = start + days
    discount = np.log1p(DISCOUNT_RATE) / 365
    total = hazard + discount
    average = factor.mean(axis=1)[customers.region]
    clv = rate * average * margin * -np.expm1(-total * CLV_DAYS) / total
    orders = {days: expected[:, days - 1] for days in realised}
    return Future(hazard, orders, realised, clv)


def campaign_effects(
    outline: Outline, customers: Customers, losses: Losses, assigned: Assigned, values: Expected
) -> tuple[np.ndarray, np.ndarray]:
    """Work out what treating each assigned customer adds: orders, and contribution margin.

    It holds for the life the customer has: nothing for those who have left. Coupons are also used
    for orders that are made anyway, which costs margin. The cost of the contact is not deducted.
    """
    one, who = assigned.campaign, assigned.owner
    start = np.full(len(who), one.start + 1)
    end = np.clip(losses.left[who], start, start + HORIZON)
    anyway = customers.rate[who] * outline.timeline.exposure(customers.region[who], start, end)
    added = assigned.lift * (end - start) / HORIZON
    lost = assigned.harm * anyway
    value = values.at(outline, one.start)
    margin, net = value.margin[who], value.net[who]
    with_coupon = added + REDEEMS * (anyway - lost) * (one.discount > 0)
    return added - lost, (added - lost) * margin - one.discount * net * with_coupon


def expected_orders_by_week(outline: Outline, customers: Customers, losses: Losses) -> np.ndarray:
    """Work out the orders expected without advertising: weeks x regions."""
    end = np.minimum(losses.left, outline.n_days)
    rate = np.zeros((len(outline.timeline.factor), outline.n_days + 2))
    np.add.at(rate, (customers.region, customers.join + 1), customers.rate)
    np.add.at(rate, (customers.region, np.maximum(end, customers.join + 1)), -customers.rate)
    by_day = rate.cumsum(axis=1)[:, : outline.n_days] * outline.timeline.base[: outline.n_days]
    weeks = outline.media.week_days[:, None] + np.arange(7)
    return by_day[:, weeks].sum(axis=2).T
