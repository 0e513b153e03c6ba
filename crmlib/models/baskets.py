"""What is bought together more than chance explains: rules from counts, and frequent item sets."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse, stats

from crmlib.errors import DataRejectedError, ParameterError
from crmlib.evaluation.intervals import wilson_interval

__all__ = ["count_pairs", "frequent_item_sets", "item_set_rules", "pair_rules"]

Bits = npt.NDArray[np.uint64]
_PAIR = ["item_a", "item_b", "n_both", "n_a", "n_b", "n_baskets"]
_MIN_ITEMS = 2


def pair_rules(
    pairs: pd.DataFrame,
    *,
    min_support: float = 0.0,
    min_confidence: float = 0.0,
    n_tests: int | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Turn counts of pairs into rules with intervals and a false-discovery rate.

    A rule says: who buys a buys b. Guards against those that chance makes: among thousands of pairs
    hundreds look remarkable, so each has a q-value, the share of false rules to expect among those
    with one no greater.

    Parameters
    ----------
    pairs
        Result of `crmlib.features.baskets.basket_pairs`, collected: `item_a, item_b, n_both, n_a,
        n_b, n_baskets`, each pair once.
    min_support, min_confidence
        Least share of baskets with both, and of baskets with the first that have the second.
    n_tests
        How many pairs were looked at; by default those of all items in `pairs`. Pairs that were
        never bought together are no rows but were looked at too.
    level
        Nominal coverage of the intervals.

    Returns
    -------
    pandas.DataFrame
        Two rows per pair, greatest lift first: `antecedent, consequent, n_both, support,
        confidence, confidence_low, confidence_high` (Wilson), `lift, lift_low, lift_high` (delta
        method on the logarithm), `leverage` (support less what independence gives), `p_value`
        (Fisher, one-sided: more often together than by chance), `q_value` (Benjamini-Hochberg).

    Raises
    ------
    DataRejectedError
        If a column is missing or counts contradict each other.
    ParameterError
        If `n_tests` is smaller than the number of pairs.

    References
    ----------
    R. Agrawal, T. Imielinski and A. Swami (1993), SIGMOD, section 2 (support, confidence). S. Brin
    et al. (1997), SIGMOD, section 3 (lift, "interest"). A. Agresti (2013), Categorical Data
    Analysis, 3rd ed., section 16.1 (delta method). M. Hahsler and K. Hornik (2007), Intelligent
    Data Analysis 11(5), section 4 (hyper-confidence). Y. Benjamini and Y. Hochberg (1995), JRSS B
    57, eq. 1.

    Examples
    --------
    >>> pairs = pd.DataFrame({"item_a": ["bread"], "item_b": ["cutter"], "n_both": [30],
    ...                       "n_a": [100], "n_b": [60], "n_baskets": [1000]})
    >>> found = pair_rules(pairs).iloc[0]
    >>> found["lift"].round(2), found["lift_low"].round(2), found["lift_high"].round(2)
    (np.float64(5.0), np.float64(3.91), np.float64(6.39))
    """
    _check_counts(pairs)
    n_items = pd.concat([pairs["item_a"], pairs["item_b"]]).nunique()
    looked_at = n_items * (n_items - 1) // 2 if n_tests is None else n_tests
    if looked_at < len(pairs):
        raise ParameterError(f"n_tests={n_tests}: {len(pairs)} pairs are given, so it is no less.")
    both, n = pairs["n_both"].to_numpy(float), pairs["n_baskets"].to_numpy(float)
    p_value = stats.hypergeom.sf(both - 1, n, pairs["n_a"], pairs["n_b"])
    tested = pairs.assign(p_value=p_value, q_value=_benjamini_hochberg(p_value, looked_at))
    turned = tested.rename(
        columns={"item_a": "item_b", "item_b": "item_a", "n_a": "n_b", "n_b": "n_a"}
    )
    sides = pd.concat([tested, turned[tested.columns]], ignore_index=True)
    rules = _measures(sides, level=level)
    kept = (rules["support"] >= min_support) & (rules["confidence"] >= min_confidence)
    order = ["lift", "n_both", "antecedent", "consequent"]
    ascending = [False, False, True, True]
    return rules[kept].sort_values(order, ascending=ascending, ignore_index=True)


def count_pairs(
    lines: pd.DataFrame,
    *,
    min_baskets: int = 1,
    basket: str = "transaction_id",
    item: str = "product_id",
) -> pd.DataFrame:
    """Count pairs of lines that fit into memory, as `crmlib.features.baskets.basket_pairs` does.

    One product of a sparse matrix with itself instead of a join: several times as fast, at a cost
    of about 100 bytes per line.

    Parameters
    ----------
    lines
        One row per basket and item, those bought only.
    min_baskets
        Pairs in fewer baskets are left out.
    basket, item
        Columns of `lines`.

    Returns
    -------
    pandas.DataFrame
        `item_a, item_b, n_both, n_a, n_b, n_baskets`, sorted by the items.

    Examples
    --------
    >>> lines = pd.DataFrame({"transaction_id": [1, 1, 2, 2, 3], "product_id": list("ababa")})
    >>> count_pairs(lines).values.tolist()
    [['a', 'b', 2, 3, 2, 3]]
    """
    known = lines[[basket, item]].dropna()
    baskets = pd.factorize(known[basket])[0]
    codes, names = pd.factorize(known[item], sort=True)
    n_baskets = int(baskets.max(initial=-1)) + 1
    often = np.bincount(codes, minlength=len(names)) >= min_baskets  # lines, at least as many
    names, kept = names[often], often[codes]
    row = baskets[kept].astype(np.int32)  # half the memory that the product goes through
    column = (np.cumsum(often, dtype=np.int32) - 1)[codes[kept]]
    ones = np.ones(len(row), dtype=np.int32)
    held = sparse.coo_array((ones, (row, column)), shape=(n_baskets, len(names))).tocsr()
    held.data[:] = 1  # an item counts once per basket
    together = held.T.tocsr() @ held
    counts = together.diagonal()
    both = sparse.triu(together, k=1).tocoo()
    keep = both.data >= min_baskets
    a, b = both.row[keep], both.col[keep]
    pairs = pd.DataFrame(
        {
            "item_a": names[a],
            "item_b": names[b],
            "n_both": both.data[keep].astype(np.int64),
            "n_a": counts[a].astype(np.int64),
            "n_b": counts[b].astype(np.int64),
            "n_baskets": n_baskets,
        }
    )
    return pairs.sort_values(["item_a", "item_b"], ignore_index=True)


def frequent_item_sets(
    lines: pd.DataFrame,
    *,
    min_support: float,
    basket: str = "transaction_id",
    item: str = "product_id",
    max_items: int | None = None,
) -> pd.DataFrame:
    """Find all sets of items, of any size, that enough baskets hold.

    Each item is a row of bits, one per basket; a set's baskets are the intersection of its parts'
    (Eclat, depth first). Guards against repeats of an item in a basket, which count once.

    Parameters
    ----------
    lines
        One row per basket and item.
    min_support
        Least share of baskets, above 0.
    basket, item
        Its columns.
    max_items
        Greatest size of a set; by default any.

    Returns
    -------
    pandas.DataFrame
        `items` (tuple, sorted), `n_items`, `n_baskets`, `support`; the most frequent first.

    Raises
    ------
    ParameterError
        If the least support is not between 0 and 1.
    DataRejectedError
        If there is no basket or a column is missing.

    References
    ----------
    M. J. Zaki (2000), Scalable algorithms for association mining, IEEE Transactions on Knowledge
    and Data Engineering 12(3), section 5.1 (bottom-up search, Eclat).

    Examples
    --------
    >>> lines = pd.DataFrame({"transaction_id": [1, 1, 2, 2, 3], "product_id": list("ababa")})
    >>> frequent_item_sets(lines, min_support=0.5)[["items", "n_baskets"]].values.tolist()
    [[('a',), 3], [('a', 'b'), 2], [('b',), 2]]
    """
    if not 0 < min_support <= 1:
        raise ParameterError(f"min_support={min_support!r}: it must be above 0 and at most 1.")
    missing = [name for name in (basket, item) if name not in lines]
    if missing or lines.empty:
        raise DataRejectedError(
            f"There are {len(lines)} rows of baskets; columns missing: {missing}."
        )
    known = lines[[basket, item]].dropna()
    baskets = pd.factorize(known[basket])[0]
    codes, names = pd.factorize(known[item], sort=True)
    n = int(baskets.max()) + 1
    least = max(int(np.ceil(min_support * n - 1e-9)), 1)
    items, rows = _bits(codes, baskets, n=n, least=least)
    found = list(_grow((), items, rows, _sizes(rows), least=least, limit=max_items or len(names)))
    sets = pd.DataFrame(
        {
            "items": [tuple(names[k] for k in sorted(members)) for members, _ in found],
            "n_items": [len(members) for members, _ in found],
            "n_baskets": [count for _, count in found],
        }
    )
    sets["support"] = sets["n_baskets"] / n
    return sets.sort_values(["n_baskets", "items"], ascending=[False, True], ignore_index=True)


def item_set_rules(item_sets: pd.DataFrame, *, min_confidence: float) -> pd.DataFrame:
    """Make the rules "who buys these buys that" from frequent item sets, one item on the right.

    Parameters
    ----------
    item_sets
        Result of `frequent_item_sets`, of all sizes.
    min_confidence
        Least share of the baskets with the left side that have the right side.

    Returns
    -------
    pandas.DataFrame
        `antecedent` (tuple), `consequent`, `n_both, support, confidence, lift`, and the interval of
        the confidence `confidence_low, confidence_high` (Wilson); greatest lift first.

    References
    ----------
    R. Agrawal and R. Srikant (1994), Fast algorithms for mining association rules, VLDB, section 3.

    Examples
    --------
    >>> lines = pd.DataFrame({"transaction_id": [1, 1, 2, 2, 3], "product_id": list("ababa")})
    >>> rules = item_set_rules(frequent_item_sets(lines, min_support=0.5), min_confidence=0.9)
    >>> rules[["antecedent", "consequent", "confidence"]].values.tolist()
    [[('b',), 'a', 1.0]]
    """
    count = dict(zip(item_sets["items"], item_sets["n_baskets"], strict=True))
    first = item_sets.iloc[:1]
    n = float((first["n_baskets"] / first["support"]).sum())
    rows = []
    for items, both in count.items():
        if len(items) < _MIN_ITEMS:
            continue
        for k, right in enumerate(items):
            left = items[:k] + items[k + 1 :]
            if both / count[left] >= min_confidence:
                rows.append((left, right, both, count[left], count[(right,)]))
    rules = pd.DataFrame(rows, columns=["antecedent", "consequent", "n_both", "n_a", "n_b"])
    rules["support"] = rules["n_both"] / n
    rules["confidence"] = rules["n_both"] / rules["n_a"]
    rules["lift"] = rules["confidence"] / (rules["n_b"] / n)
    bounds = wilson_interval(rules["n_both"], rules["n_a"])
    rules[["confidence_low", "confidence_high"]] = bounds
    ordered = rules.sort_values(
        ["lift", "antecedent", "consequent"], ascending=[False, True, True], ignore_index=True
    )
    return ordered.drop(columns=["n_a", "n_b"])


def _check_counts(pairs: pd.DataFrame) -> None:
    missing = [name for name in _PAIR if name not in pairs]
    if missing:
        raise DataRejectedError(f"The counts of pairs lack the columns {missing}.")
    if pairs.empty:
        raise DataRejectedError("Not enough data for rules (have 0 pairs, need 1).")
    least = pairs[["n_a", "n_b"]].min(axis=1)
    union = pairs["n_a"] + pairs["n_b"] - pairs["n_both"]
    wrong = (pairs["n_both"] < 1) | (pairs["n_both"] > least) | (union > pairs["n_baskets"])
    if wrong.any():
        example = pairs.loc[wrong, _PAIR].iloc[0].to_dict()
        raise DataRejectedError(
            f"{int(wrong.sum())} of {len(pairs)} pairs have counts that contradict each other, for "
            f"example {example}. Count them anew with basket_pairs."
        )


def _measures(sides: pd.DataFrame, *, level: float) -> pd.DataFrame:
    both, n = sides["n_both"], sides["n_baskets"]
    n_a, n_b = sides["n_a"], sides["n_b"]
    bounds = wilson_interval(both, n_a, level=level).set_index(sides.index)
    lift = both * n / (n_a * n_b)
    # the variance of X/p_ab - A/p_a - B/p_b, the linear part of log lift, over baskets
    variance = (1 / both - 1 / n_a - 1 / n_b + (2 * lift - 1) / n).clip(lower=0)
    reach = np.exp(stats.norm.isf((1 - level) / 2) * np.sqrt(variance))
    return pd.DataFrame(
        {
            "antecedent": sides["item_a"],
            "consequent": sides["item_b"],
            "n_both": both,
            "support": both / n,
            "confidence": both / n_a,
            "confidence_low": bounds["low"],
            "confidence_high": bounds["high"],
            "lift": lift,
            "lift_low": lift / reach,
            "lift_high": lift * reach,
            "leverage": both / n - n_a * n_b / n**2,
            "p_value": sides["p_value"],
            "q_value": sides["q_value"],
        }
    )


def _benjamini_hochberg(p_value: npt.NDArray[np.float64], n_tests: int) -> npt.NDArray[np.float64]:
    """Give q-values among `n_tests` tests, of which those not given have a p-value of 1."""
    order = np.argsort(p_value)[::-1]
    ranks = np.arange(len(p_value), 0, -1)
    q_value = np.empty_like(p_value)
    q_value[order] = np.minimum.accumulate(np.minimum(p_value[order] * n_tests / ranks, 1))
    return q_value


def _bits(
    codes: npt.NDArray[np.int64], baskets: npt.NDArray[np.int64], *, n: int, least: int
) -> tuple[npt.NDArray[np.int64], Bits]:
    """Give items in enough baskets, the rarest first, and the baskets of each as bits."""
    pairs = pd.unique(codes * np.int64(n) + baskets)
    pairs.sort()
    counts = np.bincount(pairs // n)
    ends = np.cumsum(counts)
    items = np.argsort(counts, kind="stable")  # the rarest first keeps the branches small
    items = items[counts[items] >= least]
    n_bytes = 8 * -(-n // 64)
    rows = np.zeros((len(items), n_bytes), dtype=np.uint8)
    for place, item in enumerate(items):
        held = np.zeros(8 * n_bytes, dtype=bool)
        held[pairs[ends[item] - counts[item] : ends[item]] % n] = True
        rows[place] = np.packbits(held)
    return items, rows.view(np.uint64)


def _sizes(rows: Bits) -> npt.NDArray[np.int64]:
    return np.asarray(np.bitwise_count(rows).sum(axis=1, dtype=np.int64))


def _grow(
    prefix: tuple[int, ...],
    items: npt.NDArray[np.int64],
    rows: Bits,
    counts: npt.NDArray[np.int64],
    *,
    least: int,
    limit: int,
) -> Iterator[tuple[tuple[int, ...], int]]:
    """Yield the frequent sets that begin with a prefix, each with the number of its baskets."""
    for place, item in enumerate(items):
        members = (*prefix, int(item))
        yield members, int(counts[place])
        if len(members) == limit:
            continue
        inner = rows[place + 1 :] & rows[place]
        sizes = _sizes(inner)
        keep = sizes >= least
        if keep.any():
            rest = items[place + 1 :][keep]
            yield from _grow(members, rest, inner[keep], sizes[keep], least=least, limit=limit)
