"""Importance derived from answers: shares by hand, planted weights covered, nought not found."""

import itertools

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from crmlib.errors import NotEnoughDataError, ParameterError
from crmlib.models.drivers import correlation_beyond_level, driver_importance, shares_of_r2
from tests.sources.mapped import DATA

WEIGHTS = {"speed": 0.5, "taste": 0.3, "price": 0.2, "doors": 0.0, "music": 0.0}


def answered(seed, *, n=600, halo=0.0, weights=WEIGHTS):
    """Ratings with a part in common, and an outcome that follows from them and from chance."""
    rng = np.random.default_rng(seed)
    common = rng.normal(0, 1, (n, 1))
    x = np.sqrt(halo) * common + np.sqrt(1 - halo) * rng.normal(0, 1, (n, len(weights)))
    ratings = pd.DataFrame(x, columns=list(weights))
    outcome = pd.Series(x @ np.array(list(weights.values())) + rng.normal(0, 0.6, n))
    return ratings, outcome


def importance(seed, **options):
    ratings, outcome = answered(seed, **options)
    found = driver_importance(ratings, outcome, rng=np.random.default_rng(1), n_resamples=200)
    return found.set_index("attribute")


def by_orders(correlation):
    """Shares as the mean over all orders of what each attribute adds, one by one."""
    p = len(correlation) - 1
    shares = np.zeros(p)
    orders = list(itertools.permutations(range(p)))
    for order in orders:
        before = 0.0
        for k in range(1, p + 1):
            chosen = list(order[:k])
            own = correlation[chosen, p]
            r2 = own @ np.linalg.solve(correlation[np.ix_(chosen, chosen)], own)
            shares[order[k - 1]] += (r2 - before) / len(orders)
            before = r2
    return shares


class TestShares:
    def test_by_all_orders(self):
        ratings, outcome = answered(1, halo=0.5)
        correlation = np.corrcoef(ratings.assign(y=outcome), rowvar=False)
        found = shares_of_r2(correlation[None])[0]
        np.testing.assert_allclose(found, by_orders(correlation), atol=1e-12)

    def test_many_attributes_without_correlation_have_their_squared_ones(self):
        """Above ten attributes the shares are Johnson's; here both are the squares."""
        p = 12
        correlation = np.eye(p + 1)
        correlation[:p, p] = correlation[p, :p] = np.linspace(0.05, 0.3, p)
        found = shares_of_r2(correlation[None])[0]
        np.testing.assert_allclose(found, np.linspace(0.05, 0.3, p) ** 2, atol=1e-12)

    def test_both_ways_add_up_to_r_squared_and_are_close(self):
        ratings, outcome = answered(2, halo=0.4)
        rng = np.random.default_rng(3)
        again = [(ratings + rng.normal(0, s, (600, 5))).add_suffix(f"_{s}") for s in (1, 2)]
        more = ratings.join(again)
        for x in (more.iloc[:, :10], more):
            found = shares_of_r2(np.corrcoef(x.assign(y=outcome), rowvar=False)[None])[0]
            r2 = sm.OLS(outcome, sm.add_constant(x)).fit().rsquared
            assert found.sum() == pytest.approx(r2)
            assert (found > 0).all()


class TestImportance:
    def test_planted_weights_are_ranked_and_covered(self):
        found = importance(4, n=1_500)
        assert found.index[:3].tolist() == ["speed", "taste", "price"]
        total = sum(weight**2 for weight in WEIGHTS.values())
        for name in ("speed", "taste", "price"):
            share = WEIGHTS[name] ** 2 / total
            assert found.loc[name, "low_share"] < share < found.loc[name, "high_share"]
        assert found["is_driver"].to_dict() == {name: bool(w) for name, w in WEIGHTS.items()}
        assert found["importance_share"].sum() == pytest.approx(1)
        assert found.loc["speed", "slope"] == pytest.approx(0.5, abs=0.06)

    def test_a_weight_of_nought_is_no_driver_though_it_goes_with_the_others(self):
        """With a halo an attribute without weight correlates, and is still no driver."""
        found = [importance(seed, halo=0.4, n=400) for seed in range(30)]
        false = [table.loc[["doors", "music"], "is_driver"].any() for table in found]
        assert np.mean(false) <= 0.1
        assert all(table.loc["speed", "is_driver"] for table in found)

    def test_nothing_is_found_where_nothing_is(self):
        none = dict.fromkeys(WEIGHTS, 0.0)
        alarms = [importance(seed, weights=none, n=300)["is_driver"].any() for seed in range(40)]
        assert np.mean(alarms) <= 0.1

    def test_scale_and_order_of_rows_do_not_matter(self):
        ratings, outcome = answered(5)
        first = driver_importance(ratings, outcome, rng=np.random.default_rng(1))
        other = driver_importance(
            10 * ratings.iloc[::-1] + 3, 2 * outcome.iloc[::-1] - 1, rng=np.random.default_rng(1)
        )
        names = ["attribute", "weight", "importance_share", "p_adjusted", "is_driver"]
        pd.testing.assert_frame_equal(first[names], other[names])

    def test_a_large_survey_is_resampled_in_blocks(self):
        found = importance(6, n=20_000)
        width = found.loc["speed", "high_share"] - found.loc["speed", "low_share"]
        small = importance(6, n=1_250)
        wide = small.loc["speed", "high_share"] - small.loc["speed", "low_share"]
        assert wide / width == pytest.approx(4, rel=0.35)

    def test_attributes_few_judged_and_rows_with_gaps_are_left_out(self):
        ratings, outcome = answered(7)
        ratings.loc[ratings.index[:400], "music"] = np.nan
        ratings.loc[ratings.index[:50], "speed"] = np.nan
        found = driver_importance(ratings, outcome, rng=np.random.default_rng(1), n_resamples=20)
        assert set(found["attribute"]) == set(WEIGHTS) - {"music"}
        assert found["n_answers"].eq(550).all()

    def test_refusals(self):
        ratings, outcome = answered(8, n=50)
        rng = np.random.default_rng(1)
        with pytest.raises(NotEnoughDataError, match=r"have 50 respondents.* need 60"):
            driver_importance(ratings, outcome, rng=rng)
        with pytest.raises(NotEnoughDataError, match="have 0 respondents"):
            driver_importance(ratings.iloc[:0], outcome.iloc[:0], rng=rng)
        ratings, outcome = answered(8, n=100)
        with pytest.raises(NotEnoughDataError, match="same for all"):
            driver_importance(ratings, outcome * 0, rng=rng)
        with pytest.raises(ParameterError, match="different indexes"):
            driver_importance(ratings, outcome.iloc[::-1], rng=rng)

    @pytest.mark.slow
    def test_intervals_of_shares_cover(self):
        truth = WEIGHTS["taste"] ** 2 / sum(weight**2 for weight in WEIGHTS.values())
        hits = []
        for seed in range(200):
            row = importance(seed, n=500).loc["taste"]
            hits.append(row["low_share"] < truth < row["high_share"])
        assert 0.91 <= np.mean(hits) <= 0.99


class TestAdvertisers:
    """1,811 advertisers: what drives overall satisfaction (q1), and what scale usage changes."""

    @pytest.fixture
    def answers(self):
        file = DATA / "customer_satisfaction" / "customerSat.csv"
        if not file.exists():
            pytest.skip("the data set customer_satisfaction is not in ../shared/data")
        return pd.read_csv(file)

    def test_drivers(self, answers):
        found = driver_importance(
            answers.drop(columns="q1"), answers["q1"], rng=np.random.default_rng(1)
        )
        assert found.attrs["r2"] == pytest.approx(0.7167, abs=5e-5)
        assert found["attribute"].tolist()[:3] == ["q4", "q6", "q2"]
        shares = found.set_index("attribute")["importance_share"]
        assert shares["q4"] == pytest.approx(0.2252, abs=5e-5)
        drivers = set(found.loc[found["is_driver"], "attribute"])
        assert drivers == {"q2", "q4", "q6", "q7"}
        alone = answers.drop(columns="q1").corrwith(answers["q1"])
        assert (alone > 0.4).all()  # every attribute seems to matter by itself

    def test_the_general_level_of_a_respondent_changes_the_ranking(self, answers):
        ratings, overall = answers.drop(columns="q1"), answers["q1"]
        plain = ratings.corrwith(overall).sort_values(ascending=False)
        beyond = correlation_beyond_level(ratings, overall).sort_values(ascending=False)
        assert plain.index[:5].tolist() == ["q4", "q6", "q5", "q2", "q3"]
        assert beyond.index[:5].tolist() == ["q4", "q6", "q2", "q3", "q5"]
        assert (beyond[["q8", "q9", "q10"]] < 0).all()


def test_correlation_beyond_level_by_hand():
    ratings, outcome = answered(9, halo=0.6)
    level = ratings.drop(columns="speed").mean(axis=1)
    design = np.column_stack([np.ones(len(level)), level])
    rest = [v - design @ np.linalg.lstsq(design, v)[0] for v in (ratings["speed"], outcome)]
    found = correlation_beyond_level(ratings, outcome)
    assert found["speed"] == pytest.approx(np.corrcoef(*rest)[0, 1])
    with pytest.raises(NotEnoughDataError, match="two attributes"):
        correlation_beyond_level(ratings[["speed"]], outcome)
