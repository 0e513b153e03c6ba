"""The Complete Journey against its published size, to the line and the cent."""

import pytest

from crmlib.database import connect, load
from crmlib.settings import Settings


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory):
    folder = tmp_path_factory.mktemp("project")
    settings = Settings(source="complete-journey", time_zone="America/New_York", folder=folder)
    return load(settings)


def one(snapshot, query, table="transactions"):
    return connect().execute(f"select {query} from '{snapshot.path(table)}'").fetchone()


def test_every_line_is_used(snapshot):
    frame = snapshot.report.tables_frame()
    assert frame["rows_used"].to_dict() == {
        "transactions": 1_469_307,
        "customers": 2_469,
        "products": 92_331,
        "offers": 111_332,
        "campaigns": 27,
        "assignments": 6_589,
        "conversions": 2_102,
    }
    assert frame["rows_quarantined"].sum() == 0
    assert frame["rows_deduplicated"].to_dict() == dict.fromkeys(frame.index, 0) | {"offers": 4_872}
    assert frame["reconciles"].all()


def test_totals_are_exact_to_the_cent(snapshot):
    totals = snapshot.report.totals_used
    assert totals.model_dump() == {
        "n_customers": 2_469,
        "n_orders": 155_848,
        "net_cents": 459_603_958,
    }
    assert snapshot.report.totals_in == totals
    assert one(snapshot, "round(sum(net_amount), 2), sum(discount_cents), sum(list_cents)") == (
        4_596_039.58,
        79_619_329,
        539_223_287,
    )


def test_days_are_local_days_of_the_shops(snapshot):
    assert (snapshot.report.first_day, snapshot.report.last_day) == ("2017-01-01", "2017-12-31")
    assert one(snapshot, "max(occurred_at)::varchar") == ("2018-01-01 04:01:20",)


def test_oddities_are_counted_and_used(snapshot):
    frame = snapshot.report.findings_frame()
    found = frame.set_index(["table", "column", "rule"])["n_rows"].to_dict()
    assert found["transactions", "quantity", "range"] == 8_869
    assert found["transactions", "product_id", "reference"] == 4_836
    assert found["offers", "offer_id, product_id", "key"] == 4_872
    lost = f"product_id not in (select product_id from '{snapshot.path('products')}')"
    query = f"count(distinct product_id), sum(net_cents) from '{snapshot.path('transactions')}'"
    assert connect().execute(f"select {query} where {lost}").fetchone() == (17, 17_257)


def test_demographics_campaigns_and_redemptions_are_mapped(snapshot):
    assert one(snapshot, "count(age_band), count(distinct kind)", "customers") == (801, 1)
    assert one(snapshot, "name, starts_on::varchar, ends_on::varchar", "campaigns") == (
        "Campaign 1 (Type B)",
        "2017-03-03",
        "2017-04-09",
    )
    assert one(snapshot, "min(arm), bool_or(randomised), min(assigned_day) - 17167", "assignments")[
        :2
    ] == ("mailed", False)
    days = (
        f"'{snapshot.path('assignments')}' join '{snapshot.path('campaigns')}' using (campaign_id)"
    )
    assert connect().execute(
        f"select count(*) from {days} where assigned_day <> starts_day"
    ).fetchone() == (0,)
    buying = f"""select count(*) from '{snapshot.path("conversions")}' as c where exists (
        select 1 from '{snapshot.path("transactions")}' as t
        where t.customer_id = c.customer_id and t.occurred_day = c.occurred_day)"""
    assert connect().execute(buying).fetchone()[0] > 1_900


def test_the_note_carries_the_wording_of_the_package(snapshot):
    note = snapshot.report.note
    assert note.provider.startswith("84.51°")
    assert "simulated data based on real grocery shopping patterns" in note.wording
    assert any("801 of 2,469" in caveat for caveat in note.caveats)
