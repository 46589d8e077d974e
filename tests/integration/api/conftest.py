"""The API in this process, on a real port and a real database; its jobs go nowhere."""

from collections.abc import AsyncIterator
from ipaddress import ip_network

import pytest
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from api_service.app import create_app
from api_service.settings import ApiSettings
from shared.database import Database
from tests.support.client import Client
from tests.support.rows import a_doctor
from tests.support.tokens import SECRET, a_token
from tests.support.world import UNSUBSCRIBE_KEY


@pytest.fixture
async def api_url(database: Database, database_url: str) -> AsyncIterator[str]:
    await a_doctor(database)
    settings = ApiSettings(
        database_url=SecretStr(database_url),
        amqp_url=SecretStr("amqp://nowhere/"),
        jwt_secret=SecretStr(SECRET),
        unsubscribe_key=SecretStr(UNSUBSCRIBE_KEY),
        public_url="https://booking.punctual.example",
        relay_enabled=False,
        figures_in_advance=False,
        rate_limit=None,
        address_rate_limit=None,
        trusted_proxies=(ip_network("127.0.0.0/8"),),
    )
    async with TestServer(create_app(settings, on_failure=lambda: None)) as server:
        yield str(server.make_url("")).rstrip("/")


@pytest.fixture
def client(api_url: str) -> Client:
    return Client(api_url, a_token("client-1", "client", email="client-1@patients.example", name="Alex"))


@pytest.fixture
def stranger(api_url: str) -> Client:
    return Client(api_url, a_token("client-2", "client", email="client-2@patients.example"))


@pytest.fixture
def desk(api_url: str) -> Client:
    """A member of the staff."""
    return Client(api_url, a_token("desk", "staff"))


@pytest.fixture
def operator(api_url: str) -> Client:
    return Client(api_url, a_token("operator", "ops"))


@pytest.fixture
def reader(api_url: str) -> Client:
    return Client(api_url, a_token("reader", "ops:read"))


@pytest.fixture
def nobody(api_url: str) -> Client:
    return Client(api_url, None)
