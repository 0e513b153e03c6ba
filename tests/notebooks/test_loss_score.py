"""Who is about to leave: alarm list by risk times value, each with a reason and a last day."""

import pandas as pd
import pytest

from tests.notebooks.runs import PublishedRun, publish
from tests.notebooks.score_checks import beats_simpler_ways, card_of, is_frozen

CHAPTER = "52_loss_score"
pytestmark = pytest.mark.notebooks


def holds_together(run, *, as_of: str, horizon_days: int) -> None:
    assert card_of(run, CHAPTER) in {"PASS", "REVIEW"}
    scores, alarms = run.table(f"{CHAPTER}/scores"), run.table(f"{CHAPTER}/alarms")
    is_frozen(run, scores, quantity="loss", horizon_days=horizon_days)
    beats_simpler_ways(run, CHAPTER)
    bands = run.table(f"{CHAPTER}/bands")
    assert bands["n_customers"].sum() == len(scores)
    first, second, *_ = run.headline(CHAPTER)
    assert f"{scores['predicted'].sum():,.0f} of {len(scores):,} customers" in first
    assert f"${bands['at_risk_amount'].sum():,.0f}" in first
    assert second.startswith(f"{len(alarms):,} of them are on the alarm list")
    assert f"${alarms['at_risk_amount'].sum():,.0f} at risk" in second
    action = run.table(f"{CHAPTER}/actions").iloc[0]
    assert action["n_customers"] == len(alarms)
    assert action["net_amount"] == pytest.approx(alarms["at_risk_amount"].sum(), rel=1e-4)
    is_ordered_and_told(alarms, scores, as_of=as_of, horizon_days=horizon_days)


def is_ordered_and_told(alarms, scores, *, as_of: str, horizon_days: int) -> None:
    """Risk times value, the largest first; a reason each; a day between a week and the horizon."""
    product = alarms["risk_rate"] * alarms["net_amount"]
    assert alarms["at_risk_amount"].to_numpy() == pytest.approx(product.to_numpy(), abs=0.0051)
    assert alarms["at_risk_amount"].is_monotonic_decreasing
    assert alarms["risk_rate"].min() >= 0.25
    risk = scores.set_index("customer_id")["predicted"]
    assert alarms["risk_rate"].tolist() == risk[alarms["customer_id"]].tolist()
    assert (alarms["reason"].str.len() > 5).all()
    left = (pd.to_datetime(alarms["act_until"]) - pd.Timestamp(as_of)).dt.days
    assert left.between(min(7, horizon_days), horizon_days).all()


@pytest.mark.xdist_group("complete_journey")
def test_complete_journey(complete_journey):
    holds_together(complete_journey, as_of="2017-12-31", horizon_days=28)


@pytest.mark.xdist_group("company_run")
class TestCompany:
    def test_card_ledger_alarms_and_sentences_agree(self, company_run):
        holds_together(company_run, as_of="2024-12-31", horizon_days=91)

    def test_the_longer_silent_have_less_time(self, company_run):
        alarms = company_run.table(f"{CHAPTER}/alarms")
        left = pd.to_datetime(alarms["act_until"]).rank()
        assert left.corr(alarms["silence_days"], method="spearman") < -0.2

    def test_those_in_danger_have_left_or_will_buy_less(self, company_run):
        scores = company_run.table(f"{CHAPTER}/scores")
        both = scores.merge(company_run.truth("customers"), on="customer_id")
        fifth = pd.qcut(both["predicted"].rank(method="first"), 5, labels=False)
        expected = both.groupby(fifth)["expected_orders_90_days"].mean()
        gone = (~both["is_customer_on_last_day"]).groupby(fifth).mean()
        assert expected.is_monotonic_decreasing
        assert gone.iloc[-1] > 3 * gone.iloc[0]

    def test_an_alarm_list_holds_more_who_left_than_others_of_their_sales(self, company_run):
        alarms = company_run.table(f"{CHAPTER}/alarms")
        truth = company_run.truth("customers").set_index("customer_id")["is_customer_on_last_day"]
        scored = company_run.table(f"{CHAPTER}/scores")["customer_id"]
        others = scored[~scored.isin(alarms["customer_id"])]
        gone = 1 - truth[alarms["customer_id"]].mean()
        assert gone > 2 * (1 - truth[others].mean())

    def test_under_contract_the_recorded_end_is_the_loss(self, company_run):
        """Everybody whose departure is not on record is scored, however long he was silent."""
        options = ("--only", CHAPTER, "--set", f"{CHAPTER}.is_contract=true")
        publish(company_run.source.parent, out="contracts", options=options)
        folder = next((company_run.source.parent / "contracts").glob("2024-12-31-r*"))
        run = PublishedRun(folder, company_run.source)
        scores = run.table(f"{CHAPTER}/scores")
        left = pd.read_parquet(next(company_run.source.glob("departures.*")))
        known = pd.read_parquet(next(company_run.source.glob("transactions.*")))["customer_id"]
        expected = set(known.dropna()) - set(left["customer_id"])
        assert set(scores["customer_id"]) == expected
        assert f"of {len(scores):,} customers under contract" in run.headline(CHAPTER)[0]
        ways = set(run.table(f"{CHAPTER}/comparison")["way"])
        assert {"score", "survival curve", "silence rule"} <= ways
        n_lost = int((left["left_on"].astype("datetime64[ns]") > "2024-10-01").sum())
        assert 0.3 * n_lost < scores["predicted"].sum() < 3 * n_lost
