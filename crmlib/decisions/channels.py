"""Which customers we reach through a channel they do not prefer, and what their consent allows."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from crmlib.decisions.attention import NOW, Action, actions
from crmlib.models.preferred import preference_shares, preferred_options
from crmlib.schema import require_columns

__all__ = [
    "STATES",
    "actions_from_channels",
    "consents",
    "contacts_and_consent",
    "customer_preferences",
    "preference_table",
    "reaction_table",
    "service_states",
    "service_summary",
    "unserved_customers",
    "with_chance",
]

STATES = ("served", "unserved", "no consent", "hardly contacted", "not known")
"""How we serve a preference: mostly through the preferred channel; mostly through another one; the
customer refuses contacts through the channel he prefers; fewer than two contacts of ours; his
preference is not known well enough."""

_FEW = 2
"""Contacts of ours below which no channel is the one we mostly use."""
_CONSENT = "consent_"
_UNTESTED = "contacts were not assigned by chance; the effect of a switch is not yet tested"
_SAID = {True: "given", False: "refused"}


def _key(channel: object) -> str:
    """Reduce the name of a channel to small letters and digits."""
    return re.sub(r"[\W_]", "", str(channel).casefold())


def consents(customers: pd.DataFrame) -> pd.DataFrame:
    """Turn the columns `consent_*` of customers into one row per customer and channel.

    Parameters
    ----------
    customers
        `customer_id` and any number of columns `consent_<channel>`: true, false or missing.

    Returns
    -------
    pandas.DataFrame
        `customer_id`, `key` (the channel in small letters and digits only, so that the column
        `consent_e_mail` speaks of the channel `E-mail`), `consent` ("given" or "refused").

    Examples
    --------
    >>> consents(pd.DataFrame({"customer_id": ["a"], "consent_e_mail": [True]})).values.tolist()
    [['a', 'email', 'given']]
    """
    columns = [name for name in customers.columns if str(name).startswith(_CONSENT)]
    parts = [
        pd.DataFrame(
            {
                "customer_id": customers["customer_id"],
                "key": _key(name.removeprefix(_CONSENT)),
                "consent": customers[name].map(_SAID),
            }
        ).dropna()
        for name in columns
    ]
    none = pd.DataFrame(
        {name: pd.Series(dtype="str") for name in ("customer_id", "key", "consent")}
    )
    return pd.concat(parts, ignore_index=True) if parts else none


def _consent_of(rows: pd.DataFrame, given: pd.DataFrame) -> pd.Series:
    """Say for rows of `customer_id` and `channel`: "given", "refused" or "not recorded"."""
    keys = {channel: _key(channel) for channel in rows["channel"].dropna().unique()}
    asked = rows[["customer_id"]].assign(key=rows["channel"].map(keys).astype("str"))
    said = asked.merge(given, on=["customer_id", "key"], how="left", validate="many_to_one")
    return said["consent"].fillna("not recorded").set_axis(rows.index)


def customer_preferences(channels: pd.DataFrame, day_parts: pd.DataFrame) -> pd.DataFrame:
    """Put the preferred channel and the preferred part of the day of each customer side by side.

    Parameters
    ----------
    channels, day_parts
        From `crmlib.models.preferred.preferred_options` by `channel` and by `day_part`.

    Returns
    -------
    pandas.DataFrame
        One row per customer in either: `customer_id`, `channel`, `p_channel`, `n_own_contacts`,
        `day_part`, `p_day_part`, `n_own_moments`; a preference nothing is known of is missing, with
        0 pieces of evidence.
    """
    how = channels[["customer_id", "channel", "p_preferred", "n_choices"]]
    when = day_parts[["customer_id", "day_part", "p_preferred", "n_choices"]]
    both = how.rename(columns={"p_preferred": "p_channel", "n_choices": "n_own_contacts"}).merge(
        when.rename(columns={"p_preferred": "p_day_part", "n_choices": "n_own_moments"}),
        on="customer_id",
        how="outer",
        validate="one_to_one",
    )
    counts = ["n_own_contacts", "n_own_moments"]
    return both.assign(**{name: both[name].fillna(0).astype("int64") for name in counts})


def preference_table(
    chances: pd.DataFrame, sales: pd.DataFrame, *, option: str, min_probability: float
) -> pd.DataFrame:
    """Say how many customers prefer each option, of how many it is known, and what they buy.

    Parameters
    ----------
    chances
        From `crmlib.models.preferred.preference_chances`.
    sales
        `customer_id`, `net_cents` of the window looked at.
    option
        Column of the options.
    min_probability
        Probability from which a preference counts as known.

    Returns
    -------
    pandas.DataFrame
        As `crmlib.models.preferred.preference_shares`, and `n_known` customers with a known
        preference for the option, with their `net_amount`.
    """
    best = preferred_options(chances, option=option)
    known = best[best["p_preferred"] >= min_probability]
    paid = known.merge(sales[["customer_id", "net_cents"]], on="customer_id", how="left")
    by_option = paid.groupby(option).agg(
        n_known=("customer_id", "size"), net_cents=("net_cents", "sum")
    )
    shares = preference_shares(chances, option=option)
    found = by_option.reindex(shares[option]).fillna(0)
    return shares.assign(
        n_known=found["n_known"].to_numpy(dtype="int64"),
        net_amount=found["net_cents"].to_numpy(dtype=float) / 100,
    )


def with_chance(
    contacted: pd.DataFrame, chances: pd.DataFrame, *, option: str = "channel"
) -> pd.DataFrame:
    """Add to our contacts with a customer the chance that they met his preference.

    Parameters
    ----------
    contacted
        `customer_id`, `option`, and counts of contacts.
    chances
        From `crmlib.models.preferred.preference_chances`.

    Returns
    -------
    pandas.DataFrame
        The rows of customers of whom something is known, and `p_preferred` (0 for an option that
        no customer ever chose).
    """
    options = pd.Index(chances[option].unique())
    people = pd.Index(chances["customer_id"].iloc[:: max(len(options), 1)])
    row = people.get_indexer(contacted["customer_id"])
    known, row = contacted[row >= 0], row[row >= 0]
    column = options.get_indexer(known[option])
    told = chances["p_preferred"].to_numpy().reshape(len(people), len(options))
    chance = np.where(column >= 0, told[row, column], 0.0) if len(known) else 0.0
    return known.assign(p_preferred=chance).reset_index(drop=True)


def reaction_table(ends: pd.DataFrame, by_channel: pd.DataFrame) -> pd.DataFrame:
    """Put reactions by preference and by channel into one table.

    Parameters
    ----------
    ends
        From `crmlib.evaluation.clusters.rates_at_both_ends`, by the chance that the channel is the
        preferred one.
    by_channel
        From `crmlib.evaluation.clusters.against_the_rest`, by `channel`.

    Returns
    -------
    pandas.DataFrame
        `kind` ("preference" or "channel"), `through`, `n_trials`, `success_rate`, `low_rate`,
        `high_rate`, `verdict` (of channels, against the others).
    """
    words = {"holds": "the preferred channel", "does not hold": "another channel"}
    preference = ends[ends["where"].isin(words)].assign(kind="preference", verdict="")
    preference = preference.assign(through=preference["where"].map(words))
    channel = by_channel.assign(kind="channel", through=by_channel["channel"])
    names = ["kind", "through", "n_trials", "success_rate", "low_rate", "high_rate", "verdict"]
    parts = [part[names] for part in (preference, channel) if len(part)]
    return pd.concat(parts, ignore_index=True) if parts else channel[names]


def service_states(
    preferences: pd.DataFrame,
    contacted: pd.DataFrame,
    given: pd.DataFrame,
    sales: pd.DataFrame,
    *,
    min_probability: float,
) -> pd.DataFrame:
    """Say of each customer how we serve the way he prefers to be in touch.

    Parameters
    ----------
    preferences
        From `customer_preferences`.
    contacted
        Our contacts: `customer_id`, `channel`, `n_times`.
    given
        From `consents`.
    sales
        `customer_id`, `net_cents` of the window looked at.
    min_probability
        Probability from which a preference counts as known.

    Returns
    -------
    pandas.DataFrame
        One row per customer: the columns of `preferences`, `state` (one of `STATES`),
        `n_our_contacts`, `preferred_share` (of our contacts, through the preferred channel),
        `contacted_through` (the channel of most of them), `consent` (to the preferred channel),
        `net_amount`.
    """
    require_columns(contacted, ["customer_id", "channel", "n_times"], what="The table of contacts")
    total = contacted.groupby("customer_id", as_index=False)["n_times"].sum()
    ranked = contacted.sort_values(
        ["customer_id", "n_times", "channel"], ascending=[True, False, True]
    )
    main = ranked.drop_duplicates("customer_id")[["customer_id", "channel"]]
    via = contacted.rename(columns={"n_times": "_via"})
    table = (
        preferences.merge(total.rename(columns={"n_times": "n_our_contacts"}), how="left")
        .merge(via, on=["customer_id", "channel"], how="left", validate="one_to_one")
        .merge(main.rename(columns={"channel": "contacted_through"}), on="customer_id", how="left")
        .merge(sales[["customer_id", "net_cents"]], on="customer_id", how="left")
    )
    n = table["n_our_contacts"].fillna(0).astype("int64")
    share = table.pop("_via").fillna(0) / n.where(n > 0)
    consent = _consent_of(table, given)
    conditions = [
        ~(table["p_channel"] >= min_probability),
        consent == "refused",
        n < _FEW,
        share < 1 / 2,
    ]
    state = np.select(
        conditions, ["not known", "no consent", "hardly contacted", "unserved"], "served"
    )
    return table.assign(
        state=state,
        n_our_contacts=n,
        preferred_share=share,
        consent=consent,
        net_amount=table.pop("net_cents").fillna(0) / 100,
    )


def service_summary(states: pd.DataFrame) -> pd.DataFrame:
    """Count customers and their sales by how we serve their preference.

    Returns
    -------
    pandas.DataFrame
        One row per state, all of `STATES` in their order: `state`, `n_customers`,
        `customer_share`, `net_amount`, `n_our_contacts`.
    """
    by_state = states.groupby("state").agg(
        n_customers=("customer_id", "size"),
        net_amount=("net_amount", "sum"),
        n_our_contacts=("n_our_contacts", "sum"),
    )
    table = by_state.reindex(list(STATES), fill_value=0).rename_axis("state").reset_index()
    share = table["n_customers"] / max(table["n_customers"].sum(), 1)
    table.insert(2, "customer_share", share)
    return table


def unserved_customers(states: pd.DataFrame) -> pd.DataFrame:
    """List the customers whom we mostly contact through a channel they do not prefer.

    Returns
    -------
    pandas.DataFrame
        The largest sales first: `customer_id`, `channel`, `p_channel`, `n_own_contacts`,
        `contacted_through`, `n_our_contacts`, `day_part`, `net_amount`.
    """
    names = ["customer_id", "channel", "p_channel", "n_own_contacts", "contacted_through",
             "n_our_contacts", "day_part", "net_amount"]  # fmt: skip
    return states.loc[states["state"] == "unserved", names].sort_values(
        ["net_amount", "customer_id"], ascending=[False, True], ignore_index=True
    )


def contacts_and_consent(contacted: pd.DataFrame, given: pd.DataFrame) -> pd.DataFrame:
    """Count our contacts by channel, and those with customers who refuse that channel.

    Returns
    -------
    pandas.DataFrame
        One row per channel: `channel`, `n_our_contacts`, `n_refused` (contacts against the
        consent), `n_not_recorded` (contacts without a consent on record), `n_customers_refused`.
    """
    consent = _consent_of(contacted, given)
    n, refused = contacted["n_times"], consent == "refused"
    counted = contacted[["channel"]].assign(
        n_our_contacts=n,
        n_refused=n.where(refused, 0),
        n_not_recorded=n.where(consent == "not recorded", 0),
        n_customers_refused=refused.astype("int64"),
    )
    return counted.groupby("channel", as_index=False).sum()


def actions_from_channels(states: pd.DataFrame, consent: pd.DataFrame) -> pd.DataFrame:
    """Name whom to contact otherwise, whom to ask for consent, and where consent is broken.

    Parameters
    ----------
    states
        From `service_states`.
    consent
        From `contacts_and_consent`.

    Returns
    -------
    pandas.DataFrame
        Columns as in `crmlib.decisions.attention.actions`; the amounts are sales of the customers
        concerned, not what acting earns.
    """
    amounts = states.groupby("state")["net_amount"].agg(["size", "sum"])
    amounts = amounts.reindex(list(STATES), fill_value=0)
    return actions(
        Action(
            "Contact customers through the channel they prefer",
            who="customers whom we mostly contact through another channel",
            n_customers=int(amounts.loc["unserved", "size"]),
            net_amount=float(amounts.loc["unserved", "sum"]),
            evidence=_UNTESTED,
        ),
        Action(
            "Ask for consent to the channel they prefer, when they call or write next",
            who="customers who refuse contacts through the channel they use themselves",
            n_customers=int(amounts.loc["no consent", "size"]),
            net_amount=float(amounts.loc["no consent", "sum"]),
            evidence=_UNTESTED,
        ),
        Action(
            "Stop contacts that the customer has refused",
            when=NOW,
            who="customers contacted through a channel they refuse",
            n_customers=int(consent["n_customers_refused"].sum()),
            net_amount=0.0,
            evidence="counted, nothing is estimated",
        ),
    )
