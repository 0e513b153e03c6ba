"""Amounts in other currencies: converted by the rate of the day, or never added."""

import pandas as pd
import pytest

from crmlib.errors import DataRejectedError
from tests.database.deliveries import HEADER

WITH_CURRENCY = f"{HEADER},currency"
RATES = (
    "currency,day,rate_to_base\nGBP,2017-03-01,1.25\nGBP,2017-03-03,1.30\nJPY,2017-03-01,0.007\n"
)


def converted(delivery, *lines, rates=RATES, header=WITH_CURRENCY):
    snapshot = delivery.lines(*lines, header=header).write("rates.csv", rates).take_in()
    frame = pd.read_parquet(snapshot.path("transactions")).set_index("transaction_id")
    return snapshot, frame


@pytest.mark.parametrize(
    ("day", "currency", "amount", "cents", "rate"),
    [
        ("2017-03-01", "GBP", "10.00", 1250, 1.25),
        ("2017-03-02", "GBP", "10.00", 1250, 1.25),  # the day before holds
        ("2017-03-03", "GBP", "10.00", 1300, 1.30),
        ("2017-03-10", "GBP", "10.00", 1300, 1.30),  # seven days old
        ("2017-03-01", "JPY", "1000", 700, 0.007),
        ("2017-03-01", "GBP", "-0.02", -3, 1.25),  # -2.5 cents: half away from zero
        ("2017-03-01", "GBP", "0.02", 3, 1.25),
        ("2017-03-09", "USD", "10.00", 1000, 1.0),
        ("2017-03-09", "", "10.00", 1000, 1.0),
    ],
)
def test_the_rate_of_the_day_converts(delivery, day, currency, amount, cents, rate):
    quantity = -1 if amount.startswith("-") else 1
    _, frame = converted(delivery, f"t1,c1,p1,{day},{quantity},{amount},{currency}")
    row = frame.loc["t1"]
    assert (row["net_cents"], row["net_amount"]) == (cents, cents / 100)
    assert row["rate_to_base"] == rate


def test_every_amount_of_the_line_is_converted(delivery):
    _, frame = converted(
        delivery, "t1,c1,p1,2017-03-01,1,10,GBP,4,12,2",
        header=f"{WITH_CURRENCY},unit_cost,list_amount,discount_amount",
    )  # fmt: skip
    row = frame.loc["t1"]
    assert [row["unit_cost_cents"], row["list_cents"], row["discount_cents"]] == [500, 1500, 250]


@pytest.mark.parametrize("day", ["2017-02-28", "2017-03-11"])
def test_a_line_without_a_rate_is_set_aside(delivery, day):
    snapshot, frame = converted(
        delivery, "t1,c1,p1,2017-03-01,1,10,GBP", f"t2,c1,p1,{day},1,10,GBP"
    )
    assert list(frame.index) == ["t1"]
    (finding,) = [one for one in snapshot.report.findings if one.action == "quarantine"]
    assert finding.says.startswith("has no exchange rate on the day of the sale or the 7 days")
    assert snapshot.report.totals_in.net_cents == snapshot.report.totals_used.net_cents == 1250


def test_an_unreadable_amount_is_still_named(delivery):
    snapshot, _ = converted(
        delivery, "t1,c1,p1,2017-03-01,1,10,GBP", "t2,c1,p1,2017-03-01,1,ten,GBP"
    )
    (finding,) = [one for one in snapshot.report.findings if one.action == "quarantine"]
    assert (finding.column, finding.kind, finding.examples) == ("net_amount", "type", ("ten",))


def test_without_rates_currencies_are_never_added(delivery):
    delivery.lines("t1,c1,p1,2017-03-01,1,10,GBP", header=WITH_CURRENCY)
    with pytest.raises(DataRejectedError, match=r"is not USD.*never added.*a table rates"):
        delivery.take_in()


@pytest.mark.parametrize("rate", ["0", "-1", "x", ""])
def test_a_rate_that_is_none_is_set_aside(delivery, rate):
    rates = f"{RATES}GBP,2017-03-04,{rate}\n"
    snapshot, frame = converted(delivery, "t1,c1,p1,2017-03-04,1,10,GBP", rates=rates)
    assert frame.loc["t1", "rate_to_base"] == 1.30
    assert {one.table for one in snapshot.report.findings} == {"rates"}


def test_rates_to_another_currency_are_refused(delivery):
    rates = f"{RATES}USD,2017-03-01,1.07\n"
    delivery.lines("t1,c1,p1,2017-03-01,1,10,GBP", header=WITH_CURRENCY).write("rates.csv", rates)
    with pytest.raises(DataRejectedError, match="is not 1 for USD, the account currency"):
        delivery.take_in()
