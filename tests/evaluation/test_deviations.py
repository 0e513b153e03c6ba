"""Parts that are off: by hand, where planted, and none where nothing is."""

import numpy as np
import pandas as pd
import pytest

from crmlib.evaluation.deviations import against_before, against_plan, cells_of, main_cells

CATEGORIES, REGIONS = 8, 4
SHARES = np.array([0.4, 0.3, 0.2, 0.1])


def cells(now, before, region):
    """What `cell_sales` gives for sales of customers x categories; a customer has one region."""
    everything = now.sum(axis=1)
    rows = [("total", "all", everything, before.sum(axis=1))]
    rows += [("category", f"c{c}", now[:, c], before[:, c]) for c in range(CATEGORIES)]
    for r in range(REGIONS):
        here = region == r
        rows.append(("region", f"r{r}", everything * here, before.sum(axis=1) * here))
        rows += [
            ("category x region", f"c{c} / r{r}", now[:, c] * here, before[:, c] * here)
            for c in range(CATEGORIES)
        ]
    return pd.DataFrame(
        {
            "dimension": dimension,
            "part": part,
            "n_customers": int((a != 0).sum()),
            "n_customers_year": int((a != 0).sum()),
            "year_cents": 100 * a.sum(),
            "now_cents": 100 * a.sum(),
            "before_cents": 100 * b.sum(),
            "year_squared": 1e4 * (a**2).sum(),
            "year_total": 1e4 * (a * everything).sum(),
            "now_squared": 1e4 * (a**2).sum(),
            "now_before": 1e4 * (a * b).sum(),
            "before_squared": 1e4 * (b**2).sum(),
        }
        for dimension, part, a, b in rows
    )


def company(seed, n, *, tail=1.0):
    """Sales now and before of customers of very different size and taste, and their regions."""
    rng = np.random.default_rng(seed)
    size = 50 * rng.lognormal(-(tail**2) / 2, tail, n)
    taste = rng.dirichlet(np.full(CATEGORIES, 0.7), n)
    region = rng.choice(REGIONS, n, p=SHARES)

    def bought():
        purchases = rng.poisson(4 * taste)
        amounts = rng.gamma(np.maximum(purchases, 1), 1.0) * size[:, None] / 4
        return np.where(purchases > 0, amounts, 0.0)

    return bought(), bought(), region


def plan(n, *, ambition=None, level=1.0):
    """The plan that is right for such a company, times the ambition of some categories."""
    factor = pd.Series(1.0, [f"c{c}" for c in range(CATEGORIES)])
    factor.update(pd.Series(ambition or {}, dtype=float))
    whole = 50.0 * n * level / CATEGORIES
    rows = [("total", "all", whole * factor.sum())]
    rows += [("category", name, whole * value) for name, value in factor.items()]
    for r, share in enumerate(SHARES):
        rows.append(("region", f"r{r}", whole * share * factor.sum()))
        rows += [
            ("category x region", f"{name} / r{r}", whole * share * value)
            for name, value in factor.items()
        ]
    return pd.DataFrame(rows, columns=["dimension", "part", "planned_amount"])


def test_deviation_is_common_plus_own_by_hand():
    sold = cells(
        np.full((100, CATEGORIES), 2.0), np.full((100, CATEGORIES), 1.0), np.arange(100) % 4
    )
    table = against_before(sold)
    row = table.set_index("part").loc["c0"]
    assert row["reference_amount"] == 100
    assert row["deviation_amount"] == 100
    assert row["common_deviation_amount"] == pytest.approx(100)
    assert row["own_deviation_amount"] == pytest.approx(0)
    assert row["high_amount"] - 100 == pytest.approx(1.96 * np.sqrt(100 * 1.0), rel=1e-3)
    assert not table["is_different"].any()


def test_pieces_add_up_in_every_row():
    now, before, region = company(3, 800)
    sold = cells(now, before, region)
    for table in (against_plan(sold, plan(800, level=0.9)), against_before(sold)):
        pieces = table["common_deviation_amount"] + table["own_deviation_amount"]
        np.testing.assert_allclose(pieces, table["deviation_amount"])
        assert table["dimension"].iloc[0] == "total"


def test_categories_planned_too_high_and_too_low_are_found_and_no_other():
    """Everything is sold 10 % above plan; only what is off beside that is called off."""
    now, before, region = company(5, 3_000, tail=0.7)
    ambition = {"c1": 1.5, "c6": 0.65}
    table = against_plan(cells(now, before, region), plan(3_000, ambition=ambition, level=0.9))
    single = table[table["dimension"].isin(["category", "region"])]
    found = single[single["is_different"]].set_index("part")["own_deviation_amount"]
    assert set(found.index) == set(ambition)
    assert found["c1"] < 0 < found["c6"]
    assert table["common_deviation_amount"].iloc[1:].gt(0).all()


def test_a_part_that_fell_is_found_against_before():
    now, before, region = company(6, 3_000)
    now[region == 2, 4] *= 0.4
    table = against_before(cells(now, before, region))
    found = table[table["is_different"]].set_index("part")
    assert "c4 / r2" in found.index
    assert found.loc["c4 / r2", "own_deviation_amount"] < 0
    assert set(found.index) <= {"c4 / r2", "c4", "r2"}


def false_findings(n_repetitions, *, n, tail):
    """Share of companies with nothing off in which any part is called off."""
    found = {"plan": 0, "before": 0}
    for seed in range(n_repetitions):
        sold = cells(*company(1_000 + seed, n, tail=tail))
        found["plan"] += bool(against_plan(sold, plan(n, level=0.9))["is_different"].any())
        found["before"] += bool(against_before(sold)["is_different"].any())
    return {name: count / n_repetitions for name, count in found.items()}


@pytest.mark.parametrize("tail", [0.5, 1.5])
def test_nothing_is_found_where_nothing_is_off(tail):
    assert max(false_findings(30, n=400, tail=tail).values()) <= 0.10


@pytest.mark.slow
@pytest.mark.parametrize("tail", [0.5, 1.0, 1.5])
@pytest.mark.parametrize("n", [300, 1_500])
def test_nothing_is_found_where_nothing_is_off_over_many_companies(n, tail):
    assert max(false_findings(400, n=n, tail=tail).values()) <= 0.07


def test_sales_nobody_planned_stand_in_the_table_and_are_not_tested():
    now, before, region = company(8, 200)
    without = plan(200)[lambda t: t["part"] != "c3"]
    table = against_plan(cells(now, before, region), without)
    row = table[table["part"] == "c3"].iloc[0]
    assert row["reference_amount"] == 0
    assert row["deviation_amount"] == row["actual_amount"] > 0
    assert np.isnan(row["p_adjusted"])
    assert not row["is_different"]


def test_a_part_that_is_planned_and_never_sold():
    now, before, region = company(9, 2_000, tail=0.5)
    now[:, 2] = 0
    table = against_plan(cells(now, before, region), plan(2_000))
    row = table[table["part"] == "c2"].iloc[0]
    assert row["deviation_amount"] == -row["reference_amount"]
    assert row["is_different"]


def test_few_customers_tell_nothing():
    table = against_plan(cells(*company(1, 12)), plan(12))
    small = table[table["dimension"] == "category x region"]
    assert small["p_adjusted"].isna().all()


def test_nothing_before_no_row():
    now, _, region = company(2, 50)
    assert against_before(cells(now, 0 * now, region)).empty
    assert against_plan(cells(now, now, region), plan(50).iloc[:0]).empty


def test_the_fewest_cells_that_make_up_most():
    table = pd.DataFrame(
        {"dimension": ["category"] * 4 + ["region"], "part": list("abcde"),
         "deviation_amount": [10.0, -70.0, 15.0, 5.0, 999.0]}
    )  # fmt: skip
    found = main_cells(table, dimension="category", share=0.8)
    assert found["part"].tolist() == ["b", "c", "a", "d"]
    assert found["is_main"].tolist() == [True, True, False, False]
    assert found["cumulated_share"].tolist() == pytest.approx([0.7, 0.85, 0.95, 1.0])
    assert cells_of(table, by=[("category",), ("region",), ("category", "region")]) == "category"
    assert main_cells(table.iloc[:0], dimension="category").empty
