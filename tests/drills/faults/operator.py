"""A person in RabbitMQ's management UI, who moves, copies, purges and deletes while all runs."""

from dataclasses import replace
from typing import Any

from deploy.local.mailbox.faults import Fault
from shared.jobs import envelope
from shared.jobs.model import Ticket
from tests.drills.arena import Arena

QUEUES = ("notifications.high", "notifications.normal")


async def in_the_ui(arena: Arena) -> None:
    moved = 0
    for _ in range(12):
        await arena.pause(0.3, 0.8)
        await republish_old_tickets(arena)
        moved += await _move_retries_to_work(arena)
        arena.faults += 1
    arena.notes.append(f"messages moved from retry to work by hand: {moved}")
    arena.expect("messages were moved out of a retry queue", moved)
    await arena.world.mailbox.recover()
    for name in QUEUES:
        await arena.broker.purge(name)
        arena.faults += 1
    await arena.broker.delete(QUEUES[0])
    arena.faults += 1


async def republish_old_tickets(arena: Arena) -> None:
    """Copies of what has been on its way, thrice each, into whichever queue."""
    rows = await arena.world.database.fetch("SELECT * FROM jobs ORDER BY random() LIMIT 5")
    for ticket in map(Ticket.from_row, rows):
        old = envelope.build(replace(ticket, attempt=max(ticket.attempt - 1, 0)))
        message: dict[str, Any] = {
            "payload": old.body.decode(),
            "payload_encoding": "string",
            "properties": {"message_id": old.message_id, "delivery_mode": 2},
        }
        for _ in range(3):
            await arena.broker.publish(arena.chance.choice(["high", "normal"]), message)


async def _move_retries_to_work(arena: Arena) -> int:
    """What waits for its next attempt goes back to work at once, and once more; how many messages."""
    arena.world.mailbox.fail(Fault(code=450, count=3))  # of recipients, so that no circuit opens
    moved = 0
    for step in ("2s", "3s"):
        for message in await arena.broker.take(f"notifications.retry.{step}", 5):
            key = message["routing_key"].rpartition(".")[2]
            for _ in range(2):
                await arena.broker.publish(key, message)
            moved += 1
    return moved
