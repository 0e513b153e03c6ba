"""Cases of the features of the customer base: growth, margin, lifecycle, key accounts."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import narwhals as nw

from crmlib.features import lifecycle, margin, sales
from crmlib.periods import Window
from tests.conformance.tables import AS_OF_DAY

Frames = Mapping[str, nw.LazyFrame]
Case = tuple[Callable[..., nw.LazyFrame], Callable[[Frames], nw.LazyFrame]]

CURRENT = Window(AS_OF_DAY - 89, AS_OF_DAY)
PERIODS = {"period_days": 60, "n_periods": 3, "lapse_days": 90}


def with_costs(t: Frames) -> nw.LazyFrame:
    """Lines of which some have a cost of their own."""
    cost = nw.when(nw.col("quantity") > 1).then(50)
    return t["transactions"].with_columns(cost.alias("unit_cost_cents"))


def costs(t: Frames) -> nw.LazyFrame:
    """Products of which some have a cost."""
    cost = nw.when(~nw.col("category").is_null()).then(70)
    return t["products"].with_columns(cost.alias("unit_cost_cents"))


CASES: dict[str, Case] = {
    "product_sales_in_two_windows": (
        sales.product_sales_in_two_windows,
        lambda t: sales.product_sales_in_two_windows(t["transactions"], current=CURRENT),
    ),
    "with_margin": (margin.with_margin, lambda t: margin.with_margin(with_costs(t), costs(t))),
    "customer_margins": (
        margin.customer_margins,
        lambda t: margin.customer_margins(with_costs(t), costs(t), window=CURRENT),
    ),
    "customer_margins, bare": (
        margin.customer_margins,
        lambda t: margin.customer_margins(t["transactions"], window=CURRENT),
    ),
    "spending_by_period": (
        lifecycle.spending_by_period,
        lambda t: lifecycle.spending_by_period(t["transactions"], as_of_day=AS_OF_DAY, **PERIODS),
    ),
}
