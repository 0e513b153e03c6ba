"""Arms: the planned ratio, apart from each other, one finite value per customer."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from crmlib.errors import DataRejectedError, NotEnoughDataError, ParameterError
from crmlib.evaluation.experiments import (
    compare_means,
    compare_ratios,
    compare_spend,
    cuped,
    post_stratify,
    require_separate_arms,
    sample_ratio_check,
)


def test_hillstrom_sample_ratio(hillstrom):
    found = sample_ratio_check({arm: len(rows) for arm, rows in hillstrom.items()})
    assert found.n_customers == 64_000
    assert found.chi2 == pytest.approx(0.2025, abs=5e-5)
    assert found.p_value == pytest.approx(0.904, abs=5e-4)
    assert found.is_ok


def test_a_missing_hundredth_of_one_arm_is_found_at_hillstrom_size():
    found = sample_ratio_check({"mail": 21_307, "none": 20_600})
    assert not found.is_ok
    assert "no effect may be read" in found.message
    assert found.to_frame().loc[0, "is_ok"] == False  # noqa: E712


def test_planned_shares_need_not_add_up_to_one():
    counts = pd.Series({"control": 1_010, "mail": 8_990})
    one = sample_ratio_check(counts, shares={"mail": 9, "control": 1})
    other = sample_ratio_check(counts, shares={"mail": 0.9, "control": 0.1})
    assert one == other
    assert one.chi2 == pytest.approx(10**2 / 9000 + 10**2 / 1000)


def test_a_good_split_raises_a_false_alarm_once_in_a_thousand():
    """Exactly, over all splits of 10,000 by a coin that can matter."""
    heads = np.arange(5000, 5250)
    wrong = [not sample_ratio_check({"a": k, "b": 10_000 - k}).is_ok for k in heads]
    rate = 2 * stats.binom.pmf(heads[wrong], 10_000, 0.5).sum()
    assert rate == pytest.approx(0.001, rel=0.05)


def test_sample_ratio_refusals():
    with pytest.raises(NotEnoughDataError, match=r"arm 'b' is expected to have 2\.0.*need 5"):
        sample_ratio_check({"a": 98, "b": 2}, shares={"a": 98, "b": 2})
    with pytest.raises(ParameterError, match=r"counted: \['a', 'b'\], planned: \['a', 'c'\]"):
        sample_ratio_check({"a": 9, "b": 9}, shares={"a": 1, "c": 1})
    with pytest.raises(ParameterError, match=r"two or more arms"):
        sample_ratio_check({"a": 9})
    with pytest.raises(ParameterError, match=r"planned shares not above 0"):
        sample_ratio_check({"a": 9, "b": 9}, shares={"a": 1, "b": 0})


def by_customer(ids):
    index = pd.Index(ids, name="customer_id")
    return pd.Series(np.arange(float(len(ids))), index=index)


def test_customers_in_both_arms_are_refused():
    with pytest.raises(DataRejectedError, match=r"2 customers stand in both arms.*'b', 'c'"):
        compare_means(by_customer(["a", "b", "c"]), by_customer(["c", "b", "x"]))


def test_customers_twice_in_an_arm_are_refused():
    with pytest.raises(DataRejectedError, match=r"1 customers.*more than once in the control arm"):
        require_separate_arms(["a", "b"], ["c", "c", "d"])


@pytest.mark.parametrize("name", ["treatment", "control"])
def test_columns_of_other_customers_are_refused(name):
    """Values of one arm and what belongs to them are matched by position, so the order counts."""
    arms = {"treatment": by_customer(list("abcdefghijkl")), "control": by_customer(range(12))}
    other = {**arms, name: arms[name].iloc[::-1]}
    message = rf"{name} arm hold different customers"
    before = {"treatment_before": other["treatment"].to_frame(), "control_before": other["control"]}
    strata = {"treatment_strata": other["treatment"], "control_strata": other["control"]}
    with pytest.raises(ParameterError, match=message):
        cuped(**arms, **before)
    with pytest.raises(ParameterError, match=message):
        post_stratify(**arms, **strata)
    with pytest.raises(ParameterError, match=message):
        compare_ratios(*((arms[one], other[one]) for one in arms))


def test_row_numbers_are_no_customers():
    """Two arrays cut from frames share row numbers without sharing anybody."""
    assert compare_means(pd.Series([1.0, 2.0, 4.0]), pd.Series([1.0, 2.0, 3.0])).estimate > 0


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_missing_and_infinite_values_are_refused(bad):
    arm = np.ones(30)
    arm[4] = bad
    rng = np.random.default_rng(1)
    with pytest.raises(DataRejectedError, match=r"1 of 30 values of the control arm.*position 4"):
        compare_means(rng.random(30), arm)
    with pytest.raises(DataRejectedError, match=r"1 of 30 values of the control arm"):
        compare_spend(rng.random(30), arm, rng=rng)


def test_what_is_not_a_column_of_numbers_is_refused():
    with pytest.raises(ParameterError, match=r"treatment arm does not hold numbers"):
        compare_means(["many", "few"], [1, 2])
    with pytest.raises(ParameterError, match=r"control arm has shape \(2, 1\)"):
        compare_means([1, 2], [[1], [2]])
