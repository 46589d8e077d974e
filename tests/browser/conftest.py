"""A real browser before both real services: one world for all tests here, each with clients of its own."""

import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page

from deploy.local.mailbox.faults import Fault
from deploy.local.postgres import Postgres
from deploy.local.rabbitmq import RabbitMQ
from tests.support.browser import IN_TIME, a_browser
from tests.support.client import job_of
from tests.support.databases import a_database
from tests.support.services import Service
from tests.support.tokens import a_token
from tests.support.waiting import eventually
from tests.support.world import World, a_world

_subjects = count(1)


@dataclass
class Stage:
    """Both services, and what tests do beside the browser."""

    world: World
    api: Service
    notifier: Service

    def token(self, *roles: str, subject: str = "operator", lifetime: float = 3600.0) -> str:
        return a_token(subject, *(roles or ("ops",)), lifetime=lifetime)

    async def booked(self, subject: str | None = None) -> dict[str, Any]:
        """An appointment of a client that nobody else has, unless one is named."""
        return await self.world.client(self.api, subject or f"patient-{next(_subjects)}").book()

    async def a_failed_job(self, *, subject: str | None = None) -> str:
        """The confirmation of a client whose mailbox the mail server does not know: its id."""
        subject = subject or f"patient-{next(_subjects)}"
        self.world.mailbox.fail(Fault(refuse=f"{subject}@patients.example", count=1))
        job_id = job_of(await self.booked(subject), "appointment_created_email")
        await eventually(lambda: self.is_in(job_id, "failed"))
        return job_id

    @asynccontextmanager
    async def stopped(self) -> AsyncIterator[None]:
        """For the block, the notifier is stopped in its tracks."""
        os.kill(self.notifier.process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.notifier.process.pid, signal.SIGCONT)

    async def is_in(self, job_id: str, state: str) -> bool:
        return bool((await self.world.operator(self.api).job(job_id))["state"] == state)


@pytest.fixture(scope="package")  # beside other tests, services that are idle would cost a tenth of a core
async def stage(postgres: Postgres, rabbitmq: RabbitMQ, home: Path) -> AsyncIterator[Stage]:
    database_url = await a_database(postgres.url)
    async with a_world(database_url, rabbitmq, home) as world, world.api() as api, world.notifier() as notifier:
        yield Stage(world, api, notifier)


@pytest.fixture(scope="package")
async def chromium() -> AsyncIterator[Browser]:
    async with a_browser() as browser:
        yield browser


@dataclass
class Complaints:
    """What browsers have complained about, refused scripts and styles among it. `provoked`: the statuses of answers
    that a test provokes on purpose; a browser may complain of them a moment after it shows the page."""

    heard: list[str] = field(default_factory=list)
    provoked: set[int] = field(default_factory=set)

    def listen_to(self, page: Page) -> None:
        page.on("console", lambda said: self.heard.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self.heard.append(str(error)))

    @property
    def unprovoked(self) -> list[str]:
        return [said for said in self.heard if not any(f"status of {each} " in said for each in self.provoked)]


@pytest.fixture
def complaints() -> Iterator[Complaints]:
    """The test fails at its end by complaints that it has not provoked."""
    found = Complaints()
    yield found
    assert found.unprovoked == []


Visit = Callable[..., Awaitable[Page]]


@pytest.fixture
async def visit(stage: Stage, chromium: Browser, complaints: Complaints) -> AsyncIterator[Visit]:
    """Opens a page of the dashboard in a browser of its own, signed in unless `token` is None."""
    contexts: list[BrowserContext] = []

    async def opened(path: str, *, token: str | None = "", width: int = 1280, **options: Any) -> Page:
        context = await chromium.new_context(
            base_url=stage.api.url, viewport={"width": width, "height": 900}, **options
        )
        context.set_default_timeout(IN_TIME)
        contexts.append(context)
        page = await context.new_page()
        complaints.listen_to(page)
        await page.goto(path)
        if token is not None:
            await sign_in(page, token or stage.token())
        return page

    yield opened
    for context in contexts:
        await context.close()


async def sign_in(page: Page, token: str) -> None:
    """Returns once the next page is there whole: before, no script of it would hear a key."""
    await page.get_by_label("Token").fill(token)
    async with page.expect_event("load"):
        await page.get_by_role("button", name="Sign in").click()


@asynccontextmanager
async def paused(stage: Stage, queue: str) -> AsyncIterator[None]:
    """Whatever a test does, the queue runs again at its end."""
    try:
        yield
    finally:
        await stage.world.operator(stage.api)("POST", f"/api/ops/queues/{queue}/resume")
