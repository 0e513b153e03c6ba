"""Scores: a probability for every customer, judged on later days than it learned from."""

from crmlib.models.scoring.additive import AdditiveScore
from crmlib.models.scoring.basis import Basis
from crmlib.models.scoring.contracts import (
    contract_rules,
    ended_after,
    under_contract,
    under_contract_now,
)
from crmlib.models.scoring.days import ScoreDays, score_days
from crmlib.models.scoring.drivers import driver_table, main_reasons
from crmlib.models.scoring.rules import loss_rules, purchase_rules
from crmlib.models.scoring.scores import Score, hold_score
from crmlib.models.scoring.trial import SCORE, Occasions, Trial, cross_trial, time_trial

__all__ = [
    "SCORE",
    "AdditiveScore",
    "Basis",
    "Occasions",
    "Score",
    "ScoreDays",
    "Trial",
    "contract_rules",
    "cross_trial",
    "driver_table",
    "ended_after",
    "hold_score",
    "loss_rules",
    "main_reasons",
    "purchase_rules",
    "score_days",
    "time_trial",
    "under_contract",
    "under_contract_now",
]
