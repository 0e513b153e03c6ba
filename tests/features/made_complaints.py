"""Small tables of orders, complaints, losses and answers, as pandas frames laid open."""

import narwhals as nw
import pandas as pd


def lazy(frame: pd.DataFrame) -> nw.LazyFrame:
    return nw.from_native(frame).lazy()


def lines(*bought: tuple[str, int], cents: int = 500) -> nw.LazyFrame:
    """One order of one line per customer and day."""
    rows = [
        (f"{customer}-{day}", customer, "p", day, 1, cents, cents / 100) for customer, day in bought
    ]
    names = "transaction_id customer_id product_id occurred_day quantity net_cents net_amount"
    return lazy(pd.DataFrame(rows, columns=names.split()))


def complaints(*made: tuple[str, int, int | None]) -> nw.LazyFrame:
    """Complaints of customers: day opened, and day answered if it was."""
    rows = [
        (f"b{number}", customer, "late", opened, answered, None)
        for number, (customer, opened, answered) in enumerate(made)
    ]
    names = "complaint_id customer_id reason opened_day resolved_day compensation_cents"
    frame = pd.DataFrame(rows, columns=names.split())
    whole = {"resolved_day": "Int64", "compensation_cents": "Int64", "opened_day": "int64"}
    return lazy(frame.astype(whole))


def departures(*left: tuple[str, int]) -> nw.LazyFrame:
    frame = pd.DataFrame(list(left), columns=["customer_id", "left_day"])
    return lazy(frame.astype({"customer_id": "str", "left_day": "int64"}))


def answers(*given: tuple[str, str, int, float, float]) -> nw.LazyFrame:
    """Answers of customers: survey, respondent, day, expectation, perception, to one attribute."""
    names = ["survey_id", "respondent_id", "answered_day", "expectation", "perception"]
    frame = pd.DataFrame(list(given), columns=names)
    return lazy(
        frame.assign(respondent_kind="customer", attribute="speed", attribute_group="process")
    )
