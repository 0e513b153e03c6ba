"""Numbers stored as floating point: never taken for ids in silence, and compared by their value."""

import json
import sqlite3

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crmlib.errors import DataRejectedError
from tests.sources.mapped import Shop, sales


@pytest.fixture
def shop(tmp_path):
    return Shop(tmp_path)


def parquet(shop, name, **columns):
    """Write order lines to a Parquet file; `columns` come on top of those of the mapping."""
    n = len(next(iter(columns.values())))
    table = {"id": [f"{name}-{i}" for i in range(n)], "who": ["a"] * n, "paid": ["1.5"] * n}
    pq.write_table(pa.table({**table, **columns}), shop.folder / name)


DOUBLE = r"column who: the column is stored as DOUBLE.*has lost leading zeros.*id_from_float: true"


def test_ids_are_refused_if_one_of_the_daily_files_stores_them_as_floats(shop):
    parquet(shop, "d1.parquet", who=[17850, 17851])
    parquet(shop, "d2.parquet", who=[17850.0, None])
    with pytest.raises(DataRejectedError, match=DOUBLE.replace("DOUBLE", "DOUBLE in d2.parquet")):
        shop.maps(sales(head="read: d*.parquet")).take_in()
    shop.maps(sales(head="read: d*.parquet", customer_id="{from: who, id_from_float: true}"))
    ids = shop.take_in().ask("select distinct customer_id from transactions order by 1")
    assert ids == [("17850",), ("17851",), (None,)]


def test_every_column_that_an_id_is_joined_from_is_looked_at(shop):
    parquet(shop, "s.parquet", who=[17850.0])
    joined = "{from: [id, who], join: '+'}"
    with pytest.raises(DataRejectedError, match=DOUBLE):
        shop.maps(sales(head="read: s.parquet", customer_id=joined)).take_in()
    joined = "{from: [id, who], join: '+', id_from_float: true}"
    taken = shop.maps(sales(head="read: s.parquet", customer_id=joined)).take_in()
    assert taken.one("select customer_id from transactions") == "s.parquet-0+17850"


def test_a_decimal_number_of_json_is_no_id(shop):
    rows = [{"id": "1", "who": 17850, "paid": 1.5}, {"id": "2", "who": 17850.0, "paid": 1.5}]
    shop.write("s.jsonl", "".join(f"{json.dumps(row)}\n" for row in rows))
    says = "column who: the column is stored as numbers with a point.*id_from_float: true"
    with pytest.raises(DataRejectedError, match=says):
        shop.maps(sales(head="read: s.jsonl")).take_in()
    shop.maps(sales(head="read: s.jsonl", customer_id="{from: who, id_from_float: true}"))
    assert shop.take_in().ask("select distinct customer_id from transactions") == [("17850",)]


def test_a_real_of_sqlite_is_no_id(shop, monkeypatch):
    pytest.importorskip("sqlalchemy", reason="sqlalchemy is not installed")
    path = shop.root / "shop.db"
    with sqlite3.connect(path) as database:
        database.execute("create table s (id text, who, paid text)")
        database.execute("insert into s values ('1', 17850, '1.5'), ('2', 17850.0, '1.5')")
    database.close()
    monkeypatch.setenv("SHOP_DATABASE", f"sqlite:///{path}")
    head = "database: SHOP_DATABASE\n"
    with pytest.raises(DataRejectedError, match=DOUBLE.replace("DOUBLE", "REAL")):
        shop.maps(head + sales(head="table: s")).take_in()
    exact = sales(head="table: s", customer_id="{from: who, id_from_float: true}")
    taken = shop.maps(head + exact).take_in()
    assert taken.ask("select distinct customer_id from transactions") == [("17850",)]


def test_a_join_of_whole_numbers_with_floats_is_refused_or_compares_values(shop):
    parquet(shop, "s.parquet", store=[1, 2])
    pq.write_table(pa.table({"store": [1.0, 2.0], "town": ["Bonn", "Ulm"]}),
                   shop.folder / "t.parquet")  # fmt: skip
    join = "read: s.parquet\n    join: {read: t.parquet, on: store%s}"
    with pytest.raises(
        DataRejectedError,
        match=r"(?s)for 1 reason.*t\.parquet, column store: .*DOUBLE.*id_from_float: true in the",
    ):
        shop.maps(sales(head=join % "", region="town")).take_in()
    taken = shop.maps(sales(head=join % ", id_from_float: true", region="town")).take_in()
    assert taken.ask("select region from transactions order by 1") == [("Bonn",), ("Ulm",)]


@pytest.mark.parametrize("kind", [pa.float64(), pa.float32(), pa.decimal128(6, 2), pa.int64()])
@pytest.mark.parametrize("value", ["1", "1.0"])
def test_conditions_compare_numbers_by_value(shop, kind, value):
    parquet(shop, "s.parquet", test=pa.array([0, 1, 1], pa.int8()).cast(kind))
    aside = f"read: s.parquet\n    set_aside: {{column: test, values: '{value}', because: a test}}"
    assert shop.maps(sales(head=aside)).take_in().counts("transactions") == (3, 1, 2, 0, 2)
    chosen = f"read: s.parquet\n    where: {{column: test, not_values: '{value}'}}"
    assert shop.maps(sales(head=chosen)).take_in().counts("transactions")[1] == 1


def test_texts_of_numbers_stand_for_their_values(shop):
    parquet(shop, "s.parquet", k=[5.0, 6.0], x=[-999.0, 2.5])
    spec = '{from: k, values: {"5": shop, "6.0": web}}'
    amount = '{from: x, empty: "-999", if_empty: "0"}'
    taken = shop.maps(sales(head="read: s.parquet", channel=spec, list_amount=amount)).take_in()
    lines = "select channel, list_amount from transactions order by transaction_id"
    assert taken.ask(lines) == [("shop", 0.0), ("web", 2.5)]


def test_a_column_that_is_float_on_some_days_is_compared_by_value_on_all(shop):
    parquet(shop, "d1.parquet", test=[1, 0])
    parquet(shop, "d2.parquet", test=[1.0, None])
    chosen = "read: d*.parquet\n    where: {column: test, values: '1'}"
    assert shop.maps(sales(head=chosen)).take_in().counts("transactions")[1] == 2


PRICE = "{from: price, decimal: ',', thousands: '.'}"


def test_a_number_among_texts_of_whole_numbers_stays_a_number(shop):
    parquet(shop, "d1.parquet", price=[1.234])
    parquet(shop, "d2.parquet", price=["1"])
    shop.maps(sales(head="read: d*.parquet", net_amount=PRICE))
    found = shop.take_in().ask("select net_cents from transactions order by 1")
    assert [value for (value,) in found] == [100, 123]


def test_a_number_among_other_texts_is_refused(shop):
    parquet(shop, "d1.parquet", price=[1.234])
    parquet(shop, "d2.parquet", price=["1.234,50"])
    shop.maps(sales(head="read: d*.parquet", net_amount=PRICE))
    with pytest.raises(DataRejectedError, match="column price: the column holds numbers in some"):
        shop.take_in()


def test_a_condition_that_matches_nothing_is_said(shop):
    shop.write("s.csv", "id;who;paid\n1;a;1\n2;b;1\n")
    head = (
        "read: s.csv\n    where: {column: who, not_values: [c, d]}\n"
        "    set_aside: {column: id, values: '2', because: a test}"
    )
    notes = shop.maps(sales(head=head)).take_in().report.notes
    (idle,) = [note for note in notes if "no row matches" in note]
    assert "s.csv: no row matches the condition not_values: 'c', 'd' of the column 'who'" in idle
