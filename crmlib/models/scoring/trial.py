"""One score on trial: learned on earlier days, judged on later ones, against simpler ways."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.model_selection import StratifiedKFold

from crmlib.errors import CrmlibError, DataRejectedError
from crmlib.evaluation.calibration import Calibration, calibration, reliability_curve
from crmlib.evaluation.discrimination import auc_difference, auc_interval
from crmlib.evaluation.gains import decile_table, gains_curve
from crmlib.evaluation.health import HealthCard, better_than, health_card, score_checks
from crmlib.evaluation.leakage import changed_by_the_cut, disguised_outcomes, require_no_leak
from crmlib.evaluation.quality import Verdict
from crmlib.evaluation.stability import stability_table
from crmlib.models.scoring.additive import AdditiveScore, require_learnable
from crmlib.models.scoring.drivers import driver_table, in_words

__all__ = ["SCORE", "Occasions", "Trial", "cross_trial", "time_trial"]

Array = npt.NDArray[np.float64]
SCORE = "score"
"""Name of the score on trial among the ways that are compared."""

_NAIVE = "naive rate"
_MOST_NAMED = 3
_COLUMNS = {
    "comparison": ["way", "auc", "low", "high", "ahead_share", "ahead_low_share",
                   "ahead_high_share"],
    "deciles": ["decile", "n", "hits", "rate", "low", "high", "lift", "lift_low", "lift_high",
                "cumulative_gain", "cumulative_lift"],
    "gains": ["way", "share", "gain"],
    "reliability": ["mean_probability", "share", "low", "high", "n"],
    "stability": ["column", "psi", "by_chance", "missing_before", "missing_now", "verdict"],
    "leaks": ["column", "strength", "is_leak"],
    "drivers": ["driver", "column", "importance_share", "low_value", "high_value", "low_rate",
                "high_rate"],
    "checks": ["check", "found", "review_limit", "fail_limit", "points", "weight", "verdict",
               "meaning"],
}  # fmt: skip


@dataclass(frozen=True)
class Occasions:
    """Customers on one day: what was known of each, and what happened in the days after.

    Attributes
    ----------
    features
        One row per customer, index = customer.
    outcome
        0/1, same index.
    rules
        Simpler ways to rank the same customers, one column each, higher means more probable; the
        first is the rule of thumb that the health card names.
    """

    features: pd.DataFrame
    outcome: pd.Series
    rules: pd.DataFrame

    @classmethod
    def together(cls, *occasions: Occasions) -> Occasions:
        """Put several days under each other; a customer comes once for each.

        Two days or three even out a season that one day alone would teach as a rule.
        """
        return cls(
            pd.concat([one.features for one in occasions], ignore_index=True),
            pd.concat([one.outcome for one in occasions], ignore_index=True),
            pd.concat([one.rules for one in occasions], ignore_index=True),
        )


@dataclass(frozen=True)
class Trial:
    """What came of a trial; the tables are empty where it could not be held.

    Attributes
    ----------
    model
        The score that was judged; None where nothing could be learned.
    verdict
        PASS, REVIEW or FAIL; a score that fails is not to be used.
    reason
        Why there is no verdict from data, or why the score fails; empty for a sound one.
    points
        0-100, from the health card.
    auc, base_rate, n_train, n_test
        Of the score, and of the customers judged on.
    calibrated
        Calibration on the later days.
    """

    model: AdditiveScore | None
    verdict: Verdict
    reason: str = ""
    points: int = 0
    auc: float = np.nan
    base_rate: float = np.nan
    n_train: int = 0
    n_test: int = 0
    calibrated: Calibration | None = None
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)

    @property
    def is_usable(self) -> bool:
        """Whether later chapters may use the score."""
        return self.verdict != "FAIL"

    def table(self, name: str) -> pd.DataFrame:
        """Give one of the tables of the trial; without rows where it could not be held.

        They are `comparison`, `deciles`, `gains`, `reliability`, `stability`, `leaks`, `drivers`
        and `checks`.
        """
        return self.tables.get(name, pd.DataFrame(columns=_COLUMNS[name]))


def time_trial(
    train: Occasions,
    test: Occasions,
    *,
    seen_then: pd.DataFrame | None = None,
    words: Mapping[str, str] | None = None,
    random_state: int = 0,
) -> Trial:
    """Learn on earlier days and judge on later ones.

    Guards against everything that makes a score look better than it is: a column that contains the
    outcome stops it, each simpler way is compared on the same customers, and what cannot be
    learned from the data is said instead of guessed.

    Parameters
    ----------
    train
        The earlier occasion; its outcome was over when the later one began.
    test
        The later one.
    seen_then
        Features of the later occasion made from what was known on its day alone; a column that
        differs from `test.features` knows the future and stops the score.
    words
        Names of columns for readers.
    """
    try:
        leaks = _leaks(train)
        model = AdditiveScore(random_state=random_state).fit(train.features, train.outcome)
    except CrmlibError as error:
        return Trial(None, "FAIL", str(error), n_train=len(train.outcome), n_test=len(test.outcome))
    found = {"leaks": leaks}
    try:
        require_no_leak(leaks)
        if seen_then is not None:
            _require_no_future(test.features, seen_then)
    except CrmlibError as error:
        return Trial(None, "FAIL", str(error), n_train=len(train.outcome), tables=found)
    before = model.predict_interval(train.features)["predicted"]
    now = model.predict_interval(test.features)["predicted"]
    return _judged(model, train, test, scores=(before, now), leaks=leaks, words=words)


def cross_trial(
    data: Occasions,
    *,
    n_folds: int = 5,
    words: Mapping[str, str] | None = None,
    random_state: int = 0,
) -> Trial:
    """Judge a score on customers it did not learn from, where the data know no time.

    It says less than `time_trial`: nothing about whether the score holds on later days.
    """
    y = data.outcome.to_numpy(dtype=float)
    try:
        leaks = _leaks(data)
        require_no_leak(leaks)
        model = AdditiveScore(random_state=random_state).fit(data.features, y)
        score = np.empty(len(y))
        folds = StratifiedKFold(n_folds, shuffle=True, random_state=random_state)
        for learn, judge in folds.split(data.features, y):
            one = AdditiveScore(random_state=random_state)
            one.fit(data.features.iloc[learn], y[learn])
            score[judge] = one.predict_interval(data.features.iloc[judge])["predicted"]
    except CrmlibError as error:
        return Trial(None, "FAIL", str(error), n_train=len(y), n_test=len(y))
    left_out = pd.Series(score, index=data.features.index)
    return _judged(model, data, data, scores=(left_out, left_out), leaks=leaks, words=words)


def _leaks(train: Occasions) -> pd.DataFrame:
    """Look for columns that are the outcome in disguise."""
    outcome = train.outcome.to_numpy(dtype=float)
    require_learnable(train.features, outcome)
    return disguised_outcomes(train.features, outcome)


def _require_no_future(features: pd.DataFrame, seen_then: pd.DataFrame) -> None:
    """Stop if a feature of a day changes when all that became known later is taken away."""
    changed = changed_by_the_cut(features, seen_then)
    if len(changed):
        named = ", ".join(
            f"{row.column} ({row.n_changed} customers)" for row in changed.itertuples()
        )
        raise DataRejectedError(
            f"{len(changed)} columns know the future, for they change when later data are taken "
            f"away: {named}. Make them as of the day of the score."
        )


def _judged(
    model: AdditiveScore,
    train: Occasions,
    test: Occasions,
    *,
    scores: tuple[pd.Series, pd.Series],
    leaks: pd.DataFrame,
    words: Mapping[str, str] | None,
) -> Trial:
    """Measure a score on the customers of the test."""
    before, now = scores
    y = test.outcome.to_numpy(dtype=float)
    trial = Trial(model, "FAIL", n_train=model.n_rows_, n_test=len(y), base_rate=float(np.mean(y)))
    try:
        calibrated = calibration(now, y)
        moved = stability_table(
            train.features.assign(**{SCORE: before}), test.features.assign(**{SCORE: now})
        )
        comparison = _comparison(now, test.rules, y)
        drivers = driver_table(model, test.features, words=words)
        measured = {"calibrated": calibrated, "moved": moved, "leaks": leaks, "drivers": drivers}
        card = _card(now, test.rules, y, **measured)
    except CrmlibError as error:
        return replace(trial, reason=f"The score cannot be judged: {error}")
    ways = {SCORE: now, **{str(name): test.rules[name] for name in test.rules}}
    curves = [gains_curve(way, y)[["share", "gain"]].assign(way=name) for name, way in ways.items()]
    tables = {
        "comparison": comparison,
        "deciles": decile_table(now, y),
        "gains": pd.concat(curves, ignore_index=True)[_COLUMNS["gains"]],
        "reliability": reliability_curve(now, y)[_COLUMNS["reliability"]],
        "stability": moved.assign(column=[in_words(str(one), words) for one in moved["column"]]),
        "leaks": leaks,
        "drivers": drivers,
        "checks": card.checks,
    }
    failed = card.checks.loc[card.checks["verdict"] == "FAIL", "check"]
    reason = _failed_in_words(list(failed))
    auc = float(comparison["auc"].iloc[0])
    return replace(
        trial,
        verdict=card.verdict,
        reason=reason,
        points=card.points,
        auc=auc,
        calibrated=calibrated,
        tables=tables,
    )


def _failed_in_words(checks: Sequence[str]) -> str:
    """Name the checks that a score fails; the health card lists them all.

    Examples
    --------
    >>> _failed_in_words(["a"]), _failed_in_words(["a", "b", "c", "d", "e"])
    ('It fails the check: a.', 'It fails 5 checks: a; b; c; and 2 more.')
    """
    if not checks:
        return ""
    named = list(checks[:_MOST_NAMED])
    if len(checks) > _MOST_NAMED:
        named.append(f"and {len(checks) - _MOST_NAMED} more")
    how_many = "the check" if len(checks) == 1 else f"{len(checks)} checks"
    return f"It fails {how_many}: {'; '.join(named)}."


def _comparison(score: pd.Series, rules: pd.DataFrame, y: Array) -> pd.DataFrame:
    """Compare the score with every simpler way on the same customers."""
    own = auc_interval(score, y)
    rows = [(SCORE, own.auc, own.low, own.high, np.nan, np.nan, np.nan)]
    for name in rules:
        other = auc_interval(rules[name], y)
        gap = auc_difference(score, rules[name], y)
        rows.append(
            (str(name), other.auc, other.low, other.high, gap.difference, gap.low, gap.high)
        )
    rows.append((_NAIVE, 0.5, 0.5, 0.5, own.auc - 0.5, own.low - 0.5, own.high - 0.5))
    return pd.DataFrame(rows, columns=_COLUMNS["comparison"])


def _card(
    score: pd.Series,
    rules: pd.DataFrame,
    y: Array,
    *,
    calibrated: Calibration,
    moved: pd.DataFrame,
    leaks: pd.DataFrame,
    drivers: pd.DataFrame,
) -> HealthCard:
    """Hold the score against its limits; it has to do as well as every simpler way."""
    first, *others = list(rules) or [None]
    naive = pd.Series(0.0, index=score.index)
    rule = rules[first] if first is not None else naive
    psi = moved.set_index("column")["psi"]
    weights = drivers.set_index("column")["importance_share"]
    checks = score_checks(
        auc=auc_interval(score, y),
        against_naive=auc_difference(score, naive, y),
        against_rule=auc_difference(score, rule, y),
        calibrated=calibrated,
        psi_of_score=float(psi[SCORE]),
        psi_of_features=float((psi.reindex(weights.index) * weights).sum()),
        n_leaks=int(leaks["is_leak"].sum()),
    )
    for name in others:
        checks += better_than(str(name), auc_difference(score, rules[name], y))
    return health_card(checks)
