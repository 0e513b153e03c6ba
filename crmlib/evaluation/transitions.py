"""How likely customers go from one stage to another, with intervals."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from crmlib.evaluation.experiments import Counts, compare_proportions
from crmlib.evaluation.intervals import wilson_bounds, wilson_interval
from crmlib.evaluation.lifecycle import LEAVING_STAGES, LIFECYCLE_STAGES
from crmlib.periods import day_text
from crmlib.schema import require_columns

__all__ = [
    "clustered_rate",
    "leaving_by_step",
    "leaving_change",
    "lifecycle_summary",
    "of_today",
    "steps",
    "transition_rates",
]

Array = npt.NDArray[np.float64]
_STAYING = [stage for stage in LIFECYCLE_STAGES if stage not in LEAVING_STAGES]


def steps(standings: pd.DataFrame) -> pd.DataFrame:
    """Join where each customer stood with where he stood one period later.

    Parameters
    ----------
    standings
        `customer_id`, `periods_back`, `stage`, one row per customer and day.

    Returns
    -------
    pandas.DataFrame
        One row per customer and step: `customer_id`, `periods_back` (of its end), `stage_before`,
        `stage`.
    """
    require_columns(standings, ("customer_id", "periods_back", "stage"))
    names = ["customer_id", "periods_back", "stage"]
    before = standings[names].rename(columns={"stage": "stage_before"})
    before = before.assign(periods_back=before["periods_back"] - 1)
    joined = before.merge(standings[names], on=["customer_id", "periods_back"])
    return joined.sort_values(["periods_back", "customer_id"], ignore_index=True)


def of_today(standings: pd.DataFrame) -> pd.DataFrame:
    """Give each customer's stage at the snapshot day beside the one a period earlier.

    Returns
    -------
    pandas.DataFrame
        One row per customer: the columns of `standings` but for `periods_back`, and
        `stage_before` ("not yet a customer" where there was none, "not known" where no earlier
        stage can be told).
    """
    now = standings[standings["periods_back"] == 0].drop(columns="periods_back")
    earlier = standings[standings["periods_back"] == 1]
    before = now["customer_id"].map(earlier.set_index("customer_id")["stage"])
    unknown = "not known" if earlier.empty else "not yet a customer"
    filled = before.astype(object).where(before.notna(), unknown)
    return now.assign(stage_before=filled.astype("str")).reset_index(drop=True)


def clustered_rate(hits: Array, trials: Array, *, level: float = 0.95) -> tuple[float, ...]:
    """Give a rate over customers who count several times, with an interval that knows it.

    The variance is that of the ratio of two totals over customers; the Wilson interval is then
    taken at the number of independent trials that would have this variance, never more than there
    are. Guards against an interval that is too narrow because the same customers come again.

    Parameters
    ----------
    hits, trials
        Per customer; a customer without a trial counts for nothing.

    Returns
    -------
    tuple of float
        Rate, low, high (0-1); the rate is missing (NaN) and the ends 0 and 1 without a trial.

    References
    ----------
    C. Franco, R. Little, T. Louis and E. Slud (2019), Comparative study of confidence intervals
    for proportions in complex sample surveys, Journal of Survey Statistics and Methodology 7(3),
    section 2. W. G. Cochran (1977), Sampling Techniques, 3rd ed., Wiley, eq. 6.13.

    Examples
    --------
    >>> once = clustered_rate(np.array([1.0, 0, 0, 0]), np.ones(4))
    >>> thrice = clustered_rate(np.array([3.0, 0, 0, 0]), np.full(4, 3.0))
    >>> once == thrice
    True
    """
    seen = trials > 0
    hits, trials = hits[seen], trials[seen]
    total, n = float(trials.sum()), len(trials)
    if n == 0:
        return float("nan"), 0.0, 1.0
    rate = float(hits.sum()) / total
    spread = float(((hits - rate * trials) ** 2).sum()) / total**2
    independent = min(rate * (1 - rate) / spread, total) if spread > 0 else float(n)
    z = float(stats.norm.isf((1 - level) / 2))
    low, high = wilson_bounds(np.array([rate * independent]), np.array([independent]), z=z)
    return rate, float(low[0]), float(high[0])


def transition_rates(moves: pd.DataFrame) -> pd.DataFrame:
    """Say how likely a customer at one stage is at another one period later.

    Parameters
    ----------
    moves
        From `steps`; all steps count, each customer as one source of chance.

    Returns
    -------
    pandas.DataFrame
        One row per pair of stages, all pairs from a stage that anybody was at: `stage_before`,
        `stage`, `n_before` (customers there, counted at each step), `n_moved`, `move_rate`,
        `low_rate`, `high_rate` (95 % interval of each rate by itself).
    """
    codes, _ = pd.factorize(moves["customer_id"])
    rows = []
    for before in LIFECYCLE_STAGES:
        here = (moves["stage_before"] == before).to_numpy()
        if not here.any():
            continue
        trials = np.bincount(codes[here]).astype(float)
        for stage in LIFECYCLE_STAGES:
            there = here & (moves["stage"] == stage).to_numpy()
            hits = np.bincount(codes[there], minlength=len(trials)).astype(float)
            rate = clustered_rate(hits, trials)
            rows.append((before, stage, int(here.sum()), int(there.sum()), *rate))
    names = ["stage_before", "stage", "n_before", "n_moved", "move_rate", "low_rate", "high_rate"]
    return pd.DataFrame(rows, columns=names)


def leaving_by_step(moves: pd.DataFrame, *, as_of_day: int, period_days: int) -> pd.DataFrame:
    """Give the share of customers who began to leave, step by step.

    Returns
    -------
    pandas.DataFrame
        One row per step, the earliest first: `period_ends_on` (ISO text), `n_before` (customers
        who were staying), `n_left` (of these leaving or lost a period later), `leave_rate`,
        `low_rate`, `high_rate` (95 % Wilson interval).
    """
    staying = moves[moves["stage_before"].isin(_STAYING)]
    left = staying.assign(left=staying["stage"].isin(LEAVING_STAGES))
    grouped = left.groupby("periods_back")["left"].agg(["size", "sum"]).sort_index(ascending=False)
    n, gone = grouped["size"].to_numpy(dtype=float), grouped["sum"].to_numpy(dtype=float)
    ends = wilson_interval(gone, n)
    return pd.DataFrame(
        {
            "period_ends_on": [day_text(as_of_day - int(k) * period_days) for k in grouped.index],
            "n_before": n.astype("int64"),
            "n_left": gone.astype("int64"),
            "leave_rate": gone / np.maximum(n, 1),
            "low_rate": ends["low"].to_numpy(),
            "high_rate": ends["high"].to_numpy(),
        }
    )


def leaving_change(by_step: pd.DataFrame) -> pd.DataFrame:
    """Compare the share that began to leave in the last period with that in the one before.

    Returns
    -------
    pandas.DataFrame
        One row: `change`, `low`, `high` (shares, 0.01 = one customer in a hundred more; 95 %
        interval); no row with fewer than two periods. The two periods are different seasons.
    """
    used = by_step[by_step["n_before"] > 0]
    if len(used) < 2:
        return pd.DataFrame(columns=["change", "low", "high"])
    before, now = (Counts(int(row.n_left), int(row.n_before)) for row in used[-2:].itertuples())
    found = compare_proportions(now, before)
    return pd.DataFrame([{"change": found.estimate, "low": found.low, "high": found.high}])


def lifecycle_summary(standings: pd.DataFrame, moves: pd.DataFrame) -> pd.DataFrame:
    """Count customers and money at each stage, and how likely they are leaving a period later.

    Returns
    -------
    pandas.DataFrame
        One row per stage, all stages: `stage`, `n_customers`, `customer_share`, `before_amount`,
        `now_amount`, `change_amount` (sales of the last two periods, account currency) and
        `leave_rate`, `low_rate`, `high_rate`: the probability to be leaving or lost a period later,
        from all steps (missing where no step is known).
    """
    now = standings[standings["periods_back"] == 0]
    grouped = now.groupby("stage")[["before_amount", "now_amount"]].sum()
    table = grouped.reindex(list(LIFECYCLE_STAGES), fill_value=0.0).astype(float)
    counts = now["stage"].value_counts().reindex(list(LIFECYCLE_STAGES), fill_value=0)
    table.insert(0, "n_customers", counts.astype("int64"))
    table.insert(1, "customer_share", counts / max(len(now), 1))
    table["change_amount"] = table["now_amount"] - table["before_amount"]
    codes, _ = pd.factorize(moves["customer_id"])
    gone = moves["stage"].isin(LEAVING_STAGES).to_numpy()
    for stage in LIFECYCLE_STAGES:
        here = (moves["stage_before"] == stage).to_numpy()
        trials = np.bincount(codes[here]).astype(float)
        hits = np.bincount(codes[here & gone], minlength=len(trials)).astype(float)
        rate, low, high = clustered_rate(hits, trials)
        ends = (low, high) if len(trials) else (np.nan, np.nan)
        table.loc[stage, ["leave_rate", "low_rate", "high_rate"]] = (rate, *ends)
    return table.rename_axis("stage").reset_index()
