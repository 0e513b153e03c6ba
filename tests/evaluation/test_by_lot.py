"""Customers dealt out by lot: whole chains from order lines to findings find next to nothing."""

from __future__ import annotations

import narwhals as nw
import numpy as np
import pandas as pd
import pytest

from crmlib.database import load
from crmlib.database.engine import open_engine
from crmlib.evaluation.favourites import clear_favourites, later_index
from crmlib.evaluation.preferences import collect_choices, likeness, preferred
from crmlib.evaluation.regions import (
    compare_places,
    mix_of_places,
    pooled_cells,
    pooled_places,
)
from crmlib.features.collect import collect
from crmlib.features.favourites import (
    bought_later,
    category_cells,
    favourite_categories,
    favourite_mix,
)
from crmlib.features.places import place_categories, place_customers, place_totals
from crmlib.features.purchases import described_lines, timed_lines
from crmlib.periods import day_number, parse_day, window_before
from crmlib.settings import Settings
from crmlib.simulation.company import simulate_company

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def shop(tmp_path_factory) -> dict[str, pd.DataFrame]:
    """Tables of a simulated company in which regions and target groups are planted."""
    folder = tmp_path_factory.mktemp("company")
    simulate_company(folder / "company", n_customers=1_500, n_months=18, seed=5)
    snapshot = load(Settings(folder=folder, source=str(folder / "company")))
    day = day_number(parse_day(snapshot.report.last_day))
    engine = open_engine()
    names = ("transactions", "products", "customers")
    tables = {name: collect(engine.table(snapshot, name, as_of_day=day)) for name in names}
    return tables | {"window": window_before(day, n_days=365)}


def lazy(frame: pd.DataFrame) -> nw.LazyFrame:
    return nw.from_native(frame).lazy()


def found_in_regions(shop, rng) -> tuple[bool, bool]:
    customers = shop["customers"]
    dealt = customers.assign(region=rng.permutation(customers["region"].to_numpy()))
    lines, people, window = lazy(shop["transactions"]), lazy(dealt), shop["window"]
    totals = collect(place_totals(place_customers(lines, people, window=window)))
    totals = pooled_places(totals, min_customers=30)
    cells = collect(place_categories(lines, lazy(shop["products"]), people, window=window))
    mix = mix_of_places(pooled_cells(cells, totals), totals, categories=10, rng=rng)
    measures = compare_places(totals, rng=rng).measures
    return bool(measures["is_different"].any()), bool(mix["is_different"].any())


def test_regions_by_lot_do_not_differ(shop):
    """At most one deal in ten shows a region, or a category of one, that seems to differ."""
    found = np.array([found_in_regions(shop, np.random.default_rng(seed)) for seed in range(30)])
    assert (found.sum(axis=0) <= 3).all()


def test_orders_by_lot_show_no_preference(shop):
    """Orders dealt out to customers: what target groups prefer is gone, and nobody prefers."""
    alarms, indices = 0, []
    for seed in range(10):
        rng = np.random.default_rng(seed)
        lines = shop["transactions"]
        lines = lines[lines["customer_id"].notna() & (lines["quantity"] > 0)]
        orders = lines.drop_duplicates("transaction_id")
        owners = rng.permutation(orders["customer_id"].to_numpy())
        dealt = dict(zip(orders["transaction_id"], owners, strict=True))
        frame = lazy(lines.assign(customer_id=lines["transaction_id"].map(dealt)))
        products, window = lazy(shop["products"]), shop["window"]
        goods = described_lines(frame, products, window=window)
        banded = described_lines(frame, products, window=window, with_bands=True)
        timed = timed_lines(frame, window=window, zone="UTC")
        aspects = collect_choices(collect, goods=goods, banded=banded, timed=timed)
        cells = category_cells(goods, by_half=True)
        mix = collect(favourite_mix(cells))
        options = {"n_categories": mix["category"].nunique()}
        favourites = clear_favourites(
            collect(favourite_categories(category_cells(goods, by_half=False))),
            likeness=likeness(aspects[0]),
            **options,
        )
        clear = [favourites, *(preferred(one) for one in aspects)]
        alarms += any(bool(table["is_clear"].any()) for table in clear)
        later = later_index(collect(bought_later(cells)), mix, false_share=1.0, **options)
        indices.append(later["later_index"].iloc[0])
    assert alarms <= 1
    assert np.mean(indices) == pytest.approx(100, abs=5)
