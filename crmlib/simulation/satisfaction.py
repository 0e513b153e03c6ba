"""Satisfaction: what is expected and found, what drives it, and the table of survey answers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crmlib.simulation.arrow import ids, instants, numbers, table, texts
from crmlib.simulation.customers import Customers
from crmlib.simulation.masters import customer_ids
from crmlib.simulation.orders import moments
from crmlib.simulation.outline import Outline
from crmlib.simulation.randomness import stream

__all__ = [
    "DRIVERS", "Driver", "Satisfaction", "draw_satisfaction", "employee_surveys", "surveys_table",
]  # fmt: skip


@dataclass(frozen=True)
class Driver:
    """One attribute of the survey.

    Parameters
    ----------
    weight
        Weight in overall satisfaction of what is found over what is expected, standardised.
    gap
        Mean of what is found less what is expected, in points.
    stated
        Importance customers state when asked, which is not the weight.
    employees
        The same gap as employees see it.
    """

    attribute: str
    group: str
    weight: float
    gap: float
    stated: float
    employees: float


DRIVERS = (
    Driver("friendliness", "people", 0.30, -0.3, 6.0, 0.4),
    Driver("competence", "people", 0.06, 0.2, 6.5, 0.3),
    Driver("freshness and quality", "product", 0.24, 0.3, 8.0, 0.5),
    Driver("price", "product", 0.05, -1.0, 9.2, -0.2),
    Driver("range of goods", "product", 0.10, 0.0, 7.0, 0.1),
    Driver("cleanliness", "premises", 0.03, 0.5, 7.5, -0.4),
    Driver("delivery time", "process", 0.17, -1.3, 7.0, -0.1),
    Driver("handling of complaints", "process", 0.05, -0.6, 5.5, 0.2),
)

_OVERALL = "overall satisfaction"
_ANSWERS = 0.08
_FIRST_WAVE, _BETWEEN = 150, 182
_N_EMPLOYEES = 40
_REPORT_ERROR = 0.08
_STAYING = 0.3


@dataclass(frozen=True)
class Satisfaction:
    """What customers expect and find, in points: customers x drivers; and overall, standardised."""

    expectation: np.ndarray
    perception: np.ndarray
    overall: np.ndarray


def draw_satisfaction(outline: Outline, customers: Customers, block: int) -> Satisfaction:
    """Draw what each customer would answer.

    Overall satisfaction is the weighted sum of the standardised gaps, less 0.3 times the natural
    logarithm of the hazard of leaving over its usual level, plus noise of 0.25.
    """
    rng = stream(outline.seed, "satisfaction", block=block)
    shape = (len(customers), len(DRIVERS))
    expectation = np.clip(rng.normal(7.2, 0.7, shape), 1, 10)
    score = rng.normal(size=shape)
    gap = np.array([one.gap for one in DRIVERS]) + 1.1 * score
    leaving = np.log(customers.dropout) - np.log(1 / 1300)  # about the mean of the logarithm
    weights = np.array([one.weight for one in DRIVERS])
    noise = rng.normal(0, 0.25, len(customers))
    overall = score @ weights - _STAYING * np.clip(leaving, -3, 3) + noise
    return Satisfaction(expectation, np.clip(expectation + gap, 1, 10), overall)


def waves(outline: Outline) -> range:
    """Give the days on which a survey begins."""
    return range(min(_FIRST_WAVE, outline.n_days // 2), outline.n_days - 14, _BETWEEN)


def surveys_table(
    outline: Outline,
    customers: Customers,
    block: int,
    *,
    end: np.ndarray,
    satisfaction: Satisfaction,
    wallet_share: np.ndarray,
) -> pa.Table:
    """Write the answers of customers: one row per attribute, and one for overall satisfaction."""
    rng = stream(outline.seed, "surveys", block=block)
    parts = []
    for number, day in enumerate(waves(outline)):
        asked = (customers.join < day) & (end > day + 14)
        who = np.flatnonzero(asked & (rng.random(len(customers)) < _ANSWERS))
        overall = satisfaction.overall[who]
        points = np.clip(np.rint(7 + 1.5 * overall), 1, 10)
        report = wallet_share[who] + rng.normal(0, _REPORT_ERROR, len(who))
        recommend = np.rint(7.2 + 2 * overall + rng.normal(0, 0.5, len(who)))
        expectation = np.rint(np.column_stack([satisfaction.expectation[who], 0 * overall + 7.5]))
        perception = np.column_stack([np.rint(satisfaction.perception[who]), points])
        answered = (day + rng.integers(0, 14, len(who)), moments(rng, customers.hour[who]))
        parts.append(
            _answers(
                rng, outline, number, customer_ids(customers.number[who]), answered,
                (expectation, perception),
                {
                    "wallet_share": np.clip(report, 0, 1),
                    "recommend_0_10": np.clip(recommend, 0, 10),
                },
            )
        )  # fmt: skip
    return pa.concat_tables(parts)


def employee_surveys(outline: Outline) -> pa.Table:
    """Write the answers of employees to the same questions."""
    rng = stream(outline.seed, "employees")
    parts = []
    for number, day in enumerate(waves(outline)):
        expectation = np.clip(
            np.rint(rng.normal(7.2, 0.7, (_N_EMPLOYEES, len(DRIVERS) + 1))), 1, 10
        )
        gap = np.array([*(one.employees for one in DRIVERS), 0.2])
        perception = expectation + gap + rng.normal(0, 0.9, expectation.shape)
        who = ids("E", np.arange(1, _N_EMPLOYEES + 1), width=4)
        answered = (day + rng.integers(0, 14, _N_EMPLOYEES), np.full(_N_EMPLOYEES, 9 * 3600))
        answers = (expectation, np.clip(np.rint(perception), 1, 10))
        parts.append(_answers(rng, outline, number, who, answered, answers, {}))
    return pa.concat_tables(parts)


def _answers(
    rng: np.random.Generator,
    outline: Outline,
    wave: int,
    who: pa.Array,
    answered: tuple[np.ndarray, np.ndarray],
    points: tuple[np.ndarray, np.ndarray],
    more: dict[str, np.ndarray],
) -> pa.Table:
    """Write one wave: one row per respondent and attribute."""
    n_rows, n_columns = points[0].shape
    respondent = np.repeat(np.arange(n_rows), n_columns)
    day, second = (value[respondent] for value in answered)
    attribute = np.tile(np.arange(n_columns), n_rows)
    stated = np.array([*(one.stated for one in DRIVERS), np.nan])[attribute]
    importance = np.clip(np.rint(stated + rng.normal(0, 1, len(stated))), 1, 10)
    kind = "customer" if more else "employee"
    return table(
        "surveys",
        {
            "survey_id": texts((f"S{wave + 1:04d}",), respondent * 0),
            "respondent_id": pc.take(who, pa.array(respondent)),
            "respondent_kind": texts((kind,), respondent * 0),
            "answered_at": instants(outline.dates(day), second),
            "attribute": texts([*(one.attribute for one in DRIVERS), _OVERALL], attribute),
            "attribute_group": texts([*(one.group for one in DRIVERS), "overall"], attribute),
            "expectation": numbers(points[0].ravel()),
            "perception": numbers(points[1].ravel()),
            "importance": numbers(importance, empty=np.isnan(stated)),
            **{name: numbers(np.round(value, 2)[respondent]) for name, value in more.items()},
        },
    )
