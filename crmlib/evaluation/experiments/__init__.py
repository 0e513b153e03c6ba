"""Did it work? Comparisons of a treatment and a control arm, each with an honest interval.

Every comparison gives one `Comparison`: estimate, interval, p value, sizes, method, unit, and
whether it rests on a random split or on assumptions.

=============================== ==============================================================
What is compared                Function
=============================== ==============================================================
shares of customers             `compare_proportions`
means, arms of similar size     `compare_means`; sharper: `cuped`, `post_stratify`
spend, small control            `compare_spend`
sales per order and the like    `compare_ratios`
while it runs                   `always_valid_interval`, `group_sequential_interval`
nobody drew lots                `difference_in_differences`, `overlap_weighted_comparison`
=============================== ==============================================================

Before: `sample_size_proportions`, `detectable_rate` and the like. At the end, once:
`sample_ratio_check`, `require_separate_arms`. With many comparisons: `holm`, `benjamini_hochberg`.
"""

from crmlib.evaluation.experiments.adjustment import cuped, post_stratify
from crmlib.evaluation.experiments.arms import (
    Counts,
    Moments,
    SampleRatioCheck,
    require_separate_arms,
    sample_ratio_check,
)
from crmlib.evaluation.experiments.means import compare_means, compare_ratios
from crmlib.evaluation.experiments.multiplicity import benjamini_hochberg, holm
from crmlib.evaluation.experiments.overlap import balance_table, overlap_weighted_comparison
from crmlib.evaluation.experiments.panel import difference_in_differences, placebo_checks
from crmlib.evaluation.experiments.power import (
    detectable_difference,
    detectable_rate,
    power_means,
    power_proportions,
    sample_size_means,
    sample_size_proportions,
)
from crmlib.evaluation.experiments.proportions import compare_proportions
from crmlib.evaluation.experiments.result import Comparison
from crmlib.evaluation.experiments.sequential import (
    always_valid_interval,
    group_sequential_interval,
)
from crmlib.evaluation.experiments.spend import compare_spend
from crmlib.evaluation.experiments.spending import group_sequential_limits

__all__ = [
    "Comparison",
    "Counts",
    "Moments",
    "SampleRatioCheck",
    "always_valid_interval",
    "balance_table",
    "benjamini_hochberg",
    "compare_means",
    "compare_proportions",
    "compare_ratios",
    "compare_spend",
    "cuped",
    "detectable_difference",
    "detectable_rate",
    "difference_in_differences",
    "group_sequential_interval",
    "group_sequential_limits",
    "holm",
    "overlap_weighted_comparison",
    "placebo_checks",
    "post_stratify",
    "power_means",
    "power_proportions",
    "require_separate_arms",
    "sample_ratio_check",
    "sample_size_means",
    "sample_size_proportions",
]
