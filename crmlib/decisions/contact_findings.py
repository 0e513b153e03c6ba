"""What the chapter on channel and moment finds: what is liked, how it is served, how it is met."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import narwhals as nw
import pandas as pd

from crmlib.decisions import channels
from crmlib.evaluation.clusters import against_the_rest, for_readers, rates_at_both_ends
from crmlib.evaluation.shops import main_shop
from crmlib.features.clusters import cluster_sums, successes
from crmlib.features.touch import choices
from crmlib.models.preferred import preference_chances, preferred_options

__all__ = ["Liked", "Met", "Served", "bought", "by_channel", "liked", "met", "served"]

Collect = Callable[[nw.LazyFrame[Any]], pd.DataFrame]
"""Runs a query, such as `crmlib.features.collect.collect`."""

_WHO = "customer_id"


@dataclass(frozen=True)
class Liked:
    """What customers prefer.

    Attributes
    ----------
    channel_chances, part_chances
        Chances of each channel and part of the day, from
        `crmlib.models.preferred.preference_chances`.
    channels, day_parts
        How many prefer each, from `crmlib.decisions.channels.preference_table`.
    customers
        One row per customer, from `crmlib.decisions.channels.customer_preferences`.
    """

    channel_chances: pd.DataFrame
    part_chances: pd.DataFrame
    channels: pd.DataFrame
    day_parts: pd.DataFrame
    customers: pd.DataFrame


def liked(
    collect: Collect,
    own: nw.LazyFrame,
    moments: nw.LazyFrame,
    sales: pd.DataFrame,
    *,
    min_probability: float,
) -> Liked:
    """Tell what customers prefer from how and when they turned to us.

    Parameters
    ----------
    collect
        Runs a query.
    own, moments
        From `crmlib.features.touch.own_contacts` and `own_moments`.
    sales
        `customer_id`, `net_cents` of the window looked at.
    min_probability
        Probability from which a preference counts as known.
    """
    found = []
    for rows, option in ((own, "channel"), (moments, "day_part")):
        chances = preference_chances(collect(choices(rows, option)), option=option)
        table = channels.preference_table(
            chances, sales, option=option, min_probability=min_probability
        )
        found.append((chances, table, preferred_options(chances, option=option)))
    (by_channel, channel_table, how), (by_part, part_table, when) = found
    customers = channels.customer_preferences(how, when)
    return Liked(by_channel, by_part, channel_table, part_table, customers)


@dataclass(frozen=True)
class Served:
    """How preferences are served.

    Attributes
    ----------
    states, summary, unserved
        From `crmlib.decisions.channels`: `service_states`, `service_summary`,
        `unserved_customers`.
    consent
        From `contacts_and_consent` of the same module.
    actions
        From `actions_from_channels`.
    """

    states: pd.DataFrame
    summary: pd.DataFrame
    unserved: pd.DataFrame
    consent: pd.DataFrame
    actions: pd.DataFrame


def served(
    collect: Collect,
    ours: nw.LazyFrame,
    said: nw.LazyFrame,
    wishes: Liked,
    sales: pd.DataFrame,
    *,
    min_probability: float,
) -> Served:
    """Compare what customers prefer with how we contact them and what they allow.

    Parameters
    ----------
    collect
        Runs a query.
    ours, said
        From `crmlib.features.touch.our_contacts` and `consents`.
    wishes
        From `liked`.
    sales, min_probability
        As for `liked`.
    """
    contacted = collect(choices(ours, "channel"))
    given = channels.consents(collect(said))
    states = channels.service_states(
        wishes.customers, contacted, given, sales, min_probability=min_probability
    )
    consent = channels.contacts_and_consent(contacted, given)
    return Served(
        states,
        channels.service_summary(states),
        channels.unserved_customers(states),
        consent,
        channels.actions_from_channels(states, consent),
    )


@dataclass(frozen=True)
class Met:
    """How our contacts were met.

    Attributes
    ----------
    by_preference, by_part
        Rates in the preferred channel and part of the day and elsewhere, from
        `crmlib.evaluation.clusters.rates_at_both_ends`.
    table
        From `crmlib.decisions.channels.reaction_table`.
    by_moment
        Rates by channel and part of the day, each part against the others of its channel.
    """

    by_preference: pd.DataFrame
    by_part: pd.DataFrame
    table: pd.DataFrame
    by_moment: pd.DataFrame


def met(collect: Collect, ours: nw.LazyFrame, wishes: Liked) -> Met:
    """Compare reactions by channel and moment, and by whether they are the preferred ones.

    Guards against rates of nought where the source calls the reaction hoped for by another name:
    if no contact at all met with it, nothing is compared.

    Parameters
    ----------
    collect
        Runs a query.
    ours
        From `crmlib.features.touch.our_contacts`.
    wishes
        From `liked`.
    """
    if not collect(ours.select(nw.col("is_success").max()))["is_success"].fillna(0).any():
        ours = ours.filter(nw.col("is_success") == 1)

    def sums(*by: str) -> pd.DataFrame:
        return collect(cluster_sums(ours, by=by, cluster=_WHO))

    def by_chance(option: str, chances: pd.DataFrame) -> pd.DataFrame:
        counted = collect(successes(ours, by=[_WHO, option]))
        trials = channels.with_chance(counted, chances, option=option)
        return rates_at_both_ends(trials, share="p_preferred")

    by_preference = by_chance("channel", wishes.channel_chances)
    return Met(
        by_preference,
        by_chance("day_part", wishes.part_chances),
        channels.reaction_table(by_preference, against_the_rest(sums("channel"))),
        against_the_rest(sums("channel", "day_part"), within="channel"),
    )


def by_channel(collect: Collect, reached: nw.LazyFrame) -> pd.DataFrame:
    """Compare the reactions to the campaigns of each channel with those of the others.

    Parameters
    ----------
    collect
        Runs a query.
    reached
        From `crmlib.features.touch.campaign_reactions`.

    Returns
    -------
    pandas.DataFrame
        As `crmlib.evaluation.clusters.against_the_rest` for readers, by `channel`.
    """
    sums = collect(cluster_sums(reached, by=["channel"], cluster=_WHO))
    return for_readers(against_the_rest(sums))


def bought(
    collect: Collect, orders: nw.LazyFrame, sales: pd.DataFrame, *, min_probability: float
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tell through which channel customers prefer to buy, and how faithful they are to one shop.

    Parameters
    ----------
    collect
        Runs a query.
    orders
        From `crmlib.features.touch.purchases`.
    sales, min_probability
        As for `liked`.

    Returns
    -------
    tuple of pandas.DataFrame
        `crmlib.decisions.channels.preference_table` of the channels, and
        `crmlib.evaluation.shops.main_shop`.
    """
    chances = preference_chances(collect(choices(orders, "channel")), option="channel")
    table = channels.preference_table(
        chances, sales, option="channel", min_probability=min_probability
    )
    return table, main_shop(collect(choices(orders, "store_id")))
