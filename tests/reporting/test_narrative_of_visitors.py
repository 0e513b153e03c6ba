"""Sentences on visitors and on channels: numbers of the data, no claim where nothing is known."""

import dataclasses

import numpy as np
import pandas as pd

from crmlib.decisions.contact_findings import Liked, Met, Served
from crmlib.evaluation.visit_findings import Looked, Searched
from crmlib.evaluation.visitors import Missed
from crmlib.reporting.figures.visitors import drop_outs
from crmlib.reporting.narrative import channel_and_moment, visitors
from crmlib.reporting.theme import described

NOTHING = pd.DataFrame()
UNKNOWN = Missed(*[np.nan] * 5)


def sources(*, amount: float = 90.0) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "source": ["app", "<b>"],
            "n_trials": [60, 40],
            "n_successes": [30, 2],
            "success_rate": [0.5, 0.05],
            "low_rate": [0.4, 0.01],
            "high_rate": [0.6, 0.2],
            "verdict": ["higher", "lower"],
            "net_amount": [amount, 0.0],
        }
    )


def seen(frame: pd.DataFrame) -> Looked:
    steps = pd.DataFrame(columns=["step", "next_step", "n_visits", "n_ended"])
    return Looked(("enter",), NOTHING, frame, NOTHING, NOTHING, steps, NOTHING)


def terms(amount: float) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "term": ["oat milk"],
            "n_unmet": [7],
            "missed_amount": [amount],
            "low_amount": [amount / 2],
            "high_amount": [2 * amount],
        }
    )


def test_visits_prospects_and_terms_are_told_with_their_money():
    found = visitors.headline(
        seen(sources()), Searched(terms(50.0), UNKNOWN), sources(), n_days=30, currency="USD"
    )
    assert found[0] == (
        "32 of 100 visits in 30 days (32.0 %) ended with a purchase; customers paid $90 on those "
        "days. Of the visits from app 50.0 % buy (95 % interval 40.0 % to 60.0 %), of those from "
        r"\<b\> 5.0 % (95 % interval 1.0 % to 20.0 %)."
    )
    assert "7 visits looked in vain for oat milk; had these visitors bought" in found[1]
    assert "they would have paid $50 (95 % interval $25 to $100)" in found[1]
    assert (
        "32 of 100 prospects (32.0 %) have become customers so far and bought for $90" in found[2]
    )


def test_a_few_lucky_visits_are_not_the_best_source():
    lucky = sources().head(1).assign(source="rare", success_rate=1.0, verdict="as the rest")
    many = pd.concat([lucky, sources()], ignore_index=True)
    search = Searched(terms(50.0), UNKNOWN)
    told = {"n_days": 30, "currency": "USD"}
    assert "Of the visits from app" in visitors.headline(seen(many), search, many, **told)[0]
    alike = sources().assign(verdict="as the rest")
    assert visitors.headline(seen(alike), search, alike, **told)[0].endswith("on those days.")


def test_money_that_is_not_known_is_not_told():
    search = Searched(terms(np.nan), UNKNOWN)
    found = visitors.headline(
        seen(sources(amount=0.0)), search, sources(amount=0.0), n_days=30, currency="USD"
    )
    assert "no sale on record belongs to them" in found[0]
    assert not any("$" in sentence for sentence in found)


def test_neither_visits_nor_prospects_is_said():
    none = sources().iloc[:0]
    found = visitors.headline(
        seen(none), Searched(terms(1.0).iloc[:0], UNKNOWN), none, n_days=30, currency="USD"
    )
    assert found == ["Neither a step of a visit nor a prospect who was won is on record."]


def test_where_every_visit_goes_on_nobody_is_said_to_end():
    steps = pd.DataFrame({"step": ["enter"], "next_step": ["view"], "n_visits": [37]})
    steps = steps.assign(n_ended=0, ended_rate=0.0, low_rate=0.0, high_rate=0.1)
    none = sources().iloc[:0]
    looked = dataclasses.replace(seen(none), drop_outs=steps)
    search = Searched(terms(1.0).iloc[:0], UNKNOWN)
    found = visitors.headline(looked, search, none, n_days=30, currency="USD")
    assert found == ["All 37 visits look at a product; at which step others end is not on record."]
    finding, _, _ = described(drop_outs(steps, as_of="2024-12-31", currency="USD"))
    assert finding == "All 37 visits look at a product"


def test_sources_are_named_only_beyond_chance():
    found = visitors.sources_in_words(sources(), what="buy")
    assert found == [
        r"Those from app buy more often than the others; those from \<b\> buy less often than the "
        "others; 2 sources were looked at, which is allowed for."
    ]
    alike = sources().assign(verdict="as the rest")
    assert "No source differs" in visitors.sources_in_words(alike, what="buy")[0]


def test_price_of_a_search_says_what_it_assumes():
    table = terms(50.0)
    table.attrs = {"n_judged": 9, "n_rare": 4}
    said = visitors.terms_in_words(
        Searched(table, Missed(0.2, 40.0, 8.0, 6.0, 10.0)), currency="USD"
    )
    assert "9 terms were looked at, each against all others; 4 more are too rare" in said[0]
    assert "20.0 % more of the visits end with a purchase, at $40.00 each" in said[0]
    without = visitors.terms_in_words(Searched(table, UNKNOWN), currency="USD")
    assert "no price can be put" in without[0]


def liked(channels: pd.DataFrame, day_parts: pd.DataFrame) -> Liked:
    return Liked(NOTHING, NOTHING, channels, day_parts, NOTHING)


PARTS = pd.DataFrame(
    {
        "day_part": ["before noon"],
        "customer_share": [0.6],
        "low_share": [0.5],
        "high_share": [0.7],
        "n_choices": [10],
        "n_known": [4],
        "net_amount": [80.0],
    }
)
STATES = pd.DataFrame(
    {
        "state": ["served", "unserved", "no consent", "hardly contacted", "not known"],
        "n_customers": [1, 2, 3, 4, 5],
        "net_amount": [10.0, 20.0, 30.0, 40.0, 50.0],
    }
)
ENDS = pd.DataFrame(
    {
        "where": ["holds", "does not hold", "difference"],
        "success_rate": [0.4, 0.1, 0.3],
        "low_rate": [0.3, 0.05, 0.2],
        "high_rate": [0.5, 0.15, 0.4],
    }
)


def told(states: pd.DataFrame, channels: pd.DataFrame, ends: pd.DataFrame) -> list[str]:
    return channel_and_moment.headline(
        liked(channels, PARTS),
        Served(NOTHING, states, NOTHING, NOTHING, NOTHING),
        Met(ends, NOTHING, NOTHING, NOTHING),
        sure=0.8,
        currency="USD",
    )


def test_whom_we_reach_in_the_wrong_way_comes_first():
    channels = PARTS.rename(columns={"day_part": "channel"}).assign(channel="e-mail")
    found = told(STATES, channels, ENDS)
    assert found[0] == (
        "2 customers, who bought for $20 in the period, are mostly contacted through a channel "
        "they do not prefer; 3 more ($30) refuse the channel they prefer. The preference is known "
        "with at least 80 % probability for 10 of 15 customers."
    )
    assert found[1].startswith(r"Of the customers who turned to us, 60.0 % prefer e\-mail (95 %")
    assert "the difference is more than chance explains" in found[2]
    maybe = ENDS.assign(low_rate=[0.3, 0.05, -0.1])
    assert "may be chance" in told(STATES, channels, maybe)[2]


def test_without_contacts_only_the_moment_is_told():
    found = told(STATES, PARTS.iloc[:0], ENDS.iloc[:0])
    assert found[0].startswith("4 customers, who bought for $80 in the period, have a part")
    assert "cannot be told" in found[1]


def test_nobody_in_the_wrong_way_is_said():
    none = STATES.assign(n_customers=[1, 0, 0, 0, 0])
    channels = PARTS.rename(columns={"day_part": "channel"})
    assert told(none, channels, ENDS)[0].startswith("Nobody is known to be contacted mostly")


def test_broken_consent_is_said():
    consent = pd.DataFrame({"n_our_contacts": [9], "n_refused": [2], "n_not_recorded": [3]})
    assert channel_and_moment.consent_in_words(consent) == [
        "2 of 9 contacts went to customers who refuse that channel: stop them. For 3 no consent is "
        "on record."
    ]
    obeyed = consent.assign(n_refused=0, n_not_recorded=0)
    assert "None of 9 contacts" in channel_and_moment.consent_in_words(obeyed)[0]
    assert channel_and_moment.consent_in_words(consent.iloc[:0]) == []
