"""The API in this process, on a real port and a real database; its jobs go nowhere."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from ipaddress import ip_network

import pytest
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from api_service.app import create_app, with_housekeeping
from api_service.settings import ApiSettings
from api_service.web.keys import DATABASE
from shared.database import Database
from tests.support.client import Client
from tests.support.rows import a_doctor
from tests.support.tokens import SECRET, a_token
from tests.support.world import UNSUBSCRIBE_KEY


@cache
def _settings() -> ApiSettings:
    """Read once, since that takes longer than building the API."""
    return ApiSettings(
        database_url=SecretStr("postgresql://nowhere/"),  # the test's own connections are used
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


@asynccontextmanager
async def an_api(database: Database) -> AsyncIterator[str]:
    """The URL of an API on this database for the block; doctor "1" is there."""
    await a_doctor(database)
    app = create_app(_settings(), on_failure=lambda: None)
    app[DATABASE] = database
    app.cleanup_ctx.remove(with_housekeeping)  # opens four connections at once; no test here is about it
    async with TestServer(app) as server:
        yield str(server.make_url("")).rstrip("/")


@pytest.fixture
async def api_url(database: Database) -> AsyncIterator[str]:
    async with an_api(database) as url:
        yield url


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
