"""The chapter on causes of loss: households that pause, and a company whose causes are known."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from crmlib.evaluation.exposure import exposure_counts, with_event
from crmlib.periods import day_number, parse_day

CHAPTER = "32_causes_of_loss"
AS_OF = day_number(parse_day("2024-12-31"))
EVENTS = {
    "a complaint without an answer": "unanswered",
    "a complaint that was answered": "answered",
    "a complaint that was answered and compensated": "compensated",
}
pytestmark = pytest.mark.notebooks


def days_of(moments):
    """Day numbers of moments in UTC."""
    return (moments.dt.tz_convert("UTC").dt.tz_localize(None) - pd.Timestamp(0)).dt.days


@pytest.mark.xdist_group("complete_journey")
class TestCompleteJourney:
    """No loss is on record: silence beyond the own rhythm, and most of the silent come back."""

    def test_the_headline_warns_that_silence_is_a_pause(self, complete_journey):
        first, doubt, *_ = complete_journey.headline(CHAPTER)
        assert "192 of 2,469 customers (7.8 %) count as lost" in first
        assert "have ordered since" in doubt
        rules = complete_journey.table(f"{CHAPTER}/definition").set_index("silence_factor")
        assert rules.loc[3, "n_left"] == 192
        assert rules["n_left"].is_monotonic_decreasing
        assert rules["back_share"].min() > 0.5  # no limit makes these silences losses

    def test_before_the_silence_they_buy_fewer_categories(self, complete_journey):
        before = complete_journey.table(f"{CHAPTER}/before").set_index("event")
        fewer = before.loc["bought fewer categories"]
        assert fewer["difference_share"] == pytest.approx(0.30, abs=0.02)
        assert fewer["p_adjusted"] < 0.001
        assert not {"complained", "sent something back"} & set(before.index)  # not recorded
        assert before.loc["paid more for the same products", "p_adjusted"] > 0.05

    def test_no_attack_and_no_wave_is_claimed(self, complete_journey):
        assert complete_journey.table(f"{CHAPTER}/drops").empty
        assert complete_journey.table(f"{CHAPTER}/waves").empty


@pytest.mark.xdist_group("company_run")
class TestCompany:
    def table(self, run, name):
        return run.table(f"{CHAPTER}/{name}")

    def people(self, run):
        return run.truth("customers").merge(
            pd.read_parquet(run.source / "customers.parquet")[["customer_id", "region"]]
        )

    def test_shares_of_the_reasons_are_those_of_all_who_left(self, company_run):
        left = company_run.truth("customers").query("not is_customer_on_last_day")
        truth = left["cause"].value_counts(normalize=True)
        reasons = self.table(company_run, "reasons").set_index("cause")
        known = reasons[reasons["reason_share"].notna()]
        assert set(known.index) == set(truth.index)
        inside = [
            known.loc[cause, "low_share"] <= share <= known.loc[cause, "high_share"]
            for cause, share in truth.items()
        ]
        assert sum(inside) >= len(inside) - 1  # six intervals of 95 %
        n_left = int((~company_run.truth("customers")["is_customer_on_last_day"]).sum())
        assert reasons["n_left"].sum() == pytest.approx(n_left, rel=0.1)

    def test_planted_hazard_ratios_of_complaints_are_covered(self, company_run):
        truth = company_run.truth("hazards").set_index("event")["hazard_ratio"]
        found = self.table(company_run, "hazards").set_index("factor")
        for words, event in EVENTS.items():
            row = found.loc[words]
            assert row["low_ratio"] < truth[event] < row["high_ratio"]
        assert found.loc["a complaint without an answer", "p_adjusted"] < 0.001

    def test_the_ratio_of_many_troubles_is_what_the_planted_one_comes_to(self, company_run):
        """Planted is 3 for one and the same customer; those who have had many have stayed long.

        Each customer's own hazard is known to the truth: times the planted ratio it gives the
        losses to expect with and without many troubles, and so the ratio between customers.
        """
        lives = with_event(self.table(company_run, "lives"), as_of_day=AS_OF)
        truth = company_run.truth("customers").set_index("customer_id")
        lives["own"] = lives["customer_id"].map(truth["dropout_rate_per_day"])
        planted = company_run.truth("hazards").set_index("event")["hazard_ratio"]
        none = pd.DataFrame(columns=["customer_id", "opened_day", "resolved_day", "is_compensated"])
        signs = self.signs(company_run)
        now = truth["dropout_rate_per_day_now"] / truth["dropout_rate_per_day"]
        lives["had_many"] = lives["customer_id"].map(now > 2)  # in truth, by the last day
        counts = exposure_counts(lives, none, signs, by=["customer_id", "own", "had_many"])
        is_so = (counts["has_many_troubles"] == 1) & counts["had_many"]
        ratio = np.where(is_so, planted["many incidents"], 1.0)
        counts["n_events"] = counts["own"] * ratio * counts["n_days"]
        cells = counts.groupby(["step", "has_many_troubles"], as_index=False)[
            ["n_days", "n_events"]
        ].sum()
        design = pd.get_dummies(cells["step"]).astype(float)
        design["many"] = cells["has_many_troubles"].astype(float)
        fit = sm.GLM(
            cells["n_events"], design.to_numpy(), family=sm.families.Poisson(),
            exposure=cells["n_days"],
        ).fit()  # fmt: skip
        expected = float(np.exp(np.asarray(fit.params)[-1]))
        row = self.table(company_run, "hazards").set_index("factor").loc["three or more troubles"]
        assert 1.5 < expected < 3
        assert row["low_ratio"] < expected < row["high_ratio"]

    def signs(self, run):
        """Signs of trouble as the chapter sees them: returns, complaints, problems told."""
        lines = pd.read_parquet(run.source / "transactions.parquet")
        back = lines[(lines["quantity"] < 0) & lines["customer_id"].notna()]
        contacts = pd.read_parquet(run.source / "contacts.parquet")
        told = contacts[contacts["purpose"] == "problem"]
        made = pd.read_parquet(run.source / "complaints.parquet")
        parts = [
            pd.DataFrame(
                {"customer_id": part["customer_id"], "kind": "x", "day": days_of(part[at])}
            )
            for part, at in ((back, "occurred_at"), (told, "occurred_at"), (made, "opened_at"))
        ]
        return pd.concat(parts, ignore_index=True).drop_duplicates()

    def test_the_competitors_attack_is_found_with_place_week_and_size(self, company_run):
        attack = company_run.truth("events").set_index("event").loc["competitor attack"]
        (drop,) = self.table(company_run, "drops").to_dict("records")
        assert (drop["region"], drop["category"]) == (attack["region"], attack["category"])
        assert drop["low_date"] <= str(attack["on"])[:10] <= drop["high_date"]
        first = parse_day(drop["week_date"])
        assert abs((first - parse_day(str(attack["on"])[:10])).days) <= 7
        # of those counted: buyers of the quarter before who bought anything in the quarter after
        lines = pd.read_parquet(company_run.source / "transactions.parquet")
        goods = pd.read_parquet(company_run.source / "products.parquet")
        wine = set(goods.loc[goods["category"] == attack["category"], "product_id"])
        days = (lines["occurred_at"].dt.tz_localize(None) - pd.Timestamp(first)).dt.days
        bought = lines["quantity"] > 0
        before = bought & lines["product_id"].isin(wine) & days.between(-91, -1)
        after = set(lines.loc[bought & days.between(0, 90), "customer_id"])
        people = self.people(company_run)
        counted = people[
            (people["region"] == attack["region"])
            & people["customer_id"].isin(set(lines.loc[before, "customer_id"]) & after)
        ]
        assert drop["low_share"] < counted["is_attacked"].mean() < drop["high_share"]
        assert len(counted) == pytest.approx(drop["n_active_buyers"], abs=2)
        assert drop["low_amount"] > 0

    def test_the_companys_own_error_is_found_as_a_wave(self, company_run):
        error = company_run.truth("events").set_index("event").loc["our error"]
        waves = self.table(company_run, "waves").set_index("cause")
        row = waves.loc["our error"]
        assert abs((parse_day(row["first_date"]) - parse_day(str(error["on"])[:10])).days) <= 7
        assert set(waves.index) <= {"our error", "competitor", "any reason"}
        recorded = pd.read_parquet(company_run.source / "departures.parquet")
        hit = company_run.truth("customers").query("is_hit_by_our_error")["customer_id"]
        planted = recorded[
            recorded["customer_id"].isin(hit)
            & (recorded["reason"] == "our error")
            & (recorded["left_on"].astype(str) > str(error["on"])[:10])
            & (recorded["left_on"].astype(str) <= row["last_date"])
        ]
        assert row["low_more"] < len(planted) < row["high_more"]

    def test_signs_before_a_loss_are_the_planted_ones(self, company_run):
        """Complaints, above all without an answer, and incidents drive away; prices do not."""
        before = self.table(company_run, "before").set_index("event")
        for event in ("complained", "complaint not answered", "told of a problem"):
            assert before.loc[event, "p_adjusted"] < 0.01
            assert before.loc[event, "low_share"] > 0
        assert before.loc["paid more for the same products", "p_adjusted"] > 0.05

    def test_who_is_listed_has_not_left_on_record(self, company_run):
        risk = self.table(company_run, "at_risk")
        left = set(pd.read_parquet(company_run.source / "departures.parquet")["customer_id"])
        assert not set(risk["customer_id"]) & left
        truth = company_run.truth("customers").set_index("customer_id")
        open_ = risk[risk["sign"] == "a complaint without an answer"]
        assert truth.loc[open_["customer_id"], "is_customer_on_last_day"].mean() > 0.6

    def test_few_of_those_called_lost_come_back(self, company_run):
        rules = self.table(company_run, "definition").set_index("silence_factor")
        chosen = rules[rules["is_chosen"]].iloc[0]
        assert chosen["back_share"] < 0.2
        assert chosen["found_share"] > 0.75
        assert "silence is often a pause" not in " ".join(company_run.headline(CHAPTER))
