"""Activity in windows, outcomes after the day, and all features of a score in one row."""

import pytest

from crmlib.errors import ParameterError
from crmlib.features.activity import orders_after, recent_activity
from crmlib.features.collect import collect
from crmlib.features.score_features import FEATURE_WORDS, SCORE_TABLES, score_features
from crmlib.periods import day_number, parse_day
from crmlib.run.context import RunContext
from tests.conftest import order_lines

DAY = day_number(parse_day("2024-03-31"))


@pytest.fixture
def lines():
    made = order_lines(
        [
            ("t1", "a", "2024-03-31", 5.0),
            ("t1", "a", "2024-03-31", 2.0),
            ("t2", "a", "2024-03-04", 3.0),
            ("t3", "a", "2024-03-03", 1.0),
            ("t4", "b", "2023-01-01", 9.0),
            ("t5", "b", "2024-04-01", 4.0),
            ("t6", "a", "2024-04-05", -2.0),
            ("t7", None, "2024-04-02", 7.0),
            ("t8", "c", "2024-04-30", 8.0),
        ]
    )
    made.loc[made["transaction_id"] == "t6", "quantity"] = -1.0
    return made


def test_windows_end_on_the_day_and_count_orders_once(lazy, lines):
    found = collect(recent_activity(lazy(lines), as_of_day=DAY, windows_days=(28, 364)))
    a = found.set_index("customer_id").loc["a"]
    assert (a["n_orders_28"], a["net_cents_28"]) == (2, 1000), "4 March is day 28, 3 March is not"
    assert (a["n_orders_364"], a["net_cents_364"]) == (3, 1100)
    b = found.set_index("customer_id").loc["b"]
    assert (b["n_orders_28"], b["n_orders_364"]) == (0, 0)
    assert "c" not in set(found["customer_id"])


def test_the_outcome_is_orders_within_the_horizon_and_no_mere_return(lazy, lines):
    found = collect(orders_after(lazy(lines), as_of_day=DAY, horizon_days=29))
    assert found.to_numpy().tolist() == [["b", 1, 400]]
    found = collect(orders_after(lazy(lines), as_of_day=DAY, horizon_days=30))
    assert list(found["customer_id"]) == ["b", "c"], "the last day of the horizon counts"


def test_windows_and_horizons_without_a_day_are_refused(lazy, lines):
    with pytest.raises(ParameterError, match="needs at least one day"):
        recent_activity(lazy(lines), as_of_day=DAY, windows_days=(0,))
    with pytest.raises(ParameterError, match="horizon_days=0"):
        orders_after(lazy(lines), as_of_day=DAY, horizon_days=0)


@pytest.fixture
def context(sample, tmp_path):
    return RunContext("50_x", as_of="2024-09-30", snapshot=sample, folder=tmp_path)


def test_every_customer_with_an_order_has_one_row_of_named_features(context):
    found = context.by_customer(score_features, *SCORE_TABLES)
    assert found["customer_id"].is_unique
    assert set(found.columns) - {"customer_id"} == set(FEATURE_WORDS)
    counts = [name for name in found if name.startswith("n_")]
    assert found[counts].notna().all().all()
    assert found["recency_days"].notna().all()


def test_features_do_without_every_table_but_transactions(context):
    whole = context.by_customer(score_features, *SCORE_TABLES)
    bare = context.by_customer(score_features, "transactions")
    assert list(bare["customer_id"]) == list(whole["customer_id"])
    assert "n_contacts" not in bare
    assert (bare["n_orders_91"] == whole["n_orders_91"]).all()
    with pytest.raises(ParameterError, match="needs the table of transactions"):
        score_features(None, as_of_day=1)
