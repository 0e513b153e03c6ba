"""What target groups are made from."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import narwhals as nw

from crmlib.features import category_lines, category_use, collect, rfm, sections
from crmlib.periods import Window
from tests.conformance.tables import AS_OF_DAY

Frames = Mapping[str, nw.LazyFrame]


def people(t: Frames) -> nw.LazyFrame:
    """Every customer, all of one kind."""
    known = t["transactions"].filter(~nw.col("customer_id").is_null())
    return known.select("customer_id").unique().with_columns(kind=nw.lit("person"))


def some_sections(t: Frames) -> nw.LazyFrame:
    """Bread in every region that has a line, and a section of which nobody knows what makes it."""
    regions = t["transactions"].select("region").unique()
    name = nw.concat_str("region", nw.lit("Bread"), separator=" | ")
    return regions.with_columns(kind=nw.lit("person"), category=nw.lit("Bread"), section=name)


def used_categories(t: Frames, *, after_days: int = 0) -> nw.LazyFrame:
    """Lines of three categories before a day in the middle of the year, or after it."""
    return category_use.category_use(
        t["transactions"],
        t["products"],
        as_of_day=AS_OF_DAY - 100,
        categories=["tea", "Bread", "Ärmel"],
        before_days=150,
        after_days=after_days,
    )


CASES: dict[str, tuple[Callable[..., nw.LazyFrame], Callable[[Frames], nw.LazyFrame]]] = {
    "category_line_totals": (
        category_lines.category_totals,
        lambda t: category_lines.category_totals(
            t["transactions"], t["products"], window=Window(AS_OF_DAY - 200, AS_OF_DAY)
        ),
    ),
    "section_sales": (
        sections.section_sales,
        lambda t: sections.section_sales(
            t["transactions"],
            t["products"],
            people(t),
            window=Window(AS_OF_DAY - 99, AS_OF_DAY),
            by=["kind", "region", "category"],
        ),
    ),
    "section_buyers": (
        sections.section_buyers,
        lambda t: sections.section_buyers(
            t["transactions"],
            people(t),
            window=Window(AS_OF_DAY - 99, AS_OF_DAY),
            by=["kind", "region"],
        ),
    ),
    "group_section_sales": (
        sections.group_section_sales,
        lambda t: sections.group_section_sales(
            t["transactions"],
            t["products"],
            people(t),
            t["memberships"].select("customer_id", segment=nw.col("programme")),
            some_sections(t),
            as_of_day=AS_OF_DAY,
            window_days=400,
        ),
    ),
    "group_section_sales of no section": (
        sections.group_section_sales,
        lambda t: sections.group_section_sales(
            t["transactions"],
            None,
            None,
            t["memberships"].select("customer_id", segment=nw.col("programme")),
            some_sections(t).filter(nw.col("region") == "nowhere"),
            as_of_day=AS_OF_DAY,
            window_days=400,
        ),
    ),
    "group_section_sales where nothing makes a section": (
        sections.group_section_sales,
        lambda t: sections.group_section_sales(
            t["transactions"].drop("region"),
            None,
            None,
            t["memberships"].select("customer_id", segment=nw.col("programme")),
            some_sections(t).select("section"),
            as_of_day=AS_OF_DAY,
            window_days=400,
        ),
    ),
    "recency_frequency_value": (
        rfm.recency_frequency_value,
        lambda t: rfm.recency_frequency_value(
            t["transactions"], as_of_day=AS_OF_DAY, window_days=200
        ),
    ),
    "customer_category_lines": (
        category_lines.customer_category_lines,
        lambda t: category_lines.customer_category_lines(
            t["transactions"],
            t["products"],
            as_of_day=AS_OF_DAY,
            window_days=200,
            categories=["tea", "Tea", "wine"],
        ),
    ),
    "customer_category_lines of no category": (
        category_lines.customer_category_lines,
        lambda t: category_lines.customer_category_lines(
            t["transactions"],
            t["products"],
            as_of_day=AS_OF_DAY,
            window_days=200,
            categories=[],
        ),
    ),
    "category_sales of buyers": (
        category_use.category_sales,
        lambda t: category_use.category_sales(
            t["transactions"], t["products"], window=Window(AS_OF_DAY - 200, AS_OF_DAY)
        ),
    ),
    "category_use": (category_use.category_use, lambda t: used_categories(t)),
    "category_counts": (
        category_use.category_counts,
        lambda t: category_use.category_counts(
            t["transactions"],
            t["products"],
            as_of_day=AS_OF_DAY - 100,
            categories=["tea", "Bread", "Ärmel"],
            before_days=150,
        ),
    ),
    "category_use after the day": (
        category_use.category_use,
        lambda t: used_categories(t, after_days=60),
    ),
    "among_customers": (
        collect.among_customers,
        lambda t: rfm.recency_frequency_value(
            collect.among_customers(t["transactions"], t["memberships"]),
            as_of_day=AS_OF_DAY,
            window_days=200,
        ),
    ),
    "by_bucket": (
        collect.by_bucket,
        lambda t: nw.concat(
            list(
                collect.by_bucket(
                    rfm.recency_frequency_value,
                    t["transactions"],
                    buckets=[
                        lambda frame: frame.filter(nw.col("customer_id") < "c"),
                        lambda frame: frame.filter(~(nw.col("customer_id") < "c")),
                    ],
                    as_of_day=AS_OF_DAY,
                    window_days=200,
                )
            ),
            how="vertical",
        ),
    ),
}
