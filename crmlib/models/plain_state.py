"""Models as plain dicts, lists and arrays and back: what a model file stores of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from crmlib.errors import ParameterError
from crmlib.models.registry import class_called, public_name

__all__ = ["from_plain", "to_plain"]

_KIND = "crmlib kind"


def to_plain(value: Any) -> Any:
    """Replace pandas objects and estimators of this library by tagged dicts, at any depth.

    Raises
    ------
    ParameterError
        If a column has a type that cannot be stored.

    Examples
    --------
    >>> from_plain(to_plain({"a": pd.Series([1.5], index=["r"], name="params")}))["a"]
    r    1.5
    Name: params, dtype: float64
    """
    name = public_name(value)
    if name is not None:
        return {_KIND: "model", "class": name, "state": to_plain(dict(vars(value)))}
    if isinstance(value, pd.DataFrame):
        columns = [_column(value.iloc[:, k]) for k in range(value.shape[1])]
        return {
            _KIND: "frame", "columns": columns, "names": to_plain(value.columns),
            "index": to_plain(value.index), "attrs": to_plain(dict(value.attrs)),
        }  # fmt: skip
    if isinstance(value, pd.Series):
        return {
            _KIND: "series", "column": _column(value), "name": to_plain(value.name),
            "index": to_plain(value.index), "attrs": to_plain(dict(value.attrs)),
        }  # fmt: skip
    if isinstance(value, pd.MultiIndex):
        levels = [_column(value.get_level_values(k).to_series()) for k in range(value.nlevels)]
        return {_KIND: "levels", "levels": levels, "names": list(value.names)}
    if isinstance(value, pd.Index):
        return {_KIND: "index", "column": _column(value.to_series()), "name": value.name}
    if isinstance(value, dict):
        if _KIND in value:
            raise ParameterError(f"A dict has the key {_KIND!r}, which marks stored models.")
        return {key: to_plain(one) for key, one in value.items()}
    if type(value) in (list, tuple):
        return type(value)(to_plain(one) for one in value)
    return value


def _column(values: pd.Series) -> dict[str, Any]:
    """Give values and type of one column."""
    kind = str(values.dtype)
    if values.dtype.kind in "biuf" and isinstance(values.dtype, np.dtype):
        return {"dtype": kind, "values": values.to_numpy()}
    if kind.startswith("datetime64[") and "," not in kind:
        return {"dtype": kind, "values": values.to_numpy().astype("int64")}
    if isinstance(values.dtype, pd.PeriodDtype):
        return {"dtype": kind, "values": pd.PeriodIndex(values).asi8}
    if kind in ("str", "object"):
        texts = [None if one is None or one is pd.NA or one != one else one for one in values]
        if all(one is None or isinstance(one, str | int | float | bool) for one in texts):
            return {"dtype": kind, "values": texts}
    raise ParameterError(
        f"a column of type {kind} (name {values.name!r}) has no stored form. Turn it into numbers, "
        "texts, periods or times without a zone"
    )


def _series(column: dict[str, Any]) -> pd.Series:
    values, kind = column["values"], column["dtype"]
    if kind.startswith("period["):
        frequency = kind.removeprefix("period[").removesuffix("]")
        return pd.Series(pd.PeriodIndex.from_ordinals(values, freq=frequency))
    return pd.Series(values, dtype=kind)


def from_plain(value: Any) -> Any:
    """Make the objects again that `to_plain` has replaced.

    Raises
    ------
    ParameterError
        If a dict names a class that is not on the list.
    """
    if type(value) in (list, tuple):
        return type(value)(from_plain(one) for one in value)
    if not isinstance(value, dict):
        return value
    kind = value.get(_KIND)
    if kind is None:
        return {key: from_plain(one) for key, one in value.items()}
    if kind == "model":
        made = class_called(value["class"])
        model: Any = object.__new__(made)
        vars(model).update(from_plain(value["state"]))
        return model
    if kind == "index":
        return pd.Index(_series(value["column"]), name=value["name"])
    if kind == "levels":
        return pd.MultiIndex.from_arrays(
            [_series(one) for one in value["levels"]], names=value["names"]
        )
    index = from_plain(value["index"])
    if kind == "series":
        made_series = _series(value["column"]).set_axis(index).rename(from_plain(value["name"]))
        made_series.attrs = from_plain(value["attrs"])
        return made_series
    frame = pd.DataFrame({k: _series(one) for k, one in enumerate(value["columns"])})
    if not value["columns"]:
        frame = pd.DataFrame(index=range(len(index)))
    frame = frame.set_axis(index).set_axis(from_plain(value["names"]), axis=1)
    frame.attrs = from_plain(value["attrs"])
    return frame
