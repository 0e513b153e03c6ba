"""Summaries that cannot be, too few customers, and other time units: refused, with the reason."""

import numpy as np
import pandas as pd
import pytest

from crmlib.errors import DataRejectedError, NotEnoughDataError, ParameterError, SchemaError
from crmlib.models.btyd import BetaGeo, BetaGeoBetaBinomial, ModifiedBetaGeo, ParetoNBD

MODELS = [BetaGeo, ModifiedBetaGeo, ParetoNBD, BetaGeoBetaBinomial]


def summary(n: int = 40, **changed) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "btyd_frequency": np.arange(n) % 4,
            "btyd_recency": np.where(np.arange(n) % 4, 3.0 + np.arange(n) % 7, 0.0),
            "btyd_T": 10.0 + np.arange(n) % 3,
            "time_unit": "week",
        }
    )
    for name, (row, value) in changed.items():
        frame[name] = frame[name].astype(float)
        frame.loc[row, name] = value
    return frame


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"btyd_recency": (5, -1.0)}, r"1 of 40 rows .* negative btyd_recency, the first row 5"),
        (
            {"btyd_recency": (6, 99.0)},
            r"1 of 40 rows .* btyd_recency beyond btyd_T, the first row 6",
        ),
        ({"btyd_frequency": (5, 1.5)}, r"no whole number, the first row 5: btyd_frequency 1.5"),
        ({"btyd_frequency": (5, -2)}, "negative btyd_frequency"),
        ({"btyd_frequency": (5, np.nan)}, "missing or infinite"),
        ({"btyd_T": (5, np.inf)}, "missing or infinite, the first row 5"),
        ({"btyd_recency": (5, 0.0)}, "repeat purchases at a btyd_recency of 0"),
        ({"btyd_frequency": (5, 0)}, "recency above 0 without repeat"),
    ],
)
def test_impossible_rows_are_named(model, changed, message):
    with pytest.raises(DataRejectedError, match=message):
        model().fit(summary(**changed))


@pytest.mark.parametrize("model", MODELS)
def test_too_few_customers_say_how_many_are_needed(model):
    with pytest.raises(NotEnoughDataError, match="has 0 customers, need at least 1"):
        model().fit(summary().head(0), time_unit="week")
    silent = summary().assign(btyd_frequency=0, btyd_recency=0.0)
    with pytest.raises(
        NotEnoughDataError, match="have 0 customers with a repeat purchase, need 10"
    ):
        model().fit(silent)
    with pytest.raises(
        NotEnoughDataError, match="have 6 customers with a repeat purchase, need 10"
    ):
        model().fit(summary(8))


@pytest.mark.parametrize("model", MODELS)
def test_weights_are_checked(model):
    with pytest.raises(DataRejectedError, match=r"1 of 40 weights are negative .* -1 in row 3"):
        model().fit(summary(), np.where(np.arange(40) == 3, -1.0, 1.0))
    with pytest.raises(DataRejectedError, match=r"shape \(3,\), the summary 40 rows"):
        model().fit(summary(), [1, 2, 3])
    with pytest.raises(NotEnoughDataError, match="0 customers"):
        model().fit(summary(), np.zeros(40))


def test_a_missing_column_is_named():
    with pytest.raises(SchemaError, match="btyd_recency"):
        BetaGeo().fit(summary().drop(columns="btyd_recency"))


@pytest.mark.parametrize("model", MODELS)
def test_time_units_do_not_mix(model):
    assert model().fit(summary()).time_unit_ == "week"
    fitted = model.from_params(dict.fromkeys(model.param_names, 2.0), time_unit="week")
    with pytest.raises(ParameterError, match="The summary counts time in days, the model in weeks"):
        fitted.conditional_expected_purchases(summary().assign(time_unit="day"), 4)
    with pytest.raises(ParameterError, match="The horizon counts time in days, the model in weeks"):
        fitted.expected_purchases(365, time_unit="day")
    with pytest.raises(ParameterError, match="summary counts time in months"):
        fitted.probability_alive(summary().assign(time_unit="month"))
    asked = fitted.conditional_expected_purchases(summary(), 4, time_unit="week")
    assert asked.notna().all()


def test_a_summary_without_a_unit_needs_a_stated_one():
    bare = summary().drop(columns="time_unit")
    with pytest.raises(ParameterError, match="does not say its time unit"):
        BetaGeo().fit(bare)
    assert BetaGeo().fit(bare, time_unit="day").time_unit_ == "day"
    with pytest.raises(ParameterError, match="time_unit='fortnight' must be one of"):
        BetaGeo().fit(bare, time_unit="fortnight")
    with pytest.raises(ParameterError, match="counts time in days, the model in weeks"):
        BetaGeo().fit(summary(), time_unit="day")
    mixed = summary().assign(time_unit=["day", "week"] * 20)
    with pytest.raises(ParameterError, match=r"holds \['day', 'week'\]"):
        BetaGeo().fit(mixed)


def test_occasions_must_be_whole_numbers():
    with pytest.raises(DataRejectedError, match="do not count occasions"):
        BetaGeoBetaBinomial().fit(summary(btyd_T=(0, 9.5)))
    fitted = BetaGeoBetaBinomial().fit(summary())
    with pytest.raises(ParameterError, match="whole number of occasions"):
        fitted.expected_purchases(1.5)


@pytest.mark.parametrize("t", [-1.0, np.nan, np.inf])
def test_horizons_are_finite_and_not_negative(t):
    fitted = BetaGeo().fit(summary())
    with pytest.raises(ParameterError, match="must be finite and 0 or more"):
        fitted.expected_purchases(t)
    with pytest.raises(ParameterError, match="must be one number"):
        fitted.conditional_expected_purchases(summary(), [1.0, 2.0])
    with pytest.raises(ParameterError, match="whole numbers of purchases"):
        fitted.purchase_count_pmf([0.5], 1.0)


def test_given_parameters_are_checked_and_have_no_intervals():
    with pytest.raises(ParameterError, match=r"has the parameters \['r', 'alpha', 'a', 'b'\], got"):
        BetaGeo.from_params({"r": 1.0})
    with pytest.raises(ParameterError, match="must be positive numbers"):
        BetaGeo.from_params({"r": 1.0, "alpha": 1.0, "a": -1.0, "b": 1.0})
    given = BetaGeo.from_params({"r": 1.0, "alpha": 1.0, "a": 1.0, "b": 1.0})
    with pytest.raises(NotEnoughDataError, match="no standard errors"):
        given.confidence_intervals()
    fitted = BetaGeo().fit(summary())
    with pytest.raises(ParameterError, match="level=95 must lie between 0 and 1"):
        fitted.confidence_intervals(level=95)


def test_parameters_beyond_sense_give_an_error_and_no_nan():
    """Purchases as regular as clockwork have no spread of rates: r runs away, and it is said."""
    assert not BetaGeo().fit(summary()).converged_
    values = {"r": 535388.0, "alpha": 3734148.0, "a": 5678.0, "b": 88017.0}
    beyond = BetaGeo.from_params(values, time_unit="week")
    with pytest.raises(NotEnoughDataError, match=r"gives no number at .* converged_ is True"):
        beyond.conditional_expected_purchases(summary(), 4)


def test_customers_who_never_leave_give_no_silent_standard_errors():
    """Without dropout the likelihood is flat in a and b: said, not hidden."""
    weeks = np.arange(200)
    regular = pd.DataFrame(
        {
            "btyd_frequency": 50 + weeks % 5,
            "btyd_recency": 99.9,
            "btyd_T": 100.0,
            "time_unit": "week",
        }
    )
    fitted = BetaGeo().fit(regular)
    assert not fitted.converged_
    assert np.isinf(fitted.standard_errors_).all()
    with pytest.raises(NotEnoughDataError, match="likelihood is flat"):
        fitted.interval(lambda one: one.expected_purchases(10.0))
