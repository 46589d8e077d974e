"""Who holds reminders until they are due, and how they change hands."""

import asyncio
import signal
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from deploy.local.rabbitmq import RabbitMQ
from tests.support.delayed import needs_plugin
from tests.support.waiting import eventually
from tests.support.world import World, a_world

REMINDER = "appointment_reminder"
MINUTES = 600.0
"""Seconds; no test takes so long, so that none finds its reminder due before it says so."""


def in_an_hour_and(seconds: float) -> datetime:
    return (datetime.now(UTC) + timedelta(hours=1, seconds=seconds)).replace(microsecond=0)


async def reminder(world: World) -> dict[str, Any]:
    row = await world.database.fetchrow("SELECT * FROM jobs WHERE kind = $1", REMINDER)
    assert row is not None
    return dict(row)


async def sent_once_on_time(world: World, starts: datetime) -> None:
    [mail] = await eventually(lambda: world.mails("Reminder"))
    assert datetime.fromisoformat(mail["receivedAt"]) >= starts - timedelta(hours=1)

    async def succeeded() -> bool:
        return bool((await reminder(world))["state"] == "succeeded")

    await eventually(succeeded)
    assert len(world.mails("Reminder")) == 1


async def is_held(world: World) -> bool:
    row = await reminder(world)
    return bool(row["state"] == "enqueued" and row["due_at"] > datetime.now(UTC))


async def pretend_that_a_broker_holds_it(world: World) -> None:
    await world.database.execute("UPDATE jobs SET state = 'enqueued', published_at = now() WHERE kind = $1", REMINDER)


async def is_planned(world: World) -> bool:
    """In the table, whose sweep publishes it when it is due."""
    row = await reminder(world)
    return bool(row["state"] == "scheduled" and row["publish_after"] == row["due_at"])


async def sent_once_when_due(world: World) -> None:
    """Minutes pass for the planned reminder."""
    await eventually(lambda: is_planned(world))
    await world.database.execute("UPDATE jobs SET due_at = now(), publish_after = now() WHERE kind = $1", REMINDER)
    await sent_once_on_time(world, (await reminder(world))["due_at"] + timedelta(hours=1))


async def test_the_relay_takes_back_what_another_backend_gave_to_the_broker(world: World) -> None:
    async with world.api(DELAY_BACKEND="relay") as first:
        await world.client(first).book(in_an_hour_and(MINUTES))
    await pretend_that_a_broker_holds_it(world)

    async with world.api(DELAY_BACKEND="relay") as api, world.notifier():
        await sent_once_when_due(world)
        await api.shows('punctual_delay_backend_info{backend="relay"}', 1)


async def test_reconcile_publishes_again_what_the_broker_lost(world: World) -> None:
    async with world.api(LOST_GRACE="1h", DELAY_BACKEND="relay") as api, world.notifier():
        await world.client(api).book(in_an_hour_and(MINUTES))
        await eventually(world.mails)
        await pretend_that_a_broker_holds_it(world)
        async with world.api(command="reconcile", wait=False):
            await sent_once_when_due(world)


async def test_an_early_message_is_not_the_end_of_its_reminder(world: World) -> None:
    async with world.api(DELAY_BACKEND="relay") as api, world.notifier() as notifier:
        await world.client(api).book(in_an_hour_and(MINUTES))
        row = await reminder(world)
        await world.database.execute("UPDATE jobs SET state = 'enqueued' WHERE id = $1", row["id"])
        job = await world.operator(api).job(str(row["id"]))

        await world.publish("normal", job["envelope"]["body"].encode())

        await notifier.shows('punctual_duplicates_suppressed_total{reason="early"}', 1)
        await sent_once_when_due(world)


@needs_plugin
async def test_the_broker_releases_a_reminder_while_the_api_is_down(world: World) -> None:
    async with world.notifier():
        async with world.api() as api:
            starts = in_an_hour_and(12)
            await world.client(api).book(starts)
            await eventually(lambda: is_held(world))
            await api.shows('punctual_delay_backend_info{backend="exchange"}', 1)
        await sent_once_on_time(world, starts)


@needs_plugin
async def test_nothing_is_handed_over_beyond_the_horizon_or_the_bound(world: World) -> None:
    async with world.api(DELAY_HORIZON="1h", DELAY_MAX_PENDING="3") as api:
        client = world.client(api)
        for _ in range(2):
            await client.book()  # months ahead
        await world.database.execute("UPDATE doctors SET slot_minutes = 5, version = version + 1")
        for number in range(5):
            await client.book(in_an_hour_and(300 + 301 * number))

        async def handed() -> list[str]:
            rows = await world.database.fetch("SELECT state FROM jobs WHERE kind = $1 ORDER BY due_at", REMINDER)
            states = [row["state"] for row in rows]
            assert states.count("enqueued") >= 3
            return states

        assert await eventually(handed) == ["enqueued"] * 3 + ["scheduled"] * 4
        await api.shows(f'punctual_jobs_published_total{{kind="{REMINDER}",path="delayed"}}', 3)


@needs_plugin
async def test_a_change_from_relay_to_exchange_neither_loses_nor_doubles(world: World) -> None:
    async with world.notifier():
        async with world.api(DELAY_BACKEND="relay") as api:
            starts = in_an_hour_and(25)
            await world.client(api).book(starts)
        async with world.api(DELAY_BACKEND="exchange"):
            await eventually(lambda: is_held(world))
            await sent_once_on_time(world, starts)


@pytest.fixture
async def plain_broker(home: Path) -> AsyncIterator[RabbitMQ]:
    """A broker as after an upgrade: no such plugin."""
    server = RabbitMQ(home / "plain", plugins=False, dies_with_us=signal.SIGKILL)
    await server.start()
    yield server
    await asyncio.to_thread(server.stop)


@needs_plugin
async def test_a_broker_that_has_lost_the_plugin_costs_no_reminder(
    world: World, plain_broker: RabbitMQ, home: Path
) -> None:
    async with a_world(world.database_url, plain_broker, home, seeded=True) as after:
        async with world.api() as api:
            starts = in_an_hour_and(15)
            await world.client(api).book(starts)
            await eventually(lambda: is_held(world))

        after.mailbox = world.mailbox
        async with after.api(), after.notifier():
            await sent_once_on_time(world, starts)
