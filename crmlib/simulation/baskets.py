"""What is in the orders: products, complements, discounts, returns, cancelled orders, money."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crmlib.simulation.assortment import COMPLEMENTS, POPULARITY, Assortment
from crmlib.simulation.customers import Customers
from crmlib.simulation.losses import mix_after_attack
from crmlib.simulation.market import of_segments
from crmlib.simulation.orders import Orders
from crmlib.simulation.outline import Outline

__all__ = [
    "CANCELLED",
    "RETURNED",
    "SHOP_DISCOUNT",
    "Lines",
    "OrderValue",
    "draw_lines",
    "order_value",
    "take_back",
]  # fmt: skip

SHOP_DISCOUNT = 0.15
RETURNED = 0.5
"""Share of the orders with an incident of which one line is returned."""
CANCELLED = 0.01
"""Share of orders that are cancelled as a whole on the same or the next day."""


@dataclass(frozen=True)
class Lines:
    """Order lines, by order; money in cents."""

    order: np.ndarray
    product: np.ndarray
    quantity: np.ndarray
    list_cents: np.ndarray
    discount_cents: np.ndarray
    cost_cents: np.ndarray

    @property
    def net_cents(self) -> np.ndarray:
        """Amount paid."""
        return self.list_cents - self.discount_cents

    @property
    def margin_cents(self) -> np.ndarray:
        """Contribution margin of the line."""
        return self.net_cents - self.cost_cents * self.quantity

    def __len__(self) -> int:
        return len(self.order)

    def take(self, which: np.ndarray) -> Lines:
        """Select lines by positions or by a mask."""
        return Lines(*(getattr(self, name)[which] for name in self.__dataclass_fields__))


def draw_lines(
    rng: np.random.Generator, outline: Outline, customers: Customers, orders: Orders
) -> Lines:
    """Fill the orders."""
    segment = customers.segment[orders.owner]
    n_lines = 1 + rng.poisson(of_segments("lines")[segment])
    order = np.repeat(np.arange(len(orders)), n_lines)
    category = _categories(rng, outline, customers, orders, order)
    extra = [_complements(rng, orders, order, category, pair) for pair in range(len(COMPLEMENTS))]
    order = np.concatenate([order, *(where for where, _ in extra)])
    category = np.concatenate([category, *(what for _, what in extra)])
    by_order = np.argsort(order, kind="stable")
    order, category = order[by_order], category[by_order]
    segment = segment[order]
    band = _position(rng, of_segments("bands").cumsum(axis=1), segment)
    place = np.searchsorted(POPULARITY.cumsum()[:-1], rng.random(len(order)), side="right")
    product = category * 12 + band * 4 + place
    quantity = 1 + rng.poisson(of_segments("units")[segment])
    list_cents = outline.assortment.price_cents[product] * quantity
    share = np.where(rng.random(len(order)) < of_segments("bargains")[segment], SHOP_DISCOUNT, 0.0)
    coupon = _coupon_discounts(outline)[orders.campaign[order]]
    discount = np.rint(list_cents * (1 - (1 - share) * (1 - coupon))).astype(np.int64)
    cost_cents = outline.assortment.cost_cents[product]
    return Lines(order, product, quantity, list_cents, discount, cost_cents)


def _coupon_discounts(outline: Outline) -> np.ndarray:
    """Give the discount by campaign; the last entry is that of no campaign, -1."""
    return np.array([*(one.discount for one in outline.campaigns), 0.0])


def _position(rng: np.random.Generator, sums: np.ndarray, row: np.ndarray) -> np.ndarray:
    """Draw a position for each entry from the cumulative shares of its row."""
    wanted = rng.random(len(row))
    position = np.zeros(len(row), dtype=np.int64)
    for column in range(sums.shape[1] - 1):
        position += wanted >= sums[row, column]
    return position


def _categories(
    rng: np.random.Generator,
    outline: Outline,
    customers: Customers,
    orders: Orders,
    order: np.ndarray,
) -> np.ndarray:
    """Draw the category of each line; attacked customers no longer buy the attacked one."""
    mix = mix_after_attack(customers.mix, customers.is_attacked)
    sums = np.concatenate([customers.mix, mix]).cumsum(axis=1)
    is_later = orders.day >= outline.attack_day
    row = orders.owner + is_later * len(customers)
    return _position(rng, sums, row[order])


def _complements(
    rng: np.random.Generator, orders: Orders, order: np.ndarray, category: np.ndarray, pair: int
) -> tuple[np.ndarray, np.ndarray]:
    """Add lines that follow from others, in the same order and in the customer's next one."""
    one = COMPLEMENTS[pair]
    has_first = np.unique(order[category == one.first])
    chance = rng.random((2, len(has_first)))
    same = has_first[chance[0] < one.same_order]
    after = has_first[(chance[1] < one.next_order) & (has_first + 1 < len(orders))]
    follows = orders.owner[after + 1] == orders.owner[after]
    follows &= orders.day[after + 1] - orders.day[after] <= one.horizon_days
    added = np.concatenate([same, after[follows] + 1])
    return added, np.full(len(added), one.second)


def take_back(
    rng: np.random.Generator, orders: Orders, lines: Lines, has_incident: np.ndarray
) -> tuple[Lines, np.ndarray, np.ndarray]:
    """Draw returned lines and cancelled orders.

    Returns
    -------
    tuple
        The lines taken back as they were bought, the days after the order, and whether the whole
        order is cancelled.
    """
    cancelled = rng.random(len(orders)) < CANCELLED
    returns = has_incident & (rng.random(len(orders)) < RETURNED) & ~cancelled
    starts = np.searchsorted(lines.order, np.arange(len(orders) + 1))
    n_lines = np.diff(starts)
    one = starts[:-1] + np.floor(rng.random(len(orders)) * n_lines).astype(np.int64)
    wait = np.where(cancelled, rng.integers(0, 2, len(orders)), 2 + rng.poisson(4, len(orders)))
    which = np.sort(np.concatenate([np.flatnonzero(cancelled[lines.order]), one[returns]]))
    back = lines.take(which)
    return back, wait[back.order], cancelled[back.order]


@dataclass(frozen=True)
class OrderValue:
    """Expected money of one order of each customer, in account currency.

    Parameters
    ----------
    net, margin
        After shop discounts, returns and cancellations; without a coupon.
    by_category
        Net amount by category: customers x categories.
    """

    net: np.ndarray
    margin: np.ndarray
    by_category: np.ndarray


def order_value(assortment: Assortment, customers: Customers, mix: np.ndarray) -> OrderValue:
    """Work out what an order is worth on average: closed form, no simulation.

    The chance that a next order comes within the horizon of a complement is taken at the
    customer's mean rate.
    """
    segment = customers.segment
    further = of_segments("lines")[segment][:, None]
    lines = (1 + further) * mix
    for one in COMPLEMENTS:
        share = mix[:, one.first]
        has_first = 1 - (1 - share) * np.exp(-further[:, 0] * share)
        comes = 1 - np.exp(-customers.rate * one.horizon_days)
        lines[:, one.second] += has_first * (one.same_order + one.next_order * comes)
    units = 1 + of_segments("units")[segment]
    price = (of_segments("bands") @ assortment.mean_by_band(assortment.price_cents).T) / 100
    cost = (of_segments("bands") @ assortment.mean_by_band(assortment.cost_cents).T) / 100
    full = lines * price[segment] * units[:, None]
    goods = (lines * cost[segment]).sum(axis=1) * units
    paid = 1 - SHOP_DISCOUNT * of_segments("bargains")[segment]
    kept = _kept(customers, lines.sum(axis=1))
    net = full.sum(axis=1) * paid
    return OrderValue(
        net=net * kept,
        margin=(net - goods) * kept,
        by_category=full * (paid * kept)[:, None],
    )


def _kept(customers: Customers, n_lines: np.ndarray) -> np.ndarray:
    """Share of the money of an order that is neither returned nor cancelled."""
    returned = RETURNED * customers.incident / n_lines
    return (1 - CANCELLED) * (1 - returned)
