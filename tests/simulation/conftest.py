"""One simulated company for all tests that compare data with truth."""

import pytest

from crmlib.simulation.company import simulate_company
from tests.simulation.simulated import Simulated


@pytest.fixture(scope="session")
def company(tmp_path_factory) -> Simulated:
    """12,000 customers, 24 months to 2024-12-31."""
    folder = tmp_path_factory.mktemp("simulated") / "company"
    simulate_company(folder, n_customers=12_000, n_months=24, seed=5)
    return Simulated(folder)
