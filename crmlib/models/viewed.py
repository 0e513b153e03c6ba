"""Which items visitors look at in the same visit more often than chance would have it."""

from __future__ import annotations

import pandas as pd

from crmlib.models.baskets import pair_rules

__all__ = ["viewed_together"]


def viewed_together(pairs: pd.DataFrame, *, false_discovery_rate: float = 0.05) -> pd.DataFrame:
    """Keep the pairs that are looked at together more often than chance explains.

    Parameters
    ----------
    pairs
        Result of `crmlib.features.baskets.basket_pairs` on `crmlib.features.paths.views`,
        collected: its baskets are visits.
    false_discovery_rate
        Share of false ones to expect among the pairs kept.

    Returns
    -------
    pandas.DataFrame
        One row per pair, the most frequent first: `item_a`, `item_b`, `n_visits` (with both),
        `visit_share`, `lift` (times as often as by chance), `lift_low`, `lift_high`, `q_value`; no
        row where no pair stands out. Its `attrs` say how many pairs were looked at (`n_judged`).
    """
    names = ["item_a", "item_b", "n_visits", "visit_share", "lift", "lift_low", "lift_high"]
    names.append("q_value")
    if pairs.empty:
        return pd.DataFrame(columns=names)
    rules = pair_rules(pairs).rename(
        columns={
            "antecedent": "item_a",
            "consequent": "item_b",
            "n_both": "n_visits",
            "support": "visit_share",
        }
    )
    once = rules[rules["item_a"] < rules["item_b"]]
    found = once[(once["q_value"] <= false_discovery_rate) & (once["lift"] > 1)]
    order = ["n_visits", "item_a", "item_b"]
    table = found.sort_values(order, ascending=[False, True, True], ignore_index=True)[names]
    table.attrs = {"n_judged": len(pairs)}
    return table
