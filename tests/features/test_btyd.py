"""The BTYD summary: published counts of CDNOW, values by hand, units that do not mix."""

from __future__ import annotations

import pandas as pd
import pytest

from crmlib.errors import ParameterError, SchemaError
from crmlib.features.btyd import btyd_holdout, btyd_summary, require_unit, unit_of
from crmlib.features.collect import collect


@pytest.fixture(scope="module")
def cdnow(project) -> pd.DataFrame:
    """Order lines of the 1/10 sample of CDNOW (Fader and Hardie 2001)."""
    path = project.parent / "shared" / "data" / "cdnow" / "cdnow_sample.csv"
    if not path.exists():
        pytest.skip(f"{path.name} is not on this machine")
    raw = pd.read_csv(path, dtype={"sample_id": "str"})
    days = pd.to_datetime(raw["date"].astype("str")) - pd.Timestamp("1970-01-01")
    return pd.DataFrame(
        {
            "transaction_id": raw.index.astype("str"),
            "customer_id": raw["sample_id"],
            "quantity": raw["number_of_cds"].astype("float64"),
            "occurred_day": days.dt.days,
            "net_cents": (raw["dollar_value"] * 100).round().astype("int64"),
        }
    )


def test_published_counts_of_cdnow(cdnow, lazy):
    """Fader, Hardie and Lee 2005: 39 weeks to fit, 39 to judge."""
    found = collect(btyd_summary(lazy(cdnow), as_of="1997-09-30", time_unit="week"))
    assert len(found) == 2357
    assert found["btyd_frequency"].sum() == 2457
    assert (found["btyd_frequency"] == 0).sum() == 1411
    third = found.set_index("customer_id").loc["0001"]
    assert third[["btyd_frequency", "btyd_recency", "btyd_T"]].tolist() == pytest.approx(
        [2, 30.43, 38.86], abs=0.005
    )
    later = collect(btyd_holdout(lazy(cdnow), as_of="1997-09-30", until="1998-06-30"))
    assert len(later) == 2357
    assert later["holdout_frequency"].sum() == 1882


def test_rows_after_as_of_change_nothing(cdnow, lazy):
    cut = cdnow[cdnow["occurred_day"] <= 10134]  # 1997-09-30
    whole = collect(btyd_summary(lazy(cdnow), as_of="1997-09-30", time_unit="day"))
    alone = collect(btyd_summary(lazy(cut), as_of="1997-09-30", time_unit="day"))
    pd.testing.assert_frame_equal(whole, alone)


@pytest.fixture
def lines() -> pd.DataFrame:
    rows = [
        ("1", "a", 0, 1.0, 1000),
        ("2", "a", 0, 1.0, 500),  # the same day: one purchase
        ("3", "a", 7, 1.0, 400),
        ("4", "a", 10, -1.0, -100),  # a return is no purchase and costs its money
        ("5", "a", 21, 2.0, 900),
        ("6", "b", 14, 1.0, 800),
        ("7", "c", 3, -1.0, -5),
        ("8", "d", 30, 1.0, 5),
    ]
    names = ["transaction_id", "customer_id", "occurred_day", "quantity", "net_cents"]
    return pd.DataFrame(rows, columns=names)


@pytest.mark.parametrize(("unit", "days"), [("day", 1), ("week", 7), ("month", 365.25 / 12)])
def test_times_are_fractions_of_the_unit(lines, unit, days, lazy):
    found = collect(btyd_summary(lazy(lines), as_of="1970-01-29", time_unit=unit))
    rows = found.set_index("customer_id").T.to_dict("list")
    assert rows == {
        "a": [2, pytest.approx(21 / days), pytest.approx(28 / days), 6.0, unit],
        "b": [0, 0.0, pytest.approx(14 / days), 0.0, unit],
    }


def test_another_amount_can_be_the_value(lines, lazy):
    margins = lines.assign(margin_cents=lines["net_cents"] // 10)
    found = btyd_summary(lazy(margins), as_of="1970-01-29", time_unit="day", amount="margin_cents")
    assert collect(found).iloc[0]["monetary_amount"] == 0.6
    with pytest.raises(SchemaError, match="margin_cents"):
        btyd_summary(lazy(lines), as_of="1970-01-29", time_unit="day", amount="margin_cents")


def test_the_unit_travels_and_another_one_is_refused(lines, lazy, tmp_path):
    summary = collect(btyd_summary(lazy(lines), as_of="1970-01-29", time_unit="week"))
    summary[["btyd_T", "time_unit"]].iloc[:1].to_parquet(tmp_path / "summary.parquet")
    stored = pd.read_parquet(tmp_path / "summary.parquet")
    assert unit_of(stored) == "week"
    with pytest.raises(ParameterError, match="counts time in weeks, the model or horizon in days"):
        require_unit(stored, "day")
    with pytest.raises(ParameterError, match=r"time_unit='hour' must be one of"):
        require_unit(stored, "hour")
    mixed = pd.concat([stored, stored.assign(time_unit="day")])
    with pytest.raises(ParameterError, match=r"2 rows holds \['day', 'week'\]"):
        unit_of(mixed)
    with pytest.raises(SchemaError, match=r"lacks the column\(s\) \['time_unit'\]"):
        unit_of(stored.drop(columns="time_unit"))


def test_a_unit_that_is_none_and_a_holdout_in_the_past_are_refused(lines, lazy):
    with pytest.raises(ParameterError, match=r"time_unit='fortnight' must be one of"):
        btyd_summary(lazy(lines), as_of="1970-01-29", time_unit="fortnight")
    with pytest.raises(ParameterError, match=r"as_of=1970-01-29 must lie before until=1970-01-29"):
        btyd_holdout(lazy(lines), as_of="1970-01-29", until="1970-01-29")
