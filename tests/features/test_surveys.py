"""Answers to surveys: the latest counts, and what followed it."""

from crmlib.features.collect import collect
from crmlib.features.surveys import latest_answers, orders_after_answers, survey_waves
from crmlib.periods import Window
from tests.features.made_complaints import answers, lines


def test_the_latest_answer_counts_and_of_one_day_that_of_the_last_survey():
    given = answers(
        ("S1", "a", 10, 8, 5), ("S2", "a", 20, 8, 6), ("S3", "a", 20, 8, 7), ("S4", "a", 31, 8, 9),
        ("S1", "b", 11, 7, 7),
    )  # fmt: skip
    found = collect(latest_answers(given, window=Window(0, 30)))
    assert found[["respondent_id", "perception"]].to_numpy().tolist() == [["a", 7], ["b", 7]]
    assert found["importance"].isna().all()


def test_waves_say_when_a_survey_ran_and_who_answered():
    found = collect(
        survey_waves(answers(("S1", "a", 10, 8, 5), ("S1", "b", 14, 8, 5)), as_of_day=30)
    )
    assert found.iloc[0].tolist() == ["S1", "customer", 10, 14, 2]


def test_only_answers_whose_days_are_over_are_followed():
    given = answers(("S1", "a", 10, 8, 5), ("S2", "b", 25, 8, 5), ("S1", "stranger", 10, 8, 5))
    bought = lines(("a", 1), ("a", 10), ("a", 15), ("a", 21), ("b", 1), ("b", 26))
    found = collect(orders_after_answers(bought, given, window=Window(0, 30), follow_days=10))
    assert found["respondent_id"].tolist() == ["a"]
    assert found["n_orders_after"].tolist() == [1]
