"""The sales plan, laid over days and parts of the business."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crmlib.features.controlling import SEPARATOR
from crmlib.features.dimensions import named
from crmlib.periods import Window, day_text, parse_day

__all__ = [
    "DIMENSIONS", "Periods", "finest", "groups", "month_window", "months", "planned",
    "planning_periods",
]  # fmt: skip

DIMENSIONS = ("category", "region", "channel", "account_manager")
A_YEAR_AGO = "the same days a year ago"
_MONTHS = 12


@dataclass(frozen=True)
class Periods:
    """Windows of days that controlling compares.

    Attributes
    ----------
    year
        The planning year around `as_of`, as far as it is planned (all of it without a plan).
    so_far
        That part of the year up to `as_of`.
    current, before
        What is compared with what came before; `before` has no day where there is nothing.
    name
        What `before` is, such as "the same days a year ago".
    """

    year: Window
    so_far: Window
    current: Window
    before: Window
    name: str

    @property
    def rest_a_year_ago(self) -> Window:
        """Days of the year before that the rest of this year corresponds to; none without one."""
        first = self.before.last_day + 1
        is_year = self.name == A_YEAR_AGO and self.so_far.last_day == self.current.last_day
        return Window(first, _a_year_before(self.year.last_day) if is_year else first - 1)


def planning_periods(
    as_of_day: int,
    *,
    known: Window,
    plan: pd.DataFrame,
    first_month: int = 1,
    compare_days: int = 91,
) -> Periods:
    """Find the windows to compare: the year so far with the same days a year ago, if in the data.

    Guards against a comparison with days that the data hold in part only. Without a year the last
    `compare_days` are compared with as many before, and without these with nothing.

    Parameters
    ----------
    known
        First and last day of the data.
    plan
        `period_start_day`, `period_end_day`; may be empty.
    first_month
        Month, 1-12, with which the planning year begins.

    Examples
    --------
    >>> plan = pd.DataFrame({"period_start_day": [], "period_end_day": []})
    >>> found = planning_periods(19_782, known=Window(19_000, 19_800), plan=plan)
    >>> str(found.so_far), str(found.before)
    ('2024-01-01 to 2024-02-29', '2023-01-01 to 2023-02-28')
    """
    day = parse_day(day_text(as_of_day))
    start_year = day.year if day.month >= first_month else day.year - 1
    first = _first_of(start_year, first_month)
    year = Window(first, _first_of(start_year + 1, first_month) - 1)
    current = so_far = Window(first, as_of_day)
    if len(plan):
        begin = max(first, int(plan["period_start_day"].min()))
        end = min(year.last_day, int(plan["period_end_day"].max()))
        if begin <= min(end, as_of_day):
            year, so_far = Window(begin, end), Window(begin, min(end, as_of_day))
    a_year_ago = Window(_first_of(start_year - 1, first_month), _a_year_before(as_of_day))
    recent = Window(as_of_day - compare_days + 1, as_of_day)
    if a_year_ago.lies_in(known):
        return Periods(year, so_far, current, a_year_ago, A_YEAR_AGO)
    if recent.before().lies_in(known):
        name = f"the {compare_days} days before"
        return Periods(year, so_far, recent, recent.before(), name)
    return Periods(year, so_far, current, Window(first - 1, first - 2), "nothing")


def _first_of(year: int, month: int) -> int:
    return int(np.datetime64(f"{year}-{month:02d}", "D").astype("int64"))


def _a_year_before(day: int) -> int:
    """Give the same calendar day a year before; of 29 February the 28th."""
    return int((pd.Timestamp(day_text(day)) - pd.DateOffset(years=1)).value // 86_400_000_000_000)


def finest(plan: pd.DataFrame) -> tuple[str, ...]:
    """Give the dimensions by which most rows of the plan that are finest are planned.

    Examples
    --------
    >>> finest(pd.DataFrame({"category": ["Tea", None], "planned_cents": [1, 1]}))
    ('category',)
    """
    levels = _levels(plan)
    if levels.empty:
        return ()
    sums = plan["planned_cents"].groupby(levels).sum().to_dict()
    return max(sums, key=lambda level: (len(level), sums[level], level))


def groups(plan: pd.DataFrame) -> list[tuple[str, ...]]:
    """List the groups of dimensions by which sales are compared, single ones first, cells last.

    Cells are those of the finest level of the plan, otherwise category x region.
    """
    cells = finest(plan)
    cells = cells if len(cells) > 1 else ("category", "region")
    return [(name,) for name in DIMENSIONS] + [cells]


def _levels(plan: pd.DataFrame) -> pd.Series:
    """Say for each row by which dimensions it is planned."""
    present = [name for name in DIMENSIONS if name in plan]
    filled = plan[present].notna()
    rows = [tuple(name for name in present if row[name]) for row in filled.to_dict("records")]
    return pd.Series(rows, index=plan.index, dtype=object)


def planned(plan: pd.DataFrame, *, window: Window, by: Sequence[Sequence[str]]) -> pd.DataFrame:
    """Add up what is planned for the days of a window, in all and by part.

    A period that lies in the window with some of its days counts with their share. Rows planned by
    other dimensions are another cut of the same plan, and are never added to each other: all comes
    from the finest rows; a group of dimensions they do not name from the coarsest rows that do.

    Parameters
    ----------
    plan
        The table `sales_plan` with companions: `period_start_day`, `period_end_day`,
        `planned_cents` and any of the dimensions; empty = all.
    by
        Groups of dimensions.

    Returns
    -------
    pandas.DataFrame
        `dimension`, `part` (as `crmlib.features.controlling.cell_sales`), `planned_amount`; no row
        without a plan for these days.

    Examples
    --------
    >>> plan = pd.DataFrame({"period_start_day": [0, 10], "period_end_day": [9, 19],
    ...     "planned_cents": [1000, 1000], "category": ["Tea", "Tea"]})
    >>> planned(plan, window=Window(0, 14), by=[["category"]])["planned_amount"].tolist()
    [15.0, 15.0]
    """
    columns = ["dimension", "part", "planned_amount"]
    if plan.empty:
        return pd.DataFrame(columns=columns)
    last = np.minimum(plan["period_end_day"], window.last_day)
    first = np.maximum(plan["period_start_day"], window.first_day)
    length = plan["period_end_day"] - plan["period_start_day"] + 1
    share = np.clip(last - first + 1, 0, None) / length
    levels = _levels(plan)
    rows = plan.assign(amount=plan["planned_cents"] / 100 * share, level=levels)[share > 0]
    if rows.empty:
        return pd.DataFrame(columns=columns)
    tables = []
    for group in [(), *by]:
        of_level = rows[rows["level"] == _level_for(group, rows, finest(plan))]
        if of_level.empty:
            continue
        part = of_level[list(group)].agg(SEPARATOR.join, axis=1) if group else "all"
        labelled = of_level.assign(part=part, dimension=named(group))
        sums = labelled.groupby(["dimension", "part"], as_index=False)["amount"].sum()
        tables.append(sums.rename(columns={"amount": "planned_amount"}))
    return pd.concat(tables, ignore_index=True)[columns]


def _level_for(
    group: Sequence[str], rows: pd.DataFrame, preferred: tuple[str, ...]
) -> tuple[str, ...] | None:
    """Choose the rows a group is taken from: the finest if they name it, else the coarsest."""
    fit = [level for level in set(rows["level"]) if set(group) <= set(level)]
    if preferred in fit or not fit:
        return preferred if fit else None
    return min(fit, key=lambda level: (len(level), level))


def month_window(periods: Periods, *, known: Window) -> Window:
    """Give the days whose months are laid side by side: this year's, and whole ones a year before.

    Examples
    --------
    >>> none = Window(0, -1)
    >>> periods = Periods(Window(19723, 20088), Window(19723, 19782), none, none, "nothing")
    >>> str(month_window(periods, known=Window(19_370, 19_782)))
    '2023-02-01 to 2024-02-29'
    """
    a_year_before = _a_year_before(periods.so_far.first_day)
    first = max(a_year_before, known.first_day)
    month = _month_of(first)
    if first > _first_of(*_year_month(month)):
        month += 1
    start = min(_first_of(*_year_month(month)), periods.so_far.first_day)
    return Window(start, periods.so_far.last_day)


def months(sold: pd.DataFrame, plan: pd.DataFrame, *, periods: Periods) -> pd.DataFrame:
    """Lay sales of the months so far beside the plan and the same months a year ago.

    Parameters
    ----------
    sold
        From `crmlib.features.controlling.month_sales`, collected, of this year and the one before.

    Returns
    -------
    pandas.DataFrame
        One row per month of `periods.so_far`: `month_on` (`YYYY-MM`), `actual_amount`,
        `planned_amount` (of the days so far; missing without a plan), `year_ago_amount` (of the
        whole month; missing where the data do not hold it).
    """
    amounts = sold.set_index("month")["net_cents"] / 100
    first, last = (_month_of(day) for day in (periods.so_far.first_day, periods.so_far.last_day))
    rows = []
    for month in range(first, last + 1):
        start, end = _first_of(*_year_month(month)), _first_of(*_year_month(month + 1)) - 1
        days = Window(max(start, periods.so_far.first_day), min(end, periods.so_far.last_day))
        of_month = planned(plan, window=days, by=[])["planned_amount"]
        rows.append(
            {
                "month_on": day_text(start)[:7],
                "actual_amount": float(amounts.get(month, 0.0)),
                "planned_amount": float(of_month.iloc[0]) if len(of_month) else np.nan,
                "year_ago_amount": float(amounts.get(month - _MONTHS, np.nan)),
            }
        )
    return pd.DataFrame(rows)


def _month_of(day: int) -> int:
    first = parse_day(day_text(day))
    return _MONTHS * first.year + first.month - 1


def _year_month(month: int) -> tuple[int, int]:
    return month // _MONTHS, month % _MONTHS + 1
