"""Recorded ends of contracts: the first one, up to some days after the day."""

import narwhals as nw
import pandas as pd
import pytest

from crmlib.errors import ParameterError, SchemaError
from crmlib.features.collect import collect
from crmlib.features.contracts import contract_ends


def ends(**options: int) -> dict[str, int]:
    rows = pd.DataFrame({"customer_id": ["a", "a", "b", "c"], "left_day": [12, 15, 20, 31]})
    found = collect(contract_ends(nw.from_native(rows).lazy(), **options))
    return dict(zip(found["customer_id"], found["left_day"], strict=True))


def test_the_first_end_up_to_the_day_and_some_days_after():
    assert ends(as_of_day=11) == {}
    assert ends(as_of_day=20) == {"a": 12, "b": 20}
    assert ends(as_of_day=20, after_days=10) == {"a": 12, "b": 20}
    assert ends(as_of_day=20, after_days=11) == {"a": 12, "b": 20, "c": 31}


def test_refusals():
    with pytest.raises(ParameterError, match="after_days=-1"):
        ends(as_of_day=20, after_days=-1)
    frame = nw.from_native(pd.DataFrame({"customer_id": ["a"]})).lazy()
    with pytest.raises(SchemaError, match="left_day"):
        contract_ends(frame, as_of_day=1)
