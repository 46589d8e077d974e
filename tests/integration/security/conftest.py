"""The API as it is served, on sockets of its own, with settings that a test chooses."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from pydantic import SecretStr

from api_service.app import create_app
from api_service.resources import timeouts
from api_service.settings import ApiSettings
from api_service.web.server import create_runner
from shared.database import Database
from tests.support.rows import a_doctor
from tests.support.tokens import SECRET

Serve = Callable[..., AbstractAsyncContextManager[str]]


@pytest.fixture
async def serve(database: Database, database_url: str) -> Serve:
    """`async with serve(rate_limit=None) as url`; doctor "1" is there."""
    await a_doctor(database)

    @asynccontextmanager
    async def served(**changes: Any) -> AsyncIterator[str]:
        values: dict[str, Any] = {
            "database_url": SecretStr(database_url),
            "amqp_url": SecretStr("amqp://nowhere/"),
            "relay_enabled": False,
            "rate_limit": None,
            "address_rate_limit": None,
            "jwt_secret": None if any(name.startswith("jwt_") for name in changes) else SecretStr(SECRET),
        }
        settings = ApiSettings(**(values | changes))
        runner = create_runner(create_app(settings, on_failure=lambda: None), timeouts(settings), shutdown_timeout=1.0)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()

    return served
