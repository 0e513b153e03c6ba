"""Population stability: a published value, what chance makes of it, new levels, refusals."""

import numpy as np
import pandas as pd
import pytest

from crmlib.errors import ParameterError
from crmlib.evaluation.stability import population_stability, stability_table


def test_index_by_hand():
    before = np.repeat(["a", "b", "c"], [50, 30, 20])
    after = np.repeat(["a", "b", "c"], [40, 30, 30])
    expected = -0.1 * np.log(0.8) + 0.1 * np.log(1.5)
    assert population_stability(before, after) == pytest.approx(expected)
    assert population_stability(before, before) == 0
    assert population_stability(after, before) == pytest.approx(expected)  # symmetric


def test_numbers_are_grouped_by_the_tenths_of_the_reference():
    before = np.arange(1000.0)
    after = np.r_[np.arange(500.0), np.arange(500.0)]  # the upper half is gone
    empty, twice = 0.5 / 1000, 0.2
    expected = 5 * ((twice - 0.1) * np.log(2) + (empty - 0.1) * np.log(empty / 0.1))
    assert population_stability(before, after) == pytest.approx(expected, rel=0.01)
    assert population_stability(before, 1e6 * before) > 1
    assert population_stability(np.log1p(before), np.log1p(after)) == pytest.approx(
        population_stability(before, after)
    )


def test_moved_columns_new_levels_and_missing_values_are_seen():
    rng = np.random.default_rng(1)
    n = 2000
    reference = pd.DataFrame(
        {"same": rng.normal(size=n), "moved": rng.normal(size=n), "gaps": rng.normal(size=n),
         "level": rng.choice(["a", "b"], n), "flag": rng.random(n) < 0.5, "one": 1.0}
    )  # fmt: skip
    current = pd.DataFrame(
        {"same": rng.normal(size=n), "moved": rng.normal(0.8, size=n),
         "gaps": np.where(rng.random(n) < 0.3, np.nan, rng.normal(size=n)),
         "level": rng.choice(["a", "b", "new"], n), "flag": rng.random(n) < 0.5, "one": 1.0}
    )  # fmt: skip
    table = stability_table(reference, current).set_index("column")
    assert table["verdict"].to_dict() == {
        "same": "PASS", "moved": "FAIL", "gaps": "FAIL", "level": "FAIL", "flag": "PASS",
        "one": "PASS",
    }  # fmt: skip
    assert table.loc["gaps", "missing_now"] == pytest.approx(0.3, abs=0.05)
    assert table["psi"].is_monotonic_decreasing


def test_chance_alone_is_not_called_a_move():
    """In 60 customers the index exceeds .1 most of the time although nothing has moved."""
    rng = np.random.default_rng(2)
    above_fixed, above_chance = 0, 0
    for _ in range(400):
        before, after = (pd.DataFrame({"x": rng.normal(size=60)}) for _ in range(2))
        row = stability_table(before, after).iloc[0]
        above_fixed += row["psi"] >= 0.1
        above_chance += row["verdict"] != "PASS"
    assert above_fixed / 400 > 0.8
    assert above_chance / 400 < 0.12


def test_other_columns_and_few_customers_are_refused():
    a = pd.DataFrame({"x": np.arange(60.0)})
    with pytest.raises(ParameterError, match=r"1 columns stand on one side only, such as 'y'"):
        stability_table(a, a.assign(y=1))
    with pytest.raises(ParameterError, match=r"have 60 customers before and 9 now, need 50"):
        population_stability(a["x"], a["x"][:9])
