"""Health card of a score: every check with its limit, points 0-100, PASS, REVIEW or FAIL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crmlib.errors import ParameterError
from crmlib.evaluation.calibration import Calibration
from crmlib.evaluation.discrimination import AucComparison, AucInterval
from crmlib.evaluation.quality import Verdict, worst

__all__ = ["Check", "HealthCard", "better_than", "health_card", "score_checks"]


@dataclass(frozen=True)
class Check:
    """One figure against its limits.

    The figure passes on the good side of `review`, fails beyond `fail`; which side is good follows
    from the two: with `review` below `fail`, less is better.
    """

    name: str
    found: float
    review: float
    fail: float
    weight: float = 1.0
    meaning: str = ""

    @property
    def points(self) -> float:
        """100 at `review` or better, 0 at `fail` or worse, straight between."""
        if self.verdict == "PASS":
            return 100.0
        if self.review == self.fail:
            return 0.0
        return float(100 * np.clip((self.found - self.fail) / (self.review - self.fail), 0, 1))

    @property
    def verdict(self) -> Verdict:
        """PASS, REVIEW or FAIL."""
        sign = 1 if self.review <= self.fail else -1
        if sign * self.found <= sign * self.review:
            return "PASS"
        return "FAIL" if sign * self.found > sign * self.fail else "REVIEW"


@dataclass(frozen=True)
class HealthCard:
    """`points` 0-100, the gravest verdict, and the table of all checks."""

    points: int
    verdict: Verdict
    checks: pd.DataFrame


def health_card(checks: Sequence[Check]) -> HealthCard:
    """Weigh checks into points and a verdict; one failed check fails the card.

    Guards against an average that hides what is broken: the verdict is the gravest of all, the
    points only order cards of the same verdict, and every check is shown with its limit.

    Returns
    -------
    HealthCard
        `checks` has the columns `check`, `found`, `review_limit`, `fail_limit`, `points`,
        `weight`, `verdict`, `meaning`.

    Raises
    ------
    ParameterError
        Without checks, or with one whose figure is missing.

    Examples
    --------
    >>> card = health_card([Check("AUC", 0.71, 0.65, 0.55), Check("PSI", 0.175, 0.1, 0.25)])
    >>> card.points, card.verdict
    (75, 'REVIEW')
    """
    unknown = [check.name for check in checks if not np.isfinite(check.found)]
    if not checks or unknown:
        raise ParameterError(
            f"A health card needs checks with a figure each (have {len(checks)} checks, without a "
            f"figure: {unknown}). Leave out what could not be measured and say so."
        )
    table = pd.DataFrame(
        {
            "check": [check.name for check in checks],
            "found": [check.found for check in checks],
            "review_limit": [check.review for check in checks],
            "fail_limit": [check.fail for check in checks],
            "points": [check.points for check in checks],
            "weight": [check.weight for check in checks],
            "verdict": [check.verdict for check in checks],
            "meaning": [check.meaning for check in checks],
        }
    )
    points = int(np.floor(np.average(table["points"], weights=table["weight"]) + 0.5))
    return HealthCard(points, worst(table["verdict"]), table)


def better_than(way: str, gap: AucComparison) -> list[Check]:
    """List the two checks of a score against a simpler way.

    A score that ranks worse than a simpler way on the same customers fails; one that ranks better,
    but perhaps only by chance, is to be reviewed.

    Examples
    --------
    >>> [one.verdict for one in better_than("the rule", AucComparison(0.01, -0.02, 0.04, 0.5))]
    ['PASS', 'REVIEW']
    """
    return [
        Check(f"AUC above {way}", gap.difference, 0.0, -0.001, 2, "below 0 the simpler is better"),
        Check(f"AUC above {way}, low end", gap.low, 0.0, -0.1, 1, "below 0 it may be chance"),
    ]


def score_checks(
    *,
    auc: AucInterval,
    against_naive: AucComparison,
    against_rule: AucComparison,
    calibrated: Calibration,
    psi_of_score: float,
    psi_of_features: float,
    n_leaks: int,
) -> list[Check]:
    """List the standard checks of a probability, judged on a later window than it learned from.

    Parameters
    ----------
    auc
        Of the score on the test window.
    against_naive, against_rule
        AUC of the score less that of the naive baseline and of the rule of thumb, from
        `auc_difference`.
    calibrated
        From `calibration`.
    psi_of_score
        From `stability_table`: training against test window.
    psi_of_features
        The same of the features, each weighted by how much the score looks at it: a column that
        moves with the calendar, such as tenure, does no harm to a score that hardly uses it.
    n_leaks
        Columns named by `disguised_outcomes` or `changed_by_the_cut`.

    Returns
    -------
    list of Check
        For `health_card`.
    """
    rarer = min(auc.n_positive, auc.n_negative)
    off = abs(calibrated.slope - 1), abs(calibrated.intercept)
    skill = 1 - calibrated.brier / calibrated.brier_of_base_rate
    return [
        Check("Columns that know the outcome", n_leaks, 0, 0, 3, "must be none"),
        Check("Customers of the rarer outcome", rarer, 100, 30, 1, "fewer say little"),
        Check("AUC, low end of the interval", auc.low, 0.6, 0.5, 2, ".5 is a coin"),
        Check("AUC above the naive score, low end", against_naive.low, 0.0, -0.02, 2,
              "below 0 the gain may be chance"),
        *better_than("the rule of thumb", against_rule),
        Check("Calibration slope, distance from 1", off[0], 0.2, 0.5, 1, "too bold or too timid"),
        Check("Calibration intercept, distance from 0", off[1], 0.2, 0.7, 1, "level of the rates"),
        Check("Mean distance of probability and share", calibrated.ece, 0.03, 0.1, 1,
              "calibration error (ECE)"),
        Check("Brier score against the base rate", skill, 0.0, -0.05, 1,
              "share of the error it takes away"),
        Check("Population stability of the score", psi_of_score, 0.1, 0.25, 2,
              "customers have changed (PSI)"),
        Check("Population stability of what it looks at", psi_of_features, 0.25, 1.0, 1,
              "customers have changed (PSI)"),
    ]  # fmt: skip
