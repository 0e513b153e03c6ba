"""What a comparison of two arms found: one form for every method."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from scipy import stats

from crmlib.errors import DataRejectedError, NotEnoughDataError, ParameterError

__all__ = ["Comparison", "Part", "both_tails", "checked_level", "from_parts"]

Part = tuple[float, float]
"""Variance that one arm adds to the difference, and its degrees of freedom."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Difference between a treatment and a control arm, with everything one needs to believe it.

    Guards against an effect that travels without its uncertainty, its unit, or the word
    "observational". A missing or infinite end is refused when it is made.

    Attributes
    ----------
    estimate, low, high
        Treatment minus control, in `unit`; the interval has nominal coverage `level` (0-1).
    p_value
        Two-sided, against "no difference". It is below 1 - `level` exactly if 0 lies outside
        the interval.
    n_treatment, n_control
        Customers in each arm.
    method, unit
        In words.
    standard_error
        In `unit`; None where the interval is not built on one.
    skewness
        Of the distribution of the estimate, 0 if symmetric; None where it is not known.
    is_randomised
        False: an observational comparison, true only under `assumptions`.
    assumptions
        What must hold beyond a clean random split; empty if nothing.
    remarks
        What the reader must be told before he uses the number.
    """

    estimate: float
    low: float
    high: float
    level: float
    p_value: float
    n_treatment: int
    n_control: int
    method: str
    unit: str
    standard_error: float | None = None
    skewness: float | None = None
    is_randomised: bool = True
    assumptions: str = ""
    remarks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a number that is missing or without end."""
        numbers = (self.estimate, self.low, self.high, self.p_value)
        if not all(math.isfinite(number) for number in numbers):
            raise NotEnoughDataError(
                f"{self.method}: no finite interval from {self.n_treatment:,} and "
                f"{self.n_control:,} customers (estimate {self.estimate:g}, interval "
                f"[{self.low:g}, {self.high:g}]). Collect more data."
            )

    def observational(self, assumptions: str) -> Comparison:
        """Label the comparison as not randomised, with what must be assumed to believe it."""
        return dataclasses.replace(self, is_randomised=False, assumptions=assumptions)

    def to_frame(self) -> pd.DataFrame:
        """Give one row with a column per attribute; several remarks become one text."""
        row = dataclasses.asdict(self) | {"remarks": "; ".join(self.remarks)}
        return pd.DataFrame([row])


def checked_level(level: float) -> float:
    """Give the level back if it is one.

    Raises
    ------
    ParameterError
        Unless 0 < level < 1.
    """
    if not 0 < level < 1:
        raise ParameterError(f"level={level}: a coverage between 0 and 1 is needed, such as 0.95.")
    return level


def both_tails(level: float) -> float:
    """Give the normal quantile z that leaves (1 - level) / 2 on either side.

    Examples
    --------
    >>> round(both_tails(0.95), 4)
    1.96
    """
    return float(stats.norm.isf((1 - checked_level(level)) / 2))


def from_parts(
    estimate: float,
    parts: Sequence[Part],
    *,
    sizes: tuple[int, int],
    level: float,
    method: str,
    unit: str,
    remarks: tuple[str, ...] = (),
    skewness: float | None = None,
) -> Comparison:
    """Build the interval of a difference from the variances of its parts.

    Parameters
    ----------
    estimate
        The difference, in `unit`.
    parts
        Variance of each part of the estimate and its degrees of freedom.
    sizes
        Customers in treatment and control.
    skewness
        Of the estimate, if known.

    Raises
    ------
    DataRejectedError
        If nothing varies: the interval would have no width.

    References
    ----------
    B. L. Welch (1947), Biometrika 34, 28-35; degrees of freedom by F. E. Satterthwaite (1946),
    Biometrics Bulletin 2, 110-114, eq. 17.
    """
    variance = sum(part for part, _ in parts)
    if variance <= 0:
        raise DataRejectedError(
            f"{method}: the values do not vary in either arm of {sizes[0]:,} and {sizes[1]:,} "
            "customers, so nothing says how sure the difference is. Check the column; for counts "
            "of yes and no use compare_proportions."
        )
    free = variance**2 / sum(part**2 / df for part, df in parts)
    error = math.sqrt(variance)
    half = float(stats.t.isf((1 - checked_level(level)) / 2, free)) * error
    return Comparison(
        estimate=float(estimate),
        low=float(estimate) - half,
        high=float(estimate) + half,
        level=level,
        p_value=float(2 * stats.t.sf(abs(estimate) / error, free)),
        n_treatment=sizes[0],
        n_control=sizes[1],
        method=method,
        unit=unit,
        standard_error=error,
        skewness=skewness,
        remarks=remarks,
    )
