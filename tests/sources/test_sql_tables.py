"""SQL databases: exact values, one state, nothing written, no password anywhere."""

import datetime
import itertools
import sqlite3
import threading
import traceback

import pytest

from crmlib.database.engine import connect
from crmlib.database.intake import intake
from crmlib.errors import ParameterError
from crmlib.settings import Settings
from crmlib.sources import open_mapping
from crmlib.sources.sql_connection import SqlError, _cleaner, sqlalchemy
from crmlib.sources.sql_tables import database_url, read_sql, sql_fingerprint, sql_snapshot
from tests.sources import postgresql

pytest.importorskip("sqlalchemy", reason="the extra sql is not installed (sqlalchemy, psycopg)")
pytest.importorskip("psycopg", reason="the extra sql is not installed (sqlalchemy, psycopg)")


@pytest.fixture
def connection():
    with connect() as opened:
        yield opened


@pytest.fixture(scope="module")
def server():
    if postgresql.programs() is None:
        pytest.skip("no PostgreSQL server is installed (/usr/lib/postgresql/*/bin)")
    with postgresql.running() as running:
        yield running


@pytest.fixture
def sqlite(tmp_path):
    """Run statements on a small database file and give its address."""

    def run(*statements):
        with sqlite3.connect(tmp_path / "shop.db") as opened:
            for statement in statements:
                opened.execute(statement)
        opened.close()
        return f"sqlite:///{tmp_path}/shop.db"

    return run


def rows(connection):
    return connection.execute("from raw order by 1").fetchall()


def said(raw):
    return [str(problem) for problem in raw.problems]


# --- SQLite: always there


def test_a_table_of_sqlite_is_read_to_the_letter(connection, sqlite):
    url = sqlite(
        'create table "Order lines" (id, "Net ""amount""", note)',
        "insert into \"Order lines\" values ('007', 19.99, 'a'),"
        " (1234567890123456789, 17850.0, ''),"
        " ('NA', 1, null), ('x', 0.30000000000000004, x'00ff')",
    )
    raw = read_sql(connection, url, relation="raw", table="Order lines")
    assert not raw.problems
    assert raw.file == "table 'Order lines' of the database 'shop.db'"
    assert list(raw.columns) == ["id", 'Net "amount"', "note"]
    assert rows(connection) == [
        (1, "007", "19.99", "a"),
        (2, "1234567890123456789", "17850.0", ""),
        (3, "NA", "1", None),
        (4, "x", "0.30000000000000004", "\\x00ff"),
    ]


def test_a_query_of_sqlite_may_hold_percent_signs_colons_and_comments(connection, sqlite):
    url = sqlite("create table orders (id)", "insert into orders values ('a%'), ('b:c')")
    query = "-- which\nselect id from orders where id like 'a%' or id = 'b:c';"
    assert not read_sql(connection, url, relation="raw", query=query).problems
    assert rows(connection) == [(1, "a%"), (2, "b:c")]


def test_an_empty_table_has_its_columns(connection, sqlite):
    raw = read_sql(connection, sqlite("create table t (a, b)"), relation="raw", table="t")
    assert (list(raw.columns), rows(connection)) == (["a", "b"], [])


def test_an_unknown_table_names_the_nearest(connection, sqlite):
    raw = read_sql(connection, sqlite("create table orders (a)"), relation="raw", table="Order")
    assert said(raw) == [
        "table 'Order' of the database 'shop.db': there is no such table; did you mean 'orders'? "
        "There are 'orders'."
    ]


def test_names_that_cannot_be_columns_are_refused(connection, sqlite):
    url = sqlite("create table t (a)")
    raw = read_sql(connection, url, relation="raw", query="select a, a as A from t")
    assert "columns named twice: 'a', 'A'" in said(raw)[0]


@pytest.mark.parametrize("query", ["delete from t", "drop table t", "pragma user_version", ""])
def test_only_a_select_is_run(connection, sqlite, query):
    raw = read_sql(connection, sqlite("create table t (a)"), relation="raw", query=query)
    assert "it is not a SELECT" in said(raw)[0]


def test_a_second_statement_is_not_run(connection, sqlite):
    url = sqlite("create table t (a)")
    raw = read_sql(connection, url, relation="raw", query="select 1) as x; drop table t; select (1")
    assert "the database refuses: " in said(raw)[0]
    assert not read_sql(connection, url, relation="raw", table="t").problems


def test_a_missing_file_is_not_made(connection, tmp_path):
    with pytest.raises(SqlError, match=r"'none\.db' does not answer: 'unable to open"):
        read_sql(connection, f"sqlite:///{tmp_path}/none.db", relation="raw", table="t")
    assert not (tmp_path / "none.db").exists()


def test_the_fingerprint_follows_names_and_rows_not_their_order(sqlite):
    url = sqlite("create table t (a, b)", "insert into t values (1, 'x'), (2, null), (2, null)")

    def fingerprint(query):
        return sql_fingerprint(url, query=query)

    first = fingerprint("select * from t order by a")
    assert fingerprint("select * from t order by a desc") == first
    others = [
        "select a, b as c from t",
        "select distinct * from t",
        "select a, coalesce(b, '') as b from t",
        "select a, b from t where a = 1",
        "select a, coalesce(b, 'None') as b from t",
    ]
    assert len({first, *map(fingerprint, others)}) == len(others) + 1


@pytest.mark.parametrize("options", [{}, {"table": "t", "query": "select 1"}])
def test_a_table_or_a_query_must_be_named(connection, sqlite, options):
    with pytest.raises(ParameterError, match="either a table or a query"):
        read_sql(connection, sqlite("create table t (a)"), relation="raw", **options)


def test_a_query_that_is_wrong_is_refused_by_its_name_and_not_called_silence(sqlite):
    url = sqlite("create table t (a)")
    for query in ("select nope from t", "select a from tt"):
        with pytest.raises(
            SqlError, match=r"^query of the database 'shop\.db': the data"
        ) as caught:
            sql_fingerprint(url, query=query)
        assert "no such" in str(caught.value)
        assert "Correct the query" in str(caught.value)
        assert "does not answer" not in str(caught.value)


def test_a_file_that_is_no_database_is_said_to_be_refused(connection, tmp_path):
    (tmp_path / "shop.db").write_bytes(b"id;name\n" * 200)
    with pytest.raises(SqlError, match=r"'shop\.db': the database refuses: 'file is not a datab"):
        read_sql(connection, f"sqlite:///{tmp_path}/shop.db", relation="raw", table="t")


def test_short_names_in_an_address_tear_no_holes_into_messages():
    alchemy = sqlalchemy()
    url = "postgresql://e:p%40ss@10.0.0.1/crm?sslmode=disable"
    clean = _cleaner(alchemy.make_url(url), url)
    says = f"column a of the table does not exist; p@ss or p%40ss at 10.0.0.1 in {url}; disable"
    assert clean(ValueError(says)) == (
        "'column a of the table does not exist; *** or *** at *** in ***; disable'"
    )


# --- the address


def test_the_address_comes_from_the_environment(monkeypatch):
    monkeypatch.setenv("CRM_DATABASE_URL", "sqlite:///x.db")
    assert database_url("CRM_DATABASE_URL") == "sqlite:///x.db"
    monkeypatch.delenv("CRM_DATABASE_URL")
    with pytest.raises(ParameterError, match=r"'CRM_DATABASE_URL'.*is not set. Set it to"):
        database_url("CRM_DATABASE_URL")


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("canary", "is not readable. Write something like postgresql://"),
        ("postgresql://me:canary@host:port/x", "is not readable"),
        ("mysql://me:canary@host/x", "must begin with postgresql:// or sqlite://"),
        ("postgresql://me:canary@host", "must begin with .* and name a database"),
        ("sqlite://me:canary@host/x", "SQLite database names nothing but a file"),
        ("sqlite://canary/x", "SQLite database names nothing but a file"),
    ],
)
def test_an_unfit_address_is_explained_without_showing_it(connection, url, says):
    with pytest.raises(ParameterError, match=says) as caught:
        read_sql(connection, url, relation="raw", table="t")
    assert "canary" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("module", "url"), [("sqlalchemy", "sqlite:///x.db"), ("psycopg", "postgresql://me@host/x")]
)
def test_a_missing_package_is_explained(connection, monkeypatch, module, url):
    monkeypatch.setitem(__import__("sys").modules, module, None)
    with pytest.raises(ParameterError, match=rf"{module} is not installed. .*pip install"):
        read_sql(connection, url, relation="raw", table="t")


def test_a_host_that_does_not_answer_is_explained_without_the_secrets(connection):
    url = "postgresql://someone:canary@127.0.0.1:1/shop?sslmode=disable"
    with pytest.raises(SqlError, match=r"'shop' does not answer: .*Check the address") as caught:
        read_sql(connection, url, relation="raw", table="t")
    trace = "".join(traceback.format_exception(caught.value))
    assert "canary" not in trace
    assert "someone" not in trace


# --- PostgreSQL, for real


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("'007'::text", "007"),
        ("9223372036854775807::bigint", "9223372036854775807"),
        ("1.10::numeric(10,2)", "1.10"),
        ("99999999999999999999999.99::numeric", "99999999999999999999999.99"),
        ("1e-10::numeric", "0.0000000001"),
        ("0.1::float8 + 0.2::float8", "0.30000000000000004"),
        ("19.99::float4", "19.99"),
        ("'2011-03-27 02:30:00+02'::timestamptz", "2011-03-27 00:30:00+00"),
        ("'2011-03-27 02:30:00.123456'::timestamp", "2011-03-27 02:30:00.123456"),
        ("'2011-04-03'::date", "2011-04-03"),
        ("true", "true"),
        ("null::text", None),
        ("''::text", ""),
        ("'Zoë 😀'", "Zoë 😀"),
        ("array[1, 2]", "{1,2}"),
        ("'{\"a\": 1.10}'::json", '{"a": 1.10}'),
        ("'12345678-1234-1234-1234-123456789012'::uuid", "12345678-1234-1234-1234-123456789012"),
        ("'a%b :c'::varchar", "a%b :c"),
    ],
)
def test_values_of_postgresql_are_exact(connection, server, value, kept):
    raw = read_sql(connection, server.url, relation="raw", query=f"select {value} as v")
    assert not raw.problems
    assert rows(connection) == [(1, kept)]


def test_tables_views_and_schemas_of_postgresql(connection, server):
    server.run(
        "drop schema if exists sales cascade",
        "create schema sales",
        'create table sales."Order ""lines""" ("Id" text, "select" numeric)',
        'insert into sales."Order ""lines""" values (\'007\', 1.10)',
        'create materialized view sales.lines as select * from sales."Order ""lines"""',
    )
    for table in ('sales.Order "lines"', "sales.lines"):
        raw = read_sql(connection, server.url, relation="raw", table=table)
        assert list(raw.columns) == ["Id", "select"]
        assert rows(connection) == [(1, "007", "1.10")]
    unknown = said(read_sql(connection, server.url, relation="raw", table="sale.lines"))[0]
    assert "there is no schema 'sale'; did you mean 'sales'?" in unknown
    unknown = said(read_sql(connection, server.url, relation="raw", table="sales.line"))[0]
    assert "there is no such table; did you mean 'lines'?" in unknown


@pytest.mark.parametrize(
    "query",
    [
        "select 1) as x; drop table kept; select (1",
        "select 1) as x; commit; drop table kept; --",
        "with gone as (delete from kept returning *) select * from gone",
        "select set_config('transaction_read_only', 'off', false), nextval('counter')",
        "select nextval('counter')",
    ],
)
def test_nothing_is_written_to_postgresql(connection, server, query):
    server.run(
        "drop table if exists kept",
        "drop sequence if exists counter",
        "create sequence counter",
        "create table kept as select 1 as a",
    )
    raw = read_sql(connection, server.url, relation="raw", query=query)
    assert "the database refuses: " in said(raw)[0]
    read_sql(connection, server.url, relation="raw", query="select a, is_called from kept, counter")
    assert rows(connection) == [(1, "1", "false")]


def test_several_tables_are_read_in_one_state_even_after_a_fault(connection, server):
    server.run("drop table if exists moving", "create table moving as select 1 as a")
    with sql_snapshot(server.url) as snapshot:
        before = snapshot.fingerprint(table="moving")
        writing = threading.Thread(target=server.run, args=("insert into moving values (2)",))
        writing.start()
        writing.join()
        fault = snapshot.read(connection, relation="raw", query="select 1/0 as a")
        assert "division by zero" in said(fault)[0]
        assert not snapshot.read(connection, relation="raw", table="moving").problems
        assert rows(connection) == [(1, "1")]
        assert snapshot.fingerprint(table="moving") == before
    assert sql_fingerprint(server.url, table="moving") != before


def test_many_rows_arrive_in_order_and_completely(connection, server):
    query = "select n, n::numeric / 100 as amount from generate_series(1, 60000) as n"
    assert not read_sql(connection, server.url, relation="raw", query=query).problems
    result = connection.execute(
        'select count(*), sum(n::bigint), sum(amount::decimal(18, 2)), bool_and("crm:row" = n::int)'
        " from raw"
    ).fetchone()
    assert [str(value) for value in result] == ["60000", "1800030000", "18000300.00", "True"]


def test_a_wrong_password_appears_in_no_message(connection, server):
    wrong = server.url_of("wrong-canary")
    for url, database in ((wrong, "shop"), (server.url_of(postgresql.PASSWORD, "none"), "none")):
        with pytest.raises(SqlError, match=f"The database '{database}' does not answer") as caught:
            read_sql(connection, url, relation="raw", table="t")
        trace = "".join(traceback.format_exception(caught.value))
        assert "wrong-canary" not in trace
        assert postgresql.PASSWORD not in trace
        assert str(server.folder) not in str(caught.value)


def test_the_password_appears_in_no_problem_note_or_fingerprint(connection, server):
    problem = read_sql(
        connection, server.url, relation="raw", query=f"select '{postgresql.PASSWORD}'::int"
    )
    fine = read_sql(connection, server.url, relation="raw", query="select 1 as a")
    again = sql_fingerprint(server.url, query="select 1 as a")
    assert "the database refuses: " in said(problem)[0]
    for text in (repr(problem), str(said(problem)), repr(fine), again):
        assert postgresql.PASSWORD not in text
        assert "canary" not in text


def test_rows_are_used_while_the_server_still_computes(server):
    """Two thousand million rows would fill the memory if they were fetched first."""
    with sql_snapshot(server.url) as snapshot:
        chosen = snapshot._choose(None, "select generate_series(1, 2000000000) as n")
        assert list(itertools.islice(snapshot._rows(chosen, ["n"]), 3)) == [["1"], ["2"], ["3"]]


# --- through a mapping into the customer database

MAPPING = """
database: CRM_DATABASE_URL
tables:
  transactions:
    query: select * from lines where id <> 'x'
    columns:
      transaction_id: id
      customer_id: customer
      product_id: {constant: all}
      occurred_at: sold_at
      quantity: {constant: "1"}
      net_amount: amount
  customers:
    table: buyers
    columns: {customer_id: id, birth_year: born}
"""


def take_in(folder):
    """Take the mapped tables in, and give the snapshot and what was written, byte for byte."""
    (folder / "shop.yaml").write_text(MAPPING)
    settings = Settings(max_quarantined_share=0.5)
    source = open_mapping(folder / "shop.yaml", settings=settings)
    day = datetime.date(2020, 1, 1)
    snapshot = intake(source, settings=settings, snapshots=folder / "snapshots", received_on=day)
    written = [path.read_bytes() for path in (folder / "snapshots").rglob("*") if path.is_file()]
    return snapshot, b"".join(written)


def used(snapshot):
    frame = snapshot.report.tables_frame()
    return frame.loc[["transactions", "customers"], ["rows_in", "rows_used"]].to_numpy().tolist()


def test_tables_of_sqlite_are_taken_in(tmp_path, monkeypatch, sqlite):
    url = sqlite(
        "create table lines (id, customer, sold_at, amount)",
        "insert into lines values ('1', '007', '2011-04-03', 19.99), ('2', '8', '2011-04-03', 0.1),"
        " ('x', '', '', '')",
        "create table buyers (id, born)",
        "insert into buyers values ('007', 1984), ('8', null)",
    )
    monkeypatch.setenv("CRM_DATABASE_URL", url)
    snapshot, _ = take_in(tmp_path)
    assert used(snapshot) == [[2, 2], [2, 2]]
    assert snapshot.report.totals_used.net_cents == 2009
    assert take_in(tmp_path)[0].name == snapshot.name


def test_tables_of_postgresql_are_taken_in_and_the_password_is_written_nowhere(
    tmp_path, monkeypatch, server
):
    server.run(
        "drop table if exists lines, buyers",
        "create table lines (id text, customer text, sold_at timestamptz, amount numeric(10, 2))",
        "insert into lines values ('1', '007', '2011-04-03 10:00+02', 19.99),"
        " ('2', 'stranger', '2011-04-03 10:00+02', 0.10), ('x', '', null, 0),"
        " ('3', '007', null, 5)",
        "create table buyers (id text, born int)",
        "insert into buyers values ('007', 1984)",
    )
    monkeypatch.setenv("CRM_DATABASE_URL", server.url)
    snapshot, written = take_in(tmp_path)
    assert used(snapshot) == [[3, 2], [1, 1]]
    assert snapshot.report.totals_used.net_cents == 2009
    assert b"2011-04-03" in written
    for secret in (postgresql.PASSWORD, "canary", server.url, str(server.folder)):
        assert secret.encode() not in written
    server.run("update buyers set born = 1985")
    assert take_in(tmp_path)[0].name != snapshot.name
