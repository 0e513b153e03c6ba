"""One block of customers, from their rates to all rows of all tables."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from crmlib.simulation import contacts, measures, oracle, transactions, truth
from crmlib.simulation.baskets import draw_lines
from crmlib.simulation.customers import Customers, draw_customers
from crmlib.simulation.losses import Losses, draw_lifetimes, draw_losses, fade, kept_incidents
from crmlib.simulation.masters import customers_table
from crmlib.simulation.orders import Assigned, Orders, draw_orders
from crmlib.simulation.outline import Outline
from crmlib.simulation.planning import Months, Rates
from crmlib.simulation.prospects import prospects_tables
from crmlib.simulation.randomness import stream
from crmlib.simulation.satisfaction import draw_satisfaction, surveys_table
from crmlib.simulation.visits import visits_tables

__all__ = ["Block", "simulate_block"]


@dataclass(frozen=True)
class Block:
    """What one block brings.

    Parameters
    ----------
    tables, truths
        Rows by table name; the truth's tables have names of their own.
    sold_cents
        Amounts paid: months x categories x regions.
    orders_by_week
        Expected orders without advertising: weeks x regions.
    """

    tables: dict[str, list[pa.Table]]
    truths: dict[str, list[pa.Table]]
    sold_cents: np.ndarray
    orders_by_week: np.ndarray


def simulate_block(outline: Outline, months: Months, rates: Rates, block: int) -> Block:
    """Simulate a block; the result depends on the outline and the number of the block alone."""
    customers = draw_customers(outline, block)
    baseline = draw_lifetimes(outline, customers, block)
    end = np.minimum(baseline[0], outline.n_days)
    orders, assigned = draw_orders(outline, customers, block, end=end)
    losses = draw_losses(outline, customers, orders, block, baseline=baseline)
    kept = fade(outline, orders, losses, block)
    orders, losses = orders.take(kept), kept_incidents(losses, kept)
    recorded = contacts.recorded_on(outline, losses, block)
    assigned = [measures.still_known(one, recorded) for one in assigned]
    lives = _Lives(customers, orders, losses, assigned, recorded)
    tables = {"customers": [customers_table(outline, customers)]}
    sold_cents = _sales(outline, lives, months, rates, block, tables)
    _relations(outline, lives, block, tables)
    truths = _truths(outline, lives, block, tables)
    by_week = oracle.expected_orders_by_week(outline, customers, losses)
    return Block(tables, truths, sold_cents, by_week)


@dataclass(frozen=True)
class _Lives:
    """What happened to a block of customers."""

    customers: Customers
    orders: Orders
    losses: Losses
    assigned: list[Assigned]
    recorded: np.ndarray

    def end(self, outline: Outline) -> np.ndarray:
        """Day before which everything happens: of leaving, or after the last day."""
        return np.minimum(self.losses.left, outline.n_days)


def _sales(
    outline: Outline,
    lives: _Lives,
    months: Months,
    rates: Rates,
    block: int,
    tables: dict[str, list[pa.Table]],
) -> np.ndarray:
    """Add the order lines and what was redeemed."""
    customers, orders = lives.customers, lives.orders
    lines = draw_lines(stream(outline.seed, "baskets", block=block), outline, customers, orders)
    parts = [
        transactions.known_sales(block, orders, lines),
        transactions.taken_back(outline, block, orders, lines, lives.losses),
        transactions.anonymous_sales(outline, customers, block),
    ]
    tables["transactions"] = [
        transactions.transactions_table(outline, customers, part, rates) for part in parts
    ]
    net_cents = transactions.net_by_order(orders, lines)
    tables["conversions"] = [
        measures.conversions_table(
            outline, customers, block, assigned=lives.assigned, orders=orders, net_cents=net_cents
        )
    ]
    return np.sum([transactions.cents_by_month(customers, part, months) for part in parts], axis=0)


def _relations(
    outline: Outline, lives: _Lives, block: int, tables: dict[str, list[pa.Table]]
) -> None:
    """Add assignments, contacts, complaints, memberships, departures and visits."""
    customers, losses = lives.customers, lives.losses
    tables["assignments"] = [
        measures.assignments_table(outline, customers, one) for one in lives.assigned
    ]
    tables["contacts"] = [
        contacts.contacts_table(
            outline, customers, block, orders=lives.orders, losses=losses, assigned=lives.assigned
        )
    ]
    tables["complaints"] = [contacts.complaints_table(outline, customers, losses, block)]
    tables["memberships"] = [contacts.memberships_table(outline, customers, losses, block)]
    tables["departures"] = [
        contacts.departures_table(outline, customers, losses, block, recorded=lives.recorded)
    ]
    visits, events = visits_tables(outline, customers, lives.orders, block, end=lives.end(outline))
    tables["visits"], tables["visit_events"] = [visits], [events]


def _truths(
    outline: Outline, lives: _Lives, block: int, tables: dict[str, list[pa.Table]]
) -> dict[str, list[pa.Table]]:
    """Work out the truth, and add what customers tell of it: surveys, prospects, referrals."""
    customers, losses, end = lives.customers, lives.losses, lives.end(outline)
    values = oracle.order_values(outline, customers)
    wallet = oracle.wallets(outline, customers, values)
    satisfaction = draw_satisfaction(outline, customers, block)
    tables["surveys"] = [
        surveys_table(
            outline, customers, block, end=end, satisfaction=satisfaction, wallet_share=wallet.share
        )
    ]
    prospects, referrals = prospects_tables(
        outline, customers, lives.orders, block, end=end, overall=satisfaction.overall
    )
    tables["prospects"], tables["referrals"] = [prospects], [referrals]
    hazard = oracle.lost_rates(customers, lives.orders, losses.has_incident)
    margin = values.at(outline, outline.n_days).margin
    future = oracle.expect_future(outline, customers, losses, block, hazard=hazard, margin=margin)
    found = truth.customers_truth(
        outline, customers, losses,
        future=future, values=values, wallet=wallet, satisfaction=satisfaction,
    )  # fmt: skip
    effects = [
        truth.effects_truth(outline, customers, losses, one, values) for one in lives.assigned
    ]
    return {
        "customers": [found],
        "wallets": [truth.wallets_truth(customers, wallet)],
        "effects": effects,
    }
