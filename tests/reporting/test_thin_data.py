"""What a report says where the data hold one of a thing, or none."""

import pandas as pd
import pytest

from crmlib.reporting.figures import data_quality, lifecycle, preferences
from crmlib.reporting.figures.concentration import lorenz
from crmlib.reporting.narrative import customer_base, management, rfm, white_spots
from crmlib.reporting.narrative import data_quality as quality
from crmlib.reporting.narrative import lifecycle as stages_in_words
from crmlib.reporting.tables import table_html
from crmlib.reporting.theme import described
from tests.reporting.charts.concentration import FRAMES, OPTIONS

DAY = {"as_of": "2024-12-31", "currency": "USD"}
STAGES = ["new", "active", "returned", "lapsing", "lapsed"]


def transitions(**counts):
    """One row per stage before; `counts` are those of `before_now`."""
    table = pd.DataFrame(0, index=[*STAGES, "not yet a customer"], columns=STAGES)
    for names, count in counts.items():
        before, now = names.split("_")
        table.loc[before.replace("0", "not yet a customer"), now] = count
    return table.rename_axis("stage_before").reset_index()


def test_one_product_is_no_products():
    products = pd.DataFrame({name: [5] for name in ("quantity", "net_cents")})
    both = products.assign(quantity_before=5, net_cents_before=5)
    (sentence,) = customer_base.price_evidence(both)
    assert "speaks for 1 product sold in both periods" in sentence


def test_who_was_quiet_and_is_quiet_again_does_not_count_as_back():
    (sentence,) = management.stage_moves(
        transitions(lapsed_returned=4, lapsed_lapsing=3, **{"0_new": 2})
    )
    assert "0 customers went quiet" in sentence
    assert "4 who were quiet are buying again, 2 bought for the first time" in sentence


def test_without_a_period_before_nobody_moved():
    assert management.stage_moves(transitions(**{"0_active": 7})) == []


@pytest.mark.parametrize(("quarantined", "excluded"), [(41, 25), (16, 0)])
def test_rows_that_the_mapping_leaves_out_are_not_refused(quarantined, excluded):
    rows = {"table": ["transactions"], "rows_in": [100], "rows_deduplicated": [5]}
    rows |= {"rows_quarantined": [quarantined], "rows_excluded": [excluded], "rows_used": [54]}
    counts = pd.Series({"n_lines": 54, "n_orders": 9, "n_customers": 3, "net_cents": 100})
    told = {"verdict": "REVIEW", **DAY}
    sentence = quality.headline(counts, pd.DataFrame(rows), **told)[1]
    assert "16 were refused" in sentence
    assert ("25 left out by the mapping" in sentence) == bool(excluded)
    finding, _, _ = described(data_quality.rows_by_table(pd.DataFrame(rows), **DAY))
    assert finding == f"{quarantined} of 100 rows were set aside"


def test_one_table_needs_a_look():
    health = pd.DataFrame({"table": ["a", "b"], "verdict": ["PASS", "REVIEW"], "remark": ["", "x"]})
    assert quality.tables_to_look_at(health)[0].startswith("Of 2 tables, 1 needs a look:")


def standing(*, n_developing):
    names = ["won", "developing", "maintained", "leaving", "lost"]
    table = pd.DataFrame({"stage": names, "n_customers": [2, n_developing, 5, 4, 3]})
    table = table.assign(before_amount=1.0, now_amount=8.0, change_amount=0.0, leave_rate=None)
    table.loc[table["stage"] == "developing", "change_amount"] = 7.0 * n_developing
    return table


@pytest.mark.parametrize(
    ("n", "said"),
    [(0, "Developing: nobody."), (1, "Developing: 1 customer, who bought for $7 more")],
)
def test_nobody_buys_for_nothing_more(n, said):
    left = pd.DataFrame({"before_amount": [], "now_amount": []})
    steps = pd.DataFrame({"n_stayed": [], "leave_rate": []})
    told = {"as_of": "2024-12-31", "n_days": 91, "currency": "USD"}
    assert any(
        said in one
        for one in stages_in_words.headline(standing(n_developing=n), left, steps, **told)
    )
    finding, _, _ = described(
        lifecycle.lifecycle_stages(standing(n_developing=n), period="x", **DAY)
    )
    assert finding.endswith("none develops") == (n == 0)


def test_no_champions_bring_nothing():
    names = ["champions", "valuable, quiet", "silent"]
    summary = pd.DataFrame(
        {"segment": names, "n_customers": [0, 0, 9], "customer_share": [0, 0, 1.0]}
    )
    summary = summary.assign(net_amount=[0, 0, 5.0], net_share=[0, 0, 1.0])
    told = {"window_days": 365, "currency": "USD"}
    sentences = rfm.headline(summary, pd.DataFrame(), **told)
    assert sentences[0] == "There are no champions, who buy lately, often and for much."
    assert sentences[1] == "No valuable customer has gone quiet."
    one = summary.assign(n_customers=[1, 2, 9])
    assert rfm.headline(one, pd.DataFrame(), **told)[0].startswith(
        "1 champion, 0.0 % of the customers, brings $0"
    )


def test_too_few_customers_for_white_spots_names_who_is_missing():
    nothing = pd.DataFrame()
    told = {"ahead_days": 56, "currency": "USD"}
    (sentence,) = white_spots.headline(nothing, nothing, pd.Series(dtype=float), nothing, **told)
    assert "or categories (two are needed)" in sentence


def test_nought_has_no_sign():
    html = table_html(
        pd.DataFrame({"before": [-0.0], "n_customers": [-0.0]}), caption="", currency="USD"
    )
    assert html.count(">0</td>") == 2


def test_the_better_half_is_what_the_table_says():
    finding, _, _ = described(lorenz(FRAMES["lorenz"], **OPTIONS["lorenz"], **DAY))
    assert finding == "The better half of the customers brings 81.2 % of the sales"


def test_one_customer_leans():
    leanings = pd.DataFrame({"aspect": ["weekday"], "value": ["Friday"], "n_customers": [1]})
    leanings = leanings.assign(customer_share=0.1, usual_share=0.1, net_amount=1.0)
    finding, _, _ = described(preferences.leaning_customers(leanings, **DAY))
    assert finding.endswith("weekday Friday, 1 customer")


def test_one_customer_to_act_on_first():
    first = {"recommendation": "Call them", "who": "accounts that are late", "net_amount": 5.0}
    for n, said in ((1, "(1 customer: accounts that"), (2, "(2 accounts that")):
        acts = pd.DataFrame([first | {"n_customers": n}])
        assert said in management.headline(["a"], ["b"], acts, currency="USD")[2]
