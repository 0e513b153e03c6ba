"""Target groups: planted ones come back, keep their names, and nothing is found in nothing."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from crmlib.errors import ParameterError
from crmlib.models import target_groups
from crmlib.models.files import load_model, save_model
from crmlib.models.segments import MixSegmentation

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


def test_shares_of_the_figure_add_up(divided):
    mix, _, found = divided
    table = target_groups.mix_of_groups(found, mix)
    np.testing.assert_allclose(table.groupby("segment")["line_share"].sum(), 1)
    first = table[table["segment"] == "Bread"].set_index("category")["line_share"]
    np.testing.assert_allclose(first[CATEGORIES], MIXES[0], atol=0.03)


def test_nothing_is_found_where_nothing_is_planted():
    """Customers with a taste of their own around one mix for all are no groups."""
    for seed in range(2):
        mix, _ = shop(np.random.default_rng(seed), 300, shares=[1, 0, 0])
        found = target_groups.divide(mix, max_customers=200)
        assert found.model is None
        assert found.reason.startswith("no division of the customers comes back")
        assert set(found.members) == {target_groups.NOT_GROUPED}
        assert target_groups.mix_of_groups(found, mix).empty


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
