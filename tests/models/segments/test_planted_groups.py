"""Target groups of a company whose groups are known, in six iterations."""

import itertools

import narwhals as nw
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from crmlib.evaluation.movers import split_of_movers
from crmlib.features.category_lines import category_totals, customer_category_lines
from crmlib.features.collect import collect
from crmlib.models import target_groups
from crmlib.models.target_groups import NOT_GROUPED
from crmlib.periods import Window, day_number, parse_day
from crmlib.simulation.company import simulate_company

MIN_LINES = 15
DAYS = ("2024-07-31", "2024-08-31", "2024-09-30", "2024-10-31", "2024-11-30", "2024-12-31")


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    folder = tmp_path_factory.mktemp("planted") / "company"
    simulate_company(folder, n_customers=3_000, n_months=24, seed=5)
    tables = [pd.read_parquet(folder / f"{name}.parquet") for name in ("transactions", "products")]
    days = pd.to_datetime(tables[0]["occurred_at"]).dt.tz_localize(None).dt.normalize()
    tables[0]["occurred_day"] = (days - pd.Timestamp("1970-01-01")).dt.days
    tables[0]["net_cents"] = (tables[0]["net_amount"].astype(float) * 100).round().astype(int)
    truth = pd.read_parquet(folder / "truth" / "customers.parquet")
    lazy = [nw.from_native(table).lazy() for table in tables]
    return *lazy, truth.set_index("customer_id")["segment"]


def mix_on(company, day):
    lines, products, _ = company
    number = day_number(parse_day(day))
    totals = collect(category_totals(lines, products, window=Window(number - 729, number)))
    named = target_groups.leading_categories(totals, None, most=24)
    counts = collect(
        customer_category_lines(
            lines, products, as_of_day=number, window_days=730, categories=named
        )
    )
    return target_groups.category_mix(counts, named)


def agreement(found, truth):
    grouped = found.members[found.members != NOT_GROUPED]
    return adjusted_rand_score(truth.loc[grouped.index], grouped), len(grouped)


def iterations(company, days):
    """Run the chapter's steps for one day after the other, each knowing the one before."""
    before, stored, kept = target_groups.earlier_members(pd.DataFrame()), None, []
    for day in days:
        mix = mix_on(company, day)
        divided = target_groups.divide(mix, min_lines=MIN_LINES, stored=stored)
        found = target_groups.keep_names(divided, before)
        old = target_groups.on_new_data(stored, mix, min_lines=MIN_LINES)
        kept.append((found, split_of_movers(before, old, found.members)))
        before, stored = found.members, found.stored
    return kept


def test_planted_groups_come_back(company):
    found = target_groups.divide(mix_on(company, DAYS[-1]), min_lines=MIN_LINES)
    rand, n = agreement(found, company[2])
    assert n > 1_200
    assert rand >= 0.8


@pytest.mark.slow
def test_names_last_over_six_iterations(company):
    kept = iterations(company, DAYS)
    names = [set(found.names.values()) for found, _ in kept]
    for old, new in itertools.pairwise(names):
        assert len(old & new) >= min(len(old), len(new)) - 1
    assert len(set.intersection(*names)) >= min(len(one) for one in names) - 1
    assert all(agreement(found, company[2])[0] >= 0.75 for found, _ in kept[2:])
    assert kept[0][1].empty
    for _, split in kept[1:]:
        assert split["customer_share"].sum() == pytest.approx(1)
        assert split["customer_share"].iloc[0] > 0.6
