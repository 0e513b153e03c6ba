"""The chapter on visitors on three real sites, none of which records a sale."""

from collections import Counter
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from crmlib.database.engine import open_engine
from crmlib.evaluation import visit_findings
from crmlib.features import paths, visits
from crmlib.features.baskets import basket_pairs
from crmlib.features.collect import collect
from crmlib.models.viewed import viewed_together
from crmlib.periods import Window, day_number, parse_day
from crmlib.schema import TABLES
from tests.sources.mapped import DATA, take_in_public


class Site:
    """The tables of a site, as the chapter reads them; those it lacks are empty."""

    def __init__(self, taken, *, first: str, last: str) -> None:
        self.window = Window(day_number(parse_day(first)), day_number(parse_day(last)))
        engine, day = open_engine(), self.window.last_day
        self.tables = {
            name: engine.table(taken.snapshot, name, as_of_day=day)
            if name in taken.tables
            else engine.empty(TABLES[name])
            for name in ("visits", "visit_events", "products", "transactions")
        }
        self.visited = visits.visit_rows(
            self.tables["visits"],
            self.tables["visit_events"],
            self.tables["transactions"],
            window=self.window,
        )

    @property
    def looked(self) -> visit_findings.Looked:
        return visit_findings.looked(
            collect,
            self.visited,
            self.tables["visit_events"],
            self.tables["transactions"],
            as_of_day=self.window.last_day,
        )

    def pairs(self, item: str) -> pd.DataFrame:
        seen = paths.views(
            self.visited, self.tables["visit_events"], self.tables["products"], item=item
        )
        last = self.window.last_day
        return collect(basket_pairs(seen, as_of_day=last, item="item", min_baskets=20))


@pytest.fixture
def shoppers(tmp_path):
    taken = take_in_public("online_shoppers", "online_shoppers", tmp_path)
    return Site(taken, first="2017-01-01", last="2017-12-31")


def test_online_shoppers_buy_in_15_percent_of_the_visits(shoppers):
    found = shoppers.looked
    assert found.steps == ("enter", "buy")
    step = found.drop_outs.iloc[0]
    assert (step["n_visits"], step["n_visits"] - step["n_ended"]) == (12_330, 1_908)
    assert round(100 * (1 - step["ended_rate"]), 2) == 15.47
    assert 1 - step["high_rate"] == pytest.approx(0.1485, abs=5e-5)
    assert found.paid.empty  # no sale is on record: no money is told
    assert found.sources["net_amount"].sum() == 0


def test_new_visitors_buy_more_often_than_those_who_return(shoppers):
    """24.91 % against 13.93 %; by month from 1.6 % in February to 25.4 % in November."""
    found = shoppers.looked
    kind = found.sources["source"].str.split(" ").str[0]
    by_kind = found.sources.groupby(kind)[["n_trials", "n_successes"]].sum()
    rate = (100 * by_kind["n_successes"] / by_kind["n_trials"]).round(2)
    assert rate.to_dict() == {"New_Visitor": 24.91, "Other": 18.82, "Returning_Visitor": 13.93}
    months = found.months.set_index("month_on")
    raw = pd.read_csv(DATA / "online_shoppers" / "online_shoppers_intention.csv", sep=";")
    assert months.loc["2017-11", "n_successes"] == raw[raw["Month"] == "Nov"]["Revenue"].sum()
    assert months.loc["2017-11", "success_rate"] == pytest.approx(0.2535, abs=5e-5)
    assert months["success_rate"].idxmin() == "2017-02"
    assert len(months) == 10


def test_many_sources_are_looked_at_and_few_differ(shoppers):
    """Of 40 pairs of visitor and traffic, those called different stand beyond chance."""
    sources = shoppers.looked.sources
    called = sources[sources["verdict"] != "as the rest"]
    assert 5 <= len(called) < len(sources) / 2
    assert called["n_trials"].min() >= 10
    ends = called[["low_rate", "high_rate"]].to_numpy()
    assert not ((ends[:, 0] < 0.1547) & (ends[:, 1] > 0.1547)).all()


def by_hand(visit: pd.Series, item: pd.Series) -> Counter:
    """Count pairs in the sets of each visit, one visit after the other."""
    sets = item.groupby(visit).agg(lambda one: sorted(set(one)))
    return Counter(pair for one in sets for pair in combinations(one, 2))


def test_areas_of_a_site_that_are_looked_at_together(tmp_path):
    site = Site(take_in_public("msweb", "msweb", tmp_path), first="1998-02-01", last="1998-02-28")
    pairs = site.pairs("product_id")
    raw = pd.read_parquet(DATA / "msweb" / "visits.parquet")
    visit = raw["part"] + raw["visitor_id"].astype(str)
    expected = {
        pair: n for pair, n in by_hand(visit, raw["vroot_id"].astype(str)).items() if n >= 20
    }
    found = {(row.item_a, row.item_b): row.n_both for row in pairs.itertuples()}
    assert found == expected
    titled = site.pairs("category").nlargest(1, "n_both").iloc[0]
    assert titled[["item_a", "item_b", "n_both"]].tolist() == [
        "Free Downloads", "Internet Explorer", 6_092,
    ]  # fmt: skip
    assert (titled["n_a"], titled["n_b"], titled["n_baskets"]) == (12_511, 10_824, 37_711)
    best = viewed_together(pairs).iloc[0]
    assert best["lift"] == pytest.approx(6_092 * 37_711 / (12_511 * 10_824))
    found = site.looked
    assert found.steps == ("enter", "view")
    assert found.sources.empty  # nobody is said not to buy where no purchase is recorded
    assert found.drop_outs["n_ended"].tolist() == [0]


def test_documents_that_are_downloaded_together(tmp_path):
    taken = take_in_public("epub_downloads", "epub_downloads", tmp_path, time_zone="Europe/Vienna")
    site = Site(taken, first="2003-01-01", last="2008-12-31")
    pairs = site.pairs("product_id")
    raw = pd.read_parquet(DATA / "epub_downloads" / "session_documents.parquet")
    counted = by_hand(raw["session_id"], raw["doc_id"])
    found = {(row.item_a, row.item_b): row.n_both for row in pairs.itertuples()}
    assert found == {pair: n for pair, n in counted.items() if n >= 20}
    best = viewed_together(pairs).iloc[0]
    assert best[["item_a", "item_b", "n_visits"]].tolist() == ["doc_72f", "doc_813", 64]
    follow, ways = visit_findings.ways(
        collect, site.tables["visits"], site.tables["visit_events"], window=site.window
    )
    assert ways[["way", "n_visits"]].values.tolist() == [["view", 15_732]]
    assert follow["next_share"].eq(1).all()
    searched = visit_findings.searched(
        collect,
        site.visited,
        site.tables["visit_events"],
        site.looked.paid,
        min_visits=10,
        rng=np.random.default_rng(0),
    )
    assert searched.terms.empty
