"""Purchase preferences: real households by figures, the simulated company against its truth."""

from __future__ import annotations

import pytest

CHAPTER = "14_purchase_preferences"

pytestmark = pytest.mark.notebooks


def lasting(run):
    return run.table(f"{CHAPTER}/lasting").set_index("aspect")


@pytest.mark.xdist_group("complete_journey")
class TestCompleteJourney:
    def test_half_of_the_households_have_a_clear_favourite(self, complete_journey):
        customers = complete_journey.table(f"{CHAPTER}/customer_preferences")
        assert len(customers) == 2_469
        clear = customers[customers["is_clear"]]
        assert len(clear) == 1_157
        assert clear["above_amount"].sum() == pytest.approx(307_630, abs=1)
        assert "1,157 of 2,469 customers (46.9 %)" in complete_journey.headline(CHAPTER)[0]

    def test_favourites_were_no_chance(self, complete_journey):
        """Those of the first half are bought again in the second, which did not choose them."""
        groups = complete_journey.table(f"{CHAPTER}/groups").set_index("favourite")
        known = groups[groups["low_index"].notna()]
        assert len(known) > 15
        assert (known["low_index"] > 100).all()

    def test_what_lasts(self, complete_journey):
        table = lasting(complete_journey)
        assert set(table.index[table["outcome"] == "lasts"]) == {
            "category", "price class", "brand", "part of the day", "size of the basket",
            "rhythm of buying",
        }  # fmt: skip
        assert table.loc["weekday", "outcome"] == "weak"
        assert table.loc["brand", "agreement"] == pytest.approx(0.67, abs=0.01)

    def test_hours_are_those_of_the_shops(self, complete_journey):
        """In UTC a third of these purchases would be at night; in US Eastern time a tenth is."""
        leanings = complete_journey.table(f"{CHAPTER}/leanings").set_index(["aspect", "value"])
        shares = leanings.loc["part of the day", "usual_share"]
        assert shares["night"] == pytest.approx(0.06, abs=0.01)
        assert shares.idxmax() == "afternoon"


@pytest.mark.xdist_group("company_run")
class TestSimulatedCompany:
    @pytest.fixture
    def customers(self, company_run):
        return company_run.table(f"{CHAPTER}/customer_preferences")

    @pytest.fixture
    def wallets(self, company_run):
        wallets = company_run.truth("wallets")
        spent = wallets.groupby("customer_id")["bought_per_year"].transform("sum")
        return wallets.assign(true_share=wallets["bought_per_year"] / spent)

    def test_favourites_are_preferred_in_truth(self, customers, wallets):
        clear = customers[customers["is_clear"]].merge(
            wallets.rename(columns={"category": "favourite"}), on=["customer_id", "favourite"]
        )
        sums = wallets.groupby("category")["bought_per_year"].sum()
        usual = clear["favourite"].map(sums / sums.sum())
        assert len(clear) > 500
        assert (clear["true_share"] > usual).mean() >= 0.95
        shrunk = clear["preference_index"] / 100 * usual
        raw = clear["favourite_amount"] / clear["net_amount"]
        errors = [((one - clear["true_share"]) ** 2).mean() for one in (shrunk, raw)]
        assert errors[0] < 0.7 * errors[1]

    def test_favourites_are_those_of_the_target_group(self, company_run, customers):
        """Three of four clear favourites have more than their usual share in the target group."""
        segments = company_run.truth("segments").set_index("segment").drop(columns="rate_factor")
        people = company_run.truth("customers")[["customer_id", "segment"]]
        usual = segments.loc[people["segment"]].mean()
        clear = customers[customers["is_clear"]].merge(people, on="customer_id")
        planted = [
            segments.loc[row.segment, row.favourite] > usual[row.favourite]
            for row in clear.itertuples()
        ]
        assert sum(planted) / len(planted) > 0.75

    def test_price_classes_and_hours_are_the_planted_ones(self, company_run, customers):
        people = customers.merge(company_run.truth("customers"), on="customer_id")
        dear = people[people["price_band"] == "high"]
        cheap = people[people["price_band"] == "low"]
        assert len(dear) > 50
        assert (dear["segment"] == "connoisseur").mean() > 0.9
        assert (cheap["segment"] == "bargain hunter").mean() > 0.9
        hours = people[people["day_part"] != ""].groupby("day_part")["hour"].mean()
        assert 7 < hours["morning"] < 10.5
        assert 18.5 < hours["evening"] < 21

    def test_brand_and_weekday_are_planted_for_nobody_and_found_for_nobody(
        self, company_run, customers
    ):
        assert (customers["brand"] != "").mean() <= 0.001
        assert (customers["weekday"] != "").mean() <= 0.001
        table = lasting(company_run)
        assert table.loc[["brand", "weekday"], "outcome"].tolist() == ["not shown"] * 2
        assert (table.loc[["category", "price class", "part of the day"], "low"] > 0.3).all()
