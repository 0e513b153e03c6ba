"""Hazard per period: equal to one row per customer and period, close to Cox, refusals."""

import narwhals as nw
import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from crmlib.errors import ParameterError
from crmlib.features.collect import collect
from crmlib.features.person_periods import person_periods
from crmlib.models.survival import CoxModel, DiscreteHazard, life_table
from tests.models.survival.lives import telco

AS_OF = 1000


def simulated(rng, n):
    """Lives by days; the hazard of a period of 30 days is .05, twice that by telephone."""
    phone = rng.integers(0, 2, n)
    start = rng.integers(0, AS_OF, n)
    hazard = -np.log(0.95) / 30 * np.where(phone == 1, 2.0, 1.0)
    end = start + np.floor(rng.exponential(1 / hazard))
    end = np.where(end <= AS_OF, end, np.nan)
    channel = np.where(phone == 1, "telephone", "shop")
    return pd.DataFrame({"start_day": start, "end_day": end, "channel": channel})


def counted(frame, by=()):
    lives = nw.from_native(frame).lazy()
    return collect(person_periods(lives, as_of_day=AS_OF, period_days=30, by=by))


def one_row_each(frame):
    """A row per customer and full period, as one would write it by hand."""
    rows = []
    for life in frame.itertuples():
        left = life.end_day == life.end_day
        last = (life.end_day - life.start_day) // 30 if left else (AS_OF - life.start_day + 1) // 30
        rows += [(p, life.channel, 0) for p in range(int(last))]
        rows += [(int(last), life.channel, 1)] if left else []
    return pd.DataFrame(rows, columns=["period", "channel", "left"])


@pytest.fixture(scope="module")
def lives():
    return simulated(np.random.default_rng(4), 1500)


def test_life_table_is_that_of_one_row_per_customer_and_period(lives):
    rows = one_row_each(lives)
    expected = rows.groupby(["channel", "period"])["left"].agg(["size", "sum"]).reset_index()
    found = life_table(counted(lives, ["channel"]), by=["channel"])
    assert found["channel"].tolist() == expected["channel"].tolist()
    assert found["n_at_risk"].tolist() == expected["size"].tolist()
    assert found["n_events"].tolist() == expected["sum"].tolist()
    share = 1 - expected["sum"] / expected["size"]
    np.testing.assert_allclose(found["survival"], share.groupby(expected["channel"]).cumprod())


@pytest.mark.parametrize("link", ["cloglog", "logit"])
def test_regression_is_that_of_one_row_per_customer_and_period(lives, link):
    model = DiscreteHazard(link=link, min_events=15)
    model.fit(counted(lives, ["channel"]), covariates=["channel"])
    rows = one_row_each(lives)
    step = np.searchsorted(model.steps_, rows["period"], side="right") - 1
    design = pd.get_dummies(pd.Series(step), dtype=float)
    design["telephone"] = (rows["channel"] == "telephone").astype(float)
    kind = {"cloglog": sm.families.links.CLogLog, "logit": sm.families.links.Logit}[link]
    other = sm.GLM(rows["left"], design.to_numpy(), sm.families.Binomial(kind())).fit(tol=1e-12)
    np.testing.assert_allclose(model.params_, other.params, atol=1e-6)
    np.testing.assert_allclose(model.standard_errors_, other.bse, rtol=1e-5)
    assert model.log_likelihood_ == pytest.approx(other.llf, rel=1e-9)


def test_complementary_log_log_finds_the_hazard_ratio_of_cox():
    frame = telco()
    longer = pd.DataFrame({"start_day": 0, "end_day": frame["tenure"]})
    counts = (
        pd.DataFrame(
            {
                "contract": frame["Contract"],
                "period": frame["tenure"],
                "n_events": frame["left"],
                "n_censored": 1 - frame["left"],
            }
        )
        .groupby(["contract", "period"], as_index=False)
        .sum()
        .assign(n_entered=0)
    )
    entered = frame.groupby("Contract").size().rename_axis("contract").rename("n_entered")
    entered = entered.reset_index().assign(period=0, n_events=0, n_censored=0)
    model = DiscreteHazard(min_events=1)
    model.fit(pd.concat([counts, entered]), covariates=["contract"])
    dummies = pd.get_dummies(frame["Contract"], drop_first=True)
    cox = CoxModel().fit(dummies, longer["end_day"], frame["left"])
    found = model.ratios()["ratio"].to_numpy()
    np.testing.assert_allclose(found, cox.hazard_ratios()["hazard_ratio"], rtol=0.02)


def test_known_truth_is_found():
    model = DiscreteHazard(min_events=100)
    counts = counted(simulated(np.random.default_rng(7), 40_000), ["channel"])
    model.fit(counts, covariates=["channel"])
    ratio = model.ratios().loc["channel=telephone"]
    assert ratio["low"] < 2 < ratio["high"]
    assert ratio["ratio"] == pytest.approx(2, abs=0.08)
    staying = model.survival(pd.DataFrame({"channel": ["shop", "telephone"]}), n_periods=12)
    np.testing.assert_allclose(staying[11], [0.95**12, 0.95**24], atol=0.015)


def test_numbers_as_covariates():
    rng = np.random.default_rng(8)
    frame = simulated(rng, 20_000).assign(phone=lambda f: (f["channel"] == "telephone") * 1)
    both = DiscreteHazard().fit(counted(frame, ["phone"]), covariates=["phone"])
    text = DiscreteHazard().fit(counted(frame, ["channel"]), covariates=["channel"])
    assert both.params_["phone"] == pytest.approx(text.params_["channel=telephone"], abs=1e-9)


def test_each_step_of_the_baseline_holds_enough_losses():
    rng = np.random.default_rng(9)
    counts = counted(simulated(rng, 300))
    model = DiscreteHazard(min_events=20).fit(counts)
    step = np.searchsorted(model.steps_, counts["period"], side="right") - 1
    per_step = counts["n_events"].groupby(step).sum()
    assert len(per_step) > 3
    assert (per_step >= 20).all()


COUNTS = pd.DataFrame(
    {
        "region": ["N", "N", "S", "S"],
        "period": [0, 1, 0, 1],
        "n_entered": [50, 0, 40, 0],
        "n_events": [5, 10, 0, 0],
        "n_censored": [0, 35, 0, 40],
    }
)


@pytest.mark.parametrize(
    ("counts", "options", "message"),
    [
        (COUNTS.drop(columns="n_events"), {}, r"lack the columns \['n_events'\]"),
        (COUNTS.head(0), {}, r"have 0 customers at risk, need 1"),
        (COUNTS, {"covariates": ["region"]}, r"Of 80 periods with region 'S', 0 end with a loss"),
        (COUNTS.head(2), {"covariates": ["region"]}, r"region is constant \('N'\)"),
        (COUNTS.assign(n_events=0), {}, r"have 0 losses, need 1"),
        (COUNTS.assign(x=[0, 0, 1, 1]), {"covariates": ["x"]}, r"no finite estimate"),
    ],
)
def test_refusals(counts, options, message):
    with pytest.raises(ParameterError, match=message):
        DiscreteHazard().fit(counts, **options)


def test_unknown_link_values_and_columns_are_refused():
    with pytest.raises(ParameterError, match=r"link='probit'"):
        DiscreteHazard(link="probit").fit(COUNTS)
    lives = simulated(np.random.default_rng(1), 500)
    model = DiscreteHazard().fit(counted(lives, ["channel"]), covariates=["channel"])
    with pytest.raises(ParameterError, match=r"not seen: \['fax'\]"):
        model.hazard(pd.DataFrame({"period": [0], "channel": ["fax"]}))
    with pytest.raises(ParameterError, match=r"Columns \['channel'\] are missing"):
        model.hazard(pd.DataFrame({"period": [0]}))
