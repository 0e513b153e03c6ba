"""Every feature function gives the same on DuckDB, pandas and a Spark cluster of two workers."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

import duckdb
import narwhals as nw
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import crmlib.features
from crmlib.features.baskets import basket_pairs
from crmlib.features.btyd import btyd_summary
from crmlib.features.collect import collect_arrow as result_of
from crmlib.features.snapshot import customer_snapshot
from crmlib.features.stages import customer_stages
from crmlib.periods import day_text
from tests.conformance.cases import CASES, OWN, STAGES, TOPICS
from tests.conformance.comparison import assert_same
from tests.conformance.tables import AS_OF_DAY, all_tables, typed, write_all

TABLES = all_tables()


def on_duckdb(tables):
    connection = duckdb.connect()
    return {name: nw.from_native(connection.from_arrow(table)) for name, table in tables.items()}


def on_pandas(tables):
    return {name: nw.from_native(table.to_pandas()).lazy() for name, table in tables.items()}


def test_no_feature_function_is_forgotten():
    modules = [
        importlib.import_module(f"crmlib.features.{module.name}")
        for module in pkgutil.iter_modules(crmlib.features.__path__)
    ]
    public = {
        value
        for module in modules
        for name in module.__all__
        if inspect.isfunction(value := getattr(module, name))
        and "LazyFrame" in str(inspect.signature(value).return_annotation)
    }
    assert len(public) > 20
    missing = public - {function for function, _ in CASES.values()}
    assert not missing, sorted(f"{one.__module__}.{one.__name__}" for one in missing)


def test_no_case_hides_another_of_its_name():
    assert len(CASES) == sum(len(topic) for topic in [*TOPICS, OWN])


@pytest.mark.parametrize("name", CASES)
def test_pandas_agrees_with_duckdb(name):
    _, call = CASES[name]
    assert_same(result_of(call(on_pandas(TABLES))), result_of(call(on_duckdb(TABLES))))


def test_results_are_not_empty():
    """A comparison of nothing with nothing would prove nothing."""
    tables = on_duckdb(TABLES)
    empty = {name for name, (_, call) in CASES.items() if not result_of(call(tables)).num_rows}
    assert empty == {"customer_snapshot, before any sale"}


@pytest.mark.xdist_group("spark")
def test_spark_cluster_agrees_with_duckdb(spark, tmp_path, subtests):
    paths = write_all(tmp_path)
    there = {name: spark.read(path) for name, path in paths.items()}
    here = on_duckdb(TABLES)
    for name, (_, call) in CASES.items():
        with subtests.test(name):
            assert_same(result_of(call(there)), result_of(call(here)))


@st.composite
def lines(draw):
    """Order lines with many ties: few customers, orders, days, amounts."""
    line = st.tuples(
        st.sampled_from(["1", "2", "3", "4"]),
        st.sampled_from(["a", "b", None]),
        st.sampled_from(["p", "q", "r"]),
        st.integers(AS_OF_DAY - 5, AS_OF_DAY + 2),
        st.sampled_from([-1.0, 0.0, 1.0]),
        st.integers(0, 3),
        st.sampled_from([None, 0, 7]),
        st.sampled_from(["x", "y", None]),
        st.sampled_from(["N", None]),
        st.sampled_from(["Bread", "Milk", None]),
    )
    names = "transaction_id customer_id product_id occurred_day quantity net_cents discount_cents"
    frame = pd.DataFrame(
        draw(st.lists(line, max_size=25)), columns=[*names.split(), "channel", "region", "category"]
    )
    frame["net_cents"] = frame["net_cents"] * frame["quantity"].where(frame["quantity"] != 0, 1)
    return typed(frame)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(lines())
def test_pandas_agrees_with_duckdb_on_any_lines(table):
    here, there = on_duckdb({"lines": table})["lines"], on_pandas({"lines": table})["lines"]
    for call in (
        lambda t: customer_snapshot(t, as_of_day=AS_OF_DAY, recent_days=2),
        lambda t: btyd_summary(t, as_of=day_text(AS_OF_DAY), time_unit="week"),
        lambda t: basket_pairs(t, as_of_day=AS_OF_DAY, min_baskets=2),
        lambda t: customer_stages(t, as_of_day=AS_OF_DAY, **STAGES),
    ):
        assert_same(result_of(call(there)), result_of(call(here)))
