"""What a score looks at, in words: for all customers, and for one of them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit

from crmlib.models.scoring.additive import AdditiveScore

__all__ = ["driver_table", "in_words", "main_reasons"]

_LOW, _HIGH = 0.1, 0.9
_MAX_ROWS = 5_000
_WHOLE_FROM = 1_000
_RULE_WORDS = {
    "P(gone)": "chance that he has left for good, P(gone)",
    "MBG/NBD": "expected by his rhythm, MBG/NBD",
}


def in_words(column: str, words: Mapping[str, str] | None = None) -> str:
    """Name a column for readers, who see cents as amounts.

    Examples
    --------
    >>> in_words("age_band"), in_words("n_orders_28", {"n_orders_28": "orders in 28 days"})
    ('age band', 'orders in 28 days')
    >>> in_words("net_cents")
    'net amount'
    """
    plain = column.replace("_cents", "_amount").replace("_", " ")
    return {**_RULE_WORDS, **(words or {})}.get(column, plain)


def driver_table(
    model: AdditiveScore, features: pd.DataFrame, *, words: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Say what moves the score, the strongest column first.

    For each column all customers are given its low value, then its high one, and nothing else of
    them is changed; the two mean probabilities tell how much hangs on the column. That is what the
    model says, not what would happen if somebody changed the column.

    Parameters
    ----------
    model
        A fitted score.
    features
        Customers to speak of.
    words
        Name of each column for readers, see `in_words`.

    Returns
    -------
    pandas.DataFrame
        `driver`, `column`, `importance_share` (of the spread of all contributions), `low_value`,
        `high_value` (tenth and ninetieth hundredth of a number; the level with the lowest and with
        the highest probability of a text), `low_rate`, `high_rate` (mean probability with either).

    References
    ----------
    J. H. Friedman (2001), Annals of Statistics 29(5), section 8.2 (partial dependence).
    """
    shown = features.iloc[:: max(1, len(features) // _MAX_ROWS)]
    parts = model.contributions(shown)
    odds = parts.sum(axis=1) + model.intercept_
    spread = parts.std(ddof=0)
    rows = []
    for name in parts:
        ends = _ends(model, shown, str(name))
        if ends is None:
            continue
        rates = [float(expit(odds - parts[name] + added).mean()) for _, added in ends]
        rows.append(
            {
                "driver": in_words(str(name), words),
                "column": name,
                "importance_share": float(spread[name] / max(spread.sum(), 1e-12)),
                "low_value": _shown(ends[0][0], str(name)),
                "high_value": _shown(ends[1][0], str(name)),
                "low_rate": rates[0],
                "high_rate": rates[1],
            }
        )
    names = ["driver", "column", "importance_share", "low_value", "high_value"]
    table = pd.DataFrame(rows, columns=[*names, "low_rate", "high_rate"])
    return table.sort_values("importance_share", ascending=False, kind="stable", ignore_index=True)


def _ends(
    model: AdditiveScore, features: pd.DataFrame, name: str
) -> list[tuple[object, float]] | None:
    """Give the low and the high value of a column, each with what it adds to the score."""
    values = features[name]
    if pd.api.types.is_numeric_dtype(values):
        known = values.dropna().astype(float)
        if known.empty:
            return None
        chosen = known.quantile([_LOW, _HIGH]).tolist()
        if chosen[0] == chosen[1]:
            chosen = [known.min(), known.max()]
        return list(zip(chosen, _added(model, features, name, chosen), strict=True))
    levels = sorted(values.dropna().astype(str).unique())[:200]
    if not levels:
        return None
    pairs: list[tuple[object, float]] = list(
        zip(levels, _added(model, features, name, levels), strict=True)
    )
    pairs.sort(key=lambda pair: pair[1])
    return [pairs[0], pairs[-1]]


def _added(
    model: AdditiveScore, features: pd.DataFrame, name: str, values: list[object] | list[float]
) -> npt.NDArray[np.float64]:
    """Say what each of some values of a column adds to the score."""
    rows = features.iloc[[0] * len(values)].reset_index(drop=True)
    rows[name] = values
    found: npt.NDArray[np.float64] = model.contributions(rows)[name].to_numpy()
    return found


def _shown(value: object, column: str) -> str:
    """Write a value for a table that holds numbers and texts in one column; cents as amounts."""
    if not isinstance(value, (int, float, np.number)):
        return str(value)
    value = value / 100 if "_cents" in column else value
    return f"{value:,.0f}" if abs(value) >= _WHOLE_FROM else f"{value:.4g}"


def main_reasons(
    model: AdditiveScore,
    features: pd.DataFrame,
    *,
    words: Mapping[str, str] | None = None,
    n_reasons: int = 2,
) -> pd.Series:
    """Name for each customer what raises his score most above that of the mean customer.

    Returns
    -------
    pandas.Series
        Such as `days since the last order: 84; complaints open: 1`; empty where nothing raises it.
    """
    parts = model.contributions(features)
    names = [in_words(str(name), words) for name in parts]
    added = parts.to_numpy()
    order = np.argsort(-added, axis=1, kind="stable")[:, :n_reasons]
    reasons = []
    for row, best in enumerate(order):
        said = [
            f"{names[k]}: {_value(features[parts.columns[k]].iloc[row], str(parts.columns[k]))}"
            for k in best
            if added[row, k] > 0
        ]
        reasons.append("; ".join(said))
    return pd.Series(reasons, index=features.index, dtype="str")


def _value(value: object, column: str) -> str:
    return "not known" if pd.isna(value) else _shown(value, column)
