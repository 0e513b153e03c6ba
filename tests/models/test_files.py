"""Model files: everything on the list comes back the same, everything else is refused unopened."""

import hashlib
import io
import json
import pickle
import pkgutil
import zipfile
from importlib import import_module
from inspect import isclass

import joblib
import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import KMeans
from sklearn.compose import make_column_transformer
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestRegressor,
)
from sklearn.linear_model import LinearRegression, LogisticRegression, PoissonRegressor
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier

import crmlib.models
from crmlib.errors import CrmlibError
from crmlib.models.btyd import BetaGeo, ParetoNBD
from crmlib.models.contractual import ShiftedBetaGeometric
from crmlib.models.files import FORMAT_VERSION, ModelFileError, load_model, save_model
from crmlib.models.registry import CRMLIB_CLASSES, class_called
from crmlib.models.survival import CoxModel, KaplanMeier
from crmlib.models.uplift import DRLearner, SLearner, TLearner, XLearner

RNG = np.random.default_rng(0)
NUMBERS = pd.DataFrame(RNG.normal(size=(400, 3)), columns=["a", "b", "c"])
MIXED = NUMBERS.assign(d=pd.Categorical(RNG.choice(["u", "v"], 400)))
Y = (RNG.random(400) < 0.3 + 0.2 * (NUMBERS["a"] > 0)).to_numpy().astype(int)
ARM = np.tile(["control", "mail"], 200)


def hostile(path):
    """A file that leaves a trace when it is unpickled."""

    class Bomb:
        def __reduce__(self):
            return (open, (str(path / "trace"), "w"))

    return Bomb()


def disguised(archive, *, version=FORMAT_VERSION):
    """Wrap an archive like a model file, with a correct sha256."""
    digest = hashlib.sha256(archive).hexdigest()
    return f"crmlib-model {version} {digest}\n".encode() + archive


def archive_of(path):
    content = path.read_bytes()
    return content[content.index(b"\n") + 1 :]


@pytest.mark.parametrize(
    ("model", "features"),
    [
        (HistGradientBoostingClassifier(max_iter=5, random_state=0), MIXED),
        (HistGradientBoostingRegressor(max_iter=5, random_state=0), NUMBERS),
        (LogisticRegression(), NUMBERS),
        (PoissonRegressor(), NUMBERS),
        (DecisionTreeClassifier(max_depth=3, random_state=0), NUMBERS),
        (RandomForestRegressor(4, random_state=0), NUMBERS),
        (KMeans(3, random_state=0), NUMBERS),
        (CalibratedClassifierCV(LogisticRegression(), method="isotonic"), NUMBERS),
        (
            make_pipeline(
                make_column_transformer((StandardScaler(), ["a"]), (OneHotEncoder(), ["d"])),
                LogisticRegression(),
            ),
            MIXED,
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_scikit_learn_models_come_back_the_same_and_equal_fits_give_equal_files(
    model, features, tmp_path
):
    model.fit(features, Y)
    digest = save_model(model, tmp_path / "model")
    again = load_model(tmp_path / "model", sha256=digest)
    assert type(again) is type(model)
    np.testing.assert_array_equal(again.predict(features), model.predict(features))
    assert save_model(clone(model).fit(features, Y), tmp_path / "second") == digest
    assert (tmp_path / "second").read_bytes() == (tmp_path / "model").read_bytes()


@pytest.mark.parametrize("learner", [SLearner, TLearner, XLearner, DRLearner])
def test_uplift_learners_come_back_the_same(learner, tmp_path):
    model = learner().fit(MIXED, Y, treatment=ARM)
    save_model(model, tmp_path / "model")
    again = load_model(tmp_path / "model")
    assert again.get_params() == model.get_params()
    pd.testing.assert_frame_equal(again.predict(MIXED), model.predict(MIXED), check_exact=True)
    if learner is DRLearner:
        pd.testing.assert_frame_equal(again.average_effects_, model.average_effects_)


def test_frames_series_and_their_units_come_back_the_same(tmp_path):
    frame = pd.DataFrame(
        {
            "n": [1, 2], "share": [0.5, np.nan], "is_new": [True, False], "name": ["x", None],
            "day": pd.to_datetime(["2024-02-29", None]), 7: [1.0, 2.0],
            "month": pd.PeriodIndex(["2024-02", None], freq="M"),
        },
        index=pd.MultiIndex.from_tuples([("a", 1), ("b", 2)], names=["arm", "k"]),
    )  # fmt: skip
    frame.attrs = {"time_unit": "weeks"}
    series = pd.Series([0.243, 4.414], index=["r", "alpha"], name="params")
    save_model({"frame": frame, "parts": [series, (1, "two", None)]}, tmp_path / "model")
    again = load_model(tmp_path / "model")
    pd.testing.assert_frame_equal(again["frame"], frame)
    assert again["frame"].attrs == {"time_unit": "weeks"}
    pd.testing.assert_series_equal(again["parts"][0], series)
    assert again["parts"][1] == (1, "two", None)


LIVES = RNG.exponential(10, 300), RNG.integers(0, 2, 300)
BUYERS = pd.DataFrame({"btyd_frequency": RNG.poisson(1.5, 500), "btyd_T": RNG.uniform(20, 40, 500)})
BUYERS["btyd_recency"] = BUYERS["btyd_T"] * RNG.uniform(0, 1, 500) * (BUYERS["btyd_frequency"] > 0)


@pytest.mark.parametrize(
    "fit",
    [
        lambda: ParetoNBD().fit(BUYERS, time_unit="week"),
        lambda: BetaGeo().fit(BUYERS, time_unit="week"),
        lambda: ShiftedBetaGeometric().fit([1000, 631, 468, 382, 326]),
        lambda: KaplanMeier().fit(*LIVES),
        lambda: CoxModel().fit(NUMBERS[:300], *LIVES),
    ],
    ids=["ParetoNBD", "BetaGeo", "ShiftedBetaGeometric", "KaplanMeier", "CoxModel"],
)
def test_customer_models_come_back_the_same(fit, tmp_path):
    model = fit()
    digest = save_model(model, tmp_path / "model")
    again = load_model(tmp_path / "model")
    assert type(again) is type(model)
    assert save_model(again, tmp_path / "second") == digest
    assert list(vars(again)) == list(vars(model))
    if hasattr(model, "params_"):
        pd.testing.assert_series_equal(again.params_, model.params_, check_exact=True)


def test_every_model_of_the_registry_exists_and_every_model_is_in_the_registry():
    """A model that is not in the registry cannot be stored: list it there."""
    names = [f"{module}.{name}" for module, names in CRMLIB_CLASSES.items() for name in names]
    listed = {class_called(name) for name in names}
    assert all(isclass(kind) for kind in listed)
    for one in pkgutil.walk_packages(crmlib.models.__path__, "crmlib.models."):
        for name, kind in vars(import_module(one.name)).items():
            is_own = isclass(kind) and kind.__module__.startswith("crmlib.models.")
            if is_own and hasattr(kind, "fit") and not name.startswith("_"):
                is_base = any(issubclass(other, kind) for other in listed)
                assert is_base, f"{kind.__module__}.{name}"


@pytest.mark.parametrize("write", [pickle.dump, joblib.dump], ids=["pickle", "joblib"])
def test_pickles_are_not_opened(write, tmp_path):
    with (tmp_path / "model").open("wb") as file:
        write(hostile(tmp_path), file)
    with pytest.raises(ModelFileError, match=r"is not a model file: it starts with b'\\x80"):
        load_model(tmp_path / "model")
    assert not (tmp_path / "trace").exists()
    with (tmp_path / "model").open("rb") as file:  # the bomb is real
        pickle.load(file).close()
    assert (tmp_path / "trace").exists()


@pytest.mark.parametrize("content", [b"", b"crmlib-model", b"crmlib-model 1 abc\n", b"PK\x03\x04"])
def test_other_files_are_refused(content, tmp_path):
    (tmp_path / "model").write_bytes(content)
    with pytest.raises(ModelFileError, match=r"is not a model file"):
        load_model(tmp_path / "model")


def test_a_pickle_behind_a_correct_header_is_not_opened(tmp_path):
    (tmp_path / "model").write_bytes(disguised(pickle.dumps(hostile(tmp_path))))
    with pytest.raises(ModelFileError, match=r"cannot be read as a model \(BadZipFile"):
        load_model(tmp_path / "model")
    assert not (tmp_path / "trace").exists()


def test_a_pickle_inside_an_array_is_not_opened(tmp_path):
    """numpy's own format can hold a pickle; it is read without."""
    save_model({"a": np.arange(3.0)}, tmp_path / "model")
    array = io.BytesIO()
    np.save(array, np.array([hostile(tmp_path)], dtype=object), allow_pickle=True)
    changed = io.BytesIO()
    old = zipfile.ZipFile(io.BytesIO(archive_of(tmp_path / "model")))
    with old, zipfile.ZipFile(changed, "w") as new:
        new.writestr("schema.json", old.read("schema.json"))
        new.writestr("0.npy", array.getvalue())
    (tmp_path / "model").write_bytes(disguised(changed.getvalue()))
    with pytest.raises(ModelFileError, match=r"cannot be read as a model \(ValueError.*pickle"):
        load_model(tmp_path / "model")
    assert not (tmp_path / "trace").exists()


def test_every_changed_byte_is_seen(tmp_path):
    save_model(LinearRegression().fit(NUMBERS, Y), tmp_path / "model")
    content = bytearray((tmp_path / "model").read_bytes())
    for place in range(0, len(content), 397):
        content[place] ^= 1
        (tmp_path / "model").write_bytes(content)
        with pytest.raises(ModelFileError):
            load_model(tmp_path / "model")
        content[place] ^= 1
    (tmp_path / "model").write_bytes(content[:-1])
    with pytest.raises(ModelFileError, match=r"was changed: its sha256 is"):
        load_model(tmp_path / "model")


def test_a_model_put_in_place_of_another_is_seen(tmp_path):
    digest = save_model(LinearRegression().fit(NUMBERS, Y), tmp_path / "model")
    save_model(LinearRegression().fit(NUMBERS, 1 - Y), tmp_path / "model")
    with pytest.raises(ModelFileError, match=rf"was changed.*not {digest}"):
        load_model(tmp_path / "model", sha256=digest)


def test_a_newer_format_is_refused_before_it_is_read(tmp_path):
    (tmp_path / "model").write_bytes(disguised(b"no archive at all", version=FORMAT_VERSION + 1))
    with pytest.raises(ModelFileError, match=r"format version 2, .* up to 1\. Update"):
        load_model(tmp_path / "model")


def with_schema(archive, change):
    """The archive with another description of its objects."""
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "schema.json":
                content = json.dumps(change(json.loads(content))).encode()
            new.writestr(name, content)
    return changed.getvalue()


@pytest.mark.parametrize(
    ("module", "name", "loader"),
    [
        ("os", "system", "FunctionNode"),
        ("builtins", "eval", "FunctionNode"),
        ("builtins", "eval", "JsonNode"),
        ("operator", "methodcaller", "OperatorFuncNode"),
        ("subprocess", "Popen", "ObjectNode"),
        ("sklearn.neighbors._classification", "KNeighborsClassifier", "ObjectNode"),
        ("functools", "partial", "ObjectNode"),
        ("numpy", "ndarray", "UnheardOfNode"),
    ],
)
def test_a_type_that_is_not_on_the_list_is_refused(module, name, loader, tmp_path):
    """skops itself would trust some of these, such as the neighbours."""
    save_model([1.5, {"a": "b"}], tmp_path / "model")

    def change(schema):
        schema["content"].append(
            {"__module__": module, "__class__": name, "__loader__": loader, "content": "1"}
        )
        return schema

    (tmp_path / "model").write_bytes(disguised(with_schema(archive_of(tmp_path / "model"), change)))
    with pytest.raises(ModelFileError, match=rf"not on the list, such as {module}\.{name}"):
        load_model(tmp_path / "model")


def test_a_class_of_the_library_that_is_no_model_is_refused(tmp_path):
    archive = skops.io.dumps({"crmlib kind": "model", "class": "subprocess.Popen", "state": {}})
    with zipfile.ZipFile(io.BytesIO(archive)) as old:
        assert old.namelist() == ["schema.json"]
    (tmp_path / "model").write_bytes(disguised(archive))
    with pytest.raises(ModelFileError, match=r"'subprocess.Popen' is not a model"):
        load_model(tmp_path / "model")


def test_compressed_or_foreign_members_are_refused(tmp_path):
    for name, kind in (("schema.json", zipfile.ZIP_DEFLATED), ("code.py", zipfile.ZIP_STORED)):
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w", kind) as new:
            new.writestr(name, "{}")
        (tmp_path / "model").write_bytes(disguised(archive.getvalue()))
        with pytest.raises(ModelFileError, match=rf"holds the member '{name}'"):
            load_model(tmp_path / "model")


@pytest.mark.parametrize(("field", "value"), [("left", 0), ("right", 9999), ("feature_idx", 77)])
def test_a_boosted_tree_that_points_outside_itself_is_refused(field, value, tmp_path):
    """scikit-learn would follow the index and crash the process."""
    model = HistGradientBoostingRegressor(max_iter=2).fit(NUMBERS, Y)
    model._predictors[0][0].nodes[field][0] = value
    save_model(model, tmp_path / "model")
    with pytest.raises(
        ModelFileError, match=r"TreeError: A tree (has a branch|asks for column 77)"
    ):
        load_model(tmp_path / "model")


def test_a_single_tree_that_points_outside_itself_is_refused(tmp_path):
    model = DecisionTreeClassifier(max_depth=3).fit(NUMBERS, Y)
    state = model.tree_.__getstate__()
    state["nodes"]["left_child"][0] = 10_000
    model.tree_.__setstate__(state)
    save_model(model, tmp_path / "model")
    with pytest.raises(ModelFileError, match=r"branch that leads nowhere or back"):
        load_model(tmp_path / "model")


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (KNeighborsClassifier(), r"not on the list, such as sklearn.*KNeighborsClassifier"),
        (lambda x: x, r"not on the list, such as .*<lambda> \(FunctionNode\)"),
        ({"a": pd.Series(pd.to_timedelta([1, 2]))}, r"column of type timedelta.*has no stored"),
        ({"crmlib kind": "model"}, r"'crmlib kind', which marks stored models"),
        ({"f": print}, r"builtins.print"),
    ],
    ids=["unlisted", "function", "durations", "marker", "builtin"],
)
def test_what_cannot_be_read_back_is_not_written(model, message, tmp_path):
    with pytest.raises(CrmlibError, match=message):
        save_model(model, tmp_path / "model")
    assert list(tmp_path.iterdir()) == []
