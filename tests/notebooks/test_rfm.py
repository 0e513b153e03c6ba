"""Recency, frequency, value: rules that leave nobody out, in both runs."""

import re

import numpy as np
import pandas as pd
import pytest

from tests.notebooks.iterations import EARLIER, LATER

CHAPTER = "44_rfm"
pytestmark = pytest.mark.notebooks


def fits(values: np.ndarray, rule: str) -> np.ndarray:
    """Say for whom a printed rule holds, read word by word."""
    low = re.fullmatch(r"at most (\d+) days", rule)
    if low:
        return values <= int(low[1])
    span = re.fullmatch(r"(\d+) to (\d+) days", rule)
    if span:
        return (values >= int(span[1])) & (values <= int(span[2]))
    over = re.fullmatch(r"more than (\d+) days", rule)
    if over:
        return values > int(over[1])
    number = float(re.sub(r"[^\d.]", "", rule))
    return values < number if "below" in rule else values >= number


def by_rule(members: pd.DataFrame, rule: pd.Series) -> np.ndarray:
    often = fits(members["n_orders"].to_numpy(), rule["frequency_rule"])
    value = fits(members["net_amount"].to_numpy(), rule["value_rule"])
    either = rule["value_rule"].startswith("or ")
    recent = fits(members["recency_days"].to_numpy(), rule["recency_rule"])
    return recent & ((often | value) if either else (often & value))


def holds_together(run) -> None:
    """The printed rules put every customer where the list has him, and in one place only."""
    members = run.table(f"{CHAPTER}/members")
    rules = run.table(f"{CHAPTER}/rules")
    caught = np.array([by_rule(members, rule) for _, rule in rules.iterrows()])
    assert (caught.sum(axis=0) == 1).all()
    named = rules["segment"].to_numpy()[caught.argmax(axis=0)]
    assert list(named) == list(members["segment"])
    limits = run.table(f"{CHAPTER}/thresholds").set_index("threshold")
    words = " ".join(rules.iloc[:, 1:].to_numpy().ravel())
    for name in ("active_days", "lapse_days", "often_orders"):
        assert f"{limits.loc[name, 'limit']:.0f} " in words
    assert f"{limits.loc['high_amount', 'limit']:,.2f} USD" in words
    assert list(limits["unit"]) == ["days", "days", "orders", "USD"]
    summary = run.table(f"{CHAPTER}/segments").set_index("segment")
    assert summary["n_customers"].sum() == len(members)
    assert summary["net_amount"].sum() == pytest.approx(members["net_amount"].sum())
    best, quiet = summary.loc["champions"], summary.loc["valuable, quiet"]
    first, second, *_ = run.headline(CHAPTER)
    assert first.startswith(f"{best['n_customers']:,.0f} champions")
    assert f"{100 * best['net_share']:.1f} % of the sales" in first
    assert second.startswith(f"{quiet['n_customers']:,.0f} valuable customers")
    assert f"${quiet['net_amount']:,.0f}" in second


@pytest.mark.xdist_group("complete_journey")
def test_complete_journey(complete_journey):
    holds_together(complete_journey)
    assert len(complete_journey.table(f"{CHAPTER}/members")) == 2_469


@pytest.mark.xdist_group("company_run")
class TestCompany:
    def test_rules_and_sentences(self, company_run):
        holds_together(company_run)
        assert company_run.table(f"{CHAPTER}/migration").empty
        assert "first iteration" in company_run.headline(CHAPTER)[-1]

    def test_silent_have_left_and_champions_have_not(self, company_run):
        truth = company_run.truth("customers").set_index("customer_id")["is_customer_on_last_day"]
        members = company_run.table(f"{CHAPTER}/members")
        stays = members["customer_id"].map(truth).groupby(members["segment"]).mean()
        assert stays[["champions", "regulars"]].min() > 0.9
        assert stays["silent"] < stays["quiet"] < stays["occasional"]

    def test_limits_stay_and_the_migration_counts_who_moved(self, iterations):
        first, second = iterations[EARLIER], iterations[LATER]
        holds_together(second)
        kept = [one.table(f"{CHAPTER}/thresholds") for one in (first, second)]
        pd.testing.assert_frame_equal(*kept)
        old, new = (
            one.table(f"{CHAPTER}/members").set_index("customer_id")["segment"]
            for one in (first, second)
        )
        both = pd.concat({"old": old, "new": new}, axis=1, join="inner")
        moves = second.table(f"{CHAPTER}/migration")
        counted = both.groupby(["old", "new"]).size()
        found = moves.set_index(["from_group", "to_group"])["n_customers"]
        assert found.to_dict() == counted.to_dict()
        moved = int((both["old"] != both["new"]).sum())
        said = f"{moved:,} of {len(both):,} customers ({100 * moved / len(both):.1f} %)"
        assert said in second.headline(CHAPTER)[-1]
