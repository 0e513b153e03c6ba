"""Who of those that know us becomes a customer: judged on later first contacts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from crmlib.models.scoring.additive import AdditiveScore
from crmlib.models.scoring.scores import Score
from crmlib.models.scoring.trial import Occasions, Trial, time_trial

__all__ = ["PROSPECT_WORDS", "hold_prospect_score", "named"]

PROSPECT_WORDS: Mapping[str, str] = {
    "source": "source",
    "kind": "kind of prospect",
    "source_and_kind": "source and kind",
    "contact_weekday": "weekday of the first contact (1 = Monday)",
}
SOURCE_RULE = "source rule"
"""Prospects of a source convert as often as those of this source did before."""

_NOT_A_FEATURE = {"prospect_id", "customer_id", "first_contact_at", "first_contact_day",
                  "converted_at", "converted_day"}  # fmt: skip
_TRAIN_SHARE = 0.6


def hold_prospect_score(
    prospects: pd.DataFrame,
    *,
    as_of_day: int,
    horizon_days: int,
    learn_days: int = 365,
    leave_out: Sequence[str] = (),
    words: Mapping[str, str] = PROSPECT_WORDS,
) -> Score:
    """Judge a score of conversion and give it to every prospect who may still convert.

    It learns from the earlier first contacts and is judged on the later ones. Attributes that the
    source fills in only for those won, such as a turnover asked at the signature, are the outcome
    in disguise: they are named and stop the score until `leave_out` names them.

    Parameters
    ----------
    prospects
        One row per prospect: `prospect_id`, `first_contact_day`, `converted_day` (empty where not
        yet; without it there is no score), and any attributes.
    as_of_day
        Last day number that counts.
    horizon_days
        Days after the first contact within which a conversion counts.
    learn_days
        Length of the time of first contacts that it learns from and is judged on: the last ones
        whose horizon is over. Older ones are often known only because they were won.
    leave_out
        Attributes that may not be used.

    Returns
    -------
    Score
        `scores` speaks of the prospects whose horizon is not over and who have not converted.
    """
    known = prospects[prospects["first_contact_day"] <= as_of_day]
    if "converted_day" not in known:
        why = "The source does not record who became a customer (converted_at)."
        return _empty(Trial(None, "FAIL", why))
    features = _features(known, leave_out)
    took = known["converted_day"] - known["first_contact_day"]
    won = ((took >= 0) & (took <= horizon_days)).fillna(False).astype(int)
    won.index = features.index
    contact = pd.Series(known["first_contact_day"].to_numpy(float), index=features.index)
    last = as_of_day - horizon_days
    is_over = (contact <= last) & (contact > last - learn_days)
    if not is_over.any():
        why = f"Not enough data to learn from (have 0 prospects first met {horizon_days} days ago)."
        return _empty(Trial(None, "FAIL", why))
    border = float(np.quantile(contact[is_over], _TRAIN_SHARE))
    earlier, later = is_over & (contact <= border), is_over & (contact > border)
    rates = won[earlier].groupby(features.loc[earlier, "source"].astype(object)).mean()
    rule = features["source"].astype(object).map(rates).fillna(won[earlier].mean()).astype(float)

    def occasion(chosen: pd.Series) -> Occasions:
        rules = pd.DataFrame({SOURCE_RULE: rule[chosen]})
        return Occasions(features[chosen], won[chosen], rules)

    trial = time_trial(occasion(earlier), occasion(later), words=words)
    if not trial.is_usable:
        return _empty(trial)
    model = AdditiveScore().fit(features[is_over], won[is_over])
    is_open = (contact > last) & pd.isna(known["converted_day"].to_numpy())
    made, expected = model.predict_and_count(features[is_open])
    return Score(trial, model, made.rename_axis("customer_id").reset_index(), expected)


def named(names: str) -> list[str]:
    """Read a list of names with commas between.

    Examples
    --------
    >>> named(" lead_type, turnover ,")
    ['lead_type', 'turnover']
    """
    return [name.strip() for name in names.split(",") if name.strip()]


def _features(known: pd.DataFrame, leave_out: Sequence[str]) -> pd.DataFrame:
    """Give the attributes of prospects and when they were first met."""
    dropped = _NOT_A_FEATURE | set(leave_out)
    names = [name for name in known if name not in dropped]
    day = known["first_contact_day"].astype("int64")
    made = known[names].assign(contact_weekday=(day + 3) % 7 + 1)
    if "kind" in made:
        both = made["source"].astype(object) + ", " + made["kind"].astype(object)
        made["source_and_kind"] = both
    return made.set_axis(pd.Index(known["prospect_id"].astype(str), name="prospect_id"))


def _empty(trial: Trial) -> Score:
    columns = {name: pd.Series(dtype=float) for name in ("predicted", "low", "high")}
    return Score(trial, None, pd.DataFrame({"customer_id": pd.Series(dtype="str"), **columns}))
