"""Whom we reach in the wrong way, and whether consent is obeyed."""

import narwhals as nw
import pandas as pd
import pytest

from crmlib.decisions import channels, contact_findings
from crmlib.features.collect import collect
from crmlib.reporting.figures import channel_and_moment as figures
from crmlib.reporting.theme import described

SALES = pd.DataFrame({"customer_id": list("abcde"), "net_cents": [100, 200, 300, 400, 500]})
PREFERENCES = channels.customer_preferences(
    pd.DataFrame(
        {
            "customer_id": list("abcde"),
            "channel": "E-Mail",
            "p_preferred": [0.9, 0.9, 0.9, 0.9, 0.7],
            "n_choices": 3,
        }
    ),
    pd.DataFrame(
        {
            "customer_id": ["a", "f"],
            "day_part": ["before noon", "after five"],
            "p_preferred": [0.8, 0.6],
            "n_choices": [4, 1],
        }
    ),
)
CONTACTED = pd.DataFrame(
    [
        ("a", "E-Mail", 2), ("a", "post", 1),
        ("b", "E-Mail", 1), ("b", "post", 2),
        ("c", "post", 5),
        ("d", "post", 1),
        ("e", "post", 9),
    ],
    columns=["customer_id", "channel", "n_times"],
)  # fmt: skip
GIVEN = channels.consents(
    pd.DataFrame(
        {
            "customer_id": list("abc"),
            "consent_e_mail": [True, True, False],
            "consent_post": [None, False, True],
            "consent": ["no channel", "", ""],
        }
    )
)


def states() -> pd.DataFrame:
    return channels.service_states(PREFERENCES, CONTACTED, GIVEN, SALES, min_probability=0.8)


def test_how_each_preference_is_served():
    found = states().set_index("customer_id")
    assert found["state"].to_dict() == {
        "a": "served",
        "b": "unserved",
        "c": "no consent",
        "d": "hardly contacted",
        "e": "not known",
        "f": "not known",
    }
    assert found.loc["b", "preferred_share"] == pytest.approx(1 / 3)
    assert found.loc["b", "contacted_through"] == "post"
    assert found.loc["f", "n_own_contacts"] == 0
    assert found["net_amount"].tolist() == [1, 2, 3, 4, 5, 0]


def test_every_customer_is_in_one_state():
    summary = channels.service_summary(states())
    assert summary["state"].tolist() == list(channels.STATES)
    assert summary["n_customers"].tolist() == [1, 1, 1, 1, 2]
    assert summary["net_amount"].sum() == 15


def test_contacts_against_the_consent_are_counted():
    found = channels.contacts_and_consent(CONTACTED, GIVEN).set_index("channel")
    assert found.loc["post"].to_dict() == {
        "n_our_contacts": 18,
        "n_refused": 2,
        "n_not_recorded": 11,
        "n_customers_refused": 1,
    }
    assert found.loc["E-Mail", "n_refused"] == 0


def test_actions_name_the_unserved_first():
    consent = channels.contacts_and_consent(CONTACTED, GIVEN)
    found = channels.actions_from_channels(states(), consent)
    assert found["n_customers"].tolist() == [1, 1, 1]
    assert found["net_amount"].tolist() == [2.0, 3.0, 0.0]
    assert channels.unserved_customers(states())["customer_id"].tolist() == ["b"]


def test_nobody_known_is_nobody_to_act_on():
    none = channels.service_states(
        PREFERENCES.iloc[:0], CONTACTED.iloc[:0], GIVEN.iloc[:0], SALES, min_probability=0.8
    )
    assert none.empty
    assert channels.service_summary(none)["n_customers"].sum() == 0
    consent = channels.contacts_and_consent(CONTACTED.iloc[:0], GIVEN)
    assert channels.actions_from_channels(none, consent).empty


def test_customers_without_columns_of_consent_have_said_nothing():
    assert channels.consents(pd.DataFrame({"customer_id": ["a"]})).empty


def test_a_channel_nobody_ever_chose_is_nobodys_preference():
    chances = pd.DataFrame(
        {"customer_id": ["a"], "channel": ["E-Mail"], "p_preferred": [1.0], "n_choices": [1]}
    )
    told = channels.with_chance(CONTACTED, chances)
    assert told["customer_id"].unique().tolist() == ["a"]
    assert told.set_index("channel")["p_preferred"].to_dict() == {"E-Mail": 1.0, "post": 0.0}


def test_one_table_of_two_kinds_keeps_its_numbers():
    nothing = pd.DataFrame({"where": [], "n_trials": [], "success_rate": []}, dtype=object)
    ends = nothing.assign(low_rate=None, high_rate=None)
    one = {"channel": ["field"], "n_trials": [9], "success_rate": [0.1], "verdict": ["as the rest"]}
    rates = pd.DataFrame(one).assign(low_rate=0.0, high_rate=0.4)
    table = channels.reaction_table(ends, rates)
    assert table.dtypes[["n_trials", "success_rate"]].tolist() == ["int64", "float64"]
    finding, _, _ = described(figures.reactions(table, as_of="2024-12-31", currency="USD"))
    assert finding == "10.0 % of our contacts met with interest through field"


@pytest.mark.parametrize(("success", "n_rows"), [("interested", 1), ("won", 0)])
def test_a_reaction_by_another_name_is_no_rate_of_nought(success, n_rows):
    n = 40
    made = pd.DataFrame({"customer_id": [f"c{k}" for k in range(n)], "channel": "mail"})
    made = made.assign(
        day_part="morning", is_success=[int(success == "interested"), *[0] * (n - 1)]
    )
    nobody = pd.DataFrame({"customer_id": [], "channel": [], "day_part": [], "p_preferred": []})
    wishes = contact_findings.Liked(**dict.fromkeys(contact_findings.Liked.__annotations__, nobody))
    found = contact_findings.met(collect, nw.from_native(made).lazy(), wishes)
    assert len(found.table[found.table["kind"] == "channel"]) == n_rows
