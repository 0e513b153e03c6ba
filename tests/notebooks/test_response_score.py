"""The chapter on reactions on a real experiment: two mails and a control group."""

from __future__ import annotations

import pytest

from tests.notebooks.runs import PROJECT, PublishedRun, project_in, publish

DATA = PROJECT.parent / "shared" / "data" / "hillstrom"
CHAPTER = "56_response_score"

pytestmark = [pytest.mark.notebooks, pytest.mark.xdist_group("hillstrom")]


@pytest.fixture(scope="module")
def hillstrom(tmp_path_factory) -> PublishedRun:
    """64,000 customers whom the source knows by attributes alone; reactions are visits."""
    if not DATA.is_dir():
        pytest.skip("the Hillstrom e-mail test is not in ../shared/data")
    settings = (
        f"company: E-mail test\nsource: {PROJECT / 'mappings' / 'hillstrom.yaml'}\n"
        f"files: {DATA}\ntime_zone: America/New_York\nparameters:\n"
        f"  {CHAPTER}.horizon_days: 13\n  {CHAPTER}.max_customers: 64000\n"
    )
    project = project_in(tmp_path_factory.mktemp("hillstrom"), settings=settings)
    publish(project, out="reports", options=("--only", CHAPTER))
    (folder,) = (project / "reports").glob("*/tables")
    return PublishedRun(folder.parent)


def gap(run: PublishedRun, mail: str, measure: str):
    table = run.table(f"{CHAPTER}/uplift").set_index(["arm", "model", "measure"])
    return table.loc[(mail, "uplift", measure)]


def test_the_womens_mail_works_on_past_womens_buyers_and_hardly_on_others(hillstrom):
    """Published differences of the visit rates: +.0731 and +.0111."""
    groups = hillstrom.table(f"{CHAPTER}/groups").set_index(["arm", "dimension"])
    found = groups.loc[("womens e-mail", "bought womens")]
    assert found["part"] == "1"
    assert found["effect_share"] == pytest.approx(0.0731, abs=5e-5)
    assert found["other_share"] == pytest.approx(0.0111, abs=5e-5)
    assert found["p_adjusted"] < 1e-6
    (said,) = [one for one in hillstrom.headline(CHAPTER) if one.startswith("Womens")]
    assert "works differently by bought womens: it adds +7.3 (95 % interval +6.4 to +8.2)" in said
    assert "+1.1 (95 % interval +0.2 to +2.0) among the others" in said


def test_targeting_by_uplift_beats_response_on_the_womens_mail_alone_and_both_are_said(hillstrom):
    womens, mens = "womens e-mail", "mens e-mail"
    assert gap(hillstrom, womens, "qini")["low"] > 0
    assert gap(hillstrom, womens, "qini_minus_response")["low"] > 0
    assert gap(hillstrom, mens, "qini_minus_response")["low"] < 0
    assert gap(hillstrom, mens, "qini")["p_value"] > 0.05
    said = {one.split("\\")[0]: one for one in hillstrom.headline(CHAPTER)}
    assert "more than targeting those who react anyway" in said["Womens e"]
    assert "does not surely beat targeting those who react" in said["Mens e"]
    groups = hillstrom.table(f"{CHAPTER}/groups")
    assert (groups.loc[groups["arm"] == mens, "p_adjusted"] > 0.05).all()


def test_customers_without_a_sale_on_record_are_scored_and_listed(hillstrom):
    scores = hillstrom.table(f"{CHAPTER}/scores")
    assert len(scores) == 64_000
    listed = hillstrom.table(f"{CHAPTER}/targets")
    assert set(listed["arm"]) == {"womens e-mail"}, "the mail that is proved to find its customers"
    assert listed["effect"].is_monotonic_decreasing
