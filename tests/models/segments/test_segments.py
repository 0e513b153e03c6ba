"""Segments: known groups come back, stability says how many, and what must not matter."""

import numpy as np
import pandas as pd
import pytest
from sklearn.utils.estimator_checks import check_estimator

from crmlib.errors import ParameterError
from crmlib.models.segments import (
    Segmentation,
    SegmentPreparation,
    choose_n_segments,
    separation,
    stability,
)

CENTRES = np.array([[2, 20], [10, 25], [5, 400]])


def customers(rng, n=600):
    """Three groups of different size; orders and sales, the latter with a long tail."""
    group = rng.choice(3, n, p=[0.5, 0.3, 0.2])
    orders = rng.normal(CENTRES[group, 0], 0.7)
    sales = CENTRES[group, 1] * np.exp(rng.normal(0, 0.25, n))
    index = pd.Index([f"c{k:04d}" for k in range(n)], name="customer_id")
    return pd.DataFrame({"orders": orders, "sales": sales}, index=index), group


def test_preparation_by_hand():
    frame = pd.DataFrame({"even": [0.0, 1, 2, 3, 4], "tail": [0.0, 1, 3, 7, 1000], "same": 5.0})
    model = SegmentPreparation(tail=0, skew_limit=1).fit(frame)
    assert model.steps_["is_log"].tolist() == [False, True, False]
    found = model.transform(frame)
    logs = np.log1p(frame["tail"])
    np.testing.assert_allclose(found["tail"], (logs - logs.mean()) / logs.std(ddof=0))
    np.testing.assert_allclose(found["even"], np.array([-2, -1, 0, 1, 2]) / np.sqrt(2))
    assert (found["same"] == 0).all()


def test_one_giant_does_not_decide():
    frame, _ = customers(np.random.default_rng(1))
    giant = frame.copy()
    giant.iloc[0] = [1e6, 1e9]
    plain = SegmentPreparation().fit(frame).transform(frame)
    found = SegmentPreparation().fit(giant).transform(giant)
    assert np.abs(found.iloc[1:] - plain.iloc[1:]).max(axis=None) < 0.1
    assert found.iloc[0].max() < 5


def test_units_do_not_matter():
    frame, _ = customers(np.random.default_rng(2))
    first = Segmentation(n_segments=3, random_state=1).fit(frame)
    cents = frame.assign(orders=frame["orders"] * 100)
    second = Segmentation(n_segments=3, random_state=1).fit(cents)
    assert (first.labels_ == second.labels_).all()


@pytest.mark.parametrize("method", ["kmeans", "mixture"])
def test_known_groups_come_back(method):
    frame, group = customers(np.random.default_rng(3))
    model = Segmentation(n_segments=3, method=method, random_state=1).fit(frame)
    order = np.argsort(-np.bincount(group))
    expected = np.argsort(order)[group]
    assert (model.labels_ == expected).mean() > 0.99
    assert model.sizes_.is_monotonic_decreasing
    assert (model.predict(frame) == model.labels_).all()
    np.testing.assert_allclose(model.centres_["sales"], CENTRES[order, 1], rtol=0.1)


def test_numbers_of_segments_do_not_depend_on_the_seed():
    frame, _ = customers(np.random.default_rng(4))
    first, second = (Segmentation(n_segments=3, random_state=k).fit(frame) for k in (1, 2))
    assert (first.labels_ == second.labels_).all()


@pytest.mark.parametrize("model", [SegmentPreparation(), Segmentation(n_segments=2, n_starts=2)])
def test_contract_of_scikit_learn(model):
    results = check_estimator(model, on_fail=None, on_skip=None)
    failed = {one["check_name"]: one["exception"] for one in results if one["status"] == "failed"}
    assert not failed


def test_real_segments_are_stable_and_made_up_ones_are_not():
    frame, _ = customers(np.random.default_rng(5))
    real = Segmentation(n_segments=3, n_starts=3, random_state=1).fit(frame)
    found = stability(real, frame, n_resamples=15)
    assert (found["jaccard"] > 0.95).all()
    assert (found["dissolved"] == 0).all()
    too_many = Segmentation(n_segments=6, n_starts=3, random_state=1).fit(frame)
    assert stability(too_many, frame, n_resamples=15)["jaccard"].min() < 0.75


def test_the_number_of_segments_is_found():
    frame, _ = customers(np.random.default_rng(6), n=400)
    base = Segmentation(n_starts=3, random_state=1)
    table = choose_n_segments(frame, model=base, candidates=range(2, 7), n_resamples=12)
    assert table.index[table["is_chosen"]].tolist() == [3]


def test_without_groups_there_is_no_number_of_many_segments():
    noise = pd.DataFrame(np.random.default_rng(7).normal(size=(300, 4)), columns=list("abcd"))
    base = Segmentation(n_starts=2, random_state=1)
    table = choose_n_segments(noise, model=base, candidates=[4, 6], n_resamples=12)
    assert not table["is_chosen"].any()


def test_segments_below_the_least_size_are_not_eligible():
    frame, _ = customers(np.random.default_rng(8), n=300)
    tiny = frame.iloc[:3] * 0 + [40, 40_000]
    both = pd.concat([frame, tiny.set_axis(["x", "y", "z"])])
    base = Segmentation(n_starts=5, random_state=1, preparation=SegmentPreparation(tail=0))
    table = choose_n_segments(both, model=base, candidates=[4], min_share=0.05, n_resamples=5)
    assert table["smallest_share"].item() < 0.05
    assert not table["is_eligible"].item()


def test_separation_by_hand():
    frame = pd.DataFrame({"x": [-1.0, 1.0, 9.0, 11.0]})
    found = separation(frame, ["a", "a", "b", "b"])
    # variance 26 in all, 1 inside; centres 10 apart, scatter 1 each
    assert found.loc["all", "homogeneity"] == pytest.approx(1 - 1 / 26)
    assert found["separation"].tolist() == pytest.approx([5, 5, 5])
    # customer at -1: 2 to the other, 11 on average to those of b
    assert found.loc["a", "silhouette"] == pytest.approx(((1 - 2 / 11) + (1 - 2 / 9)) / 2)


def test_random_labels_do_not_separate():
    frame, group = customers(np.random.default_rng(9))
    prepared = SegmentPreparation().fit(frame).transform(frame)
    real = separation(prepared, group).loc["all"]
    random = separation(prepared, np.random.default_rng(1).integers(0, 3, 600)).loc["all"]
    assert real["homogeneity"] > 0.8
    assert random["homogeneity"] < 0.02
    assert real["silhouette"] > 0.6 > random["silhouette"]


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda f: Segmentation(method="dbscan").fit(f), r"method='dbscan'"),
        (
            lambda f: Segmentation(n_segments=9).fit(f.head(4)),
            r"have 4 different customers, need 9",
        ),
        (lambda f: Segmentation(n_segments=2).fit(f * 0), r"have 1 different customers, need 2"),
        (lambda f: SegmentPreparation(tail=0.5).fit(f), r"tail=0.5"),
        (lambda f: choose_n_segments(f, candidates=[1, 2]), r"candidates=\[1, 2\]"),
        (lambda f: separation(f, [0] * len(f)), r"have 1 segments"),
        (lambda f: separation(f * 0, [0, 1] * (len(f) // 2)), r"equal in all columns"),
    ],
)
def test_refusals(act, message):
    frame, _ = customers(np.random.default_rng(10), n=20)
    with pytest.raises(ParameterError, match=message):
        act(frame)
