"""Why customers are in another group than before: they changed, or the model did."""

from __future__ import annotations

import pandas as pd

__all__ = ["migration", "split_of_movers"]

_STAYED = "in the same group"
_THEY = "moved because they changed"
_MODEL = "moved because the model changed"
_BOTH = "moved for both reasons"
_BACK = "changed, and moved back by the model"


def split_of_movers(before: pd.Series, old_model_now: pd.Series, now: pd.Series) -> pd.DataFrame:
    """Split customers by why they are in another group than in the iteration before.

    A customer changed if the old model puts him into another group on the new data than it did on
    the old ones; the model changed for him if the new one puts him elsewhere than the old one does
    on the same new data.

    Parameters
    ----------
    before
        Group by the old model on the old data, index `customer_id`.
    old_model_now
        Group by the old model on the new data.
    now
        Group by the new model on the new data.

    Returns
    -------
    pandas.DataFrame
        `movement`, `n_customers`, `customer_share`; those in all three, each in one row. No row
        if nobody is in all three.

    Examples
    --------
    >>> before = pd.Series({"a": "tea", "b": "tea", "c": "wine"})
    >>> old = pd.Series({"a": "tea", "b": "wine", "c": "wine"})
    >>> now = pd.Series({"a": "tea", "b": "wine", "c": "tea"})
    >>> split_of_movers(before, old, now)["n_customers"].tolist()
    [1, 1, 1, 0, 0]
    """
    frame = pd.concat({"before": before, "old": old_model_now, "now": now}, axis=1, join="inner")
    if frame.empty:
        return pd.DataFrame(
            {"movement": pd.Series(dtype="str"), "n_customers": pd.Series(dtype="int64"),
             "customer_share": pd.Series(dtype="float64")}
        )  # fmt: skip
    they = frame["before"] != frame["old"]
    model = frame["old"] != frame["now"]
    away = frame["before"] != frame["now"]
    masks = {
        _STAYED: ~they & ~model,
        _THEY: they & ~model,
        _MODEL: ~they & model,
        _BOTH: they & model & away,
        _BACK: they & model & ~away,
    }
    counts = [int(mask.sum()) for mask in masks.values()]
    return pd.DataFrame(
        {
            "movement": list(masks),
            "n_customers": counts,
            "customer_share": [count / len(frame) for count in counts],
        }
    )


def migration(before: pd.Series, now: pd.Series) -> pd.DataFrame:
    """Count customers by group before and now.

    Returns
    -------
    pandas.DataFrame
        `from_group`, `to_group`, `n_customers`, `customer_share` (of those of `from_group`); only
        customers in both iterations.
    """
    frame = pd.concat({"from_group": before, "to_group": now}, axis=1, join="inner").astype("str")
    table = frame.groupby(["from_group", "to_group"]).size().rename("n_customers").reset_index()
    whole = table.groupby("from_group")["n_customers"].transform("sum")
    return table.assign(customer_share=table["n_customers"] / whole)
