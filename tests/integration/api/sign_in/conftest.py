"""A provider, the dashboard that asks it, and a browser before both."""

from collections.abc import AsyncIterator

import pytest

from shared.database import Database
from tests.support.openid_provider import OpenIdProvider, an_openid_provider
from tests.support.provider_visit import a_dashboard
from tests.support.visitor import Visitor


@pytest.fixture
async def provider() -> AsyncIterator[OpenIdProvider]:
    async with an_openid_provider() as running:
        yield running


@pytest.fixture
async def dashboard(database: Database, database_url: str, provider: OpenIdProvider) -> AsyncIterator[str]:
    async with a_dashboard(database_url, provider) as url:
        yield url


@pytest.fixture
async def visitor(dashboard: str) -> AsyncIterator[Visitor]:
    async with Visitor.at(dashboard) as one:
        yield one
