"""Ids that a mapping makes or takes over: one thing, one id, and never another thing's."""

import duckdb
import pytest

from crmlib.errors import ParameterError
from crmlib.settings import Settings
from crmlib.sources import open_mapping
from tests.sources.mapped import Shop, sales


@pytest.fixture
def shop(tmp_path):
    return Shop(tmp_path)


def raw_tables(shop):
    source = open_mapping(
        shop.mapping, folder=shop.folder, settings=Settings(folder=shop.root, currency="USD")
    )
    with duckdb.connect() as connection:
        return source.tables(connection)


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({}, ""),
        ({"transaction_id": "{row_id: R}"}, "transaction_id is numbered by row_id"),
        ({"customer_id": "{row_id: R}"}, "customer_id is numbered by row_id"),
        (
            {"line_number": "{number_within: transaction_id, equal_rows: keep}"},
            "line_number is numbered by number_within",
        ),
        (
            {"line_number": "{number_within: transaction_id, equal_rows: drop}"},
            "line_number is numbered by number_within",
        ),
    ],
)
def test_ids_that_depend_on_the_place_in_one_delivery_say_that_it_must_not_be_merged(
    shop, columns, reason
):
    shop.write("s.csv", "id;who;paid\n1;a;1\n2;b;2\n").maps(sales(**columns))
    raw = raw_tables(shop)["transactions"]
    assert raw.relation
    assert raw.unmergeable.startswith(reason)
    assert bool(raw.unmergeable) == bool(reason)


def parts(*specs):
    """Order lines from several files, each with its own way to make order ids."""
    columns = "customer_id: who, product_id: who, occurred_at: day, quantity: n, net_amount: paid"
    lines = "".join(
        f"    - {{read: {file}, columns: {{transaction_id: {spec}, {columns}}}}}\n"
        for file, spec in specs
    )
    return "tables:\n  transactions:\n" + lines


@pytest.mark.parametrize(
    "specs",
    [
        (("a.csv", "{row_id: R}"), ("b.csv", "{row_id: R}")),
        (("a.csv", "{row_id: R}"), ("a.csv", "{row_id: R1}")),
    ],
)
def test_two_places_never_give_the_same_ids(shop, specs):
    line = "who;day;n;paid\na;2011-05-01;1;1.5\n"
    shop.write("a.csv", line).write("b.csv", line).maps(parts(*specs))
    with pytest.raises(
        ParameterError, match=r"transactions\.columns\.transaction_id: row_id 'R1?'"
    ):
        shop.take_in()


def test_prefixes_of_their_own_keep_the_rows_of_two_places_apart(shop):
    line = "who;day;n;paid\na;2011-05-01;1;1.5\n"
    shop.write("a.csv", line).write("b.csv", line)
    shop.maps(parts(("a.csv", "{row_id: A-}"), ("b.csv", "{row_id: B-}")))
    ids = shop.take_in().ask("select transaction_id from transactions order by 1")
    assert ids == [("A-1",), ("B-1",)]


def test_row_ids_of_two_tables_from_two_places_are_not_taken_for_the_same_thing(shop):
    people = "  customers: {read: p.csv, columns: {customer_id: {row_id: R}, region: town}}\n"
    shop.write("s.csv", "id;who;paid\n1;a;1\n").write("p.csv", "town\nBonn\n")
    shop.maps(sales(customer_id="{row_id: R}") + people)
    with pytest.raises(ParameterError, match="rows of another kind or place"):
        shop.take_in()
