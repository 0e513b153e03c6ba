"""Search for the likeliest mixture of multinomial distributions, and out of its dead ends."""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import xlogy
from sklearn.cluster import kmeans_plusplus

__all__ = ["SHORT", "Found", "climb", "first_parts", "joint", "rearranged"]

Array = npt.NDArray[np.float64]
SHORT = 8
"""Steps from each start, after which only the likeliest goes on."""
_PRIOR_LINES = 2.0
"""Lines of the average customer added to each segment, so that no category is impossible."""
_DRAWS = 3
"""Ways to cut a segment that are looked at."""
_TRIES = 5
"""Rearrangements that are tried before the search ends."""
_LEAST = 4
"""Customers below which a segment is not cut."""
_GAIN = 1e-6
"""Part of the likelihood that a rearrangement has to gain."""


class Found(NamedTuple):
    """Segments, and how likely they make the counts (logarithm, apart from a constant)."""

    likelihood: float
    mixes: Array
    sizes: Array


def joint(weighed: Array, mixes: Array, sizes: Array) -> Array:
    """Give the logarithm of the joint density of each segment (row) and customer (column).

    A constant of each customer is left out. Segments are rows because sums over few long rows are
    far cheaper than over many short ones.
    """
    return np.asarray(np.log(mixes) @ weighed.T + np.log(sizes)[:, None])


def climb(weighed: Array, mixes: Array, sizes: Array, *, max_steps: int) -> Found:
    """Take steps, each of which makes the counts likelier."""
    likelihood = -np.inf
    for _step in range(max_steps):
        density = joint(weighed, mixes, sizes)
        highest = density.max(axis=0)
        member = np.exp(density - highest)
        total = member.sum(axis=0)
        before, likelihood = likelihood, float((np.log(total) + highest).sum())
        if likelihood - before <= 1e-7 * abs(likelihood):
            break
        mixes, sizes = _renewed(weighed, member / total)
    return Found(likelihood, mixes, sizes)


def first_parts(weighed: Array, n: int, *, seed: int) -> tuple[Array, Array]:
    """Draw customers far from each other as the first segments; give mixes and sizes."""
    roots = np.sqrt(weighed / weighed.sum(axis=1, keepdims=True))
    centres, _ = kmeans_plusplus(roots, n, random_state=seed)
    return _renewed(weighed, np.eye(n)[:, (centres @ roots.T).argmax(axis=0)])


def rearranged(weighed: Array, found: Found, *, max_steps: int, rng: np.random.Generator) -> Found:
    """Merge two segments and cut a third in two, as long as that makes the counts likelier.

    Guards against the usual dead end of the steps: a large segment in two halves, while two small
    ones of customers who differ are taken for one.

    References
    ----------
    N. Ueda, R. Nakano, Z. Ghahramani and G. E. Hinton (2000), SMEM algorithm for mixture models,
    Neural Computation 12(9), section 3; here candidates are ranked by the likelihood of each
    customer in his likeliest segment.
    """
    for _round in range(2 * len(found.sizes)):
        tries = _candidates(weighed, found, rng)
        if not tries:
            break
        first = (climb(weighed, *one, max_steps=SHORT) for one in tries)
        best = max(first, key=lambda one: one.likelihood)
        best = climb(weighed, best.mixes, best.sizes, max_steps=max_steps)
        if best.likelihood <= found.likelihood + _GAIN * abs(found.likelihood):
            break
        found = best
    return found


def _candidates(
    weighed: Array, found: Found, rng: np.random.Generator
) -> list[tuple[Array, Array]]:
    """List mixes and sizes with two segments merged and a third cut, the most promising first."""
    n = len(found.sizes)
    own = joint(weighed, found.mixes, found.sizes).argmax(axis=0)
    lines, members = np.eye(n)[:, own] @ weighed, np.bincount(own, minlength=n)
    cuts = {k: _cut(weighed[own == k], rng) for k in range(n) if members[k] >= _LEAST}
    gain = {k: cut.likelihood - _pooled(lines[k]) for k, cut in cuts.items()}
    worth = _pooled(lines) + xlogy(members, members)
    ranked = []
    for a, b in itertools.combinations(range(n), 2):
        both = members[a] + members[b]
        lost = worth[a] + worth[b] - _pooled(lines[a] + lines[b]) - xlogy(both, both)
        ranked += [(gain[k] - lost, a, b, k) for k in cuts if k not in (a, b)]
    ranked.sort(reverse=True)
    return [_with(found, a, b, at=k, cut=cuts[k]) for _, a, b, k in ranked[:_TRIES]]


def _cut(rows: Array, rng: np.random.Generator) -> Found:
    """Cut a segment in two."""
    seeds = rng.integers(2**31, size=_DRAWS)
    firsts = [first_parts(rows, 2, seed=int(one)) for one in seeds]
    found = [climb(rows, *one, max_steps=SHORT) for one in firsts]
    return max(found, key=lambda one: one.likelihood)


def _with(found: Found, a: int, b: int, *, at: int, cut: Found) -> tuple[Array, Array]:
    """Put both segments in the place of one, and half of the cut one in that of the other."""
    mixes, sizes = found.mixes.copy(), found.sizes.copy()
    mixes[a] = np.average(found.mixes[[a, b]], axis=0, weights=found.sizes[[a, b]])
    sizes[a] = found.sizes[a] + found.sizes[b]
    mixes[[at, b]] = cut.mixes
    sizes[[at, b]] = found.sizes[at] * cut.sizes
    return mixes, sizes


def _pooled(lines: Array) -> Array:
    """Give the likelihood of lines of customers with one mix for all, one row per segment."""
    return np.asarray(
        xlogy(lines, (lines + 1e-9) / (lines.sum(axis=-1, keepdims=True) + 1e-9)).sum(axis=-1)
    )


def _renewed(weighed: Array, member: Array) -> tuple[Array, Array]:
    """Give mixes and sizes from the chance of each segment (row) to hold each customer."""
    pooled = weighed.sum(axis=0) / weighed.sum()
    mixes = member @ weighed + _PRIOR_LINES * pooled + 1e-9
    return mixes / mixes.sum(axis=1, keepdims=True), member.mean(axis=1) + 1e-9
