"""What target groups are made from."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import narwhals as nw

from crmlib.features import category_lines, rfm
from crmlib.periods import Window
from tests.conformance.tables import AS_OF_DAY

Frames = Mapping[str, nw.LazyFrame]

CASES: dict[str, tuple[Callable[..., nw.LazyFrame], Callable[[Frames], nw.LazyFrame]]] = {
    "category_totals": (
        category_lines.category_totals,
        lambda t: category_lines.category_totals(
            t["transactions"], t["products"], window=Window(AS_OF_DAY - 200, AS_OF_DAY)
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
}
