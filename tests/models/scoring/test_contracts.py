"""Loss under contract: who can be lost, the survival curve by hand, a planted hazard found."""

import numpy as np
import pandas as pd
import pytest

from crmlib.decisions import loss_score
from crmlib.models.scoring import ended_after, under_contract, under_contract_now
from crmlib.models.scoring.days import ScoreDays

DAYS = ScoreDays((640, 730), 820, 910, 90)
LIMITS = {"horizon_days": DAYS.horizon_days}


def test_the_risk_is_that_of_the_survival_curve_of_contracts_as_long():
    """Lengths 10 x 100 days, half of which end on day 50: S(50) / S(20) = 1 / 2, then no more."""
    names = [f"c{k}" for k in range(60)]
    tenure = pd.DataFrame({"tenure_days": [100] * 40 + [20] * 20}, index=names)
    ended = pd.DataFrame({"left_day": [950] * 20}, index=names[:20])  # 50 days before day 1000
    kept = under_contract({1000: tenure}, {1000: ended}, horizon_days=30)[1000]
    assert list(kept.index) == names[20:]
    assert kept.loc[names[40], "survival_risk"] == pytest.approx(0.5)  # S(20) = 1, S(50) = 1 / 2
    assert kept.loc[names[20], "survival_risk"] == 0  # none of those that reached 70 ended


def test_an_end_after_the_day_is_the_outcome_and_no_reason_to_leave_out():
    tenure = pd.DataFrame({"tenure_days": [10] * 30}, index=[f"c{k}" for k in range(30)])
    ended = pd.DataFrame({"left_day": [5, 6, 7]}, index=["c0", "c1", "c2"])
    kept = under_contract({6: tenure}, {6: ended}, horizon_days=5)
    assert "c1" not in kept[6].index
    assert "c2" in kept[6].index
    assert list(ended_after(kept, {6: ended})[6].index) == ["c2"]
    now = under_contract_now(tenure, ended, as_of_day=6, horizon_days=5)
    pd.testing.assert_frame_equal(now, kept[6])


def test_nobody_under_contract():
    tenure = pd.DataFrame({"tenure_days": [10.0]}, index=["c0"])
    ended = pd.DataFrame({"left_day": [1]}, index=["c0"])
    assert under_contract({6: tenure}, {6: ended}, **LIMITS)[6].empty


class Contracts:
    """Contracts with a hazard that falls with their length and triples after trouble."""

    def __init__(self, n: int, *, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.start = rng.integers(-1_000, DAYS.now, n)
        self.trouble = rng.random(n) < 0.3
        rate = 0.0006 * np.where(self.trouble, 3, 1)
        self.length = (rng.weibull(0.8, n) / rate).astype(int) + 1
        self.left = self.start + self.length
        self.names = np.array([f"c{k:05d}" for k in range(n)])
        self.noise = rng.random(n)

    def features(self, day: int) -> pd.DataFrame:
        known = self.start < day
        return pd.DataFrame(
            {
                "tenure_days": (day - self.start)[known],
                "recency_days": (self.noise * 30)[known],
                "n_complaints": self.trouble[known].astype(int),
            },
            index=pd.Index(self.names[known], name="customer_id"),
        )

    def ended(self, day: int) -> pd.DataFrame:
        seen = self.left <= min(day + DAYS.horizon_days, DAYS.now)
        return pd.DataFrame({"left_day": self.left[seen]}, index=self.names[seen])

    def true_risk(self) -> pd.Series:
        """Probability that a contract which runs on the last day ends in the horizon."""
        runs = (self.start < DAYS.now) & (self.left > DAYS.now)
        rate = 0.0006 * np.where(self.trouble, 3, 1)[runs]
        length = (DAYS.now - self.start)[runs].astype(float)
        stays = np.exp((length * rate) ** 0.8 - ((length + DAYS.horizon_days) * rate) ** 0.8)
        return pd.Series(1 - stays, index=self.names[runs])


def test_a_planted_hazard_is_found_beyond_the_survival_curve():
    company = Contracts(20_000, seed=3)
    every = (*DAYS.past, DAYS.now)
    features = {day: company.features(day) for day in every}
    ended = {day: company.ended(day) for day in every}
    limits = {"is_contract": True, "active_days": 0, **LIMITS}
    then = loss_score.customers_then({day: features[day] for day in DAYS.past}, ended, **limits)
    now = under_contract_now(features[DAYS.now], ended[DAYS.now], as_of_day=DAYS.now, **LIMITS)
    score = loss_score.judge(DAYS, then, {}, ended, now, is_contract=True)
    assert score.trial.is_usable, score.trial.reason
    ways = score.trial.table("comparison").set_index("way")
    assert ways.loc["score", "auc"] > ways.loc["survival curve", "auc"] + 0.03
    true = company.true_risk()
    made = score.scores.set_index("customer_id")
    assert set(made.index) == set(true.index)
    true = true[made.index]
    assert np.corrcoef(made["predicted"], true)[0, 1] > 0.9
    n, low, high = score.expected
    assert low < true.sum() < high
    assert n == pytest.approx(true.sum(), rel=0.15)
    by_trouble = made["predicted"].groupby(now["n_complaints"]).mean()
    expected = true.groupby(now["n_complaints"]).mean()
    assert by_trouble.to_numpy() == pytest.approx(expected.to_numpy(), rel=0.2)
