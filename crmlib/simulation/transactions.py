"""The table of order lines: sales, returns, cancelled orders, anonymous sales."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from crmlib.simulation.arrow import ids, instants, money, numbers, table, texts
from crmlib.simulation.baskets import Lines, draw_lines, take_back
from crmlib.simulation.customers import Customers
from crmlib.simulation.losses import Losses
from crmlib.simulation.market import CATEGORIES, REGIONS, SALES_CHANNELS
from crmlib.simulation.masters import customer_ids, order_ids, product_ids
from crmlib.simulation.orders import FIRST, Orders, moments
from crmlib.simulation.outline import Outline
from crmlib.simulation.planning import CURRENCIES, Months, Rates, currency_of
from crmlib.simulation.randomness import stream

__all__ = [
    "Sold", "anonymous_sales", "cents_by_month", "known_sales", "net_by_order", "order_numbers",
    "taken_back", "transactions_table",
]  # fmt: skip

_PER_BLOCK = 10**7
_BACK, _ANONYMOUS = 4 * 10**6, 8 * 10**6
"""Where the numbers of returns and of anonymous orders begin in a block."""

_ANONYMOUS_SHARE = 0.15
"""Anonymous orders in the shops for each customer of the block."""
_REFERS = 0.7
"""Share of returns that name the order they take back; cancellations always do."""
_N_SHOPS = 3


@dataclass(frozen=True)
class Sold:
    """Order lines ready to be written; `order_number` and `taken_back` number orders, -1 = none."""

    orders: Orders
    lines: Lines
    order_number: np.ndarray
    taken_back: np.ndarray
    sign: int
    is_anonymous: bool = False


def order_numbers(block: int, orders: Orders) -> np.ndarray:
    """Give numbers to the orders of a block."""
    return block * _PER_BLOCK + np.arange(len(orders))


def known_sales(block: int, orders: Orders, lines: Lines) -> Sold:
    """Take the orders of the customers as they are."""
    number = order_numbers(block, orders)
    return Sold(orders, lines, number, np.full(len(orders), -1), 1)


def taken_back(outline: Outline, block: int, orders: Orders, lines: Lines, losses: Losses) -> Sold:
    """Draw returns and cancelled orders, before the customer leaves and within the days of data."""
    rng = stream(outline.seed, "money", block=block)
    back, days_later, is_cancelled = take_back(rng, orders, lines, losses.has_incident)
    limit = np.minimum(losses.left[orders.owner[back.order]], outline.n_days)
    day = orders.day[back.order] + days_later
    day = np.where(is_cancelled, np.minimum(day, limit - 1), day)
    in_time = day < limit
    back, day, is_cancelled = back.take(in_time), day[in_time], is_cancelled[in_time]
    which, position = np.unique(back.order, return_index=True)
    returned = orders.take(which)
    refers = is_cancelled[position] | (rng.random(len(which)) < _REFERS)
    later = np.minimum(returned.second + 600, 86_399)
    second = np.where(day[position] == returned.day, later, returned.second)
    moved = Orders(
        returned.owner, day[position], second, returned.channel, returned.campaign, returned.origin
    )
    number = order_numbers(block, orders)[which]
    relabelled = np.searchsorted(which, back.order)
    lines = Lines(
        relabelled, back.product, back.quantity, back.list_cents, back.discount_cents,
        back.cost_cents,
    )  # fmt: skip
    return Sold(moved, lines, number + _BACK, np.where(refers, number, -1), -1)


def anonymous_sales(outline: Outline, customers: Customers, block: int) -> Sold:
    """Draw orders of unknown buyers in the shops: each like one of a random customer's."""
    rng = stream(outline.seed, "anonymous", block=block)
    n = rng.poisson(_ANONYMOUS_SHARE * len(customers))
    owner = np.sort(rng.integers(0, len(customers), n))
    none = np.zeros(n, np.int64)
    region = customers.region[owner]
    day = outline.timeline.draw_days(rng, region, none, none + outline.n_days)
    second = moments(rng, customers.hour[owner])
    orders = Orders(owner, day, second, none, none - 1, none + FIRST)
    lines = draw_lines(rng, outline, customers, orders)
    number = block * _PER_BLOCK + _ANONYMOUS + np.arange(n)
    return Sold(orders, lines, number, none - 1, 1, is_anonymous=True)


def net_by_order(orders: Orders, lines: Lines) -> np.ndarray:
    """Sum the amounts paid in cents, by order."""
    return np.bincount(lines.order, lines.net_cents, len(orders)).astype(np.int64)


def cents_by_month(customers: Customers, sold: Sold, months: Months) -> np.ndarray:
    """Sum the amounts paid in cents: months x categories x regions."""
    shape = (len(months.first), len(CATEGORIES), len(REGIONS))
    order = sold.lines.order
    month = months.of_day[sold.orders.day[order]]
    region = customers.region[sold.orders.owner[order]]
    cell = np.ravel_multi_index((month, sold.lines.product // 12, region), shape)
    cents = sold.sign * np.bincount(cell, sold.lines.net_cents, np.prod(shape))
    return cents.reshape(shape)


def transactions_table(
    outline: Outline, customers: Customers, sold: Sold, rates: Rates
) -> pa.Table:
    """Write order lines; resellers of two regions are billed in their own currency."""
    lines, orders, sign = sold.lines, sold.orders, sold.sign
    order = lines.order
    owner, day, channel = orders.owner[order], orders.day[order], orders.channel[order]
    region = customers.region[owner]
    nobody = np.full(len(order), sold.is_anonymous)
    currency = np.where(nobody, -1, currency_of(customers.kind, customers.region)[owner])
    rate = np.where(currency < 0, 1.0, rates.values[currency, day])
    campaign, taken = orders.campaign[order], sold.taken_back[order]
    starts = np.searchsorted(order, order)
    list_cents = lines.list_cents if sign > 0 else -lines.net_cents

    def amount(cents: np.ndarray) -> pa.Array:
        return money(np.rint(cents / rate).astype(np.int64))

    return table(
        "transactions",
        {
            "transaction_id": order_ids(sold.order_number[order]),
            "customer_id": customer_ids(customers.number[owner], empty=nobody),
            "product_id": product_ids(lines.product),
            "occurred_at": instants(outline.dates(day), orders.second[order]),
            "quantity": numbers((sign * lines.quantity).astype(np.float64)),
            "net_amount": amount(sign * lines.net_cents),
            "line_number": numbers(np.arange(len(order)) - starts + 1),
            "unit_cost": amount(lines.cost_cents),
            "margin_amount": amount(sign * lines.margin_cents),
            "list_amount": amount(list_cents),
            "discount_amount": amount(lines.discount_cents * (sign > 0)),
            "coupon_id": ids("K", campaign + 1, width=4, empty=(campaign < 0) | (sign < 0)),
            "channel": texts(SALES_CHANNELS, channel),
            "store_id": ids("S", region * 10 + owner % _N_SHOPS + 1, width=2, empty=channel > 0),
            "region": texts(REGIONS, region),
            "currency": texts(CURRENCIES, currency, empty=currency < 0),
            "cancelled_transaction_id": order_ids(taken, empty=taken < 0),
        },
    )
