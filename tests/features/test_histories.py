"""Histories beside buying: values by hand, and nothing of what became known later."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from crmlib.database.known import known_at
from crmlib.features.campaigns import campaign_history
from crmlib.features.collect import collect
from crmlib.features.histories import (
    complaint_history,
    contact_history,
    membership_history,
    referral_history,
    visit_history,
)
from crmlib.schema import TABLES
from tests.conformance.tables import AS_OF_DAY, others

DAY = {"as_of_day": AS_OF_DAY}


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    return others()


def rows(frame) -> dict[str, dict[str, object]]:
    found = collect(frame, by=("customer_id",)).set_index("customer_id").to_dict("index")
    return {who: {k: none(value) for k, value in row.items()} for who, row in found.items()}


def none(value: object) -> object:
    return None if isinstance(value, float) and math.isnan(value) else value


def test_complaints_answered_later_are_open(tables, lazy):
    found = rows(complaint_history(lazy(tables["complaints"]), **DAY))
    assert found["a"] == {
        "n_complaints": 3,
        "n_complaints_open": 1,
        "compensation_cents": 1000,
        "last_complaint_days": 5,
        "longest_open_days": 5,
        "answer_days": 8.0,  # 7 and 9
        "complaint_reason": "late",
    }
    assert found["b"]["answer_days"] is None
    assert found["d"]["complaint_reason"] == "broken"
    assert set(found) == {"a", "b", "d"}


def test_contacts_by_direction_time_and_channel(tables, lazy):
    found = rows(contact_history(lazy(tables["contacts"]), **DAY))
    assert found == {
        "a": {
            "n_contacts": 2,
            "n_contacts_in": 1,
            "n_contacts_recent": 1,
            "contact_cost_cents": 350,
            "last_contact_days": 0,
            "contact_channel": "e-mail",
        },
        "b": {
            "n_contacts": 2,
            "n_contacts_in": 0,
            "n_contacts_recent": 1,
            "contact_cost_cents": 10,
            "last_contact_days": 89,
            "contact_channel": "e-mail",
        },
    }


def test_costs_that_nobody_noted_are_unknown(tables, lazy):
    bare = tables["contacts"].drop(columns="cost_cents")
    assert rows(contact_history(lazy(bare), **DAY))["a"]["contact_cost_cents"] is None


def test_visits_of_known_customers(tables, lazy):
    found = rows(visit_history(lazy(tables["visits"]), **DAY))
    assert set(found) == {"a", "b", "Ünal"}
    assert found["a"] == {
        "n_visits": 2,
        "n_visits_recent": 1,
        "last_visit_days": 2,
        "visit_source": "letter",
        "visit_channel": "shop",
    }


def test_a_membership_that_ends_later_goes_on(tables, lazy):
    found = collect(membership_history(lazy(tables["memberships"]), **DAY), by=("customer_id",))
    assert found.to_numpy().tolist() == [["a", 2, 0, 300], ["b", 0, 1, 300], ["c", 1, 0, 300]]


def test_referrals_are_counted_by_who_made_them(tables, lazy):
    found = collect(referral_history(lazy(tables["referrals"]), **DAY), by=("customer_id",))
    assert found.to_numpy().tolist() == [["a", 1, 3], ["b", 1, 0]]


def test_campaigns_held_out_and_reacted_to(tables, lazy):
    found = rows(campaign_history(lazy(tables["assignments"]), lazy(tables["conversions"]), **DAY))
    names = ["n_campaigns", "n_holdouts", "n_reactions", "n_campaigns_reacted"]
    names += ["last_campaign_days", "last_reaction_days"]
    assert {who: [row[name] for name in names] for who, row in found.items()} == {
        "a": [1, 1, 2, 1, 50, 40],
        "b": [0, 1, 0, 0, None, None],
        "c": [0, 0, 1, 1, None, 40],
    }


def test_without_conversions_reactions_are_unknown(tables, lazy):
    found = rows(campaign_history(lazy(tables["assignments"]), **DAY))
    assert found["a"]["n_campaigns"] == 1
    assert found["a"]["n_reactions"] is None


@pytest.mark.parametrize(
    ("function", "names"),
    [
        (complaint_history, ("complaints",)),
        (contact_history, ("contacts",)),
        (visit_history, ("visits",)),
        (membership_history, ("memberships",)),
        (referral_history, ("referrals",)),
        (campaign_history, ("assignments", "conversions")),
    ],
)
def test_the_future_changes_nothing(function, names, tables, lazy):
    """Rows of later days out, and what later days added to earlier rows blanked: all the same."""
    cut = [collect(known_at(lazy(tables[n]), table=TABLES[n], **DAY)) for n in names]
    assert any(len(frame) < len(tables[name]) for frame, name in zip(cut, names, strict=True))
    whole = collect(function(*(lazy(tables[name]) for name in names), **DAY))
    alone = collect(function(*(lazy(frame) for frame in cut), **DAY))
    pd.testing.assert_frame_equal(whole, alone)


def test_an_outcome_whose_day_is_unknown_is_not_known(tables, lazy):
    undated = lazy(tables["complaints"].drop(columns="resolved_day"))
    found = rows(complaint_history(undated, **DAY))
    assert found["a"]["compensation_cents"] == 0
    assert (found["a"]["n_complaints"], found["a"]["n_complaints_open"]) == (3, 0)
    assert found["a"]["answer_days"] is None
    assert found["a"]["longest_open_days"] is None
    kept = known_at(undated, table=TABLES["complaints"], **DAY, keep_undated=True)
    assert collect(kept)["compensation_cents"].notna().any()


def test_visits_that_name_no_customer_are_in_no_history(tables, lazy):
    nameless = lazy(tables["visits"].drop(columns="customer_id"))
    assert rows(visit_history(nameless, **DAY)) == {}
    visitors = lazy(tables["contacts"].drop(columns="customer_id"))
    assert rows(contact_history(visitors, **DAY)) == {}
    known = collect(known_at(visitors, table=TABLES["contacts"], **DAY))
    assert known["customer_id"].isna().all()
