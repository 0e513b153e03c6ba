"""What target groups buy in sections of the market, counted by hand."""

import narwhals as nw
import pandas as pd

from crmlib.evaluation.sections import pooled_sections
from crmlib.features.collect import collect
from crmlib.features.sections import group_section_sales, section_buyers, section_sales
from crmlib.periods import Window

BY = ["kind", "category"]
LINES = [("a", 100, "p", 1000), ("a", 150, "q", 300), ("a", 99, "p", 7), ("a", 200, "p", 7),
         ("b", 150, "p", 500), ("b", 160, "p", -200), ("c", 150, "x", 40), ("d", 150, "p", 9),
         (None, 150, "p", 9)]  # fmt: skip


def lazy(frame):
    return nw.from_native(frame).lazy()


def tables():
    lines = pd.DataFrame(LINES, columns=["customer_id", "occurred_day", "product_id", "net_cents"])
    lines = lines.assign(transaction_id="t", quantity=1.0)
    products = pd.DataFrame({"product_id": ["p", "q"], "category": ["Tea", "Wine"]})
    kinds = ["person", "person", None, "person"]
    people = pd.DataFrame({"customer_id": list("abcd"), "kind": kinds})
    return lazy(lines), lazy(products), lazy(people)


def sales(sections):
    sections = lazy(pd.DataFrame(sections, columns=["section", *BY], dtype="str"))
    groups = lazy(pd.DataFrame({"customer_id": ["a", "b", "c"], "segment": ["x", "y", "y"]}))
    days = {"as_of_day": 199, "window_days": 100}
    found = collect(group_section_sales(*tables(), groups, sections, **days))
    found["section"] = found["section"].astype("object").fillna("none of these")
    return found.set_index(["segment", "section"])["net_cents"].to_dict()


def test_by_hand_days_before_and_after_and_customers_of_no_group_left_out():
    sections = [("Tea", "person", "Tea"), ("rest", None, None), ("?", "not known", "not known")]
    assert sales(sections) == {
        ("x", "Tea"): 1000,
        ("x", "none of these"): 300,
        ("y", "Tea"): 300,
        ("y", "?"): 40,
    }


def test_without_sections_all_sales_fall_outside():
    assert sales([]) == {("x", "none of these"): 1300, ("y", "none of these"): 340}


def test_sections_are_named_as_those_that_are_judged():
    lines, products, people = tables()
    window = Window(100, 199)
    sold = collect(section_sales(lines, products, people, window=window, by=BY))
    buyers = collect(section_buyers(lines, people, window=window, by=["kind"]))
    pooled = pooled_sections(sold, buyers, by=BY, min_customers=1, most=24)
    found = sales(pooled[["section", *BY]])
    both = pd.Series(found).groupby(level=1).sum()
    judged = pooled.set_index("section")["net_cents"]
    assert "none of these" not in both
    assert both["person | Wine"] == judged["person | Wine"]
    assert both["person | Tea"] == judged["person | Tea"] - 9  # of d, who is in no group
