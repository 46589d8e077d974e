"""A doctor who hears of changes of the day."""

import pytest

from tests.support.client import Client
from tests.support.clinic_day import zone_by_day

PATH = "/api/ops/doctors/1/notices"


@pytest.fixture
async def zone(operator: Client) -> str:
    """The doctor's, in which it is day."""
    name = zone_by_day()
    assert (await operator("PUT", "/api/ops/doctors/1", {"name": "Dr. Ada", "timezone": name})).status == 200
    return name


@pytest.fixture
async def told(operator: Client, zone: str) -> str:
    """The doctor's zone, and an address is set."""
    assert (await operator("PUT", PATH, {"email": "ada@clinic.example", "locale": "de"})).status == 200
    return zone
