"""Sentences on causes of loss and share of wallet: numbers, doubts, hostile strings escaped."""

import numpy as np
import pandas as pd
import pytest

from crmlib.models.loss_causes import HAPPENED, Causes
from crmlib.models.wallet import Wallets
from crmlib.reporting.narrative import losses, wallet

HOSTILE = "<b>*x*</b>"
EMPTY = pd.DataFrame()


def reasons(**columns):
    table = {
        "cause": [HOSTILE, "not recorded: fell silent"], "n_left": [6, 4],
        "reason_share": [1.0, np.nan], "low_share": [0.6, np.nan], "high_share": [1.0, np.nan],
        "lost_amount": [600.0, 400.0], "lost_margin_amount": [np.nan, 100.0],
    }  # fmt: skip
    return pd.DataFrame(table | columns)


def causes():
    hazards = pd.DataFrame(
        [(HAPPENED, "a complaint without an answer", "no complaint of late", 3.5, 2.0, 6.0, 0.01)],
        columns=["about", "factor", "compared_with", "hazard_ratio", "low_ratio", "high_ratio",
                 "p_adjusted"],
    )  # fmt: skip
    costs = pd.DataFrame({"factor": ["a complaint without an answer"], "more_amount": [123.0]})
    waves = pd.DataFrame(
        [(HOSTILE, "2024-01-01", "2024-01-28", 9, 7.0, 2.0, 12.0)],
        columns=["cause", "first_date", "last_date", "n_left", "n_more", "low_more", "high_more"],
    )
    return Causes(waves, hazards, costs, EMPTY, EMPTY)


def compared(p):
    return pd.DataFrame(
        [("complained", 0.2, 0.1, 0.05, 0.15, p)],
        columns=["event", "leaver_share", "difference_share", "low_share", "high_share",
                 "p_adjusted"],
    )  # fmt: skip


def drops():
    return pd.DataFrame(
        [("West", HOSTILE, "2024-02-05", "2024-01-29", "2024-02-12", 30.0, 20.0, 40.0, 500.0)],
        columns=["region", "category", "week_date", "low_date", "high_date", "n_more", "low_more",
                 "high_more", "lost_amount"],
    )  # fmt: skip


def rules(back):
    return pd.DataFrame(
        {
            "is_chosen": [False, True], "n_left": [20, 10], "n_left_before": [9, 8],
            "back_share": [0.9, back], "low_share": [0.8, back / 2], "high_share": [1.0, 0.9],
        }
    )  # fmt: skip


def headline(*, back=0.1, p=0.001, table=None, found=None):
    found = drops() if found is None else found
    table = reasons() if table is None else table
    return losses.headline(
        table, causes(), compared(p), found, rules(back), n_customers=40, currency="EUR"
    )


def test_headline_names_size_reason_cause_sign_wave_and_attack():
    said = headline()
    assert said[0] == (
        "10 of 40 customers (25.0 %) count as lost; in their last year with us they bought for "
        "€1,000, a margin of €100."
    )
    assert "known of 6 losses" in said[1]
    assert "3.5 times as fast" in said[2]
    assert "€123 a year" in said[2]
    assert "not known without a test" in said[2]
    assert "+10.0 points against like customers" in said[3]
    assert "9 customers left" in said[4]
    assert "about 30 buyers" in said[5]
    assert "€500 a year, as after an attack by a competitor" in said[5]
    assert "<b>" not in " ".join(said)


def test_silence_that_ends_is_called_a_pause():
    doubt = headline(back=0.5)[1]
    assert doubt.startswith("4 of these only fell silent")
    assert "2 of them are gone for good" in doubt
    assert "pause" not in " ".join(headline(back=0.2))


def test_what_may_be_chance_is_not_said():
    said = " ".join(headline(p=0.2, found=drops().iloc[:0]))
    assert "clearest sign" not in said
    assert "attack" not in said


def test_nobody_lost_and_nobody_known():
    (said,) = headline(table=reasons(n_left=[0, 0]))
    assert said == "Of 40 customers nobody counts as lost yet."
    args = (reasons().iloc[:0], causes(), compared(1), drops(), rules(0.1))
    (said,) = losses.headline(*args, n_customers=0, currency="EUR")
    assert "No sale has a known customer" in said


def test_sections_say_what_was_looked_at():
    assert "2 differences" not in losses.comparison_in_words(compared(0.2))[0]
    assert "none" in losses.comparison_in_words(compared(0.2))[0]
    assert "too few losses" in losses.comparison_in_words(compared(0.2).iloc[:0])[0]
    assert "1,000 combinations" in losses.drops_in_words(drops(), n_looks=1_000)[0]
    assert "too few buyers" in losses.drops_in_words(drops(), n_looks=0)[0]
    assert "no four weeks" in losses.waves_in_words(causes().waves.iloc[:0])[0]
    assert "10.0 % have ordered since" in losses.definition_in_words(rules(0.1), check_days=90)[0]
    nobody = rules(0.1).assign(n_left_before=0)
    assert "Nobody had been silent" in losses.definition_in_words(nobody, check_days=90)[0]


def wallets(*, is_calibrated):
    totals = pd.DataFrame(
        [(100, 1_000.0, 4_000.0, 3_000.0, 2_500.0, 3_500.0, 0.25, 0.22, 0.29)],
        columns=["n_customers", "spent_amount", "potential_amount", "not_won_amount", "low_amount",
                 "high_amount", "won_share", "low_share", "high_share"],
    )  # fmt: skip
    customers = pd.DataFrame({"customer_id": ["a"] * 100, "not_won_amount": 30.0})
    check = pd.DataFrame({"estimated_share": [0.2, 0.5], "answered_share": [0.25, 0.49]})
    return Wallets(
        customers, totals, EMPTY, check if is_calibrated else check.iloc[:0],
        n_answered=120 if is_calibrated else 20, rank_correlation=0.63,
    )  # fmt: skip


CATEGORIES = pd.DataFrame(
    {
        "category": ["other categories", HOSTILE],
        "not_won_amount": [900.0, 500.0],
        "won_share": [0.2, 0.3],
    }
)
DEVELOP = pd.DataFrame({"not_won_amount": [50.0] * 20})


def test_with_answers_the_share_and_the_money_are_stated():
    said = wallet.headline(wallets(is_calibrated=True), CATEGORIES, DEVELOP, currency="EUR")
    assert "spend with us at the rate of €1,000 a year and could spend €4,000" in said[0]
    assert "25.0 % of it (95 % interval 22.0 % to 29.0 %)" in said[0]
    assert "€500 a year not won" in said[1]
    assert "<b>" not in said[1]
    assert "first 10 customers of the list hold €500 of it (16.7 %)" in said[2]
    (check,) = wallet.check_in_words(wallets(is_calibrated=True))
    assert "0.63" in check
    assert "5.0 %" in check


def test_without_answers_it_is_a_yardstick():
    found = wallets(is_calibrated=False)
    assert "yardstick" in wallet.headline(found, CATEGORIES, DEVELOP, currency="EUR")[0]
    assert wallet.check_in_words(found)[0].startswith("20 customers were asked")


@pytest.mark.parametrize("n_known", [0, 9])
def test_too_few_customers_are_said(n_known):
    none = Wallets(EMPTY, EMPTY, EMPTY, EMPTY, n_answered=0, rank_correlation=np.nan)
    (said,) = wallet.headline(none, CATEGORIES, DEVELOP, currency="EUR")
    assert "too few customers" in said
    assert wallet.check_in_words(none) == []
    assert len(wallet.who_is_in(none, n_known=n_known)) == (n_known > 0)
