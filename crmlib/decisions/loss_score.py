"""What a risk of loss is worth, whom to call because of it, why, and until when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crmlib.decisions.attention import NOW, Action, actions
from crmlib.features.everyone import Everyone, People, columns_of, rows_of
from crmlib.features.score_features import FEATURE_WORDS
from crmlib.models.scoring import (
    Score,
    ScoreDays,
    contract_rules,
    ended_after,
    hold_score,
    loss_rules,
    main_reasons,
    under_contract,
    under_contract_now,
)
from crmlib.periods import day_text

__all__ = [
    "WORDS",
    "Risk",
    "actions_from_alarms",
    "alarm_list",
    "customers_now",
    "customers_then",
    "judge",
    "loss_by_band",
    "lost",
    "still_active",
    "went_quiet",
]

WORDS = {**FEATURE_WORDS, "survival_risk": "the risk by the length of the contract"}
"""What the features of this score are called."""
Frames = Mapping[int, pd.DataFrame]
_BANDS = ((0.75, "above 75 %"), (0.5, "50 to 75 %"), (0.25, "25 to 50 %"), (0.0, "below 25 %"))
_LATE_GAPS = 2.0
_MOST_REASONS = 5_000


def still_active(
    features: Mapping[int, pd.DataFrame], *, active_days: int
) -> dict[int, pd.DataFrame]:
    """Keep those who ordered in the last days: only they can be lost.

    Parameters
    ----------
    features
        By day, from `crmlib.features.score_features`.
    active_days
        Longest silence of a customer who still counts as one.
    """
    return {day: frame[frame["recency_days"] <= active_days] for day, frame in features.items()}


def went_quiet(
    features: Mapping[int, pd.DataFrame], ordered: Mapping[int, pd.DataFrame]
) -> dict[int, pd.DataFrame]:
    """Give those of each day's customers who did not order in the days after it: the outcome."""
    return {
        day: frame.loc[~frame.index.isin(ordered[day].index), []]
        for day, frame in features.items()
        if day in ordered
    }


def customers_then(
    features: Frames, ended: Frames, *, is_contract: bool, active_days: int, horizon_days: int
) -> dict[int, pd.DataFrame]:
    """Keep who could be lost on each day: whose contract ran, or who had ordered lately.

    Parameters
    ----------
    ended
        By day, from `crmlib.features.contracts.contract_ends`; looked at with contracts only.
    is_contract
        Whether customers have contracts, of which the recorded end is the loss.
    """
    if is_contract:
        return under_contract(features, ended, horizon_days=horizon_days)
    return still_active(features, active_days=active_days)


def customers_now(
    everyone: Everyone,
    ended: Frames,
    *,
    as_of_day: int,
    is_contract: bool,
    active_days: int,
    horizon_days: int,
) -> People:
    """Keep who can be lost today."""
    if is_contract:
        return under_contract_now(
            everyone, ended[as_of_day], as_of_day=as_of_day, horizon_days=horizon_days
        )
    return everyone.at_most("recency_days", active_days)


def lost(
    features: Frames, ordered: Frames, ended: Frames, *, is_contract: bool
) -> dict[int, pd.DataFrame]:
    """Give those of each day's customers who were lost in the days after it: the outcome."""
    return ended_after(features, ended) if is_contract else went_quiet(features, ordered)


def judge(
    days: ScoreDays,
    features: Frames,
    ordered: Frames,
    ended: Frames,
    everyone: People,
    *,
    is_contract: bool,
    seen_then: pd.DataFrame | None = None,
) -> Score:
    """Judge and give the score against the simpler ways of its kind of business.

    Parameters
    ----------
    features, everyone
        Of those who can be lost, from `customers_then` and `customers_now`.
    ordered, ended
        By day, who ordered in the days after it, and whose contract ended by the end of them.
    """
    return hold_score(
        days,
        features,
        lost(features, ordered, ended, is_contract=is_contract),
        everyone,
        rules=contract_rules if is_contract else loss_rules,
        seen_then=seen_then,
        words=WORDS,
    )


@dataclass(frozen=True)
class Risk:
    """What is at stake in the horizon.

    `sales_amount` adds up risk times the sales of the last 364 days; the alarms are customers whose
    risk is above that of most and whose sales are in the upper half.
    """

    n_customers: int
    n_lost: float
    low: float
    high: float
    sales_amount: float
    n_alarms: int
    alarm_amount: float


def alarm_list(
    score: Score,
    everyone: People,
    *,
    as_of_day: int,
    horizon_days: int,
    min_risk: float,
    words: Mapping[str, str],
) -> tuple[pd.DataFrame, Risk]:
    """Rank customers by risk times value, with the reason and the last day to act.

    The last day to act is the day on which the silence reaches twice the pause that three quarters
    of his pauses did not exceed, but no earlier than a week ahead and no later than the end of
    the horizon: a rule of thumb, for nobody has tested when a call comes too late.

    Parameters
    ----------
    everyone
        Features of the customers scored, index = customer.
    min_risk
        Probability from which a customer stands on the list.

    Returns
    -------
    tuple
        The list: `customer_id`, `risk_rate`, `low_rate`, `high_rate`, `net_amount` (sales of the
        last 364 days), `at_risk_amount`, `silence_days`, `reason`, `act_until`; and the sums.
    """
    table = score.scores.rename(
        columns={"predicted": "risk_rate", "low": "low_rate", "high": "high_rate"}
    )
    names = ["net_cents_364", "recency_days", "gap_q75_days"]
    known = columns_of(everyone, names).reindex(table["customer_id"])
    table["net_amount"] = known["net_cents_364"].fillna(0).clip(lower=0).to_numpy(float) / 100
    table["at_risk_amount"] = table["risk_rate"] * table["net_amount"]
    table["silence_days"] = known["recency_days"].to_numpy()
    pause = known["gap_q75_days"].to_numpy(float)
    left = np.where(np.isnan(pause), horizon_days, _LATE_GAPS * pause - known["recency_days"])
    left = np.clip(np.nan_to_num(left, nan=horizon_days), min(7, horizon_days), horizon_days)
    texts = np.array([day_text(as_of_day + days) for days in range(horizon_days + 1)], dtype=object)
    table["act_until"] = pd.array(texts[left.astype(int)], dtype="str")
    total = float(table["at_risk_amount"].sum())
    middle = table["net_amount"].median() if len(table) else 0.0
    alarms = table[(table["risk_rate"] >= min_risk) & (table["net_amount"] >= middle)]
    alarms = alarms.sort_values(
        ["at_risk_amount", "customer_id"], ascending=[False, True], ignore_index=True
    )
    risk = Risk(
        n_customers=len(table),
        n_lost=score.expected[0],
        low=score.expected[1],
        high=score.expected[2],
        sales_amount=total,
        n_alarms=len(alarms),
        alarm_amount=float(alarms["at_risk_amount"].sum()),
    )
    return alarms.assign(reason=_reasons(score, alarms, everyone, words)), risk


def _reasons(
    score: Score, alarms: pd.DataFrame, everyone: People, words: Mapping[str, str]
) -> pd.Series:
    """Name what raises the risk of the first customers of the list."""
    if score.model is None or alarms.empty:
        return pd.Series("", index=alarms.index, dtype="str")
    first = alarms["customer_id"].head(_MOST_REASONS)
    said = main_reasons(score.model, score.known(rows_of(everyone, first)), words=words)
    return pd.Series(said.to_numpy(), index=first.index).reindex(alarms.index).fillna("")


def loss_by_band(score: Score, everyone: People) -> pd.DataFrame:
    """Add up customers and sales by band of risk, the highest first.

    Returns
    -------
    pandas.DataFrame
        `band`, `n_customers`, `net_amount` (sales of the last 364 days), `at_risk_amount`.
    """
    known = columns_of(everyone, ["net_cents_364"])["net_cents_364"]
    sales = known.reindex(score.scores["customer_id"]).fillna(0).to_numpy() / 100
    frame = score.scores.assign(net_amount=sales, at_risk_amount=score.scores["predicted"] * sales)
    edges = [low for low, _ in _BANDS]
    band = np.argmax(frame["predicted"].to_numpy()[:, None] >= edges, axis=1)
    sums = (
        frame.assign(band=band)
        .groupby("band")
        .agg(
            n_customers=("customer_id", "size"),
            net_amount=("net_amount", "sum"),
            at_risk_amount=("at_risk_amount", "sum"),
        )
        .reindex(range(len(_BANDS)), fill_value=0)
    )
    return sums.assign(band=[name for _, name in _BANDS])[
        ["band", "n_customers", "net_amount", "at_risk_amount"]
    ].reset_index(drop=True)


def actions_from_alarms(risk: Risk) -> pd.DataFrame:
    """Recommend to call the customers of the alarm list."""
    return actions(
        Action(
            "Call the customers of the alarm list before the day named there",
            when=NOW,
            who="customers at risk whose sales are in the upper half",
            n_customers=risk.n_alarms,
            net_amount=risk.alarm_amount,
        )
    )
