"""The choice against the naive forecast, parts that add up, and a look back that does not peep."""

import numpy as np
import pandas as pd
import pytest

from crmlib.evaluation.weekly import QUANTITIES, without_last
from crmlib.models.look_back import held_out, held_out_weeks
from crmlib.models.sales_forecast import ahead, choose, path

TRY = {"horizon_weeks": 4, "n_trials": 6}
AHEAD = {"horizon_weeks": 4}


def weeks(parts, *, dimension="region", margin=np.nan):
    """Weeks of parts by name, each a series of sales; orders and buyers follow them."""
    n = len(next(iter(parts.values())))
    ends = pd.date_range("2023-01-01", periods=n, freq="7D").strftime("%Y-%m-%d")
    total = np.sum(list(parts.values()), axis=0)
    tables = [
        pd.DataFrame(
            {
                "dimension": kind,
                "part": part,
                "week_ends_on": ends,
                "net_amount": values,
                "n_orders": np.round(values / 10).astype("int64"),
                "n_customers": np.round(values / 20).astype("int64"),
                "margin_amount": margin * values,
            }
        )
        for kind, part, values in [
            ("total", "all", total), *((dimension, name, one) for name, one in parts.items())
        ]
    ]  # fmt: skip
    return pd.concat(tables, ignore_index=True)


def noisy(rng, n=60, level=1000.0):
    return level + rng.normal(0, 0.1 * level, n)


@pytest.fixture
def regions():
    rng = np.random.default_rng(1)
    return weeks({"North": noisy(rng), "South": noisy(rng, level=500)}, margin=0.3)


def test_a_mean_beats_the_naive_forecast_where_weeks_only_scatter(regions):
    choice = choose(regions, **TRY)
    used = choice[choice["is_used"]].set_index("quantity")
    assert used.loc[["net_amount", "margin_amount"], "model"].tolist() == ["mean_level"] * 2
    assert used.loc["net_amount", "skill_share"] > 0.1
    assert used["coverage_share"].between(0.85, 1).all()
    assert used["total_coverage_share"].between(0, 1).all()


def test_the_naive_forecast_mostly_stays_where_nothing_is_better():
    """Random walks: what smoothing saves is mostly below 5 %, and then the plain rule is used."""
    naive = 0
    for seed in range(6):
        walk = 1000 + np.random.default_rng(seed).normal(0, 20, 80).cumsum()
        choice = choose(weeks({"all of it": walk}), **TRY)
        used = choice[choice["is_used"] & (choice["quantity"] == "net_amount")].iloc[0]
        naive += used["model"] == "naive"
        assert used["model"] == "naive" or used["skill_share"] > 0.05
    assert naive >= 4


def test_the_season_is_the_forecast_to_beat_once_two_years_are_known():
    rng = np.random.default_rng(2)
    season = 1000 + 600 * np.sin(np.arange(130) * 2 * np.pi / 52) + rng.normal(0, 30, 130)
    choice = choose(weeks({"all of it": season}), **TRY)
    used = choice[choice["is_used"]].set_index("quantity")["model"]
    assert used["net_amount"] == "seasonal_naive"
    assert choice["model"].iloc[0] == "seasonal_naive"


def test_parts_add_up_to_the_whole(regions):
    made = ahead(regions, choose(regions, **TRY), **AHEAD)
    for quantity in ("net_amount", "margin_amount"):
        table = made[made["quantity"] == quantity].set_index("part")
        assert table["adds_up"].all()
        parts = table.loc[["North", "South"], "forecast"].sum()
        assert parts == pytest.approx(table.loc["all", "forecast"])
        assert ((table["low"] < table["forecast"]) & (table["forecast"] < table["high"])).all()


def test_parts_that_overlap_are_left_as_they_are(regions):
    """Orders stand in several categories: nothing is multiplied."""
    both = regions.copy()
    is_part = both["dimension"] != "total"
    both.loc[is_part, "n_orders"] = both.loc[is_part, "n_orders"] + 30
    made = ahead(both, choose(both, **TRY), **AHEAD)
    orders = made[made["quantity"] == "n_orders"].set_index("part")
    assert not orders.loc[["North", "South"], "adds_up"].any()
    assert orders.loc[["North", "South"], "forecast"].sum() > 1.1 * orders.loc["all", "forecast"]


def test_active_customers_are_a_mean_of_the_weeks(regions):
    made = ahead(regions, choose(regions, **TRY), **AHEAD).set_index(["quantity", "part"])
    row = made.loc[("n_customers", "all")]
    assert row["forecast"] == pytest.approx(75, abs=5)
    total = regions[regions["dimension"] == "total"]
    assert row["last_weeks"] == pytest.approx(total["n_customers"].tail(4).mean())


def test_weeks_ahead_follow_the_last_one(regions):
    made = path(regions, choose(regions, **TRY), **AHEAD)
    assert made["week_ends_on"].tolist()[:2] == ["2024-02-25", "2024-03-03"]
    assert len(made) == 4 * len(QUANTITIES)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (np.full(12, 5.0), "have 12 periods, need 19"),
        (np.full(60, 5.0), r"constant \(5\)"),
        (np.where(np.arange(60) % 3 == 0, 9.0, 0), "Only 20 of 60 weeks"),
    ],
)
def test_what_cannot_be_forecast_says_why(values, reason):
    table = weeks({"all of it": values})
    choice = choose(table, **TRY)
    row = choice.set_index("quantity").loc["net_amount"]
    assert pd.Series(row["reason"]).str.contains(reason).item()
    assert not choice["is_used"].any()
    assert ahead(table, choice, **AHEAD).empty
    assert path(table, choice, **AHEAD).empty
    assert held_out(table, choice, **AHEAD).empty
    assert held_out_weeks(table, choice, **AHEAD).empty


def test_margin_without_costs_has_no_forecast():
    table = weeks({"a": noisy(np.random.default_rng(0)), "b": noisy(np.random.default_rng(1))})
    reason = choose(table, **TRY).set_index("quantity").loc["margin_amount", "reason"]
    assert reason == "The costs of most sales are not known."


def test_look_back_knows_nothing_of_the_last_weeks(regions):
    choice = choose(without_last(regions, n_weeks=4), **TRY)
    changed = regions.copy()
    last = changed["week_ends_on"] > "2024-01-21"
    changed.loc[last, ["net_amount", "n_orders"]] = [7.0, 3]
    first, second = (held_out(table, choice, **AHEAD) for table in (regions, changed))
    pd.testing.assert_series_equal(first["forecast"], second["forecast"])
    row = second.set_index(["quantity", "part"]).loc[("net_amount", "North")]
    assert row["actual"] == 28
    assert row["is_surprise"]
    assert not first["is_surprise"].any()


def test_look_back_beside_the_naive_forecast(regions):
    choice = choose(without_last(regions, n_weeks=4), **TRY)
    table = held_out_weeks(regions, choice, **AHEAD)
    sales = table[table["quantity"] == "net_amount"]
    total = regions[regions["dimension"] == "total"]["net_amount"]
    assert sales["actual"].tolist() == total.tail(4).tolist()
    assert (sales["naive"] == total.iloc[-5]).all()


def false_surprises(n_repetitions):
    """Share of companies whose regions only scatter in which any region is called off."""
    choice = pd.DataFrame(
        {"quantity": ["net_amount"] * 2, "model": ["naive", "mean_level"], "is_used": [False, True]}
    )
    found = 0
    for seed in range(n_repetitions):
        rng = np.random.default_rng(seed)
        table = weeks({f"r{k}": noisy(rng, n=56, level=100 * (k + 1)) for k in range(6)})
        found += bool(held_out(table, choice, **AHEAD)["is_surprise"].any())
    return found / n_repetitions


def test_nothing_is_found_where_nothing_happened():
    assert false_surprises(20) <= 0.10


@pytest.mark.slow
def test_nothing_is_found_where_nothing_happened_over_many_companies():
    assert false_surprises(300) <= 0.07


def test_one_week_of_returns_does_not_open_the_forecast_downwards():
    sales = np.abs(noisy(np.random.default_rng(5), level=100.0)) * np.tile([0.1, 3.0, 0.5], 20)
    sales[-1] = -0.5
    table = weeks({"north": sales})
    choice = choose(table, **TRY)
    sold = ahead(table, choice, **AHEAD).query("quantity == 'net_amount'")
    assert (sold["low"] >= -0.5).all()
    assert path(table, choice, **AHEAD).query("quantity == 'net_amount'")["low"].min() >= -0.5
