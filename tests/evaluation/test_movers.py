"""Why customers moved: worked by hand, each in one row, nobody without an iteration before."""

import pandas as pd

from crmlib.evaluation.movers import migration, split_of_movers


def named(text):
    return pd.Series(list(text), index=[f"c{k}" for k in range(len(text))])


def test_every_reason_by_hand():
    #         stayed, they, model, both, back
    before, old, now = named("aaaaa"), named("abaab"), named("abbba")
    old["c3"], now["c3"] = "b", "c"
    table = split_of_movers(before, old, now)
    assert table["n_customers"].tolist() == [1, 1, 1, 1, 1]
    assert table["customer_share"].sum() == 1


def test_the_same_model_moves_nobody_by_itself():
    before, now = named("aabbab"), named("abbbaa")
    n = split_of_movers(before, now, now).set_index("movement")["n_customers"]
    assert n["moved because the model changed"] == 0
    assert n["moved because they changed"] == 2


def test_only_customers_of_both_iterations_count():
    table = migration(named("aab"), named("abbb"))
    assert table["n_customers"].sum() == 3
    assert table.groupby("from_group")["customer_share"].sum().tolist() == [1, 1]
    none = named("")
    assert split_of_movers(none, none, named("ab")).empty
    assert migration(none, named("ab")).empty
