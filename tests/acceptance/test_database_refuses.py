"""A database that answers, and refuses: no process ends, no 5xx but 503, and all that was booked is told."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import asyncpg
import pytest

from shared.database.errors import BY_CLASS, BY_CODE, Meaning
from tests.support.client import Client, a_wish
from tests.support.refusals import refusing
from tests.support.services import Service
from tests.support.waiting import eventually
from tests.support.world import World

PASSING: Final = sorted(
    {code for code, of in BY_CODE.items() if of in (Meaning.AWAY, Meaning.CONTENTION)}
    | {f"{of_class}000" for of_class, of in BY_CLASS.items() if of in (Meaning.AWAY, Meaning.CONTENTION)}
    | {
        "28P01",
        "40001",
        "40P01",
        "53100",
        "53200",
        "53300",
        "57P01",
        "57P03",
        "57P04",
        "57P05",
        "58030",
        "58P01",
        "XX001",
    }
)
EACH_CLASS: Final = sorted({code[:2]: code for code in PASSING}.values())
OTHERS: Final = ("22021", "22P05", "23514", "42601", "54000", "P0001")
_LONG: Final = {"LEASE": "60s", "LOST_GRACE": "60s"}
"""No lease runs out under a busy machine: a mail that is told twice would be a finding."""


@dataclass
class Load:
    """Books one after the other, and notes every answer."""

    client: Client
    statuses: list[int] = field(default_factory=list)
    booked: list[dict[str, Any]] = field(default_factory=list)

    async def book(self) -> int:
        answer = await self.client("POST", "/api/client/appointments", a_wish())
        self.statuses.append(answer.status)
        if answer.status == 200:
            self.booked.append(answer.body)
        if answer.status == 503:
            assert answer.headers["Retry-After"]
        return answer.status

    async def until_refused(self) -> None:
        async def refused() -> bool:
            return await self.book() != 200

        await eventually(refused)

    async def until_booked(self) -> None:
        async def taken() -> bool:
            return await self.book() == 200

        await eventually(taken)


@asynccontextmanager
async def loaded(world: World) -> AsyncIterator[tuple[Service, Service, Load]]:
    world.settings |= _LONG
    async with world.api() as api, world.notifier() as notifier:
        yield api, notifier, Load(world.client(api))


def alive(*services: Service) -> bool:
    return all(service.process.alive for service in services)


async def all_told_once(world: World, load: Load) -> None:
    async def told() -> bool:
        found = len(world.mails())
        assert found >= len(load.booked), (found, len(load.booked), await world.states())
        return True

    await eventually(told)

    async def settled() -> bool:
        rows = await world.database.fetch(
            "SELECT count(*) FROM jobs WHERE kind = 'appointment_created_email' AND state <> 'succeeded'"
        )
        return bool(rows[0][0] == 0)

    await eventually(settled)
    assert len(world.mails()) == len(load.booked)


@pytest.mark.parametrize("codes", [EACH_CLASS, pytest.param(PASSING, marks=pytest.mark.slow)])
async def test_whatever_a_server_refuses_writes_with_is_waited_for(world: World, codes: Sequence[str]) -> None:
    async with loaded(world) as (api, notifier, load):
        for code in codes:
            await load.book()
            async with refusing(world.database_url, code):
                await load.until_refused()
                await load.book()
            await load.until_booked()
            assert alive(api, notifier), code
        assert set(load.statuses) == {200, 503}
        await all_told_once(world, load)
        for service in (api, notifier):
            assert "internal error" not in service.log.read_text()
            await eventually(service.ready)


async def test_what_is_no_outage_fails_what_it_concerns_and_ends_nothing(world: World) -> None:
    async with loaded(world) as (api, notifier, load):
        for code in OTHERS:
            await load.book()
            async with refusing(world.database_url, code, events="INSERT"):
                await load.until_refused()
            await load.until_booked()
            assert alive(api, notifier), code
        assert set(load.statuses) == {200, 409, 500}
        await all_told_once(world, load)
        await api.shows('punctual_internal_errors_total{where="http"}', load.statuses.count(500))
        await api.shows('punctual_items_refused_total{where="http"}', load.statuses.count(409))


async def test_a_server_that_turns_read_only_is_unready_and_left(world: World) -> None:
    async with loaded(world) as (api, notifier, load):
        await load.book()
        connection = await asyncpg.connect(world.database_url)
        try:
            await connection.execute("ALTER SYSTEM SET default_transaction_read_only = on")
            await connection.execute("SELECT pg_reload_conf()")
            await load.until_refused()
            for service in (api, notifier):
                await eventually(partial(_unready, service))
            assert alive(api, notifier)
        finally:
            await connection.execute("SET default_transaction_read_only = off")
            await connection.execute("ALTER SYSTEM RESET default_transaction_read_only")
            await connection.execute("SELECT pg_reload_conf()")
            await connection.close()
        await load.until_booked()
        await eventually(api.ready)
        await eventually(notifier.ready)
        assert set(load.statuses) == {200, 503}
        await all_told_once(world, load)


async def _unready(service: Service) -> bool:
    return not await service.ready()


async def test_statements_that_somebody_cancels_are_tried_again(world: World) -> None:
    async with loaded(world) as (api, notifier, load):
        cancelled = 0

        async def cancel() -> None:
            nonlocal cancelled
            connection = await asyncpg.connect(world.database_url)
            try:
                while True:
                    cancelled += await connection.fetchval(
                        "SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity"
                        " WHERE datname = current_database() AND state = 'active' AND pid <> pg_backend_pid()"
                        " AND application_name LIKE 'punctual-%'"
                    )
            finally:
                await connection.close()

        cancelling = asyncio.create_task(cancel())

        async def enough() -> bool:
            await load.book()
            return cancelled >= 100 and len(load.statuses) >= 50

        await eventually(enough)
        cancelling.cancel()
        await asyncio.gather(cancelling, return_exceptions=True)
        await load.until_booked()
        assert alive(api, notifier)
        assert set(load.statuses) <= {200, 503}
        await all_told_once(world, load)


async def test_a_database_that_answers_and_refuses_every_write_is_unready_until_it_takes_one(world: World) -> None:
    async with loaded(world) as (api, _, load):
        async with refusing(world.database_url, "53100"):

            async def noticed() -> bool:
                """Soon after some writes in a row were refused: the heartbeat between them is taken."""
                await load.book()
                return await _unready(api)

            await eventually(noticed)
        await load.until_booked()
        await eventually(api.ready)
        assert set(load.statuses) == {200, 503}
