"""Sentences on target groups inside the sections of the market."""

import pandas as pd

from crmlib.reporting.narrative.target_groups import headline, in_sections

GROUPS = pd.DataFrame(
    {
        "segment": ["*Wine*", "Tea", "in no group"],
        "n_customers": [30, 20, 10],
        "net_amount": [700.0, 200.0, 100.0],
        "net_share": [0.7, 0.2, 0.1],
        "change_rate": [0.1, -0.1, 0.0],
    }
)
INSIDE = pd.DataFrame(
    {
        "segment": ["*Wine*", "Tea", "in no group"],
        "net_amount": [300.0, 60.0, 40.0],
        "invest_amount": [20.0, 30.0, 50.0],
    }
)
SPLIT = pd.DataFrame()


def said(inside, *, reason=""):
    return headline(GROUPS, SPLIT, inside, reason=reason, currency="USD")


def test_the_group_that_carries_most_is_held_against_its_share_of_all_sales():
    """Customers in no group buy more there, but are nobody to speak to as a group."""
    sentence = said(INSIDE)[2]
    assert sentence == (
        "Of the $100 sold lately in sections of the market to invest in, the group Tea carries "
        "most: $30 (30 %; of all sales of that time it has 15 %)."
    )


def test_a_name_from_the_data_is_shown_to_the_letter():
    changed = INSIDE.assign(invest_amount=[90.0, 5.0, 5.0])
    assert r"the group \*Wine\* carries most: $90" in said(changed)[2]


def test_nothing_is_said_where_no_group_buys_in_a_section_to_invest_in():
    for inside in (INSIDE[:0], INSIDE.assign(invest_amount=[0.0, 0.0, 5.0])):
        assert len(said(inside)) == 3
        assert not any("invest" in sentence for sentence in said(inside))


def test_without_groups_one_sentence():
    assert len(said(INSIDE[:0], reason="too few")) == 1


def test_what_is_missing_is_named():
    assert in_sections(reason="too few", n_days=30)["empty"].startswith("There are no target")
    assert in_sections(reason="", n_days=30)["empty"].startswith("Fewer than three sections")
    assert in_sections(reason="", n_days=30)["note"].startswith("Sales of the last 30 days.")
