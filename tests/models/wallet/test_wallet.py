"""Shares of wallet: planted shares found, none found where answers are noise, a recorded share."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2, spearmanr

from crmlib.errors import NotEnoughDataError, ParameterError
from crmlib.models.wallet import (
    Wallets,
    category_potential,
    category_summary,
    comparable_customers,
    estimate_wallets,
    fit_frontier,
    wallets_if_enough,
)
from crmlib.models.wallet.calibration import Answers, answers_of, fit_share

NONE = pd.DataFrame({"customer_id": pd.Series(dtype="str"), "wallet_share": pd.Series(dtype=float)})
FACTOR = {"person": 1.0, "company": 3.0}


def company(n: int, *, seed: int, asked: float = 0.3) -> tuple[pd.DataFrame, ...]:
    """Customers whose need is gamma and whose share is beta; some say their share, with error."""
    rng = np.random.default_rng(seed)
    kind = rng.choice(list(FACTOR), n, p=[0.8, 0.2])
    share = rng.beta(1.6, 3.4, n)
    need = 30 * pd.Series(kind).map(FACTOR).to_numpy() * rng.gamma(5, size=n) / 5
    orders = rng.poisson(need * share)
    basket = np.exp(rng.normal(3, 0.3, n))
    ids = pd.Series([f"c{k:05d}" for k in range(n)])
    purchases = pd.DataFrame(
        {
            "customer_id": ids, "start_day": 0, "last_day": 700, "exposure_days": 365,
            "n_orders": orders, "net_cents": np.rint(100 * orders * basket).astype(int),
            "n_orders_all": orders + 1,
            "net_cents_all": np.rint(100 * (orders + 1) * basket).astype(int),
            "main_category": "all",
        }
    )  # fmt: skip
    truth = pd.DataFrame({"customer_id": ids, "share": share, "need": need * basket})
    who = np.repeat(np.flatnonzero(rng.random(n) < asked), 2)
    said = np.clip(share[who] + rng.normal(0, 0.08, len(who)), 0, 1)
    answers = pd.DataFrame({"customer_id": ids[who].to_numpy(), "wallet_share": said})
    kept = comparable_customers(purchases, as_of_day=730, active_days=180)
    return kept, pd.DataFrame({"customer_id": ids, "kind": kind}), answers, truth


@cache
def found():
    purchases, people, answers, truth = company(1_500, seed=5)
    wallets = estimate_wallets(purchases, people, answers, rng=np.random.default_rng(0))
    return wallets, wallets.customers.merge(truth, on="customer_id")


def test_shares_rank_as_the_true_ones():
    _, both = found()
    assert spearmanr(both["won_share"], both["share"]).statistic > 0.8
    unasked = both[both["source"] == "estimated"]
    assert spearmanr(unasked["won_share"], unasked["share"]).statistic > 0.75


def test_every_fifth_has_the_share_it_is_said_to_have():
    wallets, both = found()
    band = pd.qcut(both["won_share"].rank(method="first"), 5, labels=False)
    truth = both.groupby(band)["share"].mean().to_numpy()
    bands = wallets.bands
    assert ((bands["low_share"] <= truth) & (truth <= bands["high_share"])).all()
    assert (bands["high_share"] - bands["low_share"]).max() < 0.1


def test_the_interval_of_the_money_not_won_holds_the_truth():
    wallets, both = found()
    total = wallets.totals.iloc[0]
    not_won = (both["need"] * (1 - both["share"])).sum()
    assert total["low_amount"] < not_won < total["high_amount"]
    assert total["low_share"] < both["spent_amount"].sum() / both["need"].sum()
    assert total["spent_amount"] + total["not_won_amount"] == pytest.approx(
        total["potential_amount"]
    )


def test_single_customers_lie_within_their_intervals():
    _, both = found()
    inside = (both["low_share"] <= both["share"]) & (both["share"] <= both["high_share"])
    assert 0.9 < inside.mean() < 0.99


@pytest.mark.parametrize("seed", range(3))
def test_answers_that_have_nothing_to_do_with_purchases_give_no_differences(seed):
    """Nothing is planted: answers are shuffled among the customers, and all fifths answer alike."""
    purchases, people, answers, _ = company(400, seed=6)
    per_customer = answers.groupby("customer_id")["wallet_share"].mean()
    shuffled = pd.DataFrame(
        {
            "customer_id": per_customer.index,
            "wallet_share": np.random.default_rng(seed).permutation(per_customer),
        }
    )
    wallets = estimate_wallets(purchases, people, shuffled, rng=np.random.default_rng(0))
    error = (wallets.check["high_share"] - wallets.check["low_share"]) / 3.92
    distance = (wallets.check["answered_share"] - per_customer.mean()) / error
    assert (distance**2).sum() < chi2.ppf(0.999, 5)


def test_without_answers_the_share_is_what_is_spent_over_the_frontier():
    purchases, people, _, truth = company(800, seed=7)
    wallets = estimate_wallets(purchases, people, NONE, rng=np.random.default_rng(0))
    both = wallets.customers.merge(truth, on="customer_id")
    assert not wallets.is_calibrated
    assert wallets.check.empty
    assert set(both["source"]) == {"frontier"}
    at_frontier = both["spent_amount"] >= both["potential_amount"] - 1e-9
    assert 0.07 < at_frontier.mean() < 0.14  # a frontier at the quantile 0.9
    assert both["low_share"].isna().all()
    assert spearmanr(both["won_share"], both["share"]).statistic > 0.6


def test_the_order_of_the_rows_changes_nothing():
    purchases, people, answers, _ = company(300, seed=8)
    one, other = (
        estimate_wallets(frame, people, answers, min_answered=50, rng=np.random.default_rng(0))
        for frame in (purchases, purchases.sample(frac=1, random_state=1))
    )
    pd.testing.assert_frame_equal(one.customers, other.customers)
    pd.testing.assert_frame_equal(one.totals, other.totals)


def test_fractional_logit_by_hand():
    """Two groups with mean answers of a half and a quarter: the odds are 1 and 1/3."""
    design = np.column_stack([np.ones(4), [0, 0, 1, 1]])
    answers = Answers(np.ones(4), np.array([0.4, 0.6, 0.2, 0.3]), np.zeros(4))
    model = fit_share(design, answers)
    assert model.beta == pytest.approx([0, np.log(1 / 3)])
    assert model.share(design) == pytest.approx([0.5, 0.5, 0.25, 0.25])


def test_answers_come_with_their_number_and_spread():
    table = pd.DataFrame({"customer_id": ["b", "b", "a"], "wallet_share": [0.2, 0.4, 0.5]})
    found = answers_of(pd.Series(["a", "b", "c"]), table)
    assert found.n.tolist() == [1, 2, 0]
    assert found.mean == pytest.approx([0.5, 0.3, 0])
    assert found.error_variance() == pytest.approx(0.02)


def test_a_category_that_is_not_bought_keeps_a_potential():
    ids = [f"c{k}" for k in range(40)]
    people = pd.DataFrame({"customer_id": ids, "spent_amount": 60.0, "potential_amount": 120.0})
    totals = pd.DataFrame([{"not_won_amount": 2400, "low_amount": 1200, "high_amount": 4800}])
    wallets = Wallets(people, totals, NONE, NONE, n_answered=0, rank_correlation=np.nan)
    cells = pd.DataFrame({"customer_id": ids, "cents_0": 3000, "cents_1": 3000, "cents_other": 0})
    cells.loc[0, ["cents_0", "cents_1"]] = [6000, 0]
    groups = pd.DataFrame({"customer_id": ids, "kind": "person", "main_category": "Tea"})
    names = {"categories": ["Tea", "Bread"]}
    potential = category_potential(wallets, cells, groups, groups, **names)
    first, second = potential.iloc[0], potential.iloc[1]
    # his own mix (1, 0) and that of all, each with half the weight
    share = 0.5 + 0.5 * cells["cents_0"].sum() / 240_000
    assert first["potential_0"] == pytest.approx(120 * share)
    assert first["spent_1"] == 0
    assert first["potential_1"] == pytest.approx(120 * (1 - share))
    assert second["potential_0"] + second["potential_1"] == pytest.approx(120)
    summary = category_summary(potential, totals, **names)
    assert summary["not_won_amount"].sum() == pytest.approx(40 * 60)
    assert summary["low_amount"].sum() == pytest.approx(20 * 60)


def test_too_few_customers_give_empty_tables():
    purchases, people, answers, _ = company(60, seed=9)
    found = wallets_if_enough(purchases, people, answers, rng=np.random.default_rng(0))
    assert found.customers.empty
    assert not found.is_calibrated
    cells = pd.DataFrame({"customer_id": ["a"], "cents_other": [1]})
    potential = category_potential(found, cells, purchases, people, categories=[])
    assert category_summary(potential, found.totals, categories=[]).empty


def test_too_few_customers_are_refused():
    purchases, people, answers, _ = company(60, seed=9)
    with pytest.raises(NotEnoughDataError, match=r"have \d+ customers, need 100"):
        estimate_wallets(purchases, people, answers, rng=np.random.default_rng(0))


def test_a_quantile_that_is_none_is_refused():
    fold = np.arange(100) % 2
    with pytest.raises(ParameterError, match=r"quantile=1: it must be between 0 and 1"):
        fit_frontier(np.zeros(100), pd.DataFrame({"a": range(100)}), quantile=1, fold=fold)
    with pytest.raises(NotEnoughDataError, match=r"have 9 customers, need 100"):
        fit_frontier(np.zeros(9), pd.DataFrame({"a": range(9)}), fold=fold[:9])
