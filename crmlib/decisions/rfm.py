"""Segments by recency, frequency and value: every customer in exactly one, by a printed rule."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crmlib.decisions.attention import LATER, NEXT, NOW, Action, actions
from crmlib.errors import ParameterError

__all__ = [
    "SEGMENTS",
    "Thresholds",
    "actions_from_rfm",
    "rfm_rules",
    "rfm_segments",
    "rfm_summary",
    "thresholds_from",
]

SEGMENTS = (
    "champions", "regulars", "large, rarely", "occasional", "valuable, quiet", "quiet",
    "valuable, silent", "silent",
)  # fmt: skip
"""Names, the best first."""

_UPPER = 2 / 3
"""Share of the buyers of the window below the limits of frequency and value."""


@dataclass(frozen=True)
class Thresholds:
    """Limits between segments.

    Attributes
    ----------
    active_days, lapse_days
        Days since the last order up to which a customer is recent, and beyond which he is silent.
    often_orders
        Orders in the window from which a customer buys often.
    high_amount
        Sales in the window from which a customer is valuable; account currency.
    """

    active_days: int
    lapse_days: int
    often_orders: int
    high_amount: float

    def table(self, currency: str) -> pd.DataFrame:
        """List the limits with their units, as they are kept for the next iteration."""
        return pd.DataFrame(
            {
                "threshold": ["active_days", "lapse_days", "often_orders", "high_amount"],
                "meaning": [
                    "recent up to so long since the last order",
                    "silent beyond so long since the last order",
                    "often from so many orders in the window",
                    "valuable from so much sales in the window",
                ],
                "limit": [
                    float(self.active_days), float(self.lapse_days), float(self.often_orders),
                    self.high_amount,
                ],
                "unit": ["days", "days", "orders", currency],
            }
        )  # fmt: skip


def thresholds_from(
    customers: pd.DataFrame, before: pd.DataFrame, *, active_days: int, lapse_days: int
) -> Thresholds:
    """Take the limits of the iteration before, or set them so that a third lies above each.

    Guards against customers who move only because the limits did.

    Parameters
    ----------
    customers
        From `crmlib.features.rfm.recency_frequency_value`.
    before
        `Thresholds.table` of the iteration before; empty without one.

    Raises
    ------
    ParameterError
        If `lapse_days` is not above `active_days`.
    """
    if not 0 < active_days < lapse_days:
        raise ParameterError(
            f"active_days={active_days}, lapse_days={lapse_days}: a customer is recent before he "
            "is silent, so the second must be above the first."
        )
    if not before.empty:
        kept = before.set_index("threshold")["limit"]
        often, high = int(kept["often_orders"]), float(kept["high_amount"])
        return Thresholds(active_days, lapse_days, often, high)
    buyers = customers[customers["n_orders"] > 0]
    if buyers.empty:
        return Thresholds(active_days, lapse_days, 2, 1.0)
    often = int(np.quantile(buyers["n_orders"].to_numpy(), _UPPER, method="higher"))
    high = np.quantile(buyers["net_cents"].to_numpy(), _UPPER, method="higher") / 100
    return Thresholds(active_days, lapse_days, max(often, 2), max(float(np.ceil(high)), 1.0))


def rfm_segments(customers: pd.DataFrame, limits: Thresholds) -> pd.DataFrame:
    """Put every customer into one segment.

    Returns
    -------
    pandas.DataFrame
        `customer_id`, `segment` (one of `SEGMENTS`), `recency_days`, `n_orders`, `net_amount`; the
        largest sales first.

    Examples
    --------
    >>> one = pd.DataFrame(
    ...     {"customer_id": ["a"], "recency_days": [3], "n_orders": [9], "net_cents": [90000]}
    ... )
    >>> rfm_segments(one, Thresholds(60, 180, 5, 500.0))["segment"].tolist()
    ['champions']
    """
    recency = customers["recency_days"].to_numpy(dtype=float)
    often = customers["n_orders"].to_numpy(dtype=float) >= limits.often_orders
    amount = customers["net_cents"].to_numpy(dtype=float) / 100
    high = amount >= limits.high_amount
    recent, silent = recency <= limits.active_days, recency > limits.lapse_days
    quiet, good = ~recent & ~silent, often | high
    masks = [
        recent & often & high, recent & often & ~high, recent & ~often & high,
        recent & ~often & ~high, quiet & good, quiet & ~good, silent & good, silent & ~good,
    ]  # fmt: skip
    table = pd.DataFrame(
        {
            "customer_id": customers["customer_id"],
            "segment": pd.Series(
                np.select(masks, SEGMENTS, ""), index=customers.index, dtype="str"
            ),
            "recency_days": customers["recency_days"],
            "n_orders": customers["n_orders"],
            "net_amount": amount,
        }
    )
    order = {"by": ["net_amount", "customer_id"], "ascending": [False, True]}
    return table.sort_values(**order, ignore_index=True)


def rfm_rules(limits: Thresholds, *, currency: str) -> pd.DataFrame:
    """Write the rule of each segment in words; together they leave nobody out and overlap nowhere.

    Returns
    -------
    pandas.DataFrame
        `segment`, `recency_rule` (days), `frequency_rule` (orders), `value_rule` (currency).
    """
    recent = f"at most {limits.active_days} days"
    quiet = f"{limits.active_days + 1} to {limits.lapse_days} days"
    silent = f"more than {limits.lapse_days} days"
    often, rarely = f"{limits.often_orders} orders or more", f"below {limits.often_orders} orders"
    high = f"{limits.high_amount:,.2f} {currency} or more"
    low = f"below {limits.high_amount:,.2f} {currency}"
    rows = [
        (recent, often, high), (recent, often, low), (recent, rarely, high), (recent, rarely, low),
        (quiet, often, f"or {high}"), (quiet, rarely, low), (silent, often, f"or {high}"),
        (silent, rarely, low),
    ]  # fmt: skip
    columns = ["recency_rule", "frequency_rule", "value_rule"]
    table = pd.DataFrame(rows, columns=columns, dtype="str")
    table.insert(0, "segment", list(SEGMENTS))
    return table


def rfm_summary(members: pd.DataFrame) -> pd.DataFrame:
    """Count customers and sales of each segment, empty ones included.

    Returns
    -------
    pandas.DataFrame
        `segment`, `n_customers`, `customer_share`, `net_amount`, `net_share`, medians
        `recency_days`, `n_orders`.
    """
    groups = members.groupby("segment")
    table = pd.DataFrame(index=pd.Index(SEGMENTS, name="segment"))
    table["n_customers"] = groups.size().reindex(SEGMENTS, fill_value=0).astype("int64")
    table["customer_share"] = table["n_customers"] / max(len(members), 1)
    table["net_amount"] = groups["net_amount"].sum().reindex(SEGMENTS, fill_value=0.0)
    total = table["net_amount"].sum()
    table["net_share"] = table["net_amount"] / total if total else 0.0
    table["recency_days"] = groups["recency_days"].median().reindex(SEGMENTS).astype("float64")
    table["n_orders"] = groups["n_orders"].median().reindex(SEGMENTS).astype("float64")
    return table.reset_index()


_ACTS = {
    "valuable, quiet": "Call valuable customers before they fall silent",
    "large, rarely": "Give customers with large, rare orders a reason to come more often",
    "champions": "Thank the best customers and protect their service",
    "valuable, silent": "Win back valuable customers who fell silent",
}


_WHEN = {"valuable, quiet": NOW, "champions": LATER}


def actions_from_rfm(summary: pd.DataFrame) -> pd.DataFrame:
    """Name what to do about the segments that money hangs on.

    Guards against calling orders rare where nobody orders often, such as data of a single day.
    """
    rows = summary.set_index("segment")
    is_told = rows.loc[["champions", "regulars"], "n_customers"].sum() > 0
    acts = {name: words for name, words in _ACTS.items() if is_told or name != "large, rarely"}
    return actions(
        *(
            Action(
                words,
                when=_WHEN.get(name, NEXT),
                who=f"customers of the segment {name}",
                n_customers=int(rows.loc[name, "n_customers"]),
                net_amount=float(rows.loc[name, "net_amount"]),
            )
            for name, words in acts.items()
        )
    )
