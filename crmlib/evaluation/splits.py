"""Earlier and later: what a score may learn from, and the later days on which it is judged."""

from __future__ import annotations

from dataclasses import dataclass

from crmlib.errors import ParameterError
from crmlib.periods import Window, day_text

__all__ = ["Occasion", "TimeSplit", "rolling_splits", "time_split"]


@dataclass(frozen=True)
class Occasion:
    """One scoring: features know the days of `history`, the outcome happens in `outcome`.

    Between them lies the gap, in which scores are computed and lists go out.
    """

    history: Window
    outcome: Window

    @property
    def as_of_day(self) -> int:
        """Last day that the features know."""
        return self.history.last_day

    def __str__(self) -> str:
        return f"as of {day_text(self.as_of_day)}, outcome {self.outcome}"


@dataclass(frozen=True)
class TimeSplit:
    """A model learns on `train` and is judged on `test`; all of `train` was over when `test` began.

    The outcome days of `train` end on or before the `as_of` day of `test`: on that day the model
    could really have been fitted.
    """

    train: Occasion
    test: Occasion


def time_split(
    *, last_day: int, history_days: int, horizon_days: int, gap_days: int = 0
) -> TimeSplit:
    """Place the latest test occasion that is over by `last_day`, and the training before it.

    Guards against random splits, which let a model learn from the same days on which it is judged,
    and against a training outcome that was not yet known when the test began.

    Parameters
    ----------
    last_day
        Last day with complete data, days since 1970-01-01.
    history_days
        Length of the history of the features, days.
    horizon_days
        Length of the outcome window, days.
    gap_days
        Days between the last known day and the first outcome day.

    Returns
    -------
    TimeSplit

    Raises
    ------
    ParameterError
        If a length is below 1 or the gap below 0.

    Examples
    --------
    >>> split = time_split(last_day=100, history_days=30, horizon_days=10, gap_days=2)
    >>> split.test.as_of_day, split.test.outcome, split.train.as_of_day
    (88, Window(first_day=91, last_day=100), 76)
    >>> split.train.outcome
    Window(first_day=79, last_day=88)
    """
    if min(history_days, horizon_days) < 1 or gap_days < 0:
        raise ParameterError(
            f"history_days={history_days}, horizon_days={horizon_days}, gap_days={gap_days}: "
            "history and horizon need at least one day, the gap at least none."
        )

    def occasion(outcome_end: int) -> Occasion:
        as_of_day = outcome_end - horizon_days - gap_days
        return Occasion(
            Window(as_of_day - history_days + 1, as_of_day),
            Window(outcome_end - horizon_days + 1, outcome_end),
        )

    test = occasion(last_day)
    return TimeSplit(occasion(test.as_of_day), test)


def rolling_splits(
    *,
    first_day: int,
    last_day: int,
    history_days: int,
    horizon_days: int,
    gap_days: int = 0,
    step_days: int | None = None,
) -> list[TimeSplit]:
    """Place as many splits as the data hold, each `step_days` after the one before.

    Parameters
    ----------
    first_day, last_day
        Days with complete data, days since 1970-01-01.
    history_days, horizon_days, gap_days
        As for `time_split`.
    step_days
        Days from one split to the next; the horizon if left out, so that no outcome day is judged
        twice.

    Returns
    -------
    list of TimeSplit
        Earliest first; the last one ends on `last_day`.

    Raises
    ------
    ParameterError
        If not even one split fits; the message says how many days are needed.

    Examples
    --------
    >>> splits = rolling_splits(first_day=1, last_day=100, history_days=30, horizon_days=20)
    >>> [(split.train.as_of_day, split.test.as_of_day) for split in splits]
    [(40, 60), (60, 80)]
    """
    step = horizon_days if step_days is None else step_days
    if step < 1:
        raise ParameterError(f"step_days={step}: splits must move by at least one day.")
    lengths = {"history_days": history_days, "horizon_days": horizon_days, "gap_days": gap_days}
    splits = []
    end = last_day
    while (split := time_split(last_day=end, **lengths)).train.history.first_day >= first_day:
        splits.append(split)
        end -= step
    if not splits:
        need = history_days + 2 * (horizon_days + gap_days)
        raise ParameterError(
            f"Not enough data for a time split (have {last_day - first_day + 1} days, need {need}: "
            f"history {history_days} + 2 x (gap {gap_days} + horizon {horizon_days})). Shorten the "
            "history or the horizon."
        )
    return splits[::-1]
