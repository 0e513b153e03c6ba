"""Health of tables: quiet feeds, loose ids, holes, and totals added up anew."""

import pandas as pd
import pytest

from crmlib.database.report import Delivery
from crmlib.evaluation import table_health as t
from crmlib.evaluation.quality import table_checks


def days(**tables) -> pd.DataFrame:
    rows = [(name, day, 1) for name, known in tables.items() for day in known]
    return pd.DataFrame(rows, columns=["table", "day", "n_rows"])


def fresh(known, *, table="complaints", as_of_day=200):
    found = t.freshness(days(**{table: known}), as_of_day=as_of_day, max_stale_days=14)
    return found.iloc[0]


@pytest.mark.parametrize(
    ("known", "quiet"),
    [
        (range(100, 186), True),  # 15 days without a row
        (range(100, 187), False),  # 14 days
        ([*range(100, 120), *range(150, 172)], False),  # 29 days; it was silent for 31 before
        ([*range(100, 120), *range(150, 168)], True),  # 33 days
        ([100, 110], False),  # too few days to know a rhythm
    ],
)
def test_quiet_is_longer_than_the_limit_and_than_ever(known, quiet):
    assert bool(fresh(known)["is_quiet"]) is quiet


def test_tables_of_what_exists_are_never_quiet():
    assert not fresh(range(20), table="products")["is_quiet"]


def test_freshness_names_first_and_last_day():
    found = fresh([10, 0, 3], as_of_day=12)
    assert found[["first_on", "last_on"]].tolist() == ["1970-01-01", "1970-01-11"]
    assert found[["stale_days", "n_days", "longest_gap_days"]].tolist() == [2, 3, 7]
    assert t.freshness(days(), as_of_day=1, max_stale_days=1).empty


def findings(*rows) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["table", "column", "rule", "n_rows"])


COLUMNS = {"transactions": ["customer_id", "product_id"], "products": ["product_id"],
           "complaints": ["complaint_id", "customer_id"]}  # fmt: skip


def test_every_reference_is_listed_and_says_what_happens():
    broken = findings(
        ("transactions", "product_id", "reference", 5), ("transactions", "product_id", "type", 9)
    )
    names = ["transactions", "products", "complaints"]
    rows = pd.DataFrame({"table": names, "rows_in": [100, 10, 4]})
    found = t.references(broken, rows, COLUMNS).set_index(["table", "column"])
    assert found.loc[("transactions", "product_id"), "n_unknown"] == 5
    assert found.loc[("transactions", "product_id"), "unknown_share"] == 0.05
    assert found.loc[("transactions", "product_id"), "what_happens"] == "used and counted"
    missing = found.loc[("complaints", "customer_id")]
    assert pd.isna(missing["n_unknown"])
    assert missing["what_happens"] == "not checked, the source brings no customers"


def tables(**changes) -> pd.DataFrame:
    row = {"table": "complaints", "rows_in": 100, "rows_quarantined": 0, "rows_excluded": 0,
           "rows_deduplicated": 0, "reconciles": True} | changes  # fmt: skip
    return pd.DataFrame([row])


def healthy(tables_, *, n_unknown=0.0, known=range(180, 200)):
    linked = pd.DataFrame(
        {"table": ["complaints"], "n_unknown": [n_unknown], "unknown_share": [n_unknown / 100]}
    )
    filled = pd.DataFrame(
        {"table": ["complaints"], "column": ["customer_id"], "n_rows": [100], "n_filled": [98]}
    )
    recent = t.freshness(days(complaints=known), as_of_day=200, max_stale_days=14)
    return t.health(tables_, recent, linked, filled).iloc[0]


@pytest.mark.parametrize(
    ("changes", "options", "verdict", "remark"),
    [
        ({}, {}, "PASS", ""),
        ({"reconciles": False}, {}, "FAIL", "rows do not add up"),
        ({"rows_quarantined": 2}, {}, "REVIEW", "rows were refused"),
        ({"rows_quarantined": 2, "rows_excluded": 2}, {}, "PASS", ""),
        ({}, {"n_unknown": 1.0}, "PASS", ""),
        ({}, {"n_unknown": 2.0}, "REVIEW", "ids refer to nothing"),
        ({}, {"known": range(100, 130)}, "REVIEW", "has gone quiet"),
    ],
)
def test_each_reason_to_look(changes, options, verdict, remark):
    found = healthy(tables(**changes), **options)
    assert (found["verdict"], found["remark"]) == (verdict, remark)
    assert found["n_without_customer"] == 2


def test_a_table_without_days_or_customers_has_none():
    nothing = pd.DataFrame(columns=["table", "column", "n_rows", "n_filled"])
    linked = pd.DataFrame(columns=["table", "n_unknown", "unknown_share"])
    recent = t.freshness(days(), as_of_day=1, max_stale_days=1)
    found = t.health(tables(table="sales_plan"), recent, linked, nothing).iloc[0]
    assert found[["n_without_customer", "last_on", "stale_days"]].isna().all()
    assert found["verdict"] == "PASS"


def test_columns_that_lack_are_named():
    found = t.column_coverage({"products": ["product_id", "category", "shelf"]}).iloc[0]
    assert found["n_columns"] == found["n_brought"] + len(found["lacking"].split(", "))
    assert "unit_cost" in found["lacking"]
    assert "shelf" not in found["lacking"]


def test_gaps_leave_out_what_is_filled():
    filled = pd.DataFrame(
        {"table": "x", "column": ["a", "b", "c"], "n_rows": 10, "n_filled": [10, 5, 1],
         "filled_share": [1.0, 0.5, 0.1]}
    )  # fmt: skip
    assert t.gaps(filled)["column"].tolist() == ["c", "b"]


def totals(database) -> pd.DataFrame:
    delivered = pd.DataFrame(
        {"measure": ["customers", "orders", "sales, EUR"], "source": [3.0, 5.0, 50.0],
         "used": [3.0, 5.0, 49.99], "difference": [0.0, 0.0, -0.01]}
    )  # fmt: skip
    counts = pd.Series({"n_customers": 3, "n_orders": 5, "net_cents": database})
    return t.totals(delivered, counts)


@pytest.mark.parametrize(
    ("cents", "n_deliveries", "is_whole", "verdict", "found"),
    [
        (4999, 1, True, "PASS", "0 of 3 differ"),
        (5000, 1, True, "FAIL", "1 of 3 differ"),
        (9999, 2, True, "PASS", "not comparable: 2 deliveries were merged"),
        (4000, 1, False, "PASS", "not comparable: sales after the snapshot day are left out"),
    ],
)
def test_the_database_is_added_up_anew(cents, n_deliveries, is_whole, verdict, found):
    health = pd.DataFrame({"table": ["transactions"], "remark": [""]})
    checks = table_checks(health, totals(cents), n_deliveries=n_deliveries, is_whole=is_whole).iloc[
        0
    ]
    assert (checks["verdict"], checks["found"]) == (verdict, found)


def test_quiet_tables_and_loose_ids_are_named():
    health = pd.DataFrame(
        {"table": ["transactions", "contacts", "visits"],
         "remark": ["ids refer to nothing", "has gone quiet", "ids refer to nothing"]}
    )  # fmt: skip
    found = table_checks(health, totals(4999), n_deliveries=1, is_whole=True)
    assert found["found"].tolist()[1:] == ["contacts", "visits"]  # sales have a check of their own
    assert found["verdict"].tolist()[1:] == ["REVIEW", "REVIEW"]


def test_deliveries_are_numbered():
    class Report:
        deliveries = (
            Delivery(source="a", fingerprint="x", first_day="2024-01-01", last_day="2024-01-31",
                     rows={"transactions": 5, "products": 2}, n_refused=1),
            Delivery(source="b", fingerprint="y", first_day=None, last_day=None, rows={}),
        )  # fmt: skip

    found = t.deliveries(Report())
    assert found["n_rows"].tolist() == [7, 0]
    assert found["delivery"].tolist() == [1, 2]
