"""A message that kills whoever reads it, among others that must not suffer for it."""

from tests.drills.arena import Arena
from tests.support.waiting import eventually

KIND = "appointment_created_email"


async def one_message(arena: Arena) -> None:
    """The confirmation of one booking, before it is published: its API is stopped by nobody, only its id is named."""
    arena.world.mailbox.faults.clear()
    await arena.pause(2, 3)
    # both notifiers are away for a moment, so that the message waits while it is chosen
    for notifier in arena.notifiers:
        notifier.send_away()
    chosen = await eventually(lambda: _waiting(arena), within=30)
    arena.poison.write_text(chosen, "utf-8")
    for notifier in arena.notifiers:
        notifier.call_back()
    arena.faults += 1
    await eventually(lambda: _failed(arena, chosen), within=180, every=0.5)


async def only_it_failed(arena: Arena) -> None:
    rows = await arena.world.database.fetch("SELECT id::text FROM jobs WHERE state = 'failed'")
    arena.expect(
        "the poison ended as failed, and nothing else did",
        [row[0] for row in rows] == [arena.poison.read_text("utf-8")],
    )
    starts = sum(notifier.starts for notifier in arena.notifiers)
    taken_along = await arena.world.database.fetch(
        "SELECT DISTINCT job_id FROM job_attempts WHERE error LIKE '%delivered too often%' AND job_id::text <> $1",
        arena.poison.read_text("utf-8"),
    )
    arena.notes.append(f"notifiers started {starts} times; others that reached the delivery limit: {len(taken_along)}")


async def _waiting(arena: Arena) -> str:
    rows = await arena.world.database.fetch(
        "SELECT id::text FROM jobs WHERE state = 'enqueued' AND kind = $1 ORDER BY id LIMIT 1", KIND
    )
    return str(rows[0][0]) if rows else ""


async def _failed(arena: Arena, job_id: str) -> bool:
    rows = await arena.world.database.fetch("SELECT FROM jobs WHERE id::text = $1 AND state = 'failed'", job_id)
    return bool(rows)
