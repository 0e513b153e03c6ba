"""The chapter on channel and moment: a shop without contacts, and a company with known truth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

CHAPTER = "22_channel_and_moment"
BINS = ((0.4, 0.6), (0.6, 0.75), (0.75, 0.85), (0.85, 0.95), (0.95, 1.01))


@pytest.mark.notebooks
@pytest.mark.xdist_group("complete_journey")
class TestCompleteJourney:
    """2,469 households; orders with time and shop, letters and coupons, no contacts."""

    def test_it_says_what_is_missing_and_tells_the_rest(self, complete_journey):
        first, second = complete_journey.headline(CHAPTER)
        assert "have a part of the day they prefer with at least 80 % probability" in first
        assert "cannot be told" in second
        for name in ("channels", "reactions", "unserved_customers", "consent", "sales_channels"):
            assert complete_journey.table(f"{CHAPTER}/{name}").empty

    def test_hours_are_those_of_the_place(self, complete_journey):
        """In UTC most would buy at ten in the evening; they buy in the afternoon."""
        grid = complete_journey.table(f"{CHAPTER}/moments")
        by_hour = grid.groupby("hour")["n_times"].sum()
        assert by_hour.idxmax() in range(15, 19)
        assert by_hour.loc[1:5].sum() < 0.02 * by_hour.sum()

    def test_every_household_has_its_part_of_the_day(self, complete_journey):
        parts = complete_journey.table(f"{CHAPTER}/day_parts")
        assert parts["customer_share"].sum() == pytest.approx(1)
        assert parts["day_part"].iloc[0] == "after five"
        assert 0.5 < parts["low_share"].iloc[0] < parts["high_share"].iloc[0] < 0.6
        assert parts["n_known"].sum() > 1_000
        people = complete_journey.table(f"{CHAPTER}/preferences")
        assert len(people) == 2_469
        assert people["p_channel"].isna().all()

    def test_households_are_faithful_to_one_shop(self, complete_journey):
        orders = complete_journey.table(f"{CHAPTER}/shops").iloc[0]
        assert (orders["n_successes"], orders["n_trials"]) == (114_643, 155_817)
        assert 0.7 < orders["low_rate"] < orders["success_rate"] < orders["high_rate"] < 0.8

    def test_reactions_to_letters_are_counted(self, complete_journey):
        """2,102 redemptions by 410 households; each counts once per campaign."""
        (row,) = complete_journey.table(f"{CHAPTER}/campaign_reactions").to_dict("records")
        assert (row["channel"], row["n_trials"]) == ("direct mail", 6_589)
        assert row["n_successes"] == 792
        wilson = 1.96 * np.sqrt(row["success_rate"] * (1 - row["success_rate"]) / 6_589)
        assert row["high_rate"] - row["success_rate"] > 1.2 * wilson  # households are clusters


@pytest.fixture
def truth(company_run) -> pd.DataFrame:
    return company_run.truth("customers").set_index("customer_id")


@pytest.mark.notebooks
@pytest.mark.xdist_group("company_run")
class TestCompanyWithTruth:
    """6,000 simulated customers whose preferences are known."""

    def check_calibration(self, said: pd.Series, right: pd.Series) -> None:
        n_checked = 0
        for low, high in BINS:
            inside = (said >= low) & (said < high)
            if inside.sum() < 60:
                continue
            n_checked += 1
            reach = 3 * np.sqrt(0.25 / inside.sum()) + 0.03
            assert right[inside].mean() == pytest.approx(said[inside].mean(), abs=reach)
        assert n_checked >= 3

    def test_the_preferred_channel_is_found_as_often_as_said(self, company_run, truth):
        people = company_run.table(f"{CHAPTER}/preferences").dropna(subset="p_channel")
        right = people["channel"] == people["customer_id"].map(truth["contact_channel"])
        self.check_calibration(people["p_channel"], right)
        sure = people["p_channel"] >= 0.8
        assert sure.sum() > 2_000
        assert right[sure].mean() > 0.93

    def test_the_preferred_part_of_the_day_is_found_as_often_as_said(self, company_run, truth):
        people = company_run.table(f"{CHAPTER}/preferences").dropna(subset="p_day_part")
        hour = people["customer_id"].map(truth["hour"]).to_numpy()
        near = stats.norm.cdf((np.array([[12, 17]]) - hour[:, None]) / 1.5)
        anytime = np.array([5, 5, 4]) / 14
        parts = 0.8 * np.diff(near, axis=1, prepend=0, append=1) + 0.2 * anytime
        names = np.array(["before noon", "noon to five", "after five"])
        right = people["day_part"] == names[parts.argmax(axis=1)]
        self.check_calibration(people["p_day_part"], right)

    def test_shares_of_channels_are_covered(self, company_run, truth):
        """Of contact and of buying; the truth is that of the customers looked at."""
        for table, column in (("channels", "contact_channel"), ("sales_channels", "sales_channel")):
            found = company_run.table(f"{CHAPTER}/{table}").set_index("channel")
            true = truth[column]
            if table == "channels":
                people = company_run.table(f"{CHAPTER}/preferences").dropna(subset="p_channel")
                true = true.loc[people["customer_id"]]
            share = true.value_counts(normalize=True)
            width = found["high_share"] - found["low_share"]
            # three shares at 95 % each: allow a tenth of the width beyond the ends
            assert (found["low_share"] - width / 10 <= share.loc[found.index]).all()
            assert (share.loc[found.index] <= found["high_share"] + width / 10).all()

    def chances_of(self, company_run, truth) -> pd.DataFrame:
        """Each contact of ours with the probability that it interests, as planted."""
        contacts = pd.read_parquet(company_run.source / "contacts.parquet")
        ours = contacts[(contacts["direction"] == "out") & contacts["reaction"].notna()].copy()
        who = truth.loc[ours["customer_id"]]
        at = ours["occurred_at"].dt.tz_convert("UTC")
        hour = (at.dt.hour + at.dt.minute / 60 + at.dt.second / 3600).to_numpy()
        rates = company_run.truth("reactions").set_index("contact")["interested"]
        own = ours["channel"].to_numpy() == who["contact_channel"].to_numpy()
        in_hours = np.abs(hour - who["hour"].to_numpy()) <= 2
        kind = np.select(
            [own & in_hours, own], ["preferred channel and hours", "preferred channel"], "elsewhere"
        )
        return ours.assign(chance=rates.loc[kind].to_numpy(), is_own=own)

    def test_reactions_by_channel_are_covered(self, company_run, truth):
        ours = self.chances_of(company_run, truth)
        found = company_run.table(f"{CHAPTER}/reactions")
        channels = found[found["kind"] == "channel"].set_index("through")
        expected = ours.groupby("channel")["chance"].mean().loc[channels.index]
        inside = (channels["low_rate"] <= expected) & (expected <= channels["high_rate"])
        assert inside.sum() >= len(channels) - 1  # 95 % intervals
        assert channels["n_trials"].sum() == len(ours) - (ours["occurred_at"] < "2023-01-02").sum()

    def test_reactions_through_the_preferred_channel_are_covered(self, company_run, truth):
        """Though nobody is told which channel a customer prefers."""
        ours = self.chances_of(company_run, truth)
        known = company_run.table(f"{CHAPTER}/preferences").dropna(subset="p_channel")
        ours = ours[ours["customer_id"].isin(known["customer_id"])]
        found = company_run.table(f"{CHAPTER}/reactions")
        ends = found[found["kind"] == "preference"].set_index("through")
        for through, own in (("the preferred channel", True), ("another channel", False)):
            expected = ours.loc[ours["is_own"] == own, "chance"].mean()
            row = ends.loc[through]
            width = row["high_rate"] - row["low_rate"]
            assert row["low_rate"] - width / 10 <= expected <= row["high_rate"] + width / 10
        assert ends["low_rate"].iloc[0] > ends["high_rate"].iloc[1]

    def test_reactions_by_moment_are_covered(self, company_run, truth):
        ours = self.chances_of(company_run, truth)
        hour = ours["occurred_at"].dt.tz_convert("UTC").dt.hour
        part = np.select([hour < 12, hour < 17], ["before noon", "noon to five"], "after five")
        cells = ours.assign(day_part=part).groupby(["channel", "day_part"])["chance"].mean()
        found = company_run.table(f"{CHAPTER}/reactions_by_moment")
        found = found.set_index(["channel", "day_part"])
        expected = cells.loc[found.index]
        inside = (found["low_rate"] <= expected) & (expected <= found["high_rate"])
        assert inside.mean() >= 7 / 9

    def test_the_unserved_really_prefer_another_channel(self, company_run, truth):
        unserved = company_run.table(f"{CHAPTER}/unserved_customers")
        assert len(unserved) > 300
        right = unserved["channel"] == unserved["customer_id"].map(truth["contact_channel"])
        assert right.mean() == pytest.approx(unserved["p_channel"].mean(), abs=0.03)
        assert unserved["net_amount"].is_monotonic_decreasing
        summary = company_run.table(f"{CHAPTER}/service").set_index("state")
        assert summary.loc["unserved", "n_customers"] == len(unserved)
        assert summary.loc["unserved", "net_amount"] == pytest.approx(
            unserved["net_amount"].sum(), abs=1
        )

    def test_no_contact_goes_against_consent(self, company_run):
        """Campaigns and care of the simulated company obey it; so nothing is found."""
        consent = company_run.table(f"{CHAPTER}/consent")
        assert consent["n_refused"].sum() == 0
        assert consent["n_our_contacts"].sum() > 5_000
