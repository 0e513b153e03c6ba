"""How well a risk orders customers by when they leave."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from crmlib.errors import ParameterError
from crmlib.models.survival.observations import checked_durations, checked_events

__all__ = ["concordance_index"]

Whole = npt.NDArray[np.int64]


def concordance_index(
    durations: npt.ArrayLike, events: npt.ArrayLike, risk: npt.ArrayLike
) -> float:
    """Give the share of pairs in which the customer with the higher risk leaves first.

    A pair counts if it is known who left first: one left, the other was seen longer, or was seen
    equally long and stayed. Equal risks count one half. Guards against a wait that grows with the
    square of the customers: pairs are counted level by level in a wavelet matrix, n log n.

    Parameters
    ----------
    durations, events
        As for `KaplanMeier.fit`.
    risk
        The greater, the sooner a customer is expected to leave.

    Returns
    -------
    float
        1 perfect, 0.5 worthless, 0 reversed.

    Raises
    ------
    ParameterError
        If no pair can be compared or a risk is missing.

    References
    ----------
    F. E. Harrell, K. L. Lee and D. B. Mark (1996), Statistics in Medicine 15, section 5.5.
    F. Claude, G. Navarro and A. Ordonez (2015), The wavelet matrix, Information Systems 47,
    algorithm 2 (ranks within a prefix).

    Examples
    --------
    >>> concordance_index([1, 2, 3, 4], [1, 1, 0, 1], [9, 5, 6, 1])
    0.8
    """
    times = checked_durations(durations)
    happened = checked_events(events, n=len(times))
    scores = np.asarray(risk, dtype=float)
    if scores.shape != times.shape or np.isnan(scores).any():
        raise ParameterError(
            f"There are {len(times)} durations and {int((~np.isnan(scores)).sum())} known risks. "
            "Give one each."
        )
    # latest first and, at equal durations, those who stayed first: who outlives an event is a
    # prefix of this order
    order = np.lexsort((happened, -times))
    ranks = np.unique(scores, return_inverse=True)[1][order]
    key = times[order]
    left = happened[order]
    later = np.searchsorted(-key, -key, side="left")
    stayed_as_long = np.concatenate([[0], np.cumsum(~left)])
    same_end = np.searchsorted(-key, -key, side="right")
    prefix = (later + stayed_as_long[same_end] - stayed_as_long[later])[left]
    n_pairs = int(prefix.sum())
    if n_pairs == 0:
        raise ParameterError(
            f"Not enough data for a concordance (have 0 comparable pairs among {len(times)} "
            f"customers, {int(left.sum())} of whom left, need 1)."
        )
    own = ranks[left]
    lower = _smaller_in_prefix(ranks, prefix, own)
    up_to = _smaller_in_prefix(ranks, prefix, own + 1)
    return float((lower.sum() + up_to.sum()) / 2 / n_pairs)


def _smaller_in_prefix(values: Whole, ends: Whole, limits: Whole) -> Whole:
    """Count the values below each limit among the first `end` values."""
    n_levels = max(int(values.max()), int(limits.max())).bit_length()
    found = np.zeros(len(ends), dtype=np.int64)
    starts = np.zeros(len(ends), dtype=np.int64)
    for level in reversed(range(n_levels)):
        is_one = (values >> level) & 1 == 1
        zeros = np.concatenate([[0], np.cumsum(~is_one)])
        zeros_from, zeros_to = zeros[starts], zeros[ends]
        goes_right = (limits >> level) & 1 == 1
        found += np.where(goes_right, zeros_to - zeros_from, 0)
        starts = np.where(goes_right, zeros[-1] + starts - zeros_from, zeros_from)
        ends = np.where(goes_right, zeros[-1] + ends - zeros_to, zeros_to)
        values = np.concatenate([values[~is_one], values[is_one]])
    return found
