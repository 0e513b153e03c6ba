"""Weeks, cells and causes: what forecast and controlling add up."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import narwhals as nw

from crmlib.features import controlling, dimensions, weekly
from crmlib.periods import Window
from tests.conformance.tables import AS_OF_DAY

Frames = Mapping[str, nw.LazyFrame]
SIDES = ["category", "region", "channel", "account_manager"]
WINDOWS = {"current": Window(AS_OF_DAY - 149, AS_OF_DAY),
           "before": Window(AS_OF_DAY - 299, AS_OF_DAY - 150)}  # fmt: skip


def people(t: Frames) -> nw.LazyFrame:
    """Customers with an account manager: whoever has a membership, by its tier."""
    return t["memberships"].group_by("customer_id").agg(nw.col("tier").max().alias(SIDES[-1]))


def sided(t: Frames) -> nw.LazyFrame:
    return dimensions.with_dimensions(t["transactions"], t["products"], people(t), by=SIDES)


def history(t: Frames) -> nw.LazyFrame:
    return weekly.weekly_history(
        t["transactions"], t["products"], people(t), last_day=AS_OF_DAY, n_weeks=30, by=SIDES,
        n_parts=1,
    )  # fmt: skip


def cells(t: Frames) -> nw.LazyFrame:
    return controlling.cell_sales(
        t["transactions"], t["products"], people(t), by=[["category"], SIDES],
        year=Window(AS_OF_DAY - 200, AS_OF_DAY), **WINDOWS,
    )  # fmt: skip


CASES: dict[str, tuple[Callable[..., nw.LazyFrame], Callable[[Frames], nw.LazyFrame]]] = {
    "with_dimensions": (dimensions.with_dimensions, sided),
    "weekly_history": (weekly.weekly_history, history),
    "weekly_history, bare": (
        weekly.weekly_history,
        lambda t: weekly.weekly_history(t["transactions"], last_day=AS_OF_DAY, n_weeks=9),
    ),
    "cell_sales": (controlling.cell_sales, cells),
    "change_cube": (
        controlling.change_cube,
        lambda t: controlling.change_cube(
            t["transactions"], t["products"], people(t), by=SIDES, **WINDOWS
        ),
    ),
    "change_cube, bare": (
        controlling.change_cube,
        lambda t: controlling.change_cube(t["transactions"], by=[], **WINDOWS),
    ),
    "month_sales": (
        controlling.month_sales,
        lambda t: controlling.month_sales(t["transactions"], window=WINDOWS["before"]),
    ),
}
