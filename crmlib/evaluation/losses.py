"""How many customers were lost, for which reasons on record, when, and what went with them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from crmlib.evaluation.experiments import holm
from crmlib.evaluation.intervals import wilson_interval
from crmlib.periods import Window, day_number, day_text, parse_day
from crmlib.schema import require_columns

__all__ = [
    "ANY_REASON",
    "NOT_RECORDED",
    "definition_sensitivity",
    "loss_waves",
    "reason_table",
    "wave_windows",
]

NOT_RECORDED = "not recorded: fell silent"
ANY_REASON = "any reason"
_UNKNOWN = "unknown"
_WAVE_WEEKS = 4
_GAP, _AROUND = 8, 18
"""The usual rate is that of so many weeks on either side, beyond a gap of so many."""
_FACTORS = (1, 2, 3, 4, 6)
_MIN_LOSSES = 20
_FALSE_SHARE = 0.05
_Z = 1.959963984540054
_REASONS = [
    "cause", "n_left", "reason_share", "low_share", "high_share", "lost_amount", "low_amount",
    "high_amount", "lost_margin_amount",
]  # fmt: skip
_WAVES = [
    "cause", "first_date", "last_date", "n_left", "n_expected", "n_more", "low_more", "high_more",
    "p_adjusted", "n_looks",
]  # fmt: skip


def reason_table(lives: pd.DataFrame) -> pd.DataFrame:
    """Say how many were lost for which recorded reason, and what they bought in their last year.

    Shares are of the losses whose reason is known; of the others nobody knows it, and they are not
    spread over the known reasons. The interval of an amount says how far it would move had other
    customers of the same kind left (compound Poisson: variance is the sum of squared amounts).

    Parameters
    ----------
    lives
        From `crmlib.features.lives.customer_lives`, collected.

    Returns
    -------
    pandas.DataFrame
        Most losses first, those without a known reason last: `cause`, `n_left`, `reason_share`
        with `low_share`, `high_share` (Wilson), `lost_amount` (net sales of the year up to the
        last order) with `low_amount`, `high_amount`, `lost_margin_amount` (missing without costs).

    References
    ----------
    R. Kaas et al. (2008), Modern Actuarial Risk Theory, 2nd ed., eq. 3.60 (compound Poisson).
    """
    lost = lives[lives["is_lost"] == 1]
    reason = lost["reason"].astype("object").where(lost["reason"].notna(), _UNKNOWN)
    named = reason.where(lost["is_recorded"] == 1, NOT_RECORDED)
    amounts = pd.DataFrame(
        {
            "cause": named,
            "amount": lost["year_cents"] / 100,
            "square": (lost["year_cents"] / 100) ** 2,
            "margin": lost["year_margin_cents"].astype(float) / 100,
        }
    )
    table = amounts.groupby("cause").agg(
        n_left=("amount", "size"),
        lost_amount=("amount", "sum"),
        square=("square", "sum"),
        lost_margin_amount=("margin", lambda part: part.sum(min_count=1)),
    )
    is_known = ~table.index.isin([_UNKNOWN, NOT_RECORDED])
    n_known = int(table.loc[is_known, "n_left"].sum())
    table["reason_share"] = table["n_left"].where(is_known) / max(n_known, 1)
    bounds = wilson_interval(table["n_left"].where(is_known, 0), np.full(len(table), n_known))
    for name, bound in (("low_share", "low"), ("high_share", "high")):
        table[name] = np.where(is_known, bounds[bound], np.nan)
    reach = _Z * np.sqrt(table["square"])
    table["low_amount"] = (table["lost_amount"] - reach).clip(lower=0)
    table["high_amount"] = table["lost_amount"] + reach
    table["_known"] = is_known
    ordered = table.reset_index().sort_values(
        ["_known", "n_left", "cause"], ascending=[False, False, True], ignore_index=True
    )
    return ordered[_REASONS].astype({"cause": "str"})


def definition_sensitivity(
    lives: pd.DataFrame,
    earlier: pd.DataFrame,
    *,
    silence_factor: int,
    min_silence_days: int,
) -> pd.DataFrame:
    """Say what becomes of the losses if silence is called one sooner or later.

    The test of a rule is what those did afterwards whom it would have called lost some time ago:
    who ordered again was not lost.

    Parameters
    ----------
    lives
        From `customer_lives` on the day, collected.
    earlier
        The same on an earlier day.
    silence_factor
        Usual pauses after which silence is called a loss; others stand beside it.
    min_silence_days
        Silence that is never called a loss.

    Returns
    -------
    pandas.DataFrame
        One row per factor: `silence_factor`, `is_chosen`, `n_left` (by silence alone),
        `customer_share` (of all customers), `lost_amount`, `n_left_before` (whom it called lost on
        the earlier day), `back_share` of these who ordered since, with `low_share`, `high_share`
        (Wilson), and `found_share` of the recorded losses that the rule finds too (missing without
        records).
    """
    last = lives.set_index("customer_id")["last_day"]
    rows = []
    recorded = lives[lives["is_recorded"] == 1]
    for factor in sorted({*_FACTORS, silence_factor}):
        rule = {"factor": factor, "least": min_silence_days}
        now, then = _silent(lives, **rule), earlier[_silent(earlier, **rule)]
        back = int((then["customer_id"].map(last).astype(float) > then["last_day"]).sum())
        low, high = wilson_interval([back], [len(then)]).iloc[0]
        known = bool(len(then))
        rows.append(
            {
                "silence_factor": factor,
                "is_chosen": factor == silence_factor,
                "n_left": int(now.sum()),
                "customer_share": float(now.mean()) if len(lives) else np.nan,
                "lost_amount": float(lives.loc[now, "year_cents"].sum() / 100),
                "n_left_before": len(then),
                "back_share": back / len(then) if known else np.nan,
                "low_share": low if known else np.nan,
                "high_share": high if known else np.nan,
                "found_share": (
                    float(_silent(recorded, **rule).mean()) if len(recorded) else np.nan
                ),
            }
        )
    return pd.DataFrame(rows)


def _silent(lives: pd.DataFrame, *, factor: int, least: int) -> pd.Series:
    limit = (factor * lives["usual_gap_days"]).clip(lower=least)
    return lives["silence_days"] > limit


def loss_waves(lives: pd.DataFrame, *, as_of_day: int) -> pd.DataFrame:
    """Find weeks in which far more customers left than usual: a blow to many at once.

    Losses of four weeks on end are held against the usual rate among those then at risk (of the
    weeks around, beyond two months), for all reasons together and each reason on record. Guards
    against alarms among hundreds of looks (Holm), against weeks that scatter more than counts do
    (negative binomial, with the spread seen between weeks), and against a young clientele, which
    leaves faster as a whole.

    Parameters
    ----------
    lives
        From `crmlib.evaluation.exposure.with_event`.
    as_of_day
        Last day that counts, a day number.

    Returns
    -------
    pandas.DataFrame
        The largest excess first: `cause`, `first_date`, `last_date`, `n_left`, `n_expected`,
        `n_more` (beyond the usual) with `low_more`, `high_more`, `p_adjusted`, `n_looks`.
    """
    require_columns(lives.columns, ("until_day", "is_event", "reason"), what="The table of lives")
    left = lives[lives["is_event"]]
    first = int(lives["start_day"].min()) if len(lives) else as_of_day
    n_weeks = (as_of_day - first + 1) // 7
    if n_weeks < 2 * _WAVE_WEEKS or len(left) < _MIN_LOSSES:
        return pd.DataFrame(columns=_WAVES)
    week = _week(left["until_day"], as_of_day=as_of_day, n_weeks=n_weeks)
    came = np.bincount(_week(lives["start_day"], as_of_day=as_of_day, n_weeks=n_weeks))
    gone = np.bincount(_week(lives["until_day"], as_of_day=as_of_day, n_weeks=n_weeks))
    came, gone = (np.pad(x, (0, n_weeks - len(x))) for x in (came, gone))
    at_risk = np.cumsum(came) - np.cumsum(gone) + gone
    reasons = left["reason"].fillna(_UNKNOWN)
    counts = reasons.value_counts()
    named = sorted(set(counts.index[counts >= _MIN_LOSSES]) - {_UNKNOWN})
    series = {ANY_REASON: np.ones(len(left))} | {n: (reasons == n).to_numpy(float) for n in named}
    looks = [
        _looks(np.bincount(week, own, n_weeks), at_risk, last_day=as_of_day).assign(cause=name)
        for name, own in series.items()
    ]
    table = pd.concat(looks, ignore_index=True)
    table["p_adjusted"] = holm(table["p_value"])
    table["n_looks"] = len(table)
    return _without_overlap(table[table["p_adjusted"] <= _FALSE_SHARE])[_WAVES]


def _week(day: pd.Series, *, as_of_day: int, n_weeks: int) -> np.ndarray:
    """Give the number of the week, which ends on the weekday of the last day; the first is 0."""
    back = (as_of_day - day.to_numpy(dtype=np.int64)) // 7
    return np.clip(n_weeks - 1 - back, 0, n_weeks - 1)


def _looks(lost: np.ndarray, at_risk: np.ndarray, *, last_day: int) -> pd.DataFrame:
    """Hold each four weeks against the usual rate of leaving."""
    together = np.ones(_WAVE_WEEKS)
    n, exposed = np.convolve(lost, together, "valid"), np.convolve(at_risk, together, "valid")
    around = np.concatenate([np.ones(_AROUND), np.zeros(2 * _GAP + 1), np.ones(_AROUND)])
    lost_around, risk_around = (np.convolve(x, around)[len(around) // 2 :] for x in (n, exposed))
    usual = lost_around[: len(n)] / np.maximum(risk_around[: len(n)], 1)
    expected = np.maximum(usual * exposed, 1e-9)
    z = (n - expected) / np.sqrt(np.maximum(expected, 1.0))
    spread = max(1.0, float(1.4826 * np.median(np.abs(z - np.median(z)))) ** 2)
    return pd.DataFrame(
        {
            "place": np.arange(len(n)),
            "first_date": [day_text(last_day - 7 * (len(n) - 1 - k + _WAVE_WEEKS) + 1)
                           for k in range(len(n))],
            "last_date": [day_text(last_day - 7 * (len(n) - 1 - k)) for k in range(len(n))],
            "n_left": n.astype(np.int64),
            "n_expected": expected,
            "n_more": n - expected,
            "low_more": stats.chi2.ppf(0.025, 2 * np.maximum(n, 0.5)) / 2 - expected,
            "high_more": stats.chi2.ppf(0.975, 2 * (n + 1)) / 2 - expected,
            "p_value": _tail(n, np.maximum(expected, 0.5), spread=spread),
        }
    )  # fmt: skip


def _tail(n: np.ndarray, expected: np.ndarray, *, spread: float) -> np.ndarray:
    """Give the probability of so many or more; the variance is `spread` times the mean."""
    if spread <= 1 + 1e-9:
        return np.asarray(stats.poisson.sf(n - 1, expected))
    return np.asarray(stats.nbinom.sf(n - 1, expected / (spread - 1), 1 / spread))


def _without_overlap(found: pd.DataFrame) -> pd.DataFrame:
    """Keep of looks that share weeks the surest; a named reason goes before any reason."""
    order = found.assign(general=found["cause"] == ANY_REASON)
    order = order.sort_values(["general", "p_value", "place", "cause"])
    kept: list[int] = []
    for row in order.itertuples():
        earlier = order.loc[kept]
        same = earlier["cause"].eq(row.cause) | bool(row.general)
        if not (same & ((earlier["place"] - row.place).abs() < 2 * _WAVE_WEEKS)).any():
            kept.append(row.Index)
    chosen = order.loc[kept]
    return chosen.sort_values(["n_more", "cause"], ascending=[False, True], ignore_index=True)


def wave_windows(waves: pd.DataFrame) -> list[Window]:
    """Give the days of the waves, for analyses of customers' own experience to leave out."""
    days = [
        [day_number(parse_day(str(row[name]))) for name in ("first_date", "last_date")]
        for _, row in waves.iterrows()
    ]
    return [Window(first, last) for first, last in days]
