"""Rates of complaints: exact intervals, shrinkage, and nothing found where nothing is."""

import numpy as np
import pandas as pd
import pytest

from crmlib.evaluation.complaint_rates import group_rates, monthly_rates

SQUARES = ["orders_squared", "orders_complaints", "complaints_squared"]


def counted(y, n, *, dimension="region", per_customer=10):
    """Counts of groups whose customers place so many orders each, complaints spread by chance."""
    y, n = np.asarray(y), np.asarray(n)
    groups = pd.DataFrame(
        {"dimension": dimension, "group": [f"g{k}" for k in range(len(n))], "n_orders": n}
    )
    groups = groups.assign(n_customers=n // per_customer, n_complaints=y, n_complainers=y)
    groups = groups.assign(**dict.fromkeys(SQUARES, 0))
    total = groups.assign(dimension="all", group="all")
    total = total.groupby(["dimension", "group"], as_index=False).sum()
    total["orders_squared"] = per_customer * total["n_orders"]
    total["orders_complaints"] = per_customer * total["n_complaints"]
    total["complaints_squared"] = total["n_complaints"]
    return pd.concat([total, groups], ignore_index=True)


class TestMonths:
    MONTHS = pd.DataFrame(
        {"month": [24_289, 24_291, 24_292], "n_orders": [1000, 500, 9], "n_complaints": [10, 0, 3]}
    )

    def test_garwoods_interval_and_the_months_between(self):
        """Ten cases: 4.795 to 18.390 (Garwood 1936); none: up to 3.689."""
        found = monthly_rates(self.MONTHS, last_complete_month=24_291)
        assert found["month_on"].tolist() == ["2024-02", "2024-03", "2024-04"]
        assert found["raw_per_1000"].iloc[0] == 10.0
        assert found["low_per_1000"].iloc[0] == pytest.approx(4.795, abs=5e-4)
        assert found["high_per_1000"].iloc[0] == pytest.approx(18.390, abs=5e-4)
        assert found["raw_per_1000"].isna().tolist() == [False, True, False]
        assert found["high_per_1000"].iloc[2] == pytest.approx(3.6889 / 0.5, abs=5e-4)

    def test_no_month_at_all(self):
        assert monthly_rates(self.MONTHS, last_complete_month=24_000).empty


class TestGroups:
    def test_a_small_group_is_drawn_towards_all(self):
        found = group_rates(counted([200, 210, 3], [10_000, 10_000, 40])).set_index("group")
        assert found.loc["g2", "raw_per_1000"] == 75.0
        assert found.loc["g2", "shrunk_per_1000"] < 25
        assert found.loc["g0", "shrunk_per_1000"] == pytest.approx(20.3, abs=0.4)
        assert (found["low_per_1000"] < found["shrunk_per_1000"]).all()

    def test_a_group_that_complains_twice_as_often_is_found(self):
        found = group_rates(counted([200, 400, 205, 190], [10_000] * 4)).set_index("group")
        assert found["is_different"].tolist().count(True) >= 1
        assert found.loc["g1", "is_different"]
        low, high = found.loc["g1", ["low_per_1000", "high_per_1000"]]
        assert low < 40 < high

    def test_few_customers_who_complain_often_prove_little(self):
        """The same counts with a fourfold dispersion over customers widen every interval."""
        even = counted([200, 260], [10_000, 10_000])
        uneven = even.copy()
        uneven.loc[0, "complaints_squared"] = 4 * even.loc[0, "complaints_squared"]
        first, second = group_rates(even), group_rates(uneven)
        assert (second["p_adjusted"] > first["p_adjusted"]).all()
        assert first["is_different"].any()
        assert not second["is_different"].any()

    def test_order_of_the_rows_does_not_matter(self):
        counts = counted([20, 40, 3], [1_000, 900, 40])
        pd.testing.assert_frame_equal(group_rates(counts), group_rates(counts.iloc[::-1]))

    def test_nothing_is_found_where_nothing_is(self):
        """Of 60 seeds with twelve equal groups at most a tenth calls any group different."""
        rng = np.random.default_rng(5)
        n = np.array([200, 400, 800, 1600, 3200, 6400] * 2)
        alarms = [
            group_rates(counted(rng.poisson(0.02 * n), n))["is_different"].any() for _ in range(60)
        ]
        assert np.mean(alarms) <= 0.1

    def test_intervals_cover_rates_that_differ(self):
        rng = np.random.default_rng(6)
        n = np.tile([300, 1_000, 4_000], 6)
        hits = []
        for _ in range(40):
            rate = rng.gamma(16, 0.02 / 16, len(n))
            found = group_rates(counted(rng.poisson(rate * n), n)).set_index("group")
            found = found.loc[[f"g{k}" for k in range(len(n))]]
            low, high = (found[name].to_numpy() for name in ("low_per_1000", "high_per_1000"))
            hits.append(((low < 1000 * rate) & (1000 * rate < high)).mean())
        assert 0.92 <= np.mean(hits) <= 0.99

    @pytest.mark.parametrize("y", [[0, 0], [5]])
    def test_nothing_to_compare(self, y):
        assert group_rates(counted(y, [100] * len(y))).empty
