"""Rules about several columns of one row, about rows of the same table, and a cut at a day."""

import pandas as pd
import pytest

from crmlib.database import connect
from crmlib.periods import day_number, parse_day
from tests.database.deliveries import HEADER, LINES

COMPLAINTS = "complaint_id,customer_id,opened_at,reason,resolved_at,resolution,compensation_amount"
SURVEYS = (
    "survey_id,respondent_id,respondent_kind,answered_at,attribute,attribute_group,"
    "expectation,perception,recommend_0_10"
)
CONTRADICTIONS = {
    "campaigns": (
        "campaign_id,channel,starts_on,ends_on",
        "k1,mail,2017-03-01,2017-03-01",
        "k2,mail,2017-03-02,2017-03-01",
        "lies before the first day",
    ),
    "complaints": (
        COMPLAINTS,
        "b1,c1,2017-03-01,late,2017-03-01,ok,1",
        "b2,c1,2017-03-02,late,2017-03-01,ok,1",
        "lies before the complaint",
    ),
    "memberships": (
        "customer_id,programme,joined_on,left_on",
        "c1,club,2017-03-01,",
        "c2,club,2017-03-01,2017-02-01",
        "lies before the first day",
    ),
    "referrals": (
        "referrer_id,referred_id,occurred_at",
        "c1,c2,2017-03-01",
        "c1,c1,2017-03-01",
        "is the one who recommends",
    ),
    "sales_plan": (
        "period_start,period_end,planned_amount",
        "2017-03-01,2017-03-31,5",
        "2017-03-01,2017-02-28,5",
        "lies before the first day of the period",
    ),
    "contacts": (
        "contact_id,customer_id,visitor_id,occurred_at,channel,direction",
        "k1,,w1,2017-03-01,mail,in",
        "k2,,,2017-03-01,mail,in",
        "is empty, and one of customer_id, visitor_id must not be",
    ),
    "departures": (
        "customer_id,left_on,reason",
        "c1,2017-03-01,gradual",
        "c2,2017-03-01,bored",
        "is not one of",
    ),
    "surveys": (
        SURVEYS,
        "s,c1,customer,2017-03-01,a,people,5,4,10",
        "s,c2,customer,2017-03-01,a,people,5,4,11",
        "is above 10",
    ),
}


def findings(snapshot, action):
    return [
        (one.column, one.says, one.n_rows)
        for one in snapshot.report.findings
        if one.action == action
    ]


@pytest.mark.parametrize("table", CONTRADICTIONS)
def test_a_row_that_contradicts_itself_is_set_aside(good, table):
    header, right, wrong, says = CONTRADICTIONS[table]
    snapshot = good.write(f"{table}.csv", f"{header}\n{right}\n{wrong}\n").take_in()
    ((_, found, n_rows),) = findings(snapshot, "quarantine")
    assert found.startswith(says)
    assert n_rows == 1
    assert len(pd.read_parquet(snapshot.path(table))) == 1


def test_signs_of_units_and_money(delivery):
    lines = ("t1,c1,p1,2017-03-01,1,-5", "t2,c1,p1,2017-03-01,-1,5", "t3,c1,p1,2017-03-01,0,0")
    snapshot = delivery.lines(*lines).take_in()
    assert findings(snapshot, "quarantine") == [
        ("net_amount", "is positive although units came back", 1),
    ]
    counted = {says for _, says, _ in findings(snapshot, "keep")}
    assert "is negative although units were sold: a correction or a negative price" in counted


def test_cancelled_orders_refer_to_orders_of_the_same_table(delivery):
    delivery.lines(
        "t1,c1,p1,2017-03-01,1,5,", "t2,c1,p1,2017-03-02,-1,-5,t1", "t3,c1,p1,2017-03-02,-1,-5,t9",
        "t4,c1,p1,2017-03-02,-1,-5,t4", header=f"{HEADER},cancelled_transaction_id",
    )  # fmt: skip
    snapshot = delivery.take_in()
    (itself,) = findings(snapshot, "quarantine")
    assert itself[1] == "is the order itself, which cannot take itself back"
    (orphan,) = [one for one in snapshot.report.findings if one.kind == "reference"]
    assert (orphan.examples, orphan.action) == (("t9",), "keep")


def test_what_became_known_later_is_empty_at_an_earlier_day(good):
    rows = ["b1,c1,2017-03-01,late,2017-03-05,replaced,7.50", "b2,c1,2017-03-02,late,,,"]
    good.write("complaints.csv", "\n".join([COMPLAINTS, *rows, ""]))
    header = "referrer_id,referred_id,occurred_at,converted"
    good.write("referrals.csv", f"{header}\nc1,c2,2017-03-01,true\n")
    good.write("spend.csv", "week,channel,cost\n2017-02-27,search,5\n")
    snapshot, connection = good.take_in(), connect()

    def at(table, day):
        number = day_number(parse_day(day))
        return snapshot.relation(connection, table, as_of_day=number).df()

    early, late = at("complaints", "2017-03-04"), at("complaints", "2017-03-05")
    learned = ["resolved_at", "resolved_day", "resolution", "compensation_amount"]
    assert early.dtypes.astype(str)["resolved_day"].startswith(("Int", "int", "float"))
    assert early[learned].isna().all(axis=None)
    assert late.loc[0, "compensation_cents"] == 750
    assert late.loc[0, "resolution"] == "replaced"
    assert at("referrals", "2017-03-09")["converted"].isna().all()
    assert snapshot.relation(connection, "referrals").df()["converted"].all()
    assert (len(at("spend", "2017-03-04")), len(at("spend", "2017-03-05"))) == (0, 1)
    assert len(LINES) == len(at("transactions", "2017-03-02"))


def test_how_a_complaint_ended_is_known_without_the_day_of_the_answer(good):
    good.write(
        "complaints.csv",
        "complaint_id,customer_id,opened_at,reason,resolution\nb1,c1,2017-03-01,late,replaced\n",
    )
    day = day_number(parse_day("2017-03-02"))
    found = good.take_in().relation(connect(), "complaints", as_of_day=day).df()
    assert found["resolution"].tolist() == ["replaced"]


def test_an_empty_value_is_no_example(good):
    good.write(
        "complaints.csv",
        "complaint_id,customer_id,opened_at,reason\nb1,c1,2017-03-01,late\nb2,c1,2017-03-01,\n",
    )
    found = good.take_in().report.findings_frame()
    empty = found[(found["table"] == "complaints") & (found["column"] == "reason")]
    assert empty[["n_rows", "examples"]].to_numpy().tolist() == [[1, ""]]
