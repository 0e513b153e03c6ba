"""How long customers stay: curves, comparisons, hazards and competing causes of leaving."""

from crmlib.models.survival.competing import CumulativeIncidence, cause_specific_cox
from crmlib.models.survival.concordance import concordance_index
from crmlib.models.survival.cox import CoxModel
from crmlib.models.survival.discrete import DiscreteHazard, life_table
from crmlib.models.survival.kaplan_meier import KaplanMeier
from crmlib.models.survival.log_rank import LogRankTest, log_rank_test

__all__ = [
    "CoxModel",
    "CumulativeIncidence",
    "DiscreteHazard",
    "KaplanMeier",
    "LogRankTest",
    "cause_specific_cox",
    "concordance_index",
    "life_table",
    "log_rank_test",
]
