"""Who can be won: open prospects, what they are worth, and the shares of the delivered file."""

import pandas as pd
import pytest

from tests.notebooks.score_checks import beats_simpler_ways, card_of, is_frozen

CHAPTER = "58_prospect_score"
pytestmark = pytest.mark.notebooks


@pytest.mark.xdist_group("complete_journey")
def test_without_prospects_the_chapter_says_what_is_missing(complete_journey):
    (sentence,) = complete_journey.headline(CHAPTER)
    assert sentence.startswith("The source brings no `prospects`")
    for table in ("scores", "prospects", "actions"):
        assert complete_journey.table(f"{CHAPTER}/{table}").empty


@pytest.mark.xdist_group("company_run")
class TestCompany:
    def test_card_ledger_and_sentences_agree(self, company_run):
        assert card_of(company_run, CHAPTER) in {"PASS", "REVIEW"}
        scores = company_run.table(f"{CHAPTER}/scores")
        listed = company_run.table(f"{CHAPTER}/prospects")
        is_frozen(company_run, scores, quantity="conversion", horizon_days=91)
        beats_simpler_ways(company_run, CHAPTER)
        assert set(listed["prospect_id"]) == set(scores["customer_id"])
        assert listed["predicted"].is_monotonic_decreasing
        first, second, *_ = company_run.headline(CHAPTER)
        assert first.startswith(
            f"{scores['predicted'].sum():,.0f} of {len(listed):,} open prospects"
        )
        assert f"${listed['likely_amount'].sum():,.0f}" in first
        half = listed["predicted"].head((len(listed) + 1) // 2).sum() / listed["predicted"].sum()
        assert f"{100 * half:.1f} %" in second

    def test_open_are_those_of_the_last_days_who_have_not_converted(self, company_run):
        listed = company_run.table(f"{CHAPTER}/prospects")
        people = pd.read_parquet(company_run.source / "prospects.parquet")
        people = people.set_index("prospect_id").loc[listed["prospect_id"]]
        assert people["converted_at"].isna().all()
        day = people["first_contact_at"].astype("str").str[:10]
        assert day.min() >= "2024-10-01"

    def test_sources_rank_as_those_before_converted(self, company_run):
        listed = company_run.table(f"{CHAPTER}/prospects")
        people = pd.read_parquet(company_run.source / "prospects.parquet")
        old = people[people["first_contact_at"].astype("str").str[:10] < "2024-10-01"]
        rate = old["converted_at"].notna().groupby(old["source"]).mean()
        said = listed.groupby("source")["predicted"].mean()
        assert said.corr(rate[said.index], method="spearman") > 0.7
