"""Buy-till-you-die models: who will buy again, how often, and who has silently left."""

from crmlib.models.btyd.beta_binomial import BetaGeoBetaBinomial
from crmlib.models.btyd.beta_geo import BetaGeo, ModifiedBetaGeo
from crmlib.models.btyd.pareto_nbd import ParetoNBD

__all__ = ["BetaGeo", "BetaGeoBetaBinomial", "ModifiedBetaGeo", "ParetoNBD"]
