"""Days of customers' lives by what went wrong before them: the exposure behind hazard ratios."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from crmlib.errors import ParameterError
from crmlib.periods import Window
from crmlib.schema import require_columns

__all__ = ["COMPLAINT_STATES", "exposure_counts", "states_at", "with_event"]

COMPLAINT_STATES = ("none", "compensated", "answered", "unanswered")
"""States after a complaint, from the least to the most serious."""

Days = npt.NDArray[np.int64]
_BITS = 20  # day numbers stay below 2 ** 20 until the year 4840
_MERGED_DAYS = 7
"""Signs of trouble so close to one another are one incident."""


def with_event(lives: pd.DataFrame, *, as_of_day: int, every_loss: bool = False) -> pd.DataFrame:
    """Say until when each customer is watched for leaving, and whether he then left.

    Where losses are recorded, only recorded ones count, and who fell silent without a record is
    watched until then: the record is a part of all losses, and a silence tells no day. Without any
    record, silence counts as the loss, and who still orders is watched until one usual pause after
    his last order: of the days after it nobody knows yet. Guards against watching customers who
    are long gone, which makes the days without trouble look safer than they are.

    Parameters
    ----------
    lives
        From `crmlib.features.lives.customer_lives`, collected.
    every_loss
        Count silent losses beside recorded ones: for how many stay, not for why they leave.

    Returns
    -------
    pandas.DataFrame
        The same rows and `until_day`, `is_event` (True: left on that day).
    """
    is_on_record = bool((lives["is_recorded"] == 1).any()) and not every_loss
    still = as_of_day if is_on_record else lives["last_day"] + lives["pause_days"]
    until = lives["end_day"].fillna(still).clip(upper=as_of_day)
    until = np.maximum(until, lives["start_day"]).astype("int64")
    counts = lives["is_recorded" if is_on_record else "is_lost"] == 1
    return lives.assign(until_day=until, is_event=counts & (lives["end_day"] <= as_of_day))


def states_at(
    lives: pd.DataFrame,
    complaints: pd.DataFrame,
    signs: pd.DataFrame,
    *,
    days: pd.Series,
    effect_days: int = 30,
    many: int = 3,
) -> pd.DataFrame:
    """Say in which state each customer is on a day of his own: after a complaint, after troubles.

    Parameters
    ----------
    lives
        One row per `customer_id`.
    complaints, signs, effect_days, many
        As in `exposure_counts`.
    days
        Day of each customer, in the same order.

    Returns
    -------
    pandas.DataFrame
        `customer_id`, `complaint` (of `COMPLAINT_STATES`), `has_many_troubles` (0 or 1), in the
        order given.
    """
    people = lives.assign(_day=days.to_numpy(dtype=np.int64)).sort_values("customer_id")
    ids = pd.Index(people["customer_id"])
    day = people["_day"].to_numpy() - 1  # the state of a day is that of the days after the last one
    state = _state_at(_states(complaints, ids, effect_days=effect_days), np.arange(len(ids)), day)
    found = pd.DataFrame(
        {
            "customer_id": people["customer_id"],
            "complaint": np.array(COMPLAINT_STATES, dtype=object)[state],
            "has_many_troubles": (day >= _day_of_many(signs, ids, many=many)).astype(np.int64),
        },
        index=people.index,
    )
    return found.reindex(lives.index)


def exposure_counts(
    lives: pd.DataFrame,
    complaints: pd.DataFrame,
    signs: pd.DataFrame,
    *,
    by: Sequence[str] = (),
    step_days: int = 91,
    effect_days: int = 30,
    many: int = 3,
    left_out: Sequence[Window] = (),
) -> pd.DataFrame:
    """Count days at risk and losses by time as a customer, complaint state and trouble so far.

    From the day after a complaint a customer is *unanswered* up to the day of the answer, then
    *answered* or *compensated* up to `effect_days` after the complaint; the latest one decides.
    After `many` incidents he has had *many troubles* for good; signs within a week are one
    incident. Guards against counting the days before an event, which one must have stayed to see
    it, as days after it (immortal time).

    Parameters
    ----------
    lives
        From `with_event`.
    complaints
        From `crmlib.features.trouble.complaint_days`, collected.
    signs
        From `crmlib.features.trouble.trouble_signs`, collected.
    by
        Further columns of `lives` to count by, of few values each, none missing.
    step_days
        Length of a step of time as a customer.
    left_out
        Windows of days that are not counted, in which many left for a reason of their own.

    Returns
    -------
    pandas.DataFrame
        One row per cell: `step` (0 is the first), `complaint` (of `COMPLAINT_STATES`),
        `has_many_troubles` (0 or 1), the columns of `by`, `n_days`, `n_events`.

    Raises
    ------
    ParameterError
        If a length is below 1.
    SchemaError
        If a column is missing.

    References
    ----------
    P. D. Allison (1982), Sociological Methodology 13, section 4 (covariates that change in time).
    """
    if min(step_days, effect_days, many) < 1:
        raise ParameterError(
            f"step_days={step_days}, effect_days={effect_days}, many={many}: each is at least 1."
        )
    require_columns(lives.columns, ("until_day", "is_event", *by), what="The table of lives")
    people = lives.sort_values("customer_id", ignore_index=True)
    ids = pd.Index(people["customer_id"])
    start, end = (people[name].to_numpy(dtype=np.int64) for name in ("start_day", "until_day"))
    has_left = people["is_event"].to_numpy(dtype=bool)
    made = _states(complaints, ids, effect_days=effect_days)
    third = _day_of_many(signs, ids, many=many)
    n_steps = int((end - start).max(initial=0)) // step_days + 1
    edges = [start + k * step_days for k in range(n_steps)]
    fixed = [np.full(len(ids), day) for w in left_out for day in (w.first_day - 1, w.last_day)]
    who = np.arange(len(ids))
    cuts = [_key(who, day) for day in (*edges, *fixed, third, end)]
    cuts += [_key(made["who"], made[name]) for name in ("opened", "settled", "over")]
    key = np.sort(np.concatenate(cuts))  # `unique` goes by a hash, which takes longer
    key = key[np.append(True, key[1:] != key[:-1])] if len(key) else key
    code, day = key >> _BITS, key & (2**_BITS - 1)
    inside = (day >= start[code]) & (day < end[code])
    for window in left_out:
        inside &= (day < window.first_day - 1) | (day >= window.last_day)
    until = np.append(day[1:], 0)
    code, day, until = code[inside], day[inside], until[inside]
    rows = pd.DataFrame(
        {
            "step": (day - start[code]) // step_days,
            "complaint": _state_at(made, code, day),
            "has_many_troubles": (day >= third[code]).astype(np.int64),
            **{name: people[name].astype("category").array.take(code) for name in by},
            "n_days": until - day,
            "n_events": ((until == end[code]) & has_left[code]).astype(np.int64),
        }
    )
    names = ["step", "complaint", "has_many_troubles", *by]
    counts = rows.groupby(names, as_index=False, observed=True)[["n_days", "n_events"]].sum()
    labels = np.array(COMPLAINT_STATES, dtype=object)[counts["complaint"].to_numpy(dtype=int)]
    plain = {name: counts[name].astype(people[name].dtype) for name in by}
    return counts.assign(complaint=labels, **plain)


def _key(who: Days, day: Days) -> Days:
    """Put customer and day into one number that sorts by both."""
    return np.asarray((who << _BITS) + day, dtype=np.int64)


def _states(complaints: pd.DataFrame, ids: pd.Index, *, effect_days: int) -> dict[str, Days]:
    """Give customer, day, and the days up to which each complaint stands open and has an effect."""
    known = complaints.assign(_who=ids.get_indexer(complaints["customer_id"]))
    known = known[known["_who"] >= 0].sort_values(["_who", "opened_day"])
    opened = known["opened_day"].to_numpy(dtype=np.int64)
    over = opened + effect_days
    answered = known["resolved_day"].fillna(2**_BITS - 1).to_numpy(dtype=np.int64)
    return {
        "who": known["_who"].to_numpy(dtype=np.int64),
        "opened": opened,
        "settled": np.clip(answered, opened, over),
        "over": over,
        "after": np.where(known["is_compensated"] == 1, 1, 2),
    }


def _state_at(made: dict[str, Days], code: Days, day: Days) -> Days:
    """Give the state in which each customer is in the days after `day`."""
    if not len(made["who"]):
        return np.zeros(len(code), dtype=np.int64)
    place = np.searchsorted(_key(made["who"], made["opened"]), _key(code, day), side="right") - 1
    latest = np.maximum(place, 0)
    own = (place >= 0) & (made["who"][latest] == code)
    open_ = own & (day < made["settled"][latest])
    settled = own & ~open_ & (day < made["over"][latest])
    return np.where(open_, 3, np.where(settled, made["after"][latest], 0))


def _day_of_many(signs: pd.DataFrame, ids: pd.Index, *, many: int) -> Days:
    """Give the day on which each customer had so many incidents; far away if never."""
    days = pd.DataFrame({"who": ids.get_indexer(signs["customer_id"]), "day": signs["day"]})
    days = days[days["who"] >= 0].drop_duplicates().sort_values(["who", "day"])
    gap = days.groupby("who")["day"].diff()
    days = days[gap.isna() | (gap > _MERGED_DAYS)]
    reached = days[days.groupby("who").cumcount() == many - 1]
    found = np.full(len(ids), 2**_BITS - 1, dtype=np.int64)
    found[reached["who"]] = reached["day"].to_numpy()
    return found
