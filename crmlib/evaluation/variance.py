"""The change of sales split by cause, exactly: new and lost customers, volume, mix, price."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from crmlib.features.dimensions import named

__all__ = ["EFFECTS", "change_by_cause"]

EFFECTS = {
    "new_customers_amount": "new customers",
    "lost_customers_amount": "lost customers",
    "volume_amount": "volume",
    "mix_amount": "mix",
    "price_amount": "price",
    "returns_amount": "returns",
}
"""Columns of effects and what they are called."""
_SUMS = [
    "now_cents", "before_cents", "new_cents", "lost_cents", "returns_cents", "price_cents",
    "kept_now_cents", "kept_before_cents", "n_lines", "n_lines_before",
]  # fmt: skip
CAUSES = ["dimension", "part", "change_amount", *EFFECTS, "before_amount", "now_amount"]


def change_by_cause(cube: pd.DataFrame, *, by: Sequence[str]) -> pd.DataFrame:
    """Split the change of sales of all, and of each part, into its causes; nothing is left over.

    Of customers who stay: *volume* is the change of the number of purchases (products in an order)
    times the old mean amount of one; *price* is units now times the change of price, product by
    product; *mix* is the rest of their purchases, dearer or cheaper products and more or less of
    them at a time, at old prices. Purchases take the place of units, which cannot be added up over
    kilograms and pieces. New, lost, price and returns of the parts add up to those of all; so do
    volume and mix together: what moves between parts is mix of all, and volume of the parts.

    Parameters
    ----------
    cube
        From `crmlib.features.controlling.change_cube`, collected.
    by
        Dimensions; those the cube has not are left out.

    Returns
    -------
    pandas.DataFrame
        One row for `total` and for each part: `dimension`, `part`, `change_amount` (the sum of the
        six that follow), `new_customers_amount`, `lost_customers_amount`, `volume_amount`,
        `mix_amount`, `price_amount`, `returns_amount`, `before_amount`, `now_amount`; the largest
        changes of a dimension first. No row where nothing was sold before.

    References
    ----------
    C. T. Horngren, S. M. Datar and M. V. Rajan (2015), Cost Accounting: A Managerial Emphasis,
    15th ed., chapters 7 (selling-price variance) and 14 (sales-mix and sales-quantity variance),
    with last year in the place of the budget.

    Examples
    --------
    >>> cube = pd.DataFrame([{"now_cents": 2600, "before_cents": 2000, "new_cents": 300,
    ...     "lost_cents": -100, "returns_cents": 0, "price_cents": 200.0, "kept_now_cents": 2300,
    ...     "kept_before_cents": 1900, "n_lines": 21, "n_lines_before": 19}])
    >>> found = change_by_cause(cube, by=[])
    >>> found[["volume_amount", "mix_amount", "price_amount"]].values.tolist()
    [[2.0, 0.0, 2.0]]
    """
    total = cube[_SUMS].sum().to_frame().T.assign(dimension="total", part="all")
    parts = [
        cube.groupby(name)[_SUMS]
        .sum()
        .rename_axis("part")
        .reset_index()
        .assign(dimension=named([name]))
        for name in by
        if name in cube
    ]
    table = pd.concat([total, *parts], ignore_index=True)
    if not (total["before_cents"] > 0).all():
        return pd.DataFrame(columns=CAUSES)
    sums = table[_SUMS].astype(float) / 100
    lines, lines_before = table["n_lines"].astype(float), table["n_lines_before"].astype(float)
    mean = np.where(
        lines_before > 0, sums["kept_before_cents"] * 100 / lines_before.clip(lower=1), 0
    )
    volume = (lines - lines_before) * mean / 100
    kept = sums["kept_now_cents"] - sums["kept_before_cents"]
    found = pd.DataFrame(
        {
            "dimension": table["dimension"],
            "part": table["part"].astype(str),
            "before_amount": sums["before_cents"],
            "new_customers_amount": sums["new_cents"],
            "lost_customers_amount": sums["lost_cents"],
            "volume_amount": volume,
            "mix_amount": kept - volume - sums["price_cents"],
            "price_amount": sums["price_cents"],
            "returns_amount": sums["returns_cents"],
            "now_amount": sums["now_cents"],
            "change_amount": sums["now_cents"] - sums["before_cents"],
        }
    )
    groups = [(), *((name,) for name in by)]
    place = {named(group): place for place, group in enumerate(groups)}
    found["place"] = found["dimension"].map(place)
    found["size"] = found["change_amount"].abs()
    order = ["place", "size", "part"]
    ordered = found.sort_values(order, ascending=[True, False, True], kind="stable")
    return ordered[CAUSES].reset_index(drop=True)
