"""Rules that say who belongs to a segment, and names that last from run to run."""

import re

import numpy as np
import pandas as pd
import pytest

from crmlib.errors import ParameterError
from crmlib.models.segments import align_labels, extract_rules


def divided(rng, n=500):
    frame = pd.DataFrame({"orders": rng.uniform(0, 10, n), "sales": rng.uniform(0, 100, n)})
    labels = np.where(frame["orders"] > 6, "often", np.where(frame["sales"] > 50, "big", "small"))
    return frame, labels


def obeys(frame, rule):
    """Customers a rule catches, as a reader would check it."""
    caught = pd.Series(data=True, index=frame.index)
    for part in rule.split(" and "):
        middle = re.fullmatch(r"(\S+) < (\w+) <= (\S+)", part)
        if middle:
            caught &= frame[middle[2]].between(float(middle[1]), float(middle[3]))
        else:
            name, sign, cut = part.split()
            value = frame[name]
            caught &= (value > float(cut)) if sign == ">" else (value <= float(cut))
    return caught


def test_rules_find_the_cuts_and_are_faithful():
    frame, labels = divided(np.random.default_rng(1))
    found = extract_rules(frame, labels)
    assert found.fidelity > 0.97
    assert len(found.table) == 3
    assert (found.table["precision"] == 1).all()
    assert (found.table["recall"] == 1).all()
    often = found.table.set_index("segment").loc["often", "rule"]
    assert re.fullmatch(r"orders > (5\.9\d*|6|6\.0\d*)", often)


def test_every_customer_obeys_one_rule_and_the_counts_are_right():
    frame, labels = divided(np.random.default_rng(2))
    noisy = np.where(np.random.default_rng(3).random(500) < 0.2, "small", labels)
    table = extract_rules(frame, noisy, max_depth=3).table
    caught = pd.concat([obeys(frame, rule) for rule in table["rule"]], axis=1)
    # thresholds are printed with four digits: a customer in a thousand may sit between
    assert (caught.sum(axis=1) == 1).mean() > 0.99
    np.testing.assert_allclose(caught.sum(), table["n_customers"], atol=3)
    assert table["n_customers"].sum() == 500


def test_labels_without_a_rule_have_a_low_fidelity():
    rng = np.random.default_rng(4)
    frame, _ = divided(rng)
    found = extract_rules(frame, rng.choice(["a", "b", "c"], 500))
    assert found.fidelity < 0.45
    assert found.by_segment.notna().all(axis=None)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (["a"] * 20, r"have 1 segments"),
        (["a"] * 17 + ["b"] * 3, r"smallest of 3 customers, need 2 of 5"),
    ],
)
def test_refused_rules(labels, message):
    frame = pd.DataFrame({"x": range(20)})
    with pytest.raises(ParameterError, match=message):
        extract_rules(frame, labels)
    with pytest.raises(ParameterError, match=r"missing in \['x'\]"):
        extract_rules(frame.where(frame > 2), ["a", "b"] * 10)


def named(labels):
    return pd.Series(labels, index=[f"c{k}" for k in range(len(labels))])


def test_other_numbers_for_the_same_segments_change_nothing():
    rng = np.random.default_rng(5)
    old = named(rng.integers(0, 5, 400))
    new = old.map({0: 3, 1: 4, 2: 0, 3: 1, 4: 2})
    found = align_labels(old, new)
    pd.testing.assert_series_equal(found.labels, old)
    assert (found.overlap["jaccard"] == 1).all()
    assert found.lost == []
    assert (found.migration.to_numpy() == np.diag(np.diag(found.migration))).all()


def test_customers_who_come_and_go_do_not_matter():
    old, new = named(["a"] * 6 + ["b"] * 6), named([1] * 6 + [0] * 6)
    new = pd.concat([new.iloc[2:], pd.Series([1, 1], index=["x", "y"])])
    found = align_labels(old, new)
    assert found.names == {0: "b", 1: "a"}
    assert found.labels["x"] == "a"


def test_a_segment_that_splits_keeps_its_name_in_the_larger_part():
    old = named([0] * 50 + [1] * 50)
    new = named([0] * 50 + [2] * 35 + [1] * 15)
    found = align_labels(old, new)
    assert found.names == {0: 0, 2: 1, 1: 2}
    assert found.overlap["is_new"].to_dict() == {0: False, 1: True, 2: False}
    assert found.migration.loc[1].to_dict() == {0: 0, 1: 35, 2: 15}


def test_a_segment_nobody_continues_is_lost():
    old = named(["a"] * 40 + ["b"] * 40 + ["c"] * 8)
    new = named(["x"] * 40 + ["y"] * 48)
    found = align_labels(old, new)
    assert found.names == {"x": "a", "y": "b"}
    assert found.lost == ["c"]


def test_the_pairing_is_the_best_in_total_not_the_first_best():
    # greedy pairing takes old a - new p (10 customers) and leaves b and q with nothing in common
    old = named(["a"] * 19 + ["b"] * 9)
    new = named(["p"] * 10 + ["q"] * 9 + ["p"] * 9)
    assert align_labels(old, new, min_jaccard=0.1).names == {"p": "b", "q": "a"}


@pytest.mark.parametrize(
    ("new", "message"),
    [
        (pd.Series([1], index=["z"]), r"have 0 customers in both runs, of 2 and 1, need 1"),
        (pd.Series([1, 2], index=["c0", "c0"]), r"'c0' is twice in the new run"),
    ],
)
def test_refused_alignment(new, message):
    with pytest.raises(ParameterError, match=message):
        align_labels(named([0, 1]), new)
