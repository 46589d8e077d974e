"""The API in this process with open streams, on a real database; a broker where the test brings one."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Protocol
from uuid import UUID

import pytest
from aiohttp import web
from prometheus_client import REGISTRY
from pydantic import SecretStr

from api_service.app import create_app
from api_service.settings import ApiSettings
from shared.database import Database, Executor
from tests.support import tokens
from tests.support.events import Listening, bearer, listening
from tests.support.factories import an_appointment
from tests.support.rows import a_client, a_notification
from tests.support.tokens import SECRET

QUICK = 0.1
"""Seconds between two looks at the table, where a test has no broker."""

LIFETIMES = (4.0, 20.0, 50.0)
"""Seconds of tokens that end while their streams are open. Where a machine needs longer than that to open the stream,
the next one counts."""


class Serve(Protocol):
    def __call__(self, *, amqp_url: str = ..., **settings: Any) -> AbstractAsyncContextManager[str]: ...


@pytest.fixture
def serve(database_url: str) -> Serve:
    """An API at the URL that it yields; its broker is out of reach unless `amqp_url` names another."""

    @asynccontextmanager
    async def serving(*, amqp_url: str = "amqp://127.0.0.1:9/", **settings: Any) -> AsyncIterator[str]:
        chosen = ApiSettings(
            database_url=SecretStr(database_url),
            amqp_url=SecretStr(amqp_url),
            jwt_secret=SecretStr(SECRET),
            relay_enabled=False,
            **{"stream_interval": QUICK, **settings},
        )
        # as api_service.app.serve does it: aiohttp's own TestServer would cancel handlers when a client goes
        runner = web.AppRunner(create_app(chosen, on_failure=lambda: None), access_log=None, shutdown_timeout=60.0)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()

    return serving


class Teller:
    """Writes notifications as the claim does: id and transaction are the database's business."""

    def __init__(self, database: Database, appointment_id: UUID) -> None:
        self.database = database
        self._appointment_id = appointment_id

    async def tell(self, *titles: str, client: str = "c", into: Executor | None = None, body: str = "Body") -> None:
        for title in titles:
            executor, kind = into or self.database, "appointment_created_email"
            await a_notification(executor, self._appointment_id, client_id=client, kind=kind, title=title, body=body)


@pytest.fixture
async def teller(database: Database) -> Teller:
    one = Teller(database, await an_appointment(database))
    await a_client(database, "other", None)
    return one


def a_token(subject: str = "c", *, lifetime: float = 3600.0) -> str:
    return tokens.a_token(subject, "client", lifetime=lifetime)


def a_stream(
    url: str, subject: str = "c", *, after: str | None = None, lifetime: float = 3600.0
) -> AbstractAsyncContextManager[Listening]:
    """A client's stream by bearer token, for the block."""
    return listening(url, bearer(a_token(subject, lifetime=lifetime)), after=after)


def ended(reason: str) -> float:
    """How many streams of this process have ended so."""
    return REGISTRY.get_sample_value("punctual_streams_ended_total", {"reason": reason}) or 0.0
