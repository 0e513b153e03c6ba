"""Which preferences of customers are more than chance, how strong they are, and whether they last.

The measure throughout: a customer has made `n` choices, `o` of them for a value of which a share
`p` is expected. How alike the choices of one customer are, beyond what customers share, is the
intraclass correlation rho of the Dirichlet-multinomial distribution, by its moments (all sums over
customers and values, e = n p, v = n p (1 - p)):

    rho = (sum (o - e)^2 - sum v) / sum (n - 1) v                                             (1)

So rho is 0 where nobody prefers anything. A share is shrunk towards the expected one by

    w = n rho / (1 + (n - 1) rho),   shrunk share = p + w (o / n - p)                         (2)

References
----------
S. S. Brier (1980), Analysis of contingency tables under cluster sampling, Biometrika 67, 591-596
(1). W. Brown (1910), British Journal of Psychology 3, 296-322; C. Spearman (1910), ibid. 271-295
(the weight in 2). W. Hoeffding (1956), Annals of Mathematical Statistics 27, 713-721, theorem 4:
where the expected shares of the choices differ, the tail of the binomial distribution with their
mean is an upper bound.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import narwhals as nw
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from crmlib.evaluation.experiments.multiplicity import benjamini_hochberg
from crmlib.features.choices import choices
from crmlib.features.moments import WEEKDAYS
from crmlib.features.price_bands import BANDS
from crmlib.features.purchases import DAY_PARTS, value_sizes
from crmlib.schema import require_columns

__all__ = [
    "FALSE_SHARE",
    "Choices",
    "binomial_tail",
    "choices_of",
    "collect_choices",
    "likeness",
    "preference_index",
    "preferred",
    "shrinking_weight",
]

Array = npt.NDArray[np.float64]
FALSE_SHARE = 0.05
"""Share of chance finds among the clear preferences that is accepted."""
_HALVES = ("first", "second")
_MOST_CATEGORIES, _MOST_BRANDS = 20, 12


@dataclass(frozen=True)
class Choices:
    """What customers chose in one aspect, and what to expect, in the two halves of a window.

    Attributes
    ----------
    aspect, options
        What the choices are about, and the values that are counted.
    customer_id
        One per customer.
    n
        Choices: halves x customers.
    counted, expected
        Choices of each value, and expected ones: halves x customers x values.
    """

    aspect: str
    options: tuple[str, ...]
    customer_id: npt.NDArray[np.object_]
    n: Array
    counted: Array
    expected: Array


def choices_of(frame: pd.DataFrame, *, aspect: str, values: Sequence[str]) -> Choices:
    """Lay out what `crmlib.features.choices.choices` counted for these values."""
    n = [f"n_{half}" for half in _HALVES]
    counted, expected = (
        [[f"{kind}_{half}_{k}" for k in range(len(values))] for half in _HALVES]
        for kind in ("n", "expected")
    )
    require_columns(frame, ["customer_id", *n, *counted[0], *expected[1]], what="Choices")
    return Choices(
        aspect,
        tuple(values),
        frame["customer_id"].to_numpy(dtype=object),
        frame[n].to_numpy(dtype=float).T,
        np.stack([frame[names].to_numpy(dtype=float) for names in counted]),
        np.stack([frame[names].to_numpy(dtype=float) for names in expected]),
    )


def likeness(made: Choices) -> float:
    """Give the intraclass correlation of the choices of a customer: equation (1), 0 to 1.

    0 means that customers differ by chance alone, so that no preference is shown; missing (NaN)
    where nobody chose twice or there is nothing to choose between.
    """
    n = made.n.sum(axis=0)[:, None]
    counted, expected = made.counted.sum(axis=0), made.expected.sum(axis=0)
    variance = expected * (1 - np.divide(expected, n, out=np.zeros_like(expected), where=n > 0))
    pairs = float(((n - 1).clip(0) * variance).sum())
    if pairs <= 0:
        return float("nan")
    excess = float(((counted - expected) ** 2 - variance).sum())
    return min(max(excess / pairs, 0.0), 1.0)


def shrinking_weight(n: npt.ArrayLike, likeness: float) -> Array:
    """Say how much of a customer's deviation from the whole is believed: equation (2), 0 to 1.

    Examples
    --------
    >>> shrinking_weight([1, 10, 100], 0.1).round(2).tolist()
    [0.1, 0.53, 0.92]
    """
    rho = 0.0 if np.isnan(likeness) else likeness
    times = np.asarray(n, dtype=float)
    return np.asarray(times * rho / (1 + (times - 1).clip(0) * rho))


def binomial_tail(counted: Array, n: Array, share: Array, *, n_values: int) -> Array:
    """Give the chance that so many of `n` choices fall on any one of `n_values` values.

    Guards against the best of many: the value was picked among `n_values`, so that the chance is
    theirs together, at most `n_values` times that of one.
    """
    alone = stats.binom.sf(counted - 1, n, np.clip(share, 0, 1))
    return np.asarray(np.minimum(alone * n_values, 1.0))


def preferred(made: Choices, *, false_share: float = FALSE_SHARE) -> pd.DataFrame:
    """Name the value that each customer chose most beyond expectation, and say if it is clear.

    Parameters
    ----------
    made
        From `choices_of`.
    false_share
        Share of chance finds accepted among the clear preferences of all customers.

    Returns
    -------
    pandas.DataFrame
        One row per customer with a choice: `customer_id`, `value` (of equal ones the first),
        `n_choices`, `value_share`, `expected_share`, `preference_index` (shrunk share over
        expected share, 100 = as all), `is_clear`.
    """
    names = ["customer_id", "value", "n_choices", "value_share", "expected_share",
             "preference_index", "is_clear"]  # fmt: skip
    has_any = made.n.sum(axis=0) > 0
    if not made.options or not has_any.any():
        return pd.DataFrame({name: pd.Series(dtype=object) for name in names})
    n = made.n.sum(axis=0)[has_any]
    counted, expected = (part.sum(axis=0)[has_any] for part in (made.counted, made.expected))
    best = (counted - expected).argmax(axis=1)
    row = np.arange(len(best))
    found, share = counted[row, best], expected[row, best] / n
    p_values = binomial_tail(found, n, share, n_values=len(made.options))
    return pd.DataFrame(
        {
            "customer_id": made.customer_id[has_any],
            "value": np.array(made.options, dtype=object)[best],
            "n_choices": n.astype("int64"),
            "value_share": found / n,
            "expected_share": share,
            "preference_index": preference_index(found / n, share, n, likeness(made)),
            "is_clear": benjamini_hochberg(p_values).to_numpy() <= false_share,
        }
    )[names]


def preference_index(found: Array, share: Array, n: Array, likeness: float) -> Array:
    """Give the shrunk share over the expected one, 100 = as all customers; NaN where none is."""
    shrunk = share + shrinking_weight(n, likeness) * (found - share)
    return 100 * np.divide(shrunk, share, out=np.full_like(shrunk, np.nan), where=share > 0)


def collect_choices(
    collect: Callable[[nw.LazyFrame], pd.DataFrame],
    *,
    goods: nw.LazyFrame,
    banded: nw.LazyFrame,
    timed: nw.LazyFrame,
) -> tuple[Choices, ...]:
    """Count the choices of every aspect: category, price band, brand, weekday, part of the day.

    Parameters
    ----------
    collect
        What runs a query and brings its result to pandas.
    goods, banded
        From `crmlib.features.purchases.described_lines`, without and with price bands.
    timed
        From `crmlib.features.purchases.timed_lines`.
    """

    def largest(value: str, most: int) -> list[str]:
        sizes = collect(value_sizes(goods, value=value))
        ordered = sizes.sort_values(["cents", "value"], ascending=[False, True])
        return [str(one) for one in ordered["value"].iloc[:most]]

    weekdays = [str(day) for day in range(len(WEEKDAYS))]
    wanted: list[tuple[str, nw.LazyFrame, Sequence[str], Sequence[str]]] = [
        (aspect, lines, values, values)
        for aspect, lines, values in (
            ("category", goods, largest("category", _MOST_CATEGORIES)),
            ("price_band", banded, BANDS),
            ("brand", banded, largest("brand", _MOST_BRANDS)),
            ("day_part", timed, list(DAY_PARTS)),
        )
    ]
    wanted.insert(3, ("weekday", timed, weekdays, WEEKDAYS))
    return tuple(
        choices_of(
            collect(choices(lines, aspect=aspect, values=values)), aspect=aspect, values=names
        )
        for aspect, lines, values, names in wanted
    )
