"""Runs one drill: makes its world, starts both services, lets the faults loose under load, and counts."""

import asyncio
import contextlib
import time
from contextlib import AsyncExitStack
from random import Random
from typing import Any, Final

from deploy.cluster.haproxy import API_PORT
from deploy.cluster.machines import of_kind
from deploy.local.machines import LOOPBACK
from tests.drills.arena import Arena, Drill, Result, is_quiet
from tests.drills.broker_admin import BrokerAdmin
from tests.drills.complaints import Complaint, Kind
from tests.drills.count import Expected, count
from tests.drills.keeper import Keeper
from tests.drills.load import Load, prepare
from tests.drills.network import network
from tests.drills.servers import Servers
from tests.drills.service_logs import errors_in
from tests.drills.successes import record_successes
from tests.support.databases import a_database
from tests.support.waiting import eventually
from tests.support.world import World, a_world

PATIENCE: Final = 120.0
REPLICAS: Final = 2
QUICK: Final = {"LOST_GRACE": "2s", "LEASE": "2s"}
"""A lost message and a lost worker are noticed within a fault."""


async def run(
    drill: Drill, where: Servers, seed: int, *, seconds: float | None = None, patience: float = PATIENCE
) -> Result:
    """One drill in a world of its own. After the load (`seconds`, else the drill's own) it waits at most `patience`
    seconds until every job has ended."""
    chance = Random(f"{seed}/{drill.seeded_as or drill.name}")
    async with AsyncExitStack() as stack:
        if drill.place is not None:
            where = await stack.enter_async_context(drill.place(where))
        url = await a_database(where.postgres.url, tablespace=where.tablespace, template=where.template)
        url = where.database_url(url)
        mail_host = "127.0.0.1" if where.cluster is None else where.cluster.network.here
        world = await stack.enter_async_context(a_world(url, where.rabbitmq, where.home, mail_host=mail_host))
        await prepare(world.database)
        await record_successes(world.database)
        world.settings.update({**QUICK, "AMQP_URL": where.amqp_urls(world.vhost), **dict(drill.settings)})
        between = await stack.enter_async_context(network(world, where, proxied=drill.proxied))
        logs = where.home / f"{world.vhost}-{drill.name}"
        arena = Arena(world, where, chance, logs, Load(drill.load, chance), BrokerAdmin(where, world.vhost), between)
        world.settings["POISON"] = str(arena.poison)
        await drill.before(arena)
        _staff(drill, arena)
        for keeper in arena.kept:
            stack.callback(keeper.end)
        await asyncio.gather(*(keeper.start() for keeper in arena.serving))
        await asyncio.gather(*(keeper.ready() for keeper in arena.serving))
        return await _under_load(drill, arena, seconds or drill.load.seconds, patience)


def _staff(drill: Drill, arena: Arena) -> None:
    """A keeper for each instance of both services, and for those of the release before, if the drill has brought it;
    where there are machines for them, one on each."""
    environment = arena.world.environment
    cluster = arena.servers.cluster
    services = (
        ("api", arena.network.api, drill.api, arena.apis),
        ("notifier", arena.network.notifier, drill.notifier, arena.notifiers),
    )
    options: dict[str, Any] = {"restarts": not drill.unkept, "may_die": drill.dies}
    for name, wires, command, keepers in services:
        for each in [f"{name}{number}" for number in range(REPLICAS)] if cluster is None else of_kind(name):
            log = arena.logs / f"{each}.log"
            machine, port = (LOOPBACK, None) if cluster is None else (cluster.machines[each], API_PORT)
            place: dict[str, Any] = {"machine": machine, "port": port, "waits": drill.older_first}
            keepers.append(Keeper(name, environment | wires, log, command, **place, **options))
        for number in range(REPLICAS if arena.servers.older else 0):
            log, waits = arena.logs / f"{name}{number}-older.log", not drill.older_first
            keepers.append(Keeper(name, environment | wires, log, folder=arena.servers.older, waits=waits, **options))


async def _under_load(drill: Drill, arena: Arena, seconds: float, patience: float) -> Result:
    minding = [asyncio.create_task(keeper.mind()) for keeper in arena.kept]
    try:
        cluster = arena.servers.cluster
        urls = [keeper.url for keeper in arena.apis] if cluster is None else [cluster.haproxy.url]
        booking = asyncio.create_task(arena.load.run(urls, seconds))
        try:
            await drill.faults(arena)
        except AssertionError as error:  # what it waited for did not come
            arena.broken.append(str(error))
        if drill.load.with_faults:
            await arena.pause(2, 3)
            arena.load.stop()
        await booking
        recovered_in = await _come_to_rest(arena.world, patience)
        await drill.afterwards(arena)
    finally:
        for task in minding:
            task.cancel()
        await asyncio.gather(*minding, return_exceptions=True)
    return await _result(drill, arena, recovered_in)


async def _result(drill: Drill, arena: Arena, recovered_in: float) -> Result:
    """Both sides counted, and what the processes say of themselves."""
    answers = arena.load.answers
    expected = Expected(drill.may_fail, drill.may_die, drill.late, drill.kills_workers)
    counted = await count(arena.world.database, arena.world.mailbox, answers, expected)
    for keeper in arena.kept:
        keeper.look()
    complaints = (
        *(Complaint(Kind.PROMISE, each) for each in arena.broken),
        *(each for keeper in arena.kept for each in keeper.ends),
        *counted.complaints,
        *errors_in((keeper.log for keeper in arena.kept), drill.may_log),
    )
    without_200 = answers.unanswered + answers.refused
    return Result(drill.name, counted, arena.faults, without_200, recovered_in, tuple(arena.notes), complaints)


async def _come_to_rest(world: World, patience: float) -> float:
    """Waits until every job has ended; the seconds that it took from the end of faults and load."""
    ended = time.monotonic()
    with contextlib.suppress(AssertionError):  # the count says what is missing
        await eventually(lambda: is_quiet(world), within=patience, every=0.2)
    return time.monotonic() - ended
