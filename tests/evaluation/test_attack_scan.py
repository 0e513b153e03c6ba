"""Sudden drops: counts against a count one by one, a planted attack found, none where none is."""

import duckdb
import narwhals as nw
import numpy as np
import pandas as pd
import pytest

from crmlib.evaluation.attack_scan import find_drops, search_drops, stop_counts, weekly_buyers
from crmlib.features.category_stops import category_pauses, category_spans
from crmlib.features.collect import collect
from crmlib.periods import day_number, parse_day

LAST_DAY = 7 * 60 - 1
GOODS = pd.DataFrame({"product_id": ["tea", "wine", "bread"], "category": ["Tea", "Wine", "Bread"]})


def company(n, *, seed, attack=0.0, week=35):
    """Customers of three regions who buy some of three categories each week, for 60 weeks."""
    rng = np.random.default_rng(seed)
    region = rng.choice(["N", "S", "W"], n)
    taste = rng.dirichlet([2, 2, 2], n) * rng.gamma(3, 0.15, n)[:, None]
    hit = (region == "W") & (rng.random(n) < attack)
    weeks = np.arange(60)
    parts = []
    for k, product in enumerate(GOODS["product_id"]):
        chance = np.repeat(1 - np.exp(-taste[:, [k]]), 60, axis=1)
        if product == "wine":
            chance = np.where(hit[:, None] & (weeks >= week)[None, :], 0, chance)
        who, when = np.nonzero(rng.random((n, 60)) < chance)
        parts.append(pd.DataFrame({"who": who, "week": when, "product_id": product}))
    lines = pd.concat(parts, ignore_index=True)
    lines["customer_id"] = lines.pop("who").astype(str)
    lines["occurred_day"] = 7 * lines.pop("week") + rng.integers(0, 7, len(lines))
    lines = lines.assign(quantity=1.0, net_cents=1_000, transaction_id=lines.index.astype(str))
    people = pd.DataFrame({"customer_id": np.arange(n).astype(str), "region": region})
    return lines, people, hit


def counted(lines, people, *, window=8):
    connection = duckdb.connect()
    tables = [nw.from_native(connection.from_df(t)) for t in (lines, people, GOODS)]
    options = {"as_of_day": LAST_DAY, "window_weeks": window}
    return [collect(part(*tables, **options)) for part in (category_spans, category_pauses)]


def test_counts_are_those_of_a_count_one_by_one():
    lines, people, _ = company(60, seed=1)
    lines = lines[lines["occurred_day"] % 5 > 1]  # some long pauses
    window = 4
    found = stop_counts(*counted(lines, people, window=window), window_weeks=window)
    table = lines.merge(people, on="customer_id").merge(GOODS, on="product_id")
    table["week"] = (table["occurred_day"] - LAST_DAY - 1) // 7 + 1
    for row in found.sample(60, random_state=1).itertuples():
        own = table[(table["region"] == row.region) & (table["category"] == row.category)]
        before = own[own["week"].between(row.week - window, row.week - 1)]
        later = table[table["week"].between(row.week, row.week + window - 1)]
        buyers = set(before["customer_id"]) & set(later["customer_id"])
        kept = set(later.loc[later["category"] == row.category, "customer_id"])
        assert row.n_buyers == len(buyers)
        assert row.n_stopped == len(buyers - kept)
        assert row.n_bought == own.loc[own["week"] == row.week, "customer_id"].nunique()


def test_a_planted_attack_is_found_with_place_week_and_size():
    lines, people, hit = company(900, seed=2, attack=0.6)
    search = search_drops(*counted(lines, people), as_of_day=LAST_DAY, window_weeks=8)
    (drop,) = search.drops.to_dict("records")
    assert (drop["region"], drop["category"]) == ("W", "Wine")
    began = day_number(parse_day("1970-01-01")) + 7 * 35
    low, high = (day_number(parse_day(drop[name])) for name in ("low_date", "high_date"))
    assert low <= began <= high
    assert high - low <= 21
    share = hit.sum() / (people["region"] == "W").sum()
    assert drop["low_share"] < share < drop["high_share"]
    assert drop["lost_amount"] > 0
    assert search.n_looks > 200
    before = search.weeks["week_date"] < drop["low_date"]
    gap = search.weeks["n_bought"] / search.weeks["n_expected"]
    assert gap[before].mean() == pytest.approx(1, abs=0.1)
    assert gap[~before].mean() < 0.6


def test_nothing_is_found_where_nothing_is_planted():
    """Regions are shuffled among the customers of an attacked company: the same data, no place."""
    lines, people, _ = company(900, seed=3, attack=0.6)
    alarms = 0
    for seed in range(8):
        rng = np.random.default_rng(seed)
        shuffled = people.assign(region=rng.permutation(people["region"]))
        found = search_drops(*counted(lines, shuffled), as_of_day=LAST_DAY, window_weeks=8)
        alarms += len(found.drops) > 0
    assert alarms == 0


@pytest.mark.slow
def test_false_findings_stay_rare():
    alarms = 0
    for seed in range(60):
        found = search_drops(
            *counted(*company(500, seed=seed)[:2]), as_of_day=LAST_DAY, window_weeks=8
        )
        alarms += len(found.drops) > 0
    assert alarms <= 6


def test_a_pause_that_ends_is_no_attack():
    lines, people, hit = company(900, seed=4, attack=0.6)
    again, _, _ = company(900, seed=4)
    west = set(people["customer_id"][hit])
    back = again[again["customer_id"].isin(west) & (again["occurred_day"] >= 7 * 44)]
    kept = lines[~(lines["customer_id"].isin(west) & (lines["occurred_day"] >= 7 * 44))]
    mixed = pd.concat([kept, back], ignore_index=True)
    mixed["transaction_id"] = mixed.index.astype(str)
    found = search_drops(*counted(mixed, people), as_of_day=LAST_DAY, window_weeks=8)
    assert found.drops.empty


def test_with_one_region_categories_are_held_against_each_other():
    lines, people, _ = company(900, seed=5, attack=0.7)
    west = people[people["region"] == "W"]
    own = lines[lines["customer_id"].isin(west["customer_id"])]
    found = search_drops(*counted(own, west), as_of_day=LAST_DAY, window_weeks=8)
    assert found.drops["category"].tolist() == ["Wine"]
    assert found.drops["compared_with"].tolist() == ["other categories"]


def test_no_sales_and_few_weeks_give_no_row():
    lines, people, _ = company(50, seed=6)
    empty = counted(lines.iloc[:0], people)
    assert search_drops(*empty, as_of_day=LAST_DAY, window_weeks=8).n_looks == 0
    few = lines[lines["occurred_day"] > LAST_DAY - 70]
    counts = stop_counts(*counted(few, people), window_weeks=8)
    drops = find_drops(counts, as_of_day=LAST_DAY, window_weeks=8)
    assert drops.empty
    assert weekly_buyers(counts, drops, as_of_day=LAST_DAY).empty
