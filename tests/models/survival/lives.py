"""Lives for the tests of survival: a published trial, the Telco file, simulated customers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

TELCO = Path(__file__).resolve().parents[4] / "shared" / "data" / "telco_ibm" / "telco_churn.csv"

# Freireich et al. (1963), weeks in remission of leukaemia; 1 = relapse
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]
DRUG = [6, 6, 6, 7, 10, 13, 16, 22, 23, 6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
DRUG_RELAPSED = [1] * 9 + [0] * 12


def trial() -> pd.DataFrame:
    """Both arms of the trial."""
    return pd.DataFrame(
        {
            "weeks": PLACEBO + DRUG,
            "relapsed": [1] * 21 + DRUG_RELAPSED,
            "placebo": [1.0] * 21 + [0.0] * 21,
        }
    )


def telco() -> pd.DataFrame:
    """Customers of a fictional company, made by IBM."""
    if not TELCO.exists():
        pytest.skip("the Telco file is not there")
    frame = pd.read_csv(TELCO)
    return frame.assign(left=(frame["Churn"] == "Yes").astype(int))


def proportional(rng: np.random.Generator, n: int, *, round_to: int = 3) -> pd.DataFrame:
    """Customers with hazard exp(.7 x1 - .4 x2), half of them censored, some times tied."""
    x1, x2 = rng.normal(size=n), rng.integers(0, 2, n)
    lives = rng.exponential(np.exp(-0.7 * x1 + 0.4 * x2))
    seen = rng.exponential(1.2, n)
    times = np.minimum(lives, seen).round(round_to)
    return pd.DataFrame({"x1": x1, "x2": x2, "time": times, "left": (lives <= seen).astype(int)})
