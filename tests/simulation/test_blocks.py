"""Blocks of customers: independent of each other, of their order and of everything before."""

import numpy as np
import pyarrow as pa
import pytest

from crmlib.periods import day_number, parse_day
from crmlib.simulation import planning
from crmlib.simulation.blocks import simulate_block
from crmlib.simulation.company import simulate_company
from crmlib.simulation.outline import make_outline
from crmlib.simulation.randomness import BLOCK, stream
from tests.simulation.simulated import Simulated

FIRST_DAY = day_number(parse_day("2023-01-01"))


@pytest.fixture(scope="module")
def outline():
    return make_outline(9, n_customers=2 * BLOCK + 100, first_day=FIRST_DAY, n_days=181)


def rows(block):
    """All tables of a block, those of its truth as truth_<table>."""
    parts = block.tables | {f"truth_{name}": truth for name, truth in block.truths.items()}
    return {name: pa.concat_tables(tables) for name, tables in parts.items()}


def test_a_block_made_alone_is_the_one_made_in_turn(outline, tmp_path):
    """What a folder holds of the third block is what that block gives by itself."""
    months, rates = planning.make_months(outline), planning.make_rates(outline)
    alone = rows(simulate_block(outline, months, rates, 2))
    folder = tmp_path / "company"
    simulate_company(folder, n_customers=outline.n_customers, n_months=6, seed=9)
    written = Simulated(folder)
    first = f"{2 * BLOCK + 1:08d}"
    found = written.frame(f"from customers where customer_id >= '{first}'")
    assert found["customer_id"].tolist() == alone["customers"]["customer_id"].to_pylist()
    assert found["region"].tolist() == alone["customers"]["region"].to_pylist()
    sold = written.frame(f"""select transaction_id, net_amount from transactions
        where customer_id >= '{first}' order by transaction_id, line_number""")
    lines = alone["transactions"].to_pandas().dropna(subset="customer_id")
    lines = lines.sort_values(["transaction_id", "line_number"])
    assert sold["transaction_id"].tolist() == lines["transaction_id"].tolist()
    assert sold["net_amount"].tolist() == [float(amount) for amount in lines["net_amount"]]


def test_keys_of_two_blocks_never_meet(outline):
    months, rates = planning.make_months(outline), planning.make_rates(outline)
    one, other = (rows(simulate_block(outline, months, rates, block)) for block in (0, 1))
    for table, key in [
        ("customers", "customer_id"), ("transactions", "transaction_id"),
        ("contacts", "contact_id"), ("conversions", "conversion_id"), ("visits", "visit_id"),
        ("visits", "visitor_id"), ("complaints", "complaint_id"), ("prospects", "prospect_id"),
    ]:  # fmt: skip
        ids, others = (set(block[table][key].to_pylist()) for block in (one, other))
        assert not (ids & others) - {None}, (table, key)


def test_topics_and_blocks_have_streams_of_their_own():
    draws = {
        (topic, block): stream(1, topic, block=block).random()
        for topic in ("customers", "orders", "visits")
        for block in (None, 0, 1)
    }
    assert len(set(draws.values())) == len(draws)


def test_last_block_holds_the_customers_that_are_left(outline):
    months, rates = planning.make_months(outline), planning.make_rates(outline)
    last = rows(simulate_block(outline, months, rates, 2))
    assert last["customers"].num_rows == 100
    assert last["truth_wallets"].num_rows == 1000


def test_sums_for_the_plan_are_those_of_the_lines(outline):
    months, rates = planning.make_months(outline), planning.make_rates(outline)
    made = simulate_block(outline, months, rates, 2)
    lines = pa.concat_tables(made.tables["transactions"]).to_pandas()
    in_account = lines["currency"].isna()
    home = lines.loc[in_account, "net_amount"].astype(float).sum() * 100
    foreign = 1 - in_account.mean()
    assert made.sold_cents.sum() == pytest.approx(home, rel=0.001 + 2 * foreign)
    assert np.issubdtype(made.sold_cents.dtype, np.floating)
