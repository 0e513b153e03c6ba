"""Sections of the market: measures by hand, decisions by rank, how far weights decide."""

import narwhals as nw
import numpy as np
import pandas as pd
import pytest

from crmlib.decisions.sections import actions_from_sections, decide_sections, decision_totals
from crmlib.errors import ParameterError
from crmlib.evaluation.sections import REST, measure_sections, pooled_sections
from crmlib.features.collect import collect
from crmlib.features.sections import outer_columns, section_buyers, section_columns, section_sales
from crmlib.periods import Window

WINDOW = Window(100, 199)
WEIGHTS = {
    "attractive": {"net_share": 0.3, "growth_rate": 0.4, "margin_rate": 0.3},
    "position": {"penetration_share": 0.5, "stayed_share": 0.5},
}
PEOPLE = {"customer_id": ["a", "b", "c"], "kind": ["person", "person", "company"]}
LINES = [("a", 50, "Tea", 1000), ("a", 150, "Tea", 3000), ("b", 150, "Tea", 1000),
         ("b", 160, "Wine", 500), ("c", 60, "Tea", 700), ("c", 210, "Tea", 9)]  # fmt: skip


def lines_of(rows):
    frame = pd.DataFrame(rows, columns=["customer_id", "occurred_day", "category", "net_cents"])
    frame["transaction_id"] = [f"t{k}" for k in range(len(frame))]
    frame = frame.assign(product_id="p", quantity=1.0, margin_cents=frame["net_cents"] // 2)
    kinds = {"occurred_day": "int64", "net_cents": "int64", "margin_cents": "int64"}
    return frame.astype(kinds | {"customer_id": "str", "category": "str"})


def measured_of(rows, *, min_customers=1, most=24, is_comparable=True):
    lines = nw.from_native(lines_of(rows)).lazy()
    people = nw.from_native(pd.DataFrame(PEOPLE)).lazy()
    by = section_columns(lines, None, people)
    assert by == ["kind", "category"]
    sold = collect(section_sales(lines, None, people, window=WINDOW, by=by))
    buyers = collect(section_buyers(lines, people, window=WINDOW, by=outer_columns(by)))
    pooled = pooled_sections(sold, buyers, by=by, min_customers=min_customers, most=most)
    return measure_sections(pooled, is_comparable=is_comparable)


def test_measures_by_hand():
    found = measured_of(LINES).set_index("section")
    tea = found.loc["person | Tea"]
    assert (tea["n_customers"], tea["net_amount"]) == (2, 40.0)
    assert tea["growth_rate"] == pytest.approx(3.0)
    assert tea["margin_rate"] == pytest.approx(0.5)
    assert tea["penetration_share"] == pytest.approx(1.0)
    assert tea["stayed_share"] == pytest.approx(1.0)
    assert found.loc["person | Wine", "penetration_share"] == pytest.approx(0.5)
    assert found.loc[REST, "n_customers"] == 0
    assert found["net_share"].sum() == pytest.approx(1)


def test_small_sections_are_taken_together_and_no_sales_are_lost():
    found = measured_of(LINES, min_customers=2)
    assert found["section"].tolist() == ["person | Tea", REST]
    assert found["net_amount"].sum() == pytest.approx(45.0)
    assert measured_of(LINES, most=1)["section"].tolist() == ["person | Tea", REST]


def test_growth_is_unknown_without_a_whole_period_before():
    found = measured_of(LINES, is_comparable=False)
    assert found[["growth_rate", "growth_low_rate", "stayed_share"]].isna().all(axis=None)


def test_interval_of_growth_covers_the_truth():
    rng, covered, n = np.random.default_rng(1), 0, 300
    for _ in range(n):
        before = rng.gamma(2, 50, 80)
        now = before * rng.uniform(0.6, 1.8, 80)
        row = {
            "section": "s", "n_customers": 80, "n_before": 80, "n_stayed": 80, "n_either": 80,
            "net_cents": 100 * now.sum(), "net_cents_before": 100 * before.sum(),
            "margin_cents": 0, "margin_net_cents": 0, "n_buyers": 80,
            "now_squares": (now**2).sum(), "before_squares": (before**2).sum(),
            "products": (now * before).sum(),
        }  # fmt: skip
        one = measure_sections(pd.DataFrame([row]), is_comparable=True).iloc[0]
        covered += one["growth_low_rate"] <= 0.2 <= one["growth_high_rate"]
    assert 0.91 < covered / n < 0.985


def sections(n=4):
    """Sections in which every criterion says the same, the first the best."""
    order = np.arange(n, 0, -1).astype(float)
    return pd.DataFrame(
        {
            "section": [f"s{k}" for k in range(n)],
            "n_customers": 10,
            "net_amount": 10.0,
            "net_share": order / order.sum(),
            "growth_rate": order,
            "margin_rate": order,
            "penetration_share": order[::-1],
            "stayed_share": order[::-1],
        }
    )


def test_decisions_by_hand_and_firm_where_all_criteria_agree():
    found = decide_sections(sections(), **WEIGHTS, rng=np.random.default_rng(1))
    assert found["attractiveness"].tolist() == pytest.approx([100, 200 / 3, 100 / 3, 0])
    assert found["decision"].tolist() == ["invest", "invest", "harvest", "harvest"]
    assert (found["same_decision_share"] == 1).all()
    totals = decision_totals(found)
    assert totals["n_sections"].tolist() == [2, 0, 2, 0]
    assert totals["net_amount"].sum() == 40
    assert actions_from_sections(found)["n_customers"].tolist() == [20, 20]


def test_decisions_hang_on_weights_where_criteria_disagree():
    torn = sections().assign(growth_rate=[1.0, 2.0, 3.0, 4.0])
    found = decide_sections(torn, **WEIGHTS, rng=np.random.default_rng(1))
    assert found["same_decision_share"].min() < 0.95
    one = {**WEIGHTS, "attractive": {"net_share": 1.0, "growth_rate": 0.0, "margin_rate": 0.0}}
    firm = decide_sections(torn, **one, rng=np.random.default_rng(1))
    assert (firm["same_decision_share"] == 1).all()


def test_unknown_criteria_drop_out_and_the_scale_does_not_matter():
    table = sections()
    lacking = table.assign(margin_rate=np.nan, growth_rate=table["growth_rate"] * 1000)
    first = decide_sections(table, **WEIGHTS, rng=np.random.default_rng(1))
    second = decide_sections(lacking, **WEIGHTS, rng=np.random.default_rng(1))
    assert first["decision"].tolist() == second["decision"].tolist()


@pytest.mark.parametrize("n", [0, 1, 2])
def test_fewer_than_three_sections_are_not_judged(n):
    found = decide_sections(sections(n), **WEIGHTS, rng=np.random.default_rng(1))
    assert found.empty
    assert {"attractiveness", "position", "decision"} <= set(found.columns)
    assert decision_totals(found)["n_sections"].sum() == 0
    assert actions_from_sections(found).empty


def test_no_lines_no_sections():
    assert measured_of([]).empty


def test_refused_weights():
    wrong = {**WEIGHTS, "position": {"penetration_share": 0.0, "stayed_share": 0.0}}
    with pytest.raises(ParameterError, match="one must be above 0"):
        decide_sections(sections(), **wrong, rng=np.random.default_rng(1))


def test_a_column_that_never_differs_is_no_part_of_a_name():
    buyers = pd.DataFrame({"kind": ["person"], "n_buyers": [9]})
    sold = pd.DataFrame(
        {"kind": "person", "category": ["Tea", "Wine"], "n_customers": [5, 6], "net_cents": [9, 7]}
    )
    pooled = pooled_sections(sold, buyers, by=["kind", "category"], min_customers=2, most=9)
    assert pooled["section"].tolist()[:2] == ["Tea", "Wine"]
