"""The delayed exchange in trouble: a killed broker, a deleted exchange, one that releases nothing, another of its name.

Each on a broker of its own, with the plugin."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aio_pika
import pytest

from deploy.local.rabbitmq import RabbitMQ, server_folder
from shared.broker import DelayedExchange, probe_delayed_exchange
from shared.broker.topology import DELAYED
from tests.support.client import Client
from tests.support.delayed import needs_plugin
from tests.support.services import Service
from tests.support.waiting import eventually
from tests.support.world import World, a_world

pytestmark = [needs_plugin, pytest.mark.slow, pytest.mark.timeout(240)]
MANY = 30


@pytest.fixture
async def broker(home: Path) -> AsyncIterator[RabbitMQ]:
    server = RabbitMQ(home / "delaying", dies_with_us=signal.SIGKILL)
    await server.start()
    yield server
    await asyncio.to_thread(server.stop)


@pytest.fixture
async def delaying(database_url: str, broker: RabbitMQ, home: Path) -> AsyncIterator[World]:
    async with a_world(database_url, broker, home) as world:
        await world.database.execute(
            "INSERT INTO doctors (id, name, timezone) SELECT 'd' || n, 'Dr. ' || n, 'Europe/Berlin'"
            "  FROM generate_series(0, $1 - 1) AS n",
            MANY,
        )
        yield world


async def book_many(world: World, client: Client, *, due_in: float) -> None:
    """Reminders that are all due `due_in` seconds from now."""
    starts = (datetime.now(UTC) + timedelta(hours=1, seconds=due_in)).replace(microsecond=0)
    await asyncio.gather(*(client.book(starts, doctorId=f"d{number}") for number in range(MANY)))


async def held(world: World) -> int:
    row = await world.database.fetchrow(
        "SELECT count(*) FROM jobs WHERE kind = 'appointment_reminder' AND state = 'enqueued' AND due_at > now()"
    )
    assert row is not None
    return int(row[0])


async def all_held(world: World) -> bool:
    return await held(world) == MANY


async def all_arrive(world: World) -> None:
    """Each once, and not by the lifeline, whose grace is an hour here."""

    async def succeeded() -> bool:
        row = await world.database.fetchrow(
            "SELECT count(*) FROM jobs WHERE kind = 'appointment_reminder' AND state = 'succeeded'"
        )
        return row is not None and row[0] == MANY

    await eventually(succeeded, within=90, every=0.2)
    assert len(world.mails("Reminder")) == MANY


async def test_what_a_killed_broker_has_lost_is_not_late(delaying: World, broker: RabbitMQ) -> None:
    """It confirms what it was given to hold before that is on disk. The lifeline would find it, after the grace."""
    async with delaying.api(LOST_GRACE="1h") as api, delaying.notifier():
        await book_many(delaying, delaying.client(api), due_in=40)
        await eventually(lambda: all_held(delaying))
        assert broker.process is not None
        broker.process.stop(within=10, first=signal.SIGKILL)
        await broker.start()
        await all_arrive(delaying)
        await api.shows('punctual_reminders_taken_back_total{reason="outage"}', MANY)


async def test_a_deleted_exchange_costs_no_reminder(delaying: World) -> None:
    connection = await aio_pika.connect(delaying.amqp_url)
    async with delaying.api(LOST_GRACE="1h") as api, delaying.notifier(), connection, connection.channel() as channel:
        await book_many(delaying, delaying.client(api), due_in=15)
        await eventually(lambda: all_held(delaying))
        await channel.exchange_delete(DELAYED)
        await all_arrive(delaying)


async def lose_its_timer(broker: RabbitMQ) -> None:
    """The plugin waits for a timer that is not there: it holds all that it is given from now on, and confirms it."""
    lost = "fun (S) -> catch erlang:cancel_timer(element(2, S)), setelement(2, S, make_ref()) end"
    expression = f"sys:replace_state(rabbit_delayed_message, {lost})."
    command = [str(server_folder() / "sbin" / "rabbitmqctl"), "-n", broker.name, "eval", expression]
    process = await asyncio.create_subprocess_exec(*command, env=os.environ | broker.environment())
    assert await process.wait() == 0


async def backend_is(api: Service, backend: str) -> bool:
    return await api.metric(f'punctual_delay_backend_info{{backend="{backend}"}}') == 1


async def test_an_exchange_that_releases_nothing_is_left(delaying: World, broker: RabbitMQ) -> None:
    async with delaying.api(LOST_GRACE="1h") as api, delaying.notifier():
        await eventually(lambda: backend_is(api, "exchange"))
        await lose_its_timer(broker)
        await book_many(delaying, delaying.client(api), due_in=5)
        await eventually(lambda: backend_is(api, "relay"))
        await all_arrive(delaying)
        await api.shows("punctual_delay_exchange_silent", 1)


async def test_two_instances_that_differ_do_not_take_back_from_each_other(delaying: World) -> None:
    async with (
        delaying.api(DELAY_BACKEND="exchange", DELAY_GRACE="1h") as one,
        delaying.api(DELAY_BACKEND="relay", DELAY_GRACE="1h") as other,
        delaying.notifier(),
    ):
        await eventually(lambda: backend_is(other, "exchange"))
        await book_many(delaying, delaying.client(other), due_in=15)
        await eventually(lambda: all_held(delaying))
        await all_arrive(delaying)
        published = 'punctual_jobs_published_total{kind="appointment_reminder",path="delayed"}'
        await one.shows(published, MANY)
        await other.shows(published, 0)


async def test_an_exchange_of_that_name_with_other_arguments_is_told(delaying: World) -> None:
    assert await probe_delayed_exchange(delaying.amqp_url, name="tests") is DelayedExchange.AVAILABLE
    connection = await aio_pika.connect(delaying.amqp_url)
    async with connection, connection.channel() as channel:
        await channel.exchange_delete(DELAYED)
        await channel.declare_exchange(DELAYED, "fanout", durable=True)
        assert await probe_delayed_exchange(delaying.amqp_url, name="tests") is DelayedExchange.CONFLICT
        async with delaying.api() as api:
            await eventually(lambda: backend_is(api, "relay"))
            await api.shows("punctual_delay_exchange_conflict", 1)
            await eventually(api.ready)
