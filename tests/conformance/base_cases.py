"""Cases of the features of the customer base: growth, margin, lifecycle, key accounts."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import narwhals as nw

from crmlib.features import accounts, coverage, lifecycle, margin, sales
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


def answers(t: Frames) -> nw.LazyFrame:
    """Contacts, as answers about the share of wallet."""
    return t["contacts"].select(
        nw.col("customer_id").alias("respondent_id"),
        nw.col("occurred_day").alias("answered_day"),
        (nw.col("cost_cents") / 1000).alias("wallet_share"),
        nw.lit("customer").alias("respondent_kind"),
    )


CASES: dict[str, Case] = {
    "daily_rows": (
        coverage.daily_rows,
        lambda t: coverage.daily_rows(t["complaints"], day="resolved_day"),
    ),
    "of_customers": (
        accounts.of_customers,
        lambda t: accounts.of_customers(t["transactions"], ["a", "Ünal"]),
    ),
    "account_attributes": (
        accounts.account_attributes,
        lambda t: accounts.account_attributes(t["memberships"].select("customer_id")),
    ),
    "quarterly_sales": (
        accounts.quarterly_sales,
        lambda t: accounts.quarterly_sales(t["transactions"], as_of_day=AS_OF_DAY),
    ),
    "category_sales": (
        accounts.category_sales,
        lambda t: accounts.category_sales(t["transactions"], t["products"], window=CURRENT),
    ),
    "latest_wallet_share": (
        accounts.latest_wallet_share,
        lambda t: accounts.latest_wallet_share(answers(t), as_of_day=AS_OF_DAY),
    ),
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
