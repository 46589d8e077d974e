"""The dashboard's verdict in situations that are made for real: what an operator reads when something is wrong."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest

from deploy.local.mailbox.faults import Fault
from shared.jobs.process_heartbeats import EVERY, ProcessHeartbeat, Role, Vitals
from tests.drills.proxy import proxy as proxied
from tests.support.client import Client
from tests.support.services import Service
from tests.support.tokens import a_token
from tests.support.visitor import Visitor
from tests.support.waiting import eventually, paced
from tests.support.world import World

STATS = "/api/ops/stats"


class Faces:
    """The overview, the queues page and GET /api/ops/stats: they must say the same."""

    def __init__(self, operator: Client, visitor: Visitor) -> None:
        self.operator = operator
        self.visitor = visitor

    async def verdict(self) -> dict[str, Any]:
        return dict((await self.operator("GET", STATS)).body["verdict"])

    async def says(self, words: str, level: str = "bad") -> None:
        """Until all three say so."""

        async def said() -> bool:
            verdict = await self.verdict()
            assert verdict["level"] == level, verdict
            assert words in verdict["sentence"], verdict
            for path in ("/ops", "/ops/queues"):
                page = unescape((await self.visitor.get(path)).text)
                assert words in page, page
            return True

        await eventually(said, every=0.2)

    async def all_is_well(self) -> None:
        await self.says("Nothing is due.", "good")


@asynccontextmanager
async def faces(world: World, api: Service) -> AsyncIterator[Faces]:
    async with Visitor.at(api.url, a_token("operator", "ops")) as visitor:
        yield Faces(world.operator(api), visitor)


async def test_nobody_works(world: World) -> None:
    async with world.api() as api, faces(world, api) as seen:
        await seen.says("No mail goes out: no notifier is running. Nothing is due.")
        async with world.notifier() as notifier:
            await seen.all_is_well()
            await notifier.stop()
            await seen.says("No mail goes out: no notifier is running.")


async def test_a_notifier_is_killed(world: World) -> None:
    async with world.api() as api, world.notifier() as notifier, faces(world, api) as seen:
        await seen.all_is_well()
        notifier.kill()
        await world.client(api).book()
        await seen.says("No mail goes out: the notifier")
        await seen.says("has been silent for")
        await seen.says("The oldest due job has waited")
        async with world.notifier():
            await eventually(world.mails)
            await seen.says("has been silent for", "warning")  # and the new one does its work
            await seen.says("others do its work", "warning")


@pytest.mark.slow
async def test_a_notifier_is_stopped_in_its_tracks(world: World) -> None:
    async with world.api() as api, world.notifier() as notifier, faces(world, api) as seen:
        await seen.all_is_well()
        os.kill(notifier.process.pid, signal.SIGSTOP)
        try:
            await seen.says("No mail goes out: the notifier")
        finally:
            os.kill(notifier.process.pid, signal.SIGCONT)
        await seen.all_is_well()


async def test_the_mail_server_is_down(world: World) -> None:
    async with world.api() as api, world.notifier(), faces(world, api) as seen:
        await seen.all_is_well()
        world.mailbox.fail(Fault(down=True))
        for number in range(6):
            await world.client(api, f"client-{number}").book()
        await seen.says("Mail waits: the mail server is away")

        async def parked() -> bool:
            return " parked, the first for " in (await seen.verdict())["sentence"]

        await eventually(parked, every=0.2)
        assert "high nothing waits" not in (await seen.visitor.get("/ops")).text


async def test_the_broker_is_down(world: World) -> None:
    target = urlsplit(world.amqp_url)
    assert target.port is not None
    async with proxied(target.port) as proxy:
        url = world.amqp_url.replace(f":{target.port}/", f":{proxy.port}/")
        async with world.api(AMQP_URL=url) as api, world.notifier(AMQP_URL=url), faces(world, api) as seen:
            await seen.all_is_well()
            proxy.cut()
            await seen.says("does not reach RabbitMQ (")

            async def of_both() -> bool:
                """Each process tells it with its next heartbeat."""
                [queue, _] = (await seen.operator("GET", "/api/ops/queues")).body["items"]
                more = (await seen.verdict())["more"]
                return queue["consumers"] == 0 and any("No job reaches RabbitMQ" in each for each in more)

            await eventually(of_both)
            proxy.mend()
            await seen.all_is_well()


async def test_a_queue_is_paused(world: World) -> None:
    async with world.api() as api, world.notifier() as notifier, faces(world, api) as seen:
        await seen.all_is_well()
        await seen.operator("POST", "/api/ops/queues/high/pause")
        await eventually(lambda: notifier.metric('punctual_queue_paused{priority="high"}'))
        await world.client(api).book()
        await seen.says("Mail is held back: the queue high is paused.", "warning")
        await seen.says("The oldest due job has waited", "warning")


async def _retrying(world: World, number: int) -> bool:
    return (await world.states()).get("retrying") == number


def _arrived(world: World, number: int) -> bool:
    return len(world.mails()) == number


@pytest.mark.slow
async def test_retries_pile_up(world: World) -> None:
    world.settings |= {"RETRY_STEPS": "600s"}
    async with world.api() as api, world.notifier(), faces(world, api) as seen:
        await seen.all_is_well()
        for number in range(10):
            world.mailbox.fail(Fault(refuse=f"client-{number}@patients.example", code=450))
        for number in range(10):  # one after the other: refusals without a mail between them would be an outage
            await world.client(api, f"client-{number}").book()
            await eventually(partial(_retrying, world, number + 1))
            await world.client(api, f"well-{number}").book()
            await eventually(partial(_arrived, world, number + 1))
        await seen.says("10 jobs failed and are tried again, most of them after “SMTP 450", "warning")


@pytest.mark.slow
async def test_no_relay_is_running(world: World) -> None:
    async with world.api(RELAY_ENABLED="false") as api, world.notifier(), faces(world, api) as seen:
        await seen.says("Nobody hands due jobs to RabbitMQ: no relay is running.")
        async with world.api(command="relay"):
            await seen.all_is_well()


@pytest.mark.slow
async def test_a_clock_is_wrong(world: World) -> None:
    async with world.api() as api, world.notifier(), faces(world, api) as seen:
        await seen.all_is_well()
        fast = ProcessHeartbeat(
            world.database,
            Role.NOTIFIER,
            Vitals,
            process="fast:1",
            clock=lambda: datetime.now(UTC) + timedelta(seconds=90),
        )

        async def beat() -> None:
            async for _ in paced(EVERY):  # it tells by each what the one before has shown
                await fast.beat()

        beating = asyncio.create_task(beat())
        await seen.says("Clocks are apart: the notifier fast:1 is 1 min ahead of the database's.", "warning")
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)
        await fast.leave()
        await seen.all_is_well()


async def test_the_schema_is_old(world: World) -> None:
    async with world.api() as api, world.notifier(), faces(world, api) as seen:
        await seen.all_is_well()
        await world.database.execute("DELETE FROM schema_migrations WHERE name = '0030_process_heartbeats'")
        await seen.says("The database's schema is old: it lacks 0030_process_heartbeats.")


@pytest.mark.slow
async def test_the_database_takes_no_writes(world: World, database_url: str) -> None:
    """Nothing can be judged then: every page says why, and who is not signed in learns no more."""
    async with world.api() as api, world.notifier(), faces(world, api) as seen:
        await seen.all_is_well()
        name = urlsplit(database_url).path.lstrip("/")
        admin = await asyncpg.connect(database_url)
        try:
            await admin.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
            await admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

            async def said() -> bool:
                page = await seen.visitor.get("/ops")
                return page.status == 503 and "The database does not answer, or takes no writes" in page.text

            await eventually(said, every=0.2)

            async def figures_too() -> bool:
                """They are shown for six seconds after they were read."""
                return (await seen.operator("GET", STATS)).status == 503

            await eventually(figures_too, every=0.2)
        finally:
            await admin.execute("SET default_transaction_read_only = off")
            await admin.execute(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')
            await admin.close()
        await seen.all_is_well()
