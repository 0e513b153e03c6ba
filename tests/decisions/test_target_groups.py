"""Target groups inside sections of the market: sales by decision add up, actions name places."""

import pandas as pd
import pytest

from crmlib.decisions.target_groups import actions_from_groups, sales_by_decision

SECTIONS = pd.DataFrame(
    {
        "section": ["N | Wine", "S | Wine", "N | Tea", "S | Tea"],
        "decision": ["invest", "keep", "harvest", "watch"],
    }
)
GROUPS = pd.DataFrame(
    {
        "segment": ["Wine", "Cups", "in no group"],
        "net_share": [0.6, 0.3, 0.1],
        "change_rate": [0.1, -0.1, 0.1],
        "n_customers": [30, 20, 10],
        "net_amount": [600.0, 300.0, 100.0],
        "recent_amount": [100.0, 10.0, 5.0],
    }
)
SOLD = pd.DataFrame(
    [
        ("Wine", "S | Wine", 3000),
        ("Wine", "N | Wine", 5000),
        ("Wine", "N | Tea", 1250),
        ("Wine", None, 750),
        ("Cups", "N | Wine", 29),
        ("Cups", "S | Tea", 1),
        ("Cups", None, 970),
        ("in no group", "S | Wine", -20),
        ("in no group", None, 520),
    ],
    columns=["segment", "section", "net_cents"],
)


def test_sales_by_hand():
    found = sales_by_decision(SOLD, SECTIONS, GROUPS)
    assert found["segment"].tolist() == ["Wine", "Cups", "in no group"]
    assert found["invest_amount"].tolist() == [50.0, 0.29, 0.0]
    assert found["keep_amount"].tolist() == [30.0, 0.0, -0.2]
    assert found["harvest_amount"].tolist() == [12.5, 0.0, 0.0]
    assert found["watch_amount"].tolist() == [0.0, 0.01, 0.0]
    assert found["not_judged_amount"].tolist() == [7.5, 9.7, 5.2]
    assert found["net_amount"].tolist() == pytest.approx([100.0, 10.0, 5.0])
    assert found["chosen_share"].tolist() == pytest.approx([0.8, 0.029, -0.04])


def test_a_section_is_named_only_where_the_group_buys_more_than_a_trifle():
    found = sales_by_decision(SOLD, SECTIONS, GROUPS).set_index("segment")["largest_sections"]
    assert found.to_dict() == {"Wine": "N | Wine; S | Wine", "Cups": "", "in no group": ""}
    more = SOLD.replace({"net_cents": {29: 31}})  # from 2.9 to 3.1 per cent of the group
    assert sales_by_decision(more, SECTIONS, GROUPS)["largest_sections"][1] == "N | Wine"


def test_a_group_that_bought_nothing_lately_has_no_share():
    silent = SOLD[SOLD["segment"] != "Cups"]
    found = sales_by_decision(silent, SECTIONS, GROUPS).set_index("segment").loc["Cups"]
    assert found["net_amount"] == 0
    assert pd.isna(found["chosen_share"])


@pytest.mark.parametrize(
    ("decided", "groups"),
    [
        (SECTIONS.assign(decision=None), GROUPS),
        (SECTIONS[:0], GROUPS),
        (SECTIONS, GROUPS[2:]),
        (SECTIONS, GROUPS[:0]),
    ],
)
def test_without_decisions_or_groups_there_is_no_row_and_no_place_in_an_action(decided, groups):
    sold = SOLD[SOLD["segment"].isin(groups["segment"])]
    found = sales_by_decision(sold, decided, groups)
    assert found.empty
    assert {"invest_amount", "not_judged_amount", "largest_sections"} <= set(found.columns)
    assert not actions_from_groups(groups, found)["who"].str.contains("section").any()


def test_actions_say_where_to_speak_to_a_group():
    who = actions_from_groups(GROUPS, sales_by_decision(SOLD, SECTIONS, GROUPS))["who"]
    assert who[0].endswith("Wine, first in the sections to invest in or keep: N | Wine; S | Wine")
    assert who[1].endswith("Cups, who buy mostly in sections of the market that are not judged")
    judged = SOLD.replace({"section": {"S | Tea": "N | Tea"}}).fillna({"section": "S | Tea"})
    who = actions_from_groups(GROUPS, sales_by_decision(judged, SECTIONS, GROUPS))["who"]
    assert who[1].endswith("Cups, who buy little in any section to invest in or keep")
