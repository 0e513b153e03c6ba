"""The arms of an experiment: fit to be compared, apart from each other, in the planned ratio."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from crmlib.errors import DataRejectedError, NotEnoughDataError, ParameterError

__all__ = [
    "Array",
    "Counts",
    "Moments",
    "SampleRatioCheck",
    "arm_values",
    "difference_skewness",
    "moments_of",
    "require_same_customers",
    "require_separate_arms",
    "sample_ratio_check",
]

Array = npt.NDArray[np.float64]
_MIN_CUSTOMERS = 2
_MIN_EXPECTED = 5


class Moments(NamedTuple):
    """An arm that was summed up elsewhere, for instance in the engine.

    `standard_deviation` has the divisor n - 1; `skewness` (third central moment / third power of
    the standard deviation) may be unknown, and then nobody can say whether an interval may rest
    on the normal distribution.
    """

    mean: float
    standard_deviation: float
    n: int
    skewness: float | None = None


class Counts(NamedTuple):
    """An arm that was counted elsewhere: customers who reacted, of how many."""

    successes: int
    n: int


def arm_values(
    treatment: npt.ArrayLike, control: npt.ArrayLike, *, need: int = _MIN_CUSTOMERS
) -> tuple[Array, Array]:
    """Turn two arms into arrays, one value per customer, or say why they are not fit.

    Where both are Series whose index is named `customer_id`, no customer may stand in both arms or
    twice in one.

    Raises
    ------
    NotEnoughDataError
        With fewer than `need` customers in an arm.
    DataRejectedError
        If a value is missing or infinite, or a customer stands in both arms or twice in one.
    """
    if _has_customers(treatment) and _has_customers(control):
        require_separate_arms(treatment.index, control.index)  # type: ignore[union-attr]
    return _values(treatment, "treatment", need), _values(control, "control", need)


def _has_customers(values: object) -> bool:
    """Say whether the index of the values names customers."""
    return isinstance(values, pd.Series) and values.index.name == "customer_id"


def _values(values: npt.ArrayLike, name: str, need: int) -> Array:
    """Turn one arm into an array."""
    try:
        array = np.asarray(values, dtype=float)
    except (TypeError, ValueError) as error:
        raise ParameterError(f"The {name} arm does not hold numbers ({error}).") from error
    if array.ndim != 1:
        raise ParameterError(f"The {name} arm has shape {array.shape}; one value per customer.")
    if len(array) < need:
        raise NotEnoughDataError(
            f"Not enough data in the {name} arm (have {len(array)} customers, need {need})."
        )
    wrong = ~np.isfinite(array)
    if wrong.any():
        raise DataRejectedError(
            f"{int(wrong.sum())} of {len(array)} values of the {name} arm are missing or infinite, "
            f"the first at position {int(wrong.argmax())}. Who was assigned and did not buy counts "
            "as 0; leaving him out would break the random split."
        )
    return array


def moments_of(treatment: Any, control: Any) -> tuple[Moments, Moments]:
    """Sum up two arms, given as values, as `Moments` or as `Counts`."""
    kinds = [
        type(arm) if isinstance(arm, Moments | Counts) else None for arm in (treatment, control)
    ]
    if kinds[0] != kinds[1]:
        raise ParameterError("One arm is given as values, the other summed up: give both alike.")
    if kinds[0] is Moments:
        arms = [treatment, control]
    elif kinds[0] is Counts:
        arms = [_moments_of_counts(*treatment), _moments_of_counts(*control)]
    else:
        arms = [_moments_of_values(values) for values in arm_values(treatment, control)]
    return _checked(arms[0], "treatment"), _checked(arms[1], "control")


def _moments_of_values(values: Array) -> Moments:
    """Sum up one arm; values that are all alike have no spread, whatever rounding says."""
    n, mean = len(values), float(values.mean())
    if np.ptp(values) == 0:
        return Moments(mean, 0.0, n)
    deviation = float(values.std(ddof=1))
    third = float(((values - mean) ** 3).mean())
    return Moments(mean, deviation, n, third / float(values.std()) ** 3)


def _moments_of_counts(successes: int, n: int) -> Moments:
    """Sum up an arm of which so many reacted."""
    share = successes / max(n, 1)
    variance = share * (1 - share)
    if not variance > 0:
        return Moments(share, 0.0, n)
    deviation = math.sqrt(variance * n / max(n - 1, 1))
    return Moments(share, deviation, n, (1 - 2 * share) / math.sqrt(variance))


def difference_skewness(treatment: Moments, control: Moments) -> float | None:
    """Give the skewness of the difference of the means, if that of both arms is known."""
    if treatment.skewness is None or control.skewness is None:
        return None
    thirds = [
        arm.skewness * arm.standard_deviation**3 / arm.n**2  # type: ignore[operator]
        for arm in (treatment, control)
    ]
    variance = sum(arm.standard_deviation**2 / arm.n for arm in (treatment, control))
    return float((thirds[0] - thirds[1]) / variance**1.5)


def _checked(moments: Moments, name: str) -> Moments:
    """Refuse moments no arm can have."""
    if moments.n < _MIN_CUSTOMERS:
        raise NotEnoughDataError(
            f"Not enough data in the {name} arm (have {moments.n} customers, "
            f"need {_MIN_CUSTOMERS})."
        )
    if not (math.isfinite(moments.mean) and 0 <= moments.standard_deviation < math.inf):
        raise DataRejectedError(
            f"The {name} arm has mean {moments.mean} and standard deviation "
            f"{moments.standard_deviation}: finite numbers are needed, the second not below 0."
        )
    if moments.standard_deviation == 0:
        raise DataRejectedError(
            f"All {moments.n:,} values of the {name} arm are {moments.mean:g}: nothing says how "
            "sure its mean is. Wait for more data; for yes and no use compare_proportions."
        )
    return moments


def require_separate_arms(treatment_ids: Any, control_ids: Any) -> None:
    """Refuse customers who stand in both arms, or twice in one.

    Who was in both arms belongs to neither; counting him twice makes intervals too narrow.

    Raises
    ------
    DataRejectedError
        With the number of customers and the first three of them.

    Examples
    --------
    >>> require_separate_arms(["a", "b"], ["c"])
    """
    first, second = pd.Index(treatment_ids), pd.Index(control_ids)
    both = first.intersection(second)
    if len(both):
        raise DataRejectedError(
            f"{len(both):,} customers stand in both arms, for example {_some(both)}. Decide by "
            "their first assignment, or leave them out of both arms and say so."
        )
    for name, ids in (("treatment", first), ("control", second)):
        again = ids[ids.duplicated()].unique()
        if len(again):
            raise DataRejectedError(
                f"{len(again):,} customers stand more than once in the {name} arm, for example "
                f"{_some(again)}. Add up their values: one row per customer."
            )


def require_same_customers(values: object, others: object, *, name: str) -> None:
    """Refuse two columns of one arm whose `customer_id` indexes differ in customers or order."""
    if not (_has_customers(values) and isinstance(others, pd.Series | pd.DataFrame)):
        return
    index = values.index  # type: ignore[attr-defined]
    if others.index.name == "customer_id" and not index.equals(others.index):
        raise ParameterError(
            f"The columns of the {name} arm hold different customers, or in another order. Align "
            "them by customer_id first."
        )


def _some(ids: pd.Index) -> str:
    """Name up to three customers."""
    return ", ".join(repr(str(one)) for one in sorted(ids.astype(str))[:3])


@dataclass(frozen=True, kw_only=True)
class SampleRatioCheck:
    """Whether the arms have the planned sizes; if not, no effect may be reported."""

    chi2: float
    p_value: float
    threshold: float
    n_customers: int
    is_ok: bool
    message: str

    def to_frame(self) -> pd.DataFrame:
        """Give one row with a column per attribute."""
        return pd.DataFrame([asdict(self)])


def sample_ratio_check(
    counts: Mapping[str, int] | pd.Series,
    *,
    shares: Mapping[str, float] | pd.Series | None = None,
    threshold: float = 0.001,
) -> SampleRatioCheck:
    """Check that the customers fell into the arms as planned.

    A split that is off by more than chance means that somebody is missing from one arm, and then
    the arms are no longer alike. Check **once, at the end**: at a threshold of .01, twenty
    campaigns looked at twelve times raise a false alarm in 66 %.

    Parameters
    ----------
    counts
        Customers per arm.
    shares
        Planned share per arm, any positive weights; equal if not given.
    threshold
        p value below which the split is called wrong.

    Raises
    ------
    ParameterError
        With fewer than two arms, arms that differ from those planned, or weights not above 0.
    NotEnoughDataError
        If an arm is expected to have fewer than 5 customers.

    References
    ----------
    K. Pearson (1900), Philosophical Magazine 50, 157-175; A. Fabijan et al. (2019), Diagnosing
    sample ratio mismatch, KDD 2019, 2156-2164.

    Examples
    --------
    >>> sample_ratio_check({"mail": 5_110, "control": 4_890}).is_ok
    True
    """
    found = pd.Series(dict(counts), dtype=float)
    planned = (
        pd.Series(1.0, found.index) if shares is None else pd.Series(dict(shares), dtype=float)
    )
    if len(found) < 2 or set(found.index) != set(planned.index):
        raise ParameterError(
            f"Arms counted: {sorted(map(str, found.index))}, planned: "
            f"{sorted(map(str, planned.index))}. The same two or more arms are needed."
        )
    if not ((planned > 0).all() and (found >= 0).all()):
        raise ParameterError("Counts below 0 or planned shares not above 0 make no sense here.")
    expected = planned.reindex(found.index) / planned.sum() * found.sum()
    if expected.min() < _MIN_EXPECTED:
        raise NotEnoughDataError(
            f"Not enough data for a sample-ratio check (arm {expected.idxmin()!r} is expected to "
            f"have {expected.min():.1f} customers, need {_MIN_EXPECTED})."
        )
    chi2 = float(((found - expected) ** 2 / expected).sum())
    p_value = float(stats.chi2.sf(chi2, len(found) - 1))
    is_ok = p_value >= threshold
    sizes = ", ".join(
        f"{arm} {count:,.0f} (planned {plan:,.0f})"
        for arm, count, plan in zip(found.index, found, expected, strict=True)
    )
    verdict = "as planned" if is_ok else "not as planned: no effect may be read from this split"
    return SampleRatioCheck(
        chi2=chi2,
        p_value=p_value,
        threshold=threshold,
        n_customers=int(found.sum()),
        is_ok=is_ok,
        message=f"{sizes}: {verdict} (p = {p_value:.2g}, threshold {threshold:g}).",
    )
