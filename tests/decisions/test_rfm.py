"""Segments by recency, frequency and value: exhaustive, disjoint, as the printed rules say."""

import re

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmlib.decisions.rfm import (
    SEGMENTS,
    Thresholds,
    actions_from_rfm,
    rfm_rules,
    rfm_segments,
    rfm_summary,
    thresholds_from,
)
from crmlib.errors import ParameterError

LIMITS = Thresholds(active_days=60, lapse_days=180, often_orders=5, high_amount=500.0)
CUSTOMERS = st.tuples(
    st.one_of(st.integers(0, 4000), st.sampled_from([60, 61, 180, 181])),
    st.one_of(st.integers(0, 400), st.sampled_from([4, 5])),
    st.one_of(st.integers(-(10**7), 10**9), st.sampled_from([49_999, 50_000])),
)


def people(rows):
    frame = pd.DataFrame(rows, columns=["recency_days", "n_orders", "net_cents"])
    return frame.assign(customer_id=[f"c{k}" for k in range(len(frame))])


def obeys(said, value):
    """Read one printed rule as a person would."""
    number = [float(one.replace(",", "")) for one in re.findall(r"[\d,]+(?:\.\d+)?", said)]
    if " to " in said:
        return number[0] <= value <= number[1]
    if said.startswith("at most"):
        return value <= number[0]
    if said.startswith("more than"):
        return value > number[0]
    return value < number[0] if said.startswith("below") else value >= number[0]


@given(st.lists(CUSTOMERS, min_size=1, max_size=30))
def test_exactly_one_printed_rule_fits_everybody(rows):
    members = rfm_segments(people(rows), LIMITS)
    assert len(members) == len(rows)
    rules = rfm_rules(LIMITS, currency="EUR")
    for one in members.itertuples():
        fitting = []
        for rule in rules.itertuples():
            frequency = obeys(rule.frequency_rule, one.n_orders)
            value = obeys(rule.value_rule.removeprefix("or "), one.net_amount)
            both = frequency or value if rule.value_rule.startswith("or ") else frequency and value
            if obeys(rule.recency_rule, one.recency_days) and both:
                fitting.append(rule.segment)
        assert fitting == [one.segment]


def test_segments_by_hand_and_sums():
    rows = [(3, 9, 90_000), (3, 9, 100), (3, 1, 90_000), (3, 1, 100), (90, 9, 100), (90, 1, 100),
            (300, 0, 0), (300, 1, 60_000)]  # fmt: skip
    members = rfm_segments(people(rows), LIMITS)
    found = members.set_index("customer_id")["segment"]
    assert found.loc[[f"c{k}" for k in (0, 1, 2, 3, 4, 5, 7, 6)]].tolist() == list(SEGMENTS)
    summary = rfm_summary(members)
    assert summary["n_customers"].tolist() == [1] * 8
    assert summary["net_amount"].sum() == pytest.approx(2404.0)
    assert summary["net_share"].sum() == pytest.approx(1)
    assert len(actions_from_rfm(summary)) == 4


def test_orders_are_not_rare_where_nobody_orders_often():
    once = rfm_summary(rfm_segments(people([(3, 1, 90_000), (3, 1, 100), (90, 1, 90_000)]), LIMITS))
    assert actions_from_rfm(once)["who"].tolist() == ["customers of the segment valuable, quiet"]


def test_limits_put_a_third_above_and_stay_in_the_next_iteration():
    frame = people([(1, k, 100 * k) for k in range(1, 301)])
    first = thresholds_from(frame, pd.DataFrame(), active_days=60, lapse_days=180)
    assert (frame["n_orders"] >= first.often_orders).mean() == pytest.approx(1 / 3, abs=0.01)
    richer = frame.assign(net_cents=frame["net_cents"] * 10)
    kept = thresholds_from(richer, first.table("EUR"), active_days=60, lapse_days=180)
    assert kept == first
    assert first.table("EUR")["unit"].tolist() == ["days", "days", "orders", "EUR"]


@pytest.mark.parametrize("n", [0, 1, 2])
def test_few_customers_are_sorted_all_the_same(n):
    frame = people([(1, 1, 100)] * n).astype({"n_orders": "int64", "net_cents": "int64"})
    limits = thresholds_from(frame, pd.DataFrame(), active_days=60, lapse_days=180)
    summary = rfm_summary(rfm_segments(frame, limits))
    assert summary["n_customers"].sum() == n


def test_limits_in_the_wrong_order_are_refused():
    with pytest.raises(ParameterError, match="lapse_days=60: a customer is recent before"):
        thresholds_from(people([]), pd.DataFrame(), active_days=60, lapse_days=60)
