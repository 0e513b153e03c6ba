"""Every type that a model file may hold, one list; what is not here is neither saved nor loaded."""

from __future__ import annotations

import importlib
from collections.abc import Mapping

from crmlib.errors import ParameterError

__all__ = ["ALLOWED", "CRMLIB_CLASSES", "class_called", "public_name"]

CRMLIB_CLASSES: Mapping[str, tuple[str, ...]] = {
    "crmlib.models.btyd": ("BetaGeo", "BetaGeoBetaBinomial", "ModifiedBetaGeo", "ParetoNBD"),
    "crmlib.models.contractual": ("ShiftedBetaGeometric",),
    "crmlib.models.expected_purchases": ("ExpectedPurchases", "NextPurchase"),
    "crmlib.models.forecast": ("Forecaster",),
    "crmlib.models.preferred": ("PreferredOption",),
    "crmlib.models.response": ("ResponseModel",),
    "crmlib.models.scoring.additive": ("AdditiveScore",),
    "crmlib.models.scoring.basis": ("Basis", "Term"),
    "crmlib.models.segments.clustering": ("Segmentation",),
    "crmlib.models.segments.mixes": ("MixSegmentation",),
    "crmlib.models.segments.preparation": ("SegmentPreparation",),
    "crmlib.models.segments.rules": ("SegmentRules",),
    "crmlib.models.spend": ("GammaGamma",),
    "crmlib.models.survival": (
        "CoxModel",
        "CumulativeIncidence",
        "DiscreteHazard",
        "KaplanMeier",
    ),
    "crmlib.models.survival.exposure": ("ExposureHazard",),
    "crmlib.models.survival.risk_sets": ("RiskSets",),
    "crmlib.models.uplift": ("DRLearner", "SLearner", "TLearner", "XLearner"),
}
"""Estimators of this library, and what they are made of, by the module that offers them."""

_LOSSES = ("AbsoluteError", "HalfBinomialLoss", "HalfGammaLoss", "HalfMultinomialLoss",
           "HalfPoissonLoss", "HalfSquaredError", "PinballLoss")  # fmt: skip
_SKLEARN = {
    "sklearn._loss.link": ("HalfLogitLink", "IdentityLink", "Interval", "LogLink", "LogitLink",
                           "MultinomialLogit"),
    "sklearn._loss.loss": _LOSSES,
    "sklearn.calibration": ("CalibratedClassifierCV", "_CalibratedClassifier",
                            "_SigmoidCalibration"),
    "sklearn.cluster._kmeans": ("KMeans",),
    "sklearn.compose._column_transformer": ("ColumnTransformer",),
    "sklearn.dummy": ("DummyClassifier", "DummyRegressor"),
    "sklearn.ensemble._forest": ("RandomForestClassifier", "RandomForestRegressor"),
    "sklearn.ensemble._hist_gradient_boosting.binning": ("_BinMapper",),
    "sklearn.ensemble._hist_gradient_boosting.gradient_boosting": (
        "HistGradientBoostingClassifier", "HistGradientBoostingRegressor"),
    "sklearn.ensemble._hist_gradient_boosting.predictor": ("TreePredictor",),
    "sklearn.impute._base": ("SimpleImputer",),
    "sklearn.isotonic": ("IsotonicRegression",),
    "sklearn.linear_model._base": ("LinearRegression",),
    "sklearn.linear_model._glm.glm": ("GammaRegressor", "PoissonRegressor", "TweedieRegressor"),
    "sklearn.linear_model._logistic": ("LogisticRegression", "LogisticRegressionCV"),
    "sklearn.linear_model._ridge": ("Ridge", "RidgeCV"),
    "sklearn.mixture._gaussian_mixture": ("GaussianMixture",),
    "sklearn.pipeline": ("FeatureUnion", "Pipeline"),
    "sklearn.preprocessing._data": ("MinMaxScaler", "PowerTransformer", "QuantileTransformer",
                                    "RobustScaler", "StandardScaler"),
    "sklearn.preprocessing._discretization": ("KBinsDiscretizer",),
    "sklearn.preprocessing._encoders": ("OneHotEncoder", "OrdinalEncoder"),
    "sklearn.preprocessing._function_transformer": ("FunctionTransformer",),
    "sklearn.preprocessing._label": ("LabelEncoder",),
    "sklearn.preprocessing._polynomial": ("PolynomialFeatures", "SplineTransformer"),
    "sklearn.tree._classes": ("DecisionTreeClassifier", "DecisionTreeRegressor"),
}  # fmt: skip
_NUMBERS = ("bool", "bool_", "float32", "float64", "int16", "int32", "int64", "int8", "uint16",
            "uint32", "uint64", "uint8")  # fmt: skip


def _names(module: str, classes: tuple[str, ...]) -> frozenset[str]:
    return frozenset(f"{module}.{name}" for name in classes)


ALLOWED: Mapping[str, frozenset[str]] = {
    "DictNode": frozenset({"builtins.dict"}),
    "ListNode": frozenset({"builtins.list"}),
    "TupleNode": frozenset({"builtins.tuple"}),
    "SetNode": frozenset({"builtins.set"}),
    "SliceNode": frozenset({"builtins.slice"}),
    "JsonNode": frozenset({"builtins.str"}),
    "TypeNode": _names("builtins", ("bool", "float", "int", "str")) | _names("numpy", _NUMBERS),
    "NdArrayNode": _names("numpy", ("ndarray", *_NUMBERS)),
    "DTypeNode": frozenset({"numpy.dtype"}),
    "RandomGeneratorNode": frozenset({"numpy.random._generator.Generator"}),
    "LossNode": _names("sklearn._loss._loss", tuple(f"Cy{name}" for name in _LOSSES)),
    "TreeNode": frozenset({"sklearn.tree._tree.Tree"}),
    # gradient boosting checks its categories with a partial call of this one function
    "PartialNode": frozenset({"functools.partial"}),
    "FunctionNode": frozenset({"sklearn.utils.validation.check_array"}),
    "ObjectNode": frozenset().union(*(_names(m, names) for m, names in _SKLEARN.items())),
}
"""Kind of node in a skops file -> full names of the types it may have."""


def public_name(model: object) -> str | None:
    """Give the listed name of an object's class; None if it is not an estimator of this library.

    Examples
    --------
    >>> from crmlib.models.uplift import SLearner
    >>> public_name(SLearner()), public_name(3)
    ('crmlib.models.uplift.SLearner', None)
    """
    kind = type(model)
    for module, names in CRMLIB_CLASSES.items():
        if kind.__name__ in names and kind.__module__.startswith(module):
            return f"{module}.{kind.__name__}"
    return None


def class_called(name: str) -> type:
    """Import a listed class by its name.

    Raises
    ------
    ParameterError
        If the name is not in the list; nothing is imported then.
    """
    module, _, kind = name.rpartition(".")
    if kind not in CRMLIB_CLASSES.get(module, ()):
        raise ParameterError(
            f"{name!r} is not a model of this library. Only the classes listed in "
            "crmlib.models.registry can be stored."
        )
    return getattr(importlib.import_module(module), kind)
