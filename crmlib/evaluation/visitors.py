"""Visitors: where they drop out, which sources bring buyers, what is looked for in vain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from crmlib.evaluation.clusters import against_the_rest, clustered_rates, for_readers
from crmlib.evaluation.heavy_tails import MIN_BUYERS, mean_interval
from crmlib.evaluation.intervals import wilson_interval
from crmlib.features.visits import STEPS

__all__ = [
    "Missed",
    "drop_outs",
    "missed_sales",
    "next_steps",
    "priced_terms",
    "prospect_rates",
    "recorded_steps",
    "source_rates",
    "top_ways",
    "unmet_terms",
]


def recorded_steps(kinds: pd.DataFrame) -> tuple[str, ...]:
    """Say which steps of the funnel the source records; entering is known of every visit.

    Guards against visits "without a purchase" of a source that records no purchases at all.

    Parameters
    ----------
    kinds
        `kind` of step, from `crmlib.features.visits.kinds_of_steps`.

    Examples
    --------
    >>> recorded_steps(pd.DataFrame({"kind": ["view", "leave"]}))
    ('enter', 'view')
    """
    seen = {STEPS[0], *kinds["kind"]}
    return tuple(step for step in STEPS if step in seen)


def drop_outs(sums: pd.DataFrame, *, steps: Sequence[str]) -> pd.DataFrame:
    """Say at each step which share of the visits came no further.

    Parameters
    ----------
    sums
        Sums by `step` and `next_step` of `crmlib.features.visits.step_rows`.
    steps
        The order of the steps.

    Returns
    -------
    pandas.DataFrame
        One row per step but the last: `step`, `next_step`, `n_visits` that reached it, `n_ended`
        (came no further), `ended_rate`, `low_rate`, `high_rate`.
    """
    lost = sums.assign(
        n_successes=sums["n_trials"] - sums["n_successes"],
        both=sums["trials_squared"] - sums["both"],
        successes_squared=sums["trials_squared"] - 2 * sums["both"] + sums["successes_squared"],
    )
    rates = clustered_rates(lost).rename(
        columns={"n_trials": "n_visits", "n_successes": "n_ended", "success_rate": "ended_rate"}
    )
    order = rates["step"].map({step: rank for rank, step in enumerate(steps)})
    names = ["step", "next_step", "n_visits", "n_ended", "ended_rate", "low_rate", "high_rate"]
    return rates.loc[order.sort_values(kind="stable").index, names].reset_index(drop=True)


def next_steps(followed: pd.DataFrame) -> pd.DataFrame:
    """Say in which share of the cases another step comes directly after a step.

    Parameters
    ----------
    followed
        From `crmlib.features.paths.followed_steps`.

    Returns
    -------
    pandas.DataFrame
        One row per pair, the most frequent first: `step`, `next_step`, `n_from`, `n_cases`,
        `next_share`, `low_share`, `high_share` (Wilson).
    """
    bounds = wilson_interval(followed["n_cases"], followed["n_from"])
    table = followed[["step", "next_step", "n_from", "n_cases"]].assign(
        next_share=followed["n_cases"] / followed["n_from"],
        low_share=bounds["low"].to_numpy(),
        high_share=bounds["high"].to_numpy(),
    )
    order = ["n_cases", "step", "next_step"]
    return table.sort_values(order, ascending=[False, True, True], ignore_index=True)


def top_ways(ways: pd.DataFrame) -> pd.DataFrame:
    """Put the ways of visits in order, the most frequent first, with their share of all visits.

    Parameters
    ----------
    ways
        From `crmlib.features.paths.ways`.

    Returns
    -------
    pandas.DataFrame
        `way`, `n_visits`, `n_bought`, `visit_share`, `low_share`, `high_share` (Wilson).
    """
    total = int(ways["n_visits"].sum())
    bounds = wilson_interval(ways["n_visits"], np.full(len(ways), total))
    table = ways[["way", "n_visits", "n_bought"]].assign(
        visit_share=ways["n_visits"] / max(total, 1),
        low_share=bounds["low"].to_numpy(),
        high_share=bounds["high"].to_numpy(),
    )
    return table.sort_values(["n_visits", "way"], ascending=[False, True], ignore_index=True)


def source_rates(
    sums: pd.DataFrame, amounts: pd.DataFrame | None = None, *, by: str = "source"
) -> pd.DataFrame:
    """Compare the success of each source with that of all others, the best first.

    Parameters
    ----------
    sums
        Cluster sums by `by`.
    amounts
        `by` and `net_cents` of what those won bought; without it the amount is left out.

    Returns
    -------
    pandas.DataFrame
        As `crmlib.evaluation.clusters.against_the_rest` for readers, with `net_amount`.
    """
    rates = for_readers(against_the_rest(sums))
    if amounts is not None:
        paid = amounts.groupby(by)["net_cents"].sum()
        rates["net_amount"] = rates[by].map(paid).astype(float).fillna(0) / 100
    return rates.sort_values(["success_rate", by], ascending=[False, True], ignore_index=True)


def prospect_rates(prospects: pd.DataFrame) -> pd.DataFrame:
    """Compare the sources of prospects by the share who became customers, the best first.

    Parameters
    ----------
    prospects
        From `crmlib.features.prospects.prospect_rows`, collected.

    Returns
    -------
    pandas.DataFrame
        As `source_rates`; every prospect is somebody of his own. No row where the source does not
        record who was won.
    """
    known = prospects[prospects["is_success"].notna()]
    by_source = known.groupby("source")["is_success"].agg(["size", "sum"]).astype("int64")
    n, y = by_source["size"], by_source["sum"]
    sums = pd.DataFrame(
        {
            "n_clusters": n,
            "n_trials": n,
            "n_successes": y,
            "trials_squared": n,
            "successes_squared": y,
            "both": y,
        }
    )
    return source_rates(sums.reset_index(), prospects)


def unmet_terms(
    sums: pd.DataFrame, *, min_visits: int, false_discovery_rate: float = 0.05
) -> pd.DataFrame:
    """Find the terms after which visitors go on less often than after others.

    Guards against a list of the most frequent terms, and against one of terms that only happened to
    fail: a term is unmet if those who searched it found less than those who searched anything else,
    beyond what chance makes of as many terms.

    Parameters
    ----------
    sums
        Sums by `kind` (search, ask) and `term` of `crmlib.features.paths.searches`; a success is a
        find.
    min_visits
        Visits with a term below which it is not judged.
    false_discovery_rate
        Share of false ones to expect among the terms called unmet.

    Returns
    -------
    pandas.DataFrame
        One row per unmet term, the most frequent first: `term`, `kind`, `n_visits` (with the
        term), `n_unmet` (without a find), and `unmet_share`, `low_share`, `high_share`: of all
        visits in the list that did not find. Its `attrs` say how many terms were judged
        (`n_judged`) and how many were too rare (`n_rare`).
    """
    judged = sums[sums["n_trials"] >= min_visits].reset_index(drop=True)
    rates = against_the_rest(judged, within="kind", level=1 - false_discovery_rate)
    unmet = rates[rates["verdict"] == "lower"]
    n_unmet = unmet["n_trials"] - unmet["n_successes"]
    shares = wilson_interval(n_unmet, np.full(len(unmet), int(n_unmet.sum())))
    table = pd.DataFrame(
        {
            "term": unmet["term"],
            "kind": unmet["kind"],
            "n_visits": unmet["n_trials"],
            "n_unmet": n_unmet,
            "unmet_share": n_unmet / max(int(n_unmet.sum()), 1),
            "low_share": shares["low"].to_numpy(),
            "high_share": shares["high"].to_numpy(),
        }
    )
    order = ["n_unmet", "kind", "term"]
    found = table.sort_values(order, ascending=[False, True, True], ignore_index=True)
    found.attrs = {"n_judged": len(judged), "n_rare": len(sums) - len(judged)}
    return found


@dataclass(frozen=True)
class Missed:
    """What a search in vain costs, if who finds nothing were like who finds something.

    `gain_rate` is how much more often visits with a find end with a purchase, `order_amount` the
    mean of such a purchase, `amount` their product; `low` and `high` its 95 % interval. All are
    missing (NaN) where there is nothing to compare or no sale to put a price on it.
    """

    gain_rate: float
    order_amount: float
    amount: float
    low: float
    high: float


def missed_sales(
    buying: pd.DataFrame, order_cents: pd.Series, *, rng: np.random.Generator
) -> Missed:
    """Price a search in vain by the purchases of those whose search found something.

    It is an assumption, not a measured effect: those who find something may be keener. The
    uncertainty of both factors is in the interval, that of the assumption is not.

    Parameters
    ----------
    buying
        Sums of purchases by `is_success` (1 = the search found something) of the searches.
    order_cents
        What customers paid on the day of a visit with a purchase.
    rng
        Source of randomness.

    References
    ----------
    L. A. Goodman (1960), On the exact variance of products, JASA 55, 708-713, eq. 2.
    """
    rates = clustered_rates(buying).set_index("is_success").reindex([1, 0])
    orders = order_cents.to_numpy(dtype=float) / 100
    if rates["n_trials"].isna().any() or (orders > 0).sum() < MIN_BUYERS or np.ptp(orders) == 0:
        nothing = float("nan")
        return Missed(nothing, nothing, nothing, nothing, nothing)
    gain = float(rates["success_rate"].iloc[0] - rates["success_rate"].iloc[1])
    width = (rates["high_rate"] - rates["low_rate"]).to_numpy()
    mean, z = float(orders.mean()), float(stats.norm.isf(0.025))
    ends = mean_interval(orders, rng=rng)
    of_gain, of_mean = np.hypot(*width) / (2 * z), (ends[1] - ends[0]) / (2 * z)
    spread = np.sqrt((mean * of_gain) ** 2 + (gain * of_mean) ** 2 + (of_gain * of_mean) ** 2)
    amount = gain * mean
    return Missed(gain, mean, amount, amount - z * float(spread), amount + z * float(spread))


def priced_terms(terms: pd.DataFrame, missed: Missed) -> pd.DataFrame:
    """Put a price on the searches in vain of each unmet term.

    Parameters
    ----------
    terms
        From `unmet_terms`.
    missed
        From `missed_sales`: the price of one search.

    Returns
    -------
    pandas.DataFrame
        The columns of `terms`, and `missed_amount`, `low_amount`, `high_amount`.
    """
    n = terms["n_unmet"]
    prices = {"missed_amount": missed.amount, "low_amount": missed.low, "high_amount": missed.high}
    table = terms.copy()
    for place, (name, price) in enumerate(prices.items()):
        table.insert(list(terms.columns).index("unmet_share") + place, name, n * price)
    return table
