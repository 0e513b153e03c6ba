"""Pair rules from order lines: in the engine and in memory, against mlxtend.

Both read the same file of order lines and end with the same rules. mlxtend goes the way it
documents, in the variant that is quickest for it: lists per basket, TransactionEncoder with a
sparse table, apriori. (fpgrowth of its version 0.23 loops over all baskets in Python for each pair,
and apriori on a dense table takes longer and more memory.) The peer's interpreter is named by
CRM_BENCH_PYTHON; it has mlxtend, pandas and pyarrow.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tests.benchmarks.measure import Cost, run_command

PROJECT = Path(__file__).resolve().parents[2]
SUPPORT = 0.01
N_PAIRS = 3

OURS = """
import sys
import narwhals as nw
from crmlib.database import connect
from crmlib.features.baskets import basket_pairs
from crmlib.features.collect import collect
from crmlib.models.baskets import pair_rules

lines = nw.from_native(connect(threads=2, memory_limit='2GB').read_parquet(sys.argv[1]))
pairs = collect(basket_pairs(lines, as_of_day=1, min_baskets=int(sys.argv[3])))
rules = pair_rules(pairs, min_support=0.01, min_confidence=0.1)
rules[['support', 'confidence', 'lift']].sum().to_csv(sys.argv[2])
"""

IN_MEMORY = """
import sys
import pandas as pd
from crmlib.models.baskets import count_pairs, pair_rules

lines = pd.read_parquet(sys.argv[1], columns=['transaction_id', 'product_id'])
pairs = count_pairs(lines, min_baskets=int(sys.argv[3]))
rules = pair_rules(pairs, min_support=0.01, min_confidence=0.1)
rules[['support', 'confidence', 'lift']].sum().to_csv(sys.argv[2])
"""

THEIRS = """
import sys
import pandas as pd
from mlxtend.frequent_patterns import apriori, association_rules
from mlxtend.preprocessing import TransactionEncoder

lines = pd.read_parquet(sys.argv[1], columns=['transaction_id', 'product_id'])
baskets = lines.groupby('transaction_id')['product_id'].agg(list).tolist()
encoder = TransactionEncoder()
held = encoder.fit(baskets).transform(baskets, sparse=True)
frame = pd.DataFrame.sparse.from_spmatrix(held, columns=encoder.columns_)
sets = apriori(frame, min_support=0.01, use_colnames=True, max_len=2)
rules = association_rules(sets, metric='confidence', min_threshold=0.1)
rules[['support', 'confidence', 'lift']].sum().to_csv(sys.argv[2])
"""


def write_baskets(path: Path, *, n: int, n_items: int, mean_items: float) -> None:
    """Write baskets of some items; few items are in many, some go together."""
    rng = np.random.default_rng(1)
    sizes = rng.poisson(mean_items - 1, n) + 1
    popularity = 1 / (np.arange(n_items) + 10.0)
    items = rng.choice(n_items, sizes.sum(), p=popularity / popularity.sum())
    follows = rng.random(sizes.sum()) < 0.2
    items[1:] = np.where(follows[1:], (items[:-1] + 1) % n_items, items[1:])
    names = np.array([f"category {k:03d}" for k in range(n_items)])
    frame = pd.DataFrame(
        {
            "transaction_id": np.repeat(np.arange(n), sizes).astype(str),
            "product_id": names[items],
            "occurred_day": 1,
            "quantity": 1.0,
        }
    )
    frame.drop_duplicates(["transaction_id", "product_id"]).to_parquet(path)


def against_mlxtend(folder: Path, *, n: int, n_items: int, mean_items: float) -> dict[str, str]:
    """Time the ways, reading and importing included; raise if the rules differ.

    The peer takes minutes for a million baskets, so it runs once; ours run in turn, their median
    counts.
    """
    peer = os.environ.get("CRM_BENCH_PYTHON")
    if peer is None:
        return {"": "not measured: CRM_BENCH_PYTHON names no interpreter with mlxtend"}
    path = folder / "baskets.parquet"
    write_baskets(path, n=n, n_items=n_items, mean_items=mean_items)
    least = str(int(SUPPORT * n))
    theirs = run_command([peer, "-c", THEIRS, str(path), str(folder / "theirs.csv")], cwd=PROJECT)
    expected = pd.read_csv(folder / "theirs.csv", index_col=0)
    costs: dict[str, list[Cost]] = {"in memory": [], "in the engine": []}
    for _ in range(N_PAIRS):
        for way, source in (("in memory", IN_MEMORY), ("in the engine", OURS)):
            out = folder / "ours.csv"
            command = [sys.executable, "-c", source, str(path), str(out), least]
            costs[way].append(run_command(command, cwd=PROJECT))
            found = pd.read_csv(out, index_col=0)
            pd.testing.assert_frame_equal(found, expected, check_names=False)
    return {way: _worded(runs, theirs) for way, runs in costs.items()}


def _worded(ours: list[Cost], theirs: Cost) -> str:
    seconds = statistics.median(cost.seconds for cost in ours)
    megabytes = statistics.median(cost.megabytes for cost in ours)
    return (
        f"{seconds:8.3f} s against {theirs.seconds:8.3f} s: {theirs.seconds / seconds:5.2f} times "
        f"as fast; {megabytes:,.0f} MB against {theirs.megabytes:,.0f} MB"
    )


def main(folder: Path) -> None:
    """Measure baskets as of a grocer (169 items) and of a shop with more categories."""
    parts: dict[str, dict[str, Any]] = {
        "a million baskets of 4.4 of 169 items": {
            "n": 1_000_000, "n_items": 169, "mean_items": 4.4,
        },
        "100,000 baskets of 5.5 of 250 items": {
            "n": 100_000, "n_items": 250, "mean_items": 5.5,
        },
    }  # fmt: skip
    for name, options in parts.items():
        for way, result in against_mlxtend(folder, **options).items():
            sys.stdout.write(f"pair rules, {name}, {way:<14} {result}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        main(Path(name))
