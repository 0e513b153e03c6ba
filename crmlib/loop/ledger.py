"""The ledger: every prediction, frozen before its outcome exists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from crmlib.errors import ParameterError
from crmlib.schema import require_columns

__all__ = [
    "LEDGER",
    "Prediction",
    "no_predictions",
    "prediction_rows",
    "score_prediction",
    "write_ledger",
]

LEDGER = pa.schema(
    [
        ("iteration", pa.string()),
        ("run_id", pa.string()),
        ("model", pa.string()),
        ("model_version", pa.string()),
        ("subject_kind", pa.string()),
        ("subject_id", pa.string()),
        ("quantity", pa.string()),
        ("unit", pa.string()),
        ("as_of", pa.string()),
        ("horizon_days", pa.int64()),
        ("predicted", pa.float64()),
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("level", pa.float64()),
    ]
)
"""Columns of a ledger; an iteration is named by its day, so `iteration` and `as_of` agree."""

_OF_NOTEBOOK = [name for name in LEDGER.names if name not in ("iteration", "run_id")]
_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Prediction:
    """What is predicted, of whom, by what, how far ahead.

    Attributes
    ----------
    model, model_version
        Which model; the version changes whenever its predictions may.
    quantity, unit
        Such as `orders` in `orders`, `purchase` in `probability`, `net_amount` in a currency.
    horizon_days
        Days after `as_of` by whose end the outcome is known.
    subject_kind
        `customer`, `category`, `total`, ...
    level
        Nominal coverage of the intervals.
    """

    model: str
    model_version: str
    quantity: str
    unit: str
    horizon_days: int
    subject_kind: str = "customer"
    level: float = 0.95

    def __post_init__(self) -> None:
        if self.horizon_days < 1 or not 0 < self.level < 1:
            raise ParameterError(
                f"{self.model}/{self.quantity}: horizon_days={self.horizon_days} and "
                f"level={self.level} must be at least 1 and between 0 and 1."
            )


def prediction_rows(frame: pd.DataFrame, what: Prediction, *, as_of: str) -> pd.DataFrame:
    """Turn predictions into rows of the ledger.

    Guards against predictions that nobody could ever hold against an outcome: without a subject,
    missing, twice for the same subject, or outside their own interval.

    Parameters
    ----------
    frame
        One row per subject: `subject_id`, `predicted`, `low`, `high`.

    Returns
    -------
    pandas.DataFrame
        Columns of `LEDGER` without `iteration` and `run_id`, by `subject_id`.

    Raises
    ------
    ParameterError
        If a prediction is missing, doubled or outside its interval.

    Examples
    --------
    >>> made = pd.DataFrame({"subject_id": ["a"], "predicted": [0.2], "low": [0.1], "high": [0.4]})
    >>> what = Prediction("recency rule", "1", "purchase", "probability", horizon_days=28)
    >>> prediction_rows(made, what, as_of="2024-12-31")[["quantity", "predicted"]].values.tolist()
    [['purchase', 0.2]]
    """
    require_columns(frame, ["subject_id", "predicted", "low", "high"], what="A prediction")
    values = frame[["predicted", "low", "high"]].to_numpy(float)
    predicted, low, high = values.T
    room = _TOLERANCE * (1 + np.abs(predicted))
    problems = {
        "without a subject": int(frame["subject_id"].isna().sum()),
        "for a subject that has one already": int(frame["subject_id"].duplicated().sum()),
        "without a finite value or interval": int((~np.isfinite(values)).any(axis=1).sum()),
        "outside its interval": int(((low > predicted + room) | (high < predicted - room)).sum()),
    }
    if what.unit == "probability":
        problems["outside 0 to 1"] = int(((values < 0) | (values > 1)).any(axis=1).sum())
    if found := {name: count for name, count in problems.items() if count}:
        raise ParameterError(
            f"{what.model}/{what.quantity}: of {len(frame)} predictions "
            + ", ".join(f"{count} stand {name}" for name, count in found.items())
            + ". Freeze one finite prediction with its interval for each subject."
        )
    rows = frame[["subject_id", "predicted", "low", "high"]].assign(
        model=what.model,
        model_version=what.model_version,
        subject_kind=what.subject_kind,
        quantity=what.quantity,
        unit=what.unit,
        as_of=as_of,
        horizon_days=what.horizon_days,
        level=what.level,
    )
    return rows[_OF_NOTEBOOK].sort_values("subject_id", ignore_index=True)


def no_predictions() -> pd.DataFrame:
    """Give the rows of a notebook that had nothing to predict, so that it is seen to have tried."""
    return LEDGER.empty_table().select(_OF_NOTEBOOK).to_pandas()


def score_prediction(
    scores: pd.DataFrame, quantity: str, version: str, *, horizon_days: int
) -> tuple[pd.DataFrame, Prediction]:
    """Say in the words of the ledger what a score of customers foretells.

    Parameters
    ----------
    scores
        `customer_id`, `predicted`, `low`, `high`: probabilities.
    quantity
        The outcome, such as `purchase`.
    version
        Names the model; changes whenever its predictions may.
    """
    frame = scores.rename(columns={"customer_id": "subject_id"})
    what = Prediction("score", version, quantity, "probability", horizon_days)
    return frame, what


def write_ledger(folder: Path, parts: Sequence[Path], *, run_id: str, as_of: str) -> Path:
    """Put the predictions of all notebooks of a run into `predictions.parquet`, one after another.

    Parameters
    ----------
    folder
        Folder `ledger` of the run; it is made if need be.
    parts
        Files written by the notebooks, in the order of the result.
    """
    folder.mkdir(exist_ok=True)
    path = folder / "predictions.parquet"
    with pq.ParquetWriter(path, LEDGER, compression="zstd") as writer:
        for part in parts:
            for batch in pq.ParquetFile(part).iter_batches():
                rows = pa.Table.from_batches([batch])
                same = {"iteration": as_of, "run_id": run_id}
                for name, value in same.items():
                    rows = rows.append_column(name, pa.array([value] * len(rows), pa.string()))
                writer.write_table(rows.select(LEDGER.names).cast(LEDGER))
    return path
