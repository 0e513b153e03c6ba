"""A delivery to fill, and a good one."""

import pytest

from tests.database.deliveries import LINES, Delivery


@pytest.fixture
def delivery(tmp_path) -> Delivery:
    return Delivery(tmp_path)


@pytest.fixture
def good(delivery) -> Delivery:
    return delivery.lines(*LINES)
