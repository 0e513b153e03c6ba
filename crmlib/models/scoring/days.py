"""On which days a score learns, on which it is judged, and for which it is made."""

from __future__ import annotations

from dataclasses import dataclass

from crmlib.errors import ParameterError
from crmlib.periods import Window, day_text

__all__ = ["ScoreDays", "score_days"]


@dataclass(frozen=True)
class ScoreDays:
    """Day numbers of a score with a horizon of h days, made on the day T.

    Attributes
    ----------
    train
        Days T - 2h, T - 3h, ... whose outcomes were over when the judging day began.
    test
        T - h; its outcome is over on T. None where the data do not reach that far back.
    now
        T.
    reason
        Why the score cannot be learned; empty where it can.
    """

    train: tuple[int, ...]
    test: int | None
    now: int
    horizon_days: int
    reason: str = ""

    @property
    def past(self) -> tuple[int, ...]:
        """All days whose outcome is known."""
        return self.train if self.test is None else (*self.train, self.test)

    @property
    def every(self) -> tuple[int, ...]:
        """All days with a known outcome, and now."""
        return (*self.past, self.now)

    @property
    def judged(self) -> tuple[int, ...]:
        """The judging day, if there is one."""
        return () if self.test is None else (self.test,)


def score_days(
    as_of_day: int,
    *,
    known: Window,
    horizon_days: int,
    n_train: int = 2,
    min_history_days: int = 28,
) -> ScoreDays:
    """Place the days of a score, as many for learning as the data allow and `n_train` at most.

    Parameters
    ----------
    as_of_day
        Day for which the score is made.
    known
        First and last day with a sale.
    horizon_days
        Length of the outcome in days.
    min_history_days
        Days of sales needed before the first day on which it learns.

    Raises
    ------
    ParameterError
        If a number is below 1.

    Examples
    --------
    >>> score_days(400, known=Window(100, 400), horizon_days=90).past
    (220, 130, 310)
    >>> score_days(400, known=Window(300, 400), horizon_days=90).reason
    'Not enough data to learn from and to be judged on (have 101 days of sales, need 208).'
    >>> score_days(300, known=Window(300, 400), horizon_days=90).reason[-32:]
    '(have 1 day of sales, need 208).'
    """
    if min(horizon_days, n_train, min_history_days) < 1:
        raise ParameterError(
            f"horizon_days={horizon_days}, n_train={n_train}, min_history_days="
            f"{min_history_days}: each needs at least 1."
        )
    if as_of_day < known.first_day:
        raise ParameterError(f"as_of {day_text(as_of_day)} lies before the first sale.")
    wanted = (as_of_day - k * horizon_days for k in range(2, n_train + 2))
    train = tuple(day for day in wanted if day - known.first_day + 1 >= min_history_days)
    if train:
        return ScoreDays(train, as_of_day - horizon_days, as_of_day, horizon_days)
    have, need = as_of_day - known.first_day + 1, 2 * horizon_days + min_history_days
    reason = (
        f"Not enough data to learn from and to be judged on (have {have} "
        f"day{'' if have == 1 else 's'} of sales, need {need})."
    )
    return ScoreDays((), None, as_of_day, horizon_days, reason)
