"""The page about mappings: its example works, and it names every field."""

import re

import pytest

from crmlib.sources.mapping import model
from tests.sources.mapped import PROJECT, Shop

PAGE = (PROJECT / "docs" / "mappings.md").read_text(encoding="utf-8")


@pytest.fixture
def shop(tmp_path):
    shop = Shop(tmp_path)
    files = re.findall(r"<!-- file: (\S+)[^\n]*-->\n```\w*\n(.*?)```", PAGE, re.DOTALL)
    for name, content in files:
        if name.endswith(".yaml"):
            shop.maps(content)
        else:
            shop.write(name, content.encode("cp1252"))
    return shop


def test_the_example_gives_what_the_page_says(shop):
    taken = shop.take_in(currency="EUR")
    assert taken.counts("transactions") == (6, 4, 1, 1, 1)
    sums = """select sum(net_cents) filter (net_cents > 0)::int, sum(net_cents)::int,
        max(cancelled_transaction_id), min(region), max(customer_id) from transactions"""
    assert taken.ask(sums) == [(612_564, 512_225, "536365", "AT", "17850")]
    assert "come to 6,125.64 less\n1,003.39" in PAGE


@pytest.mark.parametrize(
    "fields", [model.Mapping, model.Part, model.Join, model.Unpivot, model.ColumnSpec,
               model.CsvForm, model.Condition, model.SetAside],
)  # fmt: skip
def test_the_page_names_every_field(fields):
    for name, field in fields.model_fields.items():
        assert re.search(rf"\b{field.alias or name}\b", PAGE), name
