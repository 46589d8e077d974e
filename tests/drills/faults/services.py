"""Both services: killed, stopped past their lease, restarted one by one, flooded."""

import asyncio
import signal
import socket
from collections import Counter
from functools import partial
from statistics import median
from typing import Final
from uuid import UUID

from deploy.local.mailbox.faults import Fault
from deploy.local.processes import LocalProcess
from tests.drills.arena import Arena
from tests.drills.keeper import Keeper
from tests.support.waiting import eventually

SLOW: Final = Fault(delay=0.25)
"""So that kills meet mails on their way."""
_OUTLIVED_WITHIN: Final = 60.0
"""Seconds until a stopped notifier has lost a job to another one; its circuit may be open for some of them."""
GROWTH: Final = 40.0
"""MiB that a process may grow under a flood; its backlog would need more if it were kept in memory."""


async def api_killed(arena: Arena) -> None:
    await _kill_some(arena, arena.apis, 8)


async def notifier_killed(arena: Arena) -> None:
    arena.world.mailbox.fail(SLOW)
    await _kill_some(arena, arena.notifiers, 8)


async def both_killed(arena: Arena) -> None:
    arena.world.mailbox.fail(SLOW)
    await _kill_some(arena, arena.kept, 12)


async def notifier_stopped(arena: Arena) -> None:
    """Past its lease, and then it goes on with what it held."""
    arena.world.mailbox.fail(SLOW)
    for _ in range(2):
        await arena.pause(1, 2)
        victim = arena.chance.choice(arena.notifiers)
        await eventually(partial(_outlives_its_lease, arena, victim), within=_OUTLIVED_WITHIN, every=0.1)
        arena.faults += 1


async def nothing_stale_was_committed(arena: Arena) -> None:
    """The stopped worker's outcomes came after its lease, and were discarded."""
    discarded = sum(_said(notifier, "outcome discarded") for notifier in arena.notifiers)
    arena.notes.append(f"outcomes discarded after the lease: {discarded}")
    arena.expect("a worker that outlived its lease was met", discarded)


async def held_were_sent_once(arena: Arena) -> None:
    """Under CRASH_POLICY=hold what was possibly sent waits for a person, and no crash repeats a mail."""
    failed = await arena.world.database.fetch("SELECT FROM jobs WHERE state = 'failed'")
    arena.notes.append(f"held as possibly sent: {len(failed)}")
    arena.expect("kills met mails on their way", failed)
    mails = Counter(mail["headers"]["Message-ID"] for mail in arena.world.mails())
    arena.expect("no mail was sent twice", max(mails.values()) == 1)


async def rolling_restart(arena: Arena) -> None:
    """Every instance of both services, one after the other, twice."""
    arena.world.mailbox.fail(SLOW)
    in_flight = 0.0
    for keeper in arena.kept * 2:
        await arena.pause(0.2, 0.6)
        if keeper in arena.notifiers:
            in_flight += await _held_jobs(keeper)
        await keeper.replace()
        arena.faults += 1
    arena.measured["in flight"] = in_flight


async def nobody_noticed(arena: Arena) -> None:
    """No error at a client that retries nothing, nothing delivered twice but what was in flight, nothing sent twice."""
    answers = arena.load.answers
    arena.expect(f"no request failed ({answers.refused} refused, {answers.unanswered} unanswered)", _all_200(arena))
    stale = sum(_said(notifier, "message changed nothing") for notifier in arena.notifiers)
    lost = await arena.world.database.fetch("SELECT FROM job_attempts WHERE outcome = 'lost'")
    in_flight = arena.measured["in flight"]
    arena.notes.append(f"in flight at the stops: {in_flight:.0f}; redelivered and stale: {stale}")
    arena.expect("no more was redelivered than had been in flight", stale <= in_flight)
    arena.expect("no attempt was lost by an orderly stop", not lost)


async def flood(arena: Arena) -> None:
    """Bookings come faster than mails may go; the caller's load does it."""
    before = [await keeper.memory() for keeper in arena.notifiers]
    deepest = 0
    while not arena.load.over.is_set():
        await asyncio.sleep(0.25)
        waiting = await arena.world.database.fetchrow("SELECT count(*) FROM jobs WHERE state = 'enqueued'")
        deepest = max(deepest, waiting[0] if waiting else 0)
    arena.faults += 1
    after = [await keeper.memory() for keeper in arena.notifiers]
    grown = max(now - old for now, old in zip(after, before, strict=True))
    arena.notes.append(f"deepest backlog {deepest}, a notifier grew by {grown:.0f} MiB at most; {latency(arena)}")
    arena.expect("a backlog grew", deepest > 100)
    arena.expect(f"memory did not grow with it ({grown:.0f} MiB)", grown < GROWTH)
    arena.expect("every booking was answered 200", _all_200(arena))


def latency(arena: Arena, since: float = 0.0) -> str:
    """How long bookings took, for a note."""
    times = arena.load.answers.latencies(since)
    if not times:
        return "no booking was answered"
    return f"{len(times)} bookings in p50 {median(times):.1f}, p99 {times[int(len(times) * 0.99)]:.1f} ms"


async def paused(arena: Arena, victim: Keeper | LocalProcess, seconds: float) -> None:
    """SIGSTOP, and SIGCONT after that long."""
    victim.send(signal.SIGSTOP)
    arena.faults += 1
    await asyncio.sleep(seconds)
    victim.send(signal.SIGCONT)


async def _kill_some(arena: Arena, among: list[Keeper], times: int) -> None:
    for _ in range(times):
        await arena.pause(0.5, 2.0)
        arena.chance.choice(among).send(signal.SIGKILL)
        arena.faults += 1


async def _outlives_its_lease(arena: Arena, victim: Keeper) -> bool:
    """Stops a notifier until others have ended the jobs that it holds. Whether it lost one: it may hold none."""
    owner = f"{socket.gethostname()}:{victim.pids[-1]}"
    lost = "SELECT FROM recorded_attempts WHERE job_id = ANY ($1) AND worker = $2 AND outcome = 'lost'"
    victim.send(signal.SIGSTOP)
    try:
        rows = await arena.world.database.fetch(
            "SELECT id FROM jobs WHERE lease_owner = $1 AND state = 'processing'", owner
        )
        held = [row["id"] for row in rows]
        await eventually(partial(_have_succeeded, arena, held))
        return bool(await arena.world.database.fetch(lost, held, owner))
    finally:
        victim.send(signal.SIGCONT)


async def _have_succeeded(arena: Arena, jobs: list[UUID]) -> bool:
    under_way = "SELECT FROM jobs WHERE id = ANY ($1) AND state <> 'succeeded' LIMIT 1"
    return not await arena.world.database.fetch(under_way, jobs)


async def _held_jobs(notifier: Keeper) -> float:
    """How many jobs it works on."""
    queues = [f'punctual_jobs_in_flight{{priority="{queue}"}}' for queue in ("high", "normal")]
    return sum([await notifier.service.metric(each) for each in queues])


def _all_200(arena: Arena) -> bool:
    return arena.load.answers.refused + arena.load.answers.unanswered == 0


def _said(keeper: Keeper, event: str) -> int:
    return keeper.log.read_text("utf-8").count(event)
