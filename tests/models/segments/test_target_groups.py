"""Target groups: planted ones come back, keep their names, and nothing is found in nothing."""

import re

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from crmlib.errors import ParameterError
from crmlib.evaluation.movers import migration, split_of_movers
from crmlib.models import target_groups
from crmlib.models.files import load_model, save_model
from crmlib.models.segments import MixSegmentation
from crmlib.models.segments.search import climb, joint, rearranged

MIXES = np.array(
    [[0.6, 0.2, 0.1, 0.05, 0.05], [0.1, 0.1, 0.6, 0.1, 0.1], [0.1, 0.2, 0.1, 0.1, 0.5]]
)
SHARES = [0.6, 0.3, 0.1]
CATEGORIES = ["Bread", "Tea", "Wine", "Coffee", "Knives"]


def shop(rng, n=900, *, shares=SHARES):
    """Customers of three kinds, each with a taste of his own and his own number of lines."""
    group = rng.choice(3, n, p=shares)
    own = rng.gamma(40 * MIXES[group])
    own /= own.sum(axis=1, keepdims=True)
    lines = rng.multinomial(rng.geometric(1 / 40, n) + 14, own)
    index = pd.Index([f"c{k:04d}" for k in range(n)], name="customer_id")
    return pd.DataFrame(lines, index=index, columns=CATEGORIES), group


@pytest.fixture(scope="module")
def divided():
    mix, group = shop(np.random.default_rng(1))
    return mix, group, target_groups.divide(mix, max_customers=400)


def test_planted_groups_come_back_under_telling_names(divided):
    _, group, found = divided
    assert adjusted_rand_score(group, found.members) > 0.9
    assert set(found.names.values()) == {"Bread", "Wine", "Knives"}
    assert found.trials.loc[found.trials["is_chosen"], "n_segments"].tolist() == [3]
    beyond = found.trials["separation"] / found.trials["cloud_separation"]
    assert beyond.max() > 1.1  # one number of groups that lies apart decides for all
    assert found.fidelity > 0.9
    assert (found.quality["jaccard"] > 0.85).all()
    assert found.quality["homogeneity"].between(0, 1).all()


def test_customers_with_few_lines_are_in_no_group(divided):
    mix, _, found = divided
    few = pd.DataFrame([[2, 0, 0, 0, 0]], index=["new"], columns=CATEGORIES)
    said = target_groups.assigned(found.model, found.names, pd.concat([mix, few]), min_lines=15)
    assert said["new"] == target_groups.NOT_GROUPED
    assert (said.drop("new") == found.members).all()


def test_how_much_is_bought_does_not_matter(divided):
    mix, _, found = divided
    twice = found.model.predict(2.0 * mix)
    assert (twice == found.model.labels_).mean() > 0.97


def test_no_two_groups_have_the_same_words():
    """Tea and wine, wine and tea, and once more: the order of words tells no reader anything."""
    mixes = [[40, 35, 5, 5, 15], [35, 40, 15, 5, 5], [30, 30, 10, 15, 15], [5, 5, 60, 5, 25]]
    rng = np.random.default_rng(3)
    lines = np.vstack([rng.multinomial(400, np.array(one) / 100, 150) for one in mixes])
    columns = ["Tea", "Wine", "Bread", "Cups", "Knives"]
    mix = pd.DataFrame(lines, index=[f"c{k}" for k in range(len(lines))], columns=columns)
    found = target_groups.divide(mix)
    names = set(found.names.values())
    assert len(names) == len(mixes)
    assert len({frozenset(re.split(" and |, ", name)) for name in names}) == len(mixes)


def test_shares_of_the_figure_add_up(divided):
    mix, _, found = divided
    table = target_groups.mix_of_groups(found, mix)
    np.testing.assert_allclose(table.groupby("segment")["line_share"].sum(), 1)
    first = table[table["segment"] == "Bread"].set_index("category")["line_share"]
    np.testing.assert_allclose(first[CATEGORIES], MIXES[0], atol=0.03)


def of_one_mix(rng, n, *, taste):
    """Customers around the mix of all; the smaller `taste`, the more each has his own."""
    own = rng.gamma(taste * np.tile(SHARES @ MIXES, (n, 1))) + 1e-12
    lines = rng.multinomial(rng.geometric(1 / 40, n) + 14, own / own.sum(axis=1, keepdims=True))
    return pd.DataFrame(lines, index=[f"c{k:04d}" for k in range(n)], columns=CATEGORIES)


def nothing_found(mix):
    found = target_groups.divide(mix)
    if found.model is None:
        assert "back when other customers are drawn" in found.reason
        assert set(found.members) == {target_groups.NOT_GROUPED}
        assert target_groups.mix_of_groups(found, mix).empty
        apart = found.trials.dropna(subset=["cloud_separation"])
        assert (apart["separation"] < 1.1 * apart["cloud_separation"]).all()
    return found.model is None


def test_nothing_is_found_where_nothing_is_planted():
    """Customers with a taste of their own around one mix for all are no groups."""
    for seed, taste in ((1, 40), (2, 10), (3, 10)):
        assert nothing_found(of_one_mix(np.random.default_rng(seed), 600, taste=taste))


@pytest.mark.slow
@pytest.mark.parametrize(("n", "taste"), [(300, 40), (1500, 40), (1500, 10), (600, 10)])
def test_nothing_is_found_in_twenty_shops_without_groups(n, taste):
    for seed in range(200, 220):
        assert nothing_found(of_one_mix(np.random.default_rng(seed), n, taste=taste)), seed


def test_movers_are_told_from_a_model_that_moved(divided):
    """Forty customers get the lines of another group; then the model is made of others."""
    mix, group, found = divided
    rng = np.random.default_rng(9)
    switched = rng.choice(mix.index[group == 0], 40, replace=False)
    after = mix.copy()
    after.loc[switched] = mix[group == 1].iloc[:40].to_numpy()
    old = target_groups.on_new_data(found.stored, after, min_lines=15)
    again = target_groups.divide(after, stored=found.stored)
    now = target_groups.keep_names(again, found.members).members
    split = split_of_movers(found.members, old, now).set_index("movement")["n_customers"]
    assert split["moved because they changed"] == pytest.approx(40, abs=3)
    assert split["moved because the model changed"] <= 0.02 * len(mix)
    moved = migration(found.members, now).set_index(["from_group", "to_group"])["n_customers"]
    assert moved["Bread", "Wine"] == pytest.approx(40, abs=4)
    coarse = MixSegmentation(n_segments=2, random_state=0).fit(mix.astype(float))
    joined = target_groups.assigned(coarse, {0: "Bread", 1: "Wine"}, mix, min_lines=15)
    only_model = split_of_movers(found.members, found.members, joined).set_index("movement")
    assert only_model.loc["moved because they changed", "n_customers"] == 0
    assert (
        only_model.loc["moved because the model changed", "n_customers"] >= (group == 2).sum() - 9
    )


def test_the_search_leaves_a_dead_end():
    """A large group in two halves and two small ones taken for one: cut and merge mends it."""
    mix, group = shop(np.random.default_rng(4), shares=[0.8, 0.1, 0.1])
    weighed = mix.to_numpy() * 41 / (mix.sum(axis=1).to_numpy()[:, None] + 40)
    tea, bread = (weighed[:, 1] > np.median(weighed[:, 1])) & (group == 0), group == 0
    wrong = np.where(group > 0, 2, np.where(tea & bread, 1, 0))
    start = [weighed[wrong == k].sum(axis=0) / weighed[wrong == k].sum() for k in range(3)]
    stuck = climb(weighed, np.array(start), np.bincount(wrong) / len(wrong), max_steps=8)
    found = rearranged(weighed, stuck, max_steps=100, rng=np.random.default_rng(0))
    assert found.likelihood > stuck.likelihood
    own = joint(weighed, found.mixes, found.sizes).argmax(axis=0)
    assert adjusted_rand_score(group, own) > 0.9


def test_a_stored_model_gives_the_same_groups_and_old_categories_may_be_gone(divided, tmp_path):
    mix, _, found = divided
    save_model(found.stored, tmp_path / "groups.model")
    stored = load_model(tmp_path / "groups.model")
    now = target_groups.on_new_data(stored, mix, min_lines=15)
    assert (now == found.members).all()
    other = mix.drop(columns="Knives").assign(Cups=mix["Knives"])
    less = target_groups.on_new_data(stored, other, min_lines=15)
    assert set(less) <= {"Bread", "Wine", "Knives", target_groups.NOT_GROUPED}
    assert target_groups.on_new_data(None, mix, min_lines=15).empty


def test_names_stay_when_sizes_change(divided):
    """The new model numbers its groups anew; the names go on with the customers."""
    mix, _, found = divided
    mine = found.members.replace({"Bread": "bakers", "Wine": "tasters"})
    again = target_groups.keep_names(target_groups.divide(mix, max_customers=300), mine)
    assert set(again.names.values()) == {"bakers", "tasters", "Knives"}
    assert (again.members == mine).mean() > 0.97
    assert set(again.rules["segment"]) <= set(again.names.values())
    nobody = target_groups.earlier_members(pd.DataFrame())
    assert target_groups.keep_names(found, nobody) is found


@pytest.mark.parametrize(
    ("mix", "reason"),
    [
        (pd.DataFrame({"Tea": []}), "1 categories"),
        (pd.DataFrame({"Tea": [], "Wine": []}), "0 customers bought 15 lines"),
        (pd.DataFrame({"Tea": [20], "Wine": [3]}), "1 customers bought"),
        (pd.DataFrame({"Tea": [20, 30], "Wine": [3, 4]}), "2 customers bought"),
        (pd.DataFrame({"Tea": [20] * 100, "Wine": [3] * 100}), "hardly differ"),
        (pd.DataFrame({"Tea": [20] * 100, "Wine": [0] * 100}), "hardly differ"),
    ],
)
def test_too_little_gives_a_reason(mix, reason):
    found = target_groups.divide(mix)
    assert reason in found.reason
    assert found.stored["model"] is None
    assert len(found.members) == len(mix)
    assert found.rules.empty
    assert found.trials.columns.tolist()[0] == "n_segments"


def test_a_hundred_thousand_categories_become_the_largest_and_all_others():
    totals = pd.DataFrame({"category": [f"k{i:06d}" for i in range(100_000)], "n_lines": 1})
    named = target_groups.leading_categories(totals, None, most=3)
    assert named == ["k000000", "k000001", "k000002"]
    counts = pd.DataFrame(
        {"customer_id": ["a"], "n_lines": [9], "n_0": [1], "n_1": [2], "n_2": [0]}
    )
    mix = target_groups.category_mix(counts, named)
    assert mix.loc["a"].tolist() == [1, 2, 0, 6]


def test_refused_counts():
    with pytest.raises(ParameterError, match="1 customers have no line"):
        MixSegmentation(n_segments=2).fit(pd.DataFrame({"a": [1, 0, 2], "b": [0, 0, 1]}))
    with pytest.raises(ParameterError, match=r"have 1 different customers, need 2"):
        MixSegmentation(n_segments=2).fit(pd.DataFrame({"a": [1, 2, 2], "b": [1, 2, 2]}))
