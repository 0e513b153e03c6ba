"""Visits, their steps and their ends: counted by hand."""

import pandas as pd
import pytest

from crmlib.features import paths, prospects, visits
from crmlib.features.clusters import cluster_sums
from crmlib.features.collect import collect
from crmlib.periods import Window

WINDOW = Window(10, 99)

VISITS = pd.DataFrame(
    [
        ("1", "w", None, 20, "search"),
        ("2", "w", "a", 30, "search"),
        ("3", "x", "a", 40, "mail"),
        ("4", "y", None, 50, "mail"),
        ("5", "z", "b", 60, "mail"),
        ("6", "z", None, 9, "mail"),  # before the window
    ],
    columns=["visit_id", "visitor_id", "customer_id", "started_day", "source"],
).assign(channel="site")
EVENTS = pd.DataFrame(
    [
        ("1", 1, "enter", None, None),
        ("1", 2, "search", None, "Oat Milk "),
        ("1", 3, "search", None, "tea"),
        ("1", 4, "view", "p1", None),
        ("1", 5, "view", "p2", None),
        ("1", 6, "leave", None, None),
        ("2", 1, "enter", None, None),
        ("2", 2, "view", "p1", None),
        ("2", 3, "basket", "p1", None),
        ("2", 4, "buy", "p1", None),
        ("2", 5, "leave", None, None),
        ("3", 1, "buy", "p3", None),  # no basket on record
        ("5", 1, "search", None, "oat milk"),
        ("5", 2, "basket", "p1", None),
    ],
    columns=["visit_id", "position", "kind", "product_id", "term"],
)
LINES = pd.DataFrame(
    {
        "transaction_id": ["1", "2", "3"],
        "customer_id": ["a", "a", "b"],
        "occurred_day": [30, 40, 5],
        "quantity": [1.0, 1.0, 1.0],
        "net_cents": [500, 700, 900],
    }
)
PRODUCTS = pd.DataFrame({"product_id": ["p1", "p2", "p3"], "category": ["Tea", "Cups", None]})


@pytest.fixture
def visited(lazy):
    return visits.visit_rows(lazy(VISITS), lazy(EVENTS), lazy(LINES), window=WINDOW)


def test_how_far_each_visit_came_and_who_was_a_customer(visited):
    found = collect(visited)
    assert found["visit_id"].tolist() == ["1", "2", "3", "4", "5"]
    assert found["reached"].tolist() == [1, 3, 3, 0, 2]
    assert found["n_steps"].tolist() == [6, 5, 1, 0, 2]
    # a ordered first on the day of visit 2, b long before visit 5
    assert found["is_customer"].tolist() == [0, 0, 1, 0, 1]


def test_rows_in_any_order_give_the_same(lazy):
    """Shuffled events and visits change nothing."""
    shuffled = [lazy(frame.sample(frac=1, random_state=3)) for frame in (VISITS, EVENTS, LINES)]
    ordered = [lazy(frame) for frame in (VISITS, EVENTS, LINES)]
    for call in (paths.followed_steps, paths.ways, paths.searches):
        results = []
        for came, events, lines in (shuffled, ordered):
            rows = visits.visit_rows(came, events, lines, window=WINDOW)
            results.append(collect(call(rows, events)))
        pd.testing.assert_frame_equal(*results)


def test_each_step_counts_who_went_on(visited):
    rows = visits.step_rows(visited, steps=visits.STEPS)
    sums = collect(cluster_sums(rows, by=["step", "next_step"], cluster="visitor_id"))
    found = {row.step: (row.n_trials, row.n_successes) for row in sums.itertuples()}
    assert found == {"enter": (5, 4), "view": (4, 3), "basket": (3, 2)}


def test_unrecorded_steps_are_left_out(visited):
    rows = collect(visits.step_rows(visited, steps=("enter", "buy")))
    assert set(rows["step"]) == {"enter"}
    assert rows["is_success"].sum() == 2
    assert collect(visits.step_rows(visited, steps=("enter",))).empty
    assert collect(visits.purchase_rows(visited, steps=("enter", "view"))).empty


def test_purchases_of_people_who_were_no_customers(visited):
    rows = collect(visits.purchase_rows(visited, steps=visits.STEPS, of_customers=False))
    assert rows["visit_id"].tolist() == ["1", "2", "4"]
    assert rows["is_success"].tolist() == [0, 1, 0]


def test_what_was_paid_on_the_day_of_a_visit(visited, lazy):
    paid = collect(visits.visit_orders(visited, lazy(LINES), as_of_day=99))
    assert paid[["customer_id", "is_new", "net_cents"]].values.tolist() == [
        ["a", 1, 500],
        ["a", 0, 700],
    ]


def test_a_basket_left_before_an_order_is_forgotten(visited, lazy):
    left = collect(visits.left_baskets(visited, lazy(LINES), window=Window(50, 99)))
    assert left.values.tolist() == [["b", 1, 60, 900]]
    later = LINES.assign(occurred_day=[30, 40, 61])
    assert collect(visits.left_baskets(visited, lazy(later), window=Window(50, 99))).empty


def test_what_follows_what(visited, lazy):
    found = collect(paths.followed_steps(visited, lazy(EVENTS)))
    pairs = {(row.step, row.next_step): (row.n_cases, row.n_from) for row in found.itertuples()}
    assert pairs["enter", "search"] == (2, 4)  # visit 5 begins with a search
    assert pairs["view", "leave"] == (1, 2)
    assert pairs["basket", "leave"] == (1, 2)  # visit 5 ends with a basket
    assert ("view", "view") not in pairs


def test_ways_of_whole_visits(visited, lazy):
    found = collect(paths.ways(visited, lazy(EVENTS), n_steps=3))
    ways = {row.way: (row.n_visits, row.n_bought) for row in found.itertuples()}
    assert ways == {
        "enter > search > view > ...": (1, 0),
        "enter > view > basket > ...": (1, 1),
        "buy": (1, 1),
        "search > basket": (1, 0),
    }


def test_a_search_followed_by_another_found_nothing(visited, lazy):
    found = collect(paths.searches(visited, lazy(EVENTS)), by=("visit_id", "term"))
    assert found[["visit_id", "term", "is_success"]].values.tolist() == [
        ["1", "oat milk", 0],
        ["1", "tea", 1],
        ["5", "oat milk", 1],
    ]


def test_where_visitors_leave(visited, lazy):
    seen = paths.views(visited, lazy(EVENTS), lazy(PRODUCTS))
    found = collect(paths.left_at(seen), by=("visitor_id", "item", "is_success"))
    assert found.values.tolist() == [["w", "Cups", 1], ["w", "Tea", 0], ["w", "Tea", 0]]


def test_prospects_who_were_won_by_the_day(lazy):
    frame = pd.DataFrame(
        {
            "prospect_id": ["1", "2", "3"],
            "source": ["fair", "fair", "mail"],
            "first_contact_day": [20, 20, 98],
            "converted_day": [30, 120, None],
            "customer_id": ["a", "b", None],
        }
    )
    rows = collect(prospects.prospect_rows(lazy(frame), lazy(LINES), as_of_day=99))
    assert rows["is_success"].tolist() == [1, 0, 0]
    assert rows["wait_days"].dropna().tolist() == [10]
    assert rows["age_days"].tolist() == [79, 79, 1]
    assert rows["net_cents"].tolist() == [1200, 0, 0]


def test_prospects_of_whom_nobody_knows_who_was_won(lazy):
    frame = pd.DataFrame({"prospect_id": ["1"], "source": ["fair"], "first_contact_day": [20]})
    rows = collect(prospects.prospect_rows(lazy(frame), lazy(LINES), as_of_day=99))
    assert rows["is_success"].isna().all()
