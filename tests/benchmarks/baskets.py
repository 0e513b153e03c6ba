"""Pair rules from order lines: in the engine and in memory, against mlxtend.

Both read the same file of order lines and end with the same rules; reading counts, importing does
not. mlxtend goes the way it documents, in the variant that is quickest for it: lists per basket,
TransactionEncoder with a sparse table, apriori with `low_memory`. (fpgrowth of its version 0.23
loops over all baskets in Python for each pair; apriori without `low_memory` takes longer and, for a
million baskets, over 20 GB.) The peer's interpreter is named by CRM_BENCH_PYTHON; it has mlxtend,
pandas and pyarrow.
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
_WRITE = """
found = rules[['support', 'confidence', 'lift']].sum()
found['seconds'] = time.perf_counter() - start
found.to_csv(sys.argv[2])
"""
N_RUNS = 3

OURS = """
import sys, time
import pyarrow.dataset, pyarrow.parquet
import narwhals as nw
from crmlib.database import connect
from crmlib.features.baskets import basket_pairs
from crmlib.features.collect import collect
from crmlib.models.baskets import pair_rules

start = time.perf_counter()
lines = nw.from_native(connect(threads=2, memory_limit='2GB').read_parquet(sys.argv[1]))
pairs = collect(basket_pairs(lines, as_of_day=1, min_baskets=int(sys.argv[3])))
rules = pair_rules(pairs, min_support=0.01, min_confidence=0.1)
"""

IN_MEMORY = """
import sys, time
import pyarrow.dataset, pyarrow.parquet
import pandas as pd
from crmlib.models.baskets import count_pairs, pair_rules

start = time.perf_counter()
lines = pd.read_parquet(sys.argv[1], columns=['transaction_id', 'product_id'])
pairs = count_pairs(lines, min_baskets=int(sys.argv[3]))
rules = pair_rules(pairs, min_support=0.01, min_confidence=0.1)
"""

THEIRS = """
import sys, time
import pyarrow.dataset, pyarrow.parquet
import pandas as pd
from mlxtend.frequent_patterns import apriori, association_rules
from mlxtend.preprocessing import TransactionEncoder

start = time.perf_counter()
lines = pd.read_parquet(sys.argv[1], columns=['transaction_id', 'product_id'])
baskets = lines.groupby('transaction_id')['product_id'].agg(list).tolist()
encoder = TransactionEncoder()
held = encoder.fit(baskets).transform(baskets, sparse=True)
frame = pd.DataFrame.sparse.from_spmatrix(held, columns=encoder.columns_)
sets = apriori(frame, min_support=0.01, use_colnames=True, max_len=2, low_memory=True)
rules = association_rules(sets, metric='confidence', min_threshold=0.1)
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
    """Time the ways in turn; raise if the rules differ."""
    peer = os.environ.get("CRM_BENCH_PYTHON")
    if peer is None:
        return {"": "not measured: CRM_BENCH_PYTHON names no interpreter with mlxtend"}
    path = folder / "baskets.parquet"
    write_baskets(path, n=n, n_items=n_items, mean_items=mean_items)
    ways = {
        "mlxtend": (peer, THEIRS),
        "in memory": (sys.executable, IN_MEMORY),
        "in the engine": (sys.executable, OURS),
    }
    costs: dict[str, list[Cost]] = {way: [] for way in ways}
    rules = {}
    for _ in range(N_RUNS):
        for way, (python, source) in ways.items():
            out = folder / "found.csv"
            command = [python, "-c", source + _WRITE, str(path), str(out), str(int(SUPPORT * n))]
            whole = run_command(command, cwd=PROJECT)
            found = pd.read_csv(out, index_col=0).iloc[:, 0]
            costs[way].append(Cost(found.pop("seconds"), whole.megabytes))
            rules[way] = found
            pd.testing.assert_series_equal(found, rules["mlxtend"])
    theirs = costs.pop("mlxtend")
    return {way: _worded(runs, theirs) for way, runs in costs.items()}


def _worded(ours: list[Cost], theirs: list[Cost]) -> str:
    mine, other = (statistics.median(cost.seconds for cost in side) for side in (ours, theirs))
    ratio = statistics.median(b.seconds / a.seconds for a, b in zip(ours, theirs, strict=True))
    memory = [max(cost.megabytes for cost in side) for side in (ours, theirs)]
    return (
        f"{mine:8.3f} s against {other:8.3f} s: {ratio:5.2f} times as fast; {memory[0]:,.0f} MB "
        f"against {memory[1]:,.0f} MB"
    )


def main(folder: Path) -> None:
    """Measure baskets as of a grocer (169 items) and of a shop with more categories."""
    parts: dict[str, dict[str, Any]] = {
        "a million baskets of 4.4 of 169 items": {
            "n": 1_000_000, "n_items": 169, "mean_items": 4.4,
        },
        "200,000 baskets of 5.5 of 250 items": {
            "n": 200_000, "n_items": 250, "mean_items": 5.5,
        },
    }  # fmt: skip
    for name, options in parts.items():
        for way, result in against_mlxtend(folder, **options).items():
            sys.stdout.write(f"pair rules, {name}, {way:<14} {result}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        main(Path(name))
