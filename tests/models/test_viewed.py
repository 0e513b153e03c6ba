"""What is looked at together: a planted pair is found, chance is not."""

import numpy as np
import pandas as pd

from crmlib.models.baskets import count_pairs
from crmlib.models.viewed import viewed_together


def pairs(rng: np.random.Generator, *, planted: float) -> pd.DataFrame:
    """Visits that look at each of ten items by chance, and at b beside a more often."""
    seen = rng.random((600, 10)) < 0.2
    seen[:, 1] |= seen[:, 0] & (rng.random(600) < planted)
    visit, item = np.nonzero(seen)
    lines = pd.DataFrame(
        {"transaction_id": visit, "product_id": np.array(list("abcdefghij"))[item]}
    )
    return count_pairs(lines)


def test_the_planted_pair_is_found():
    found = viewed_together(pairs(np.random.default_rng(1), planted=0.6))
    assert found[["item_a", "item_b"]].values.tolist()[0] == ["a", "b"]
    assert found["lift_low"].iloc[0] > 1


def test_chance_makes_no_pair():
    rng = np.random.default_rng(2)
    alarms = sum(len(viewed_together(pairs(rng, planted=0))) > 0 for _ in range(20))
    assert alarms <= 2


def test_no_visit_makes_no_pair():
    assert viewed_together(pd.DataFrame()).empty
