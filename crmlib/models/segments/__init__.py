"""Target groups: alike inside, different between, stable, named alike from run to run."""

from crmlib.models.segments.alignment import Alignment, align_labels
from crmlib.models.segments.cloud import cloud_separation, least_separation
from crmlib.models.segments.clustering import Segmentation
from crmlib.models.segments.mixes import MixSegmentation
from crmlib.models.segments.preparation import SegmentPreparation
from crmlib.models.segments.rules import SegmentRules, extract_rules
from crmlib.models.segments.separation import separation
from crmlib.models.segments.stability import choose_n_segments, stability

__all__ = [
    "Alignment",
    "MixSegmentation",
    "SegmentPreparation",
    "SegmentRules",
    "Segmentation",
    "align_labels",
    "choose_n_segments",
    "cloud_separation",
    "extract_rules",
    "least_separation",
    "separation",
    "stability",
]
