"""The drills, one function of faults each."""

import asyncio
import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Final

import aio_pika

from deploy.local.mailbox.faults import Fault, Stage
from deploy.local.postgres import Postgres
from deploy.local.processes import Process
from deploy.local.rabbitmq import RabbitMQ
from shared import envelope
from shared.jobs import Ticket
from tests.drills.arena import Arena, Drill
from tests.drills.keeper import Keeper
from tests.support.waiting import eventually

SLOW: Final = Fault(delay=0.25)
"""So that kills meet mails on their way."""


async def _kill_some(arena: Arena, among: list[Keeper], times: int) -> None:
    for _ in range(times):
        await arena.pause(0.5, 2.0)
        arena.chance.choice(among).send(signal.SIGKILL)
        arena.faults += 1


async def api_killed(arena: Arena) -> None:
    await _kill_some(arena, arena.apis, 8)


async def notifier_killed(arena: Arena) -> None:
    arena.world.mailbox.fail(SLOW)
    await _kill_some(arena, arena.notifiers, 8)


async def both_killed(arena: Arena) -> None:
    arena.world.mailbox.fail(SLOW)
    await _kill_some(arena, arena.apis + arena.notifiers, 12)


async def notifier_stopped(arena: Arena) -> None:
    """Past its lease, and then it goes on with what it held."""
    for _ in range(2):
        await arena.pause(1, 2)
        victim = arena.chance.choice(arena.notifiers)
        await _stopped(arena, victim, 4)


async def broker_killed(arena: Arena) -> None:
    await arena.pause(2, 4)
    process = _process_of(arena.rabbitmq)
    process.send(signal.SIGSTOP)  # what is published from here on is in buffers only, and dies with it
    await asyncio.sleep(1.5)
    await asyncio.to_thread(process.stop, within=10, first=signal.SIGKILL)
    arena.faults += 1
    await arena.rabbitmq.start()


async def broker_paused(arena: Arena) -> None:
    """Longer than two heartbeats: every connection to it ends."""
    await arena.pause(2, 3)
    process = _process_of(arena.rabbitmq)
    await _stopped(arena, process, 24)


async def database_killed(arena: Arena) -> None:
    await arena.pause(2, 4)
    process = _process_of(arena.postgres)
    workers = _children(process.pid)
    process.send(signal.SIGKILL)
    arena.faults += 1
    # they end by themselves when the postmaster has; a start must not meet them
    await eventually(lambda: not any(map(_exists, workers)), within=30)
    await asyncio.to_thread(process.stop, within=5)
    await asyncio.sleep(2)
    await arena.postgres.start()


async def database_paused(arena: Arena) -> None:
    await arena.pause(2, 3)
    process = _process_of(arena.postgres)
    paused = [process.pid, *_children(process.pid)]
    for pid in paused:
        os.kill(pid, signal.SIGSTOP)
    arena.faults += 1
    await asyncio.sleep(8)
    for pid in paused:
        if _exists(pid):
            os.kill(pid, signal.SIGCONT)


async def mail_server_down(arena: Arena) -> None:
    await arena.pause(2, 3)
    arena.world.mailbox.fail(Fault(down=True))
    arena.faults += 1
    await asyncio.sleep(12)
    await arena.world.mailbox.recover()


async def mail_server_moody(arena: Arena) -> None:
    """Every kind of passing trouble, at every stage."""
    moods = [
        *(Fault(code=code, count=2) for code in (421, 450, 451, 452)),
        *(Fault(code=421, stage=stage, count=2) for stage in (Stage.CONNECT, Stage.MAIL, Stage.RCPT, Stage.DATA)),
        *(Fault(drop=stage, count=2) for stage in (Stage.CONNECT, Stage.RCPT, Stage.DATA, Stage.AFTER_ACCEPT)),
        *(Fault(hang=stage, count=1) for stage in (Stage.EHLO, Stage.END_OF_DATA, Stage.AFTER_ACCEPT)),
    ]
    arena.chance.shuffle(moods)
    for mood in moods:
        await arena.pause(0.3, 1.0)
        arena.world.mailbox.fail(mood)
        arena.faults += 1
    await arena.pause(1, 2)
    await arena.world.mailbox.recover()


async def network_cut(arena: Arena) -> None:
    """Connections to database, broker and mail server are reset, one kind after the other and again."""
    for _ in range(2):
        for between in arena.chance.sample(list(arena.network.values()), k=3):
            await arena.pause(1.0, 1.5)
            between.cut()
            arena.faults += 1
            await arena.pause(0.5, 1.5)
            between.mend()


async def network_stalled(arena: Arena) -> None:
    """Connections stay open and carry nothing: only time-outs and heartbeats can tell."""
    for between in arena.chance.sample(list(arena.network.values()), k=3):
        await arena.pause(1.0, 1.5)
        between.stall()
        arena.faults += 1
        await asyncio.sleep(7)
        between.mend()


async def operator_in_the_ui(arena: Arena) -> None:
    """Messages taken from one queue and published to another, twice; queues purged; a queue deleted."""
    connection = await aio_pika.connect(arena.world.amqp_url)
    async with connection, connection.channel() as channel:
        exchange = await channel.get_exchange("notifications", ensure=False)
        for _ in range(12):
            await arena.pause(0.3, 0.8)
            rows = await arena.world.database.fetch("SELECT * FROM jobs ORDER BY random() LIMIT 5")
            for ticket in map(Ticket.from_row, rows):
                old = envelope.build(replace(ticket, attempt=max(ticket.attempt - 1, 0)))
                for _ in range(3):
                    key = arena.chance.choice(["high", "normal"])
                    await exchange.publish(aio_pika.Message(old.body, message_id=old.message_id), key)
            arena.faults += 1
        for name in ("notifications.high", "notifications.normal"):
            await (await channel.get_queue(name, ensure=False)).purge()
            arena.faults += 1
        await channel.queue_delete("notifications.high")
        arena.faults += 1


async def _stopped(arena: Arena, victim: Keeper | Process, seconds: float) -> None:
    victim.send(signal.SIGSTOP)
    arena.faults += 1
    await asyncio.sleep(seconds)
    victim.send(signal.SIGCONT)


def _process_of(server: Postgres | RabbitMQ) -> Process:
    assert server.process is not None
    return server.process


def _exists(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text("utf-8").split()]


_SMTP: Final = (("SMTP_TIMEOUT", "1s"),)
DRILLS: Final = (
    Drill("api-killed", api_killed),
    Drill("notifier-killed", notifier_killed),
    Drill("both-killed", both_killed, 20),
    Drill("notifier-stopped", notifier_stopped),
    Drill("broker-killed", broker_killed, 20),
    Drill("broker-paused", broker_paused, 30),
    Drill("database-killed", database_killed),
    Drill("database-paused", database_paused, settings=(("DATABASE_TIMEOUT", "3s"),)),
    Drill("network-cut", network_cut, 20, settings=_SMTP, proxied=True),
    Drill("network-stalled", network_stalled, 30, settings=(*_SMTP, ("DATABASE_TIMEOUT", "3s")), proxied=True),
    Drill("mail-server-down", mail_server_down, 20),
    Drill("mail-server-moody", mail_server_moody, settings=_SMTP),
    Drill("operator-in-the-ui", operator_in_the_ui, settings=(("LOST_GRACE", "3s"),)),
)
