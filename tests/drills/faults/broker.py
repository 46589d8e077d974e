"""RabbitMQ: killed, paused, out of memory, full, and one node of three killed."""

import asyncio
import signal
import time

from deploy.local.mailbox.faults import Fault
from tests.drills.arena import Arena
from tests.drills.faults.services import latency, paused
from tests.drills.servers import process_of
from tests.support.waiting import eventually

HIGH = "notifications.high"


async def killed(arena: Arena) -> None:
    await arena.pause(2, 4)
    process = process_of(arena.servers.rabbitmq)
    process.send(signal.SIGSTOP)  # what is published from here on is in buffers only, and dies with it
    await asyncio.sleep(1.5)
    await asyncio.to_thread(process.stop, within=10, first=signal.SIGKILL)
    arena.faults += 1
    await arena.servers.rabbitmq.start()


async def stopped(arena: Arena) -> None:
    """Longer than two heartbeats: every connection to it ends."""
    await arena.pause(2, 3)
    await paused(arena, process_of(arena.servers.rabbitmq), 24)


async def out_of_memory(arena: Arena) -> None:
    """The memory alarm blocks every connection that publishes: bookings go on, and wait in the table; what is queued
    goes on being sent, also by notifiers that had retries to publish."""
    mailbox = arena.world.mailbox
    await arena.pause(5, 6)
    mailbox.fail(Fault(code=450, count=4))
    await arena.broker.memory_limit(1)
    began = time.monotonic()
    arena.faults += 1
    try:
        await asyncio.sleep(4)
        accepted = mailbox.messages.accepted
        await asyncio.sleep(4)
        waiting = await arena.world.database.fetch("SELECT FROM jobs WHERE state = 'scheduled' AND due_at <= now()")
        sent = mailbox.messages.accepted - accepted
        arena.notes.append(f"while blocked: {latency(arena, began)}, {sent} mails, {len(waiting)} jobs in the table")
        arena.expect("bookings went on while publishers were blocked", arena.load.answers.latencies(began))
        arena.expect("what was queued went on being sent", sent)
        arena.expect("new jobs waited in the table", waiting)
    finally:
        await arena.broker.memory_limit(2048)


async def full(arena: Arena) -> None:
    """Queues refuse what is published (reject-publish at their length limit), as a full disk would have it. Nobody
    takes anything out of them meanwhile."""
    await arena.pause(1, 2)
    for notifier in arena.notifiers:
        notifier.send_away()
    await arena.broker.limit(1)
    arena.faults += 1
    await asyncio.sleep(8)
    refused = 0.0
    for api in arena.apis:
        refused += await api.service.metric('punctual_publish_failures_total{reason="refused"}')
    arena.notes.append(f"publishes refused: {refused:.0f}")
    arena.expect("publishes were refused", refused)
    await arena.broker.limit(None)
    for notifier in arena.notifiers:
        notifier.call_back()


async def leader_killed(arena: Arena) -> None:
    """Under load, the node that leads the work queue; it comes back, and the next leader goes."""
    for _ in range(2):
        await arena.pause(2, 3)
        await eventually(lambda: _all_replicas(arena), within=60)
        node = await arena.broker.leader(HIGH)
        await asyncio.to_thread(process_of(node).stop, within=10, first=signal.SIGKILL)
        arena.faults += 1
        await arena.pause(2, 3)
        await node.start()


async def _all_replicas(arena: Arena) -> bool:
    return await arena.broker.replicas(HIGH) == len(arena.servers.nodes)
