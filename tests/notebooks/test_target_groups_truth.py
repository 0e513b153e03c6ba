"""Chapter on target groups, held against the groups that the simulated company was made of."""

import pytest
from sklearn.metrics import adjusted_rand_score

pytestmark = [pytest.mark.notebooks, pytest.mark.xdist_group("company_run")]


def test_planted_groups_are_recovered(company_run):
    members = company_run.table("42_target_groups/members").set_index("customer_id")["segment"]
    grouped = members[members != "too few purchases"]
    truth = company_run.truth("customers").set_index("customer_id")["segment"]
    assert len(grouped) > 2_000
    assert adjusted_rand_score(truth.loc[grouped.index], grouped) >= 0.8


def test_groups_hold_all_customers_and_are_as_lasting_as_said(company_run):
    groups = company_run.table("42_target_groups/groups")
    members = company_run.table("42_target_groups/members")
    assert groups["n_customers"].sum() == len(members)
    named = groups[groups["segment"] != "too few purchases"]
    assert named["jaccard"].mean() > 0.8
    assert company_run.table("42_target_groups/movers").empty
