"""What a measure changes, customer by customer: four learners, and whom to treat."""

from crmlib.models.uplift.cross_fitted import DRLearner, XLearner
from crmlib.models.uplift.direct import SLearner, TLearner
from crmlib.models.uplift.targeting import best_arm

__all__ = ["DRLearner", "SLearner", "TLearner", "XLearner", "best_arm"]
