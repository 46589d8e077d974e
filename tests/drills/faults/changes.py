"""Clients who move and cancel while mails are refused, workers die, operators requeue and old messages come again; and
the count of each appointment's mails, in their order, against what its client had been told."""

import asyncio
import re
import signal
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import aiohttp

from deploy.local.mailbox.faults import Fault
from shared.people import zones
from tests.drills.arena import Arena, is_quiet
from tests.drills.faults.operator import republish_old_tickets
from tests.drills.load import Change
from tests.support.client import Client
from tests.support.tokens import a_token
from tests.support.waiting import eventually
from tests.support.world import ZONE

CLIENTS: Final = 6
"""Who change their appointments at once."""
MOST: Final = 4
"""Changes of one appointment."""
_MESSAGE_ID: Final = re.compile(rb"^Message-ID: <([^@>]+)@", re.MULTILINE)
# a job's edition: the changes of its appointment that had been committed when it was made. Clients here change an
# appointment once at a time, so the moments in which its jobs were made are in the order of the changes.
_EDITIONS: Final = """
SELECT j.id::text, j.appointment_id::text, j.state, j.kind,
       dense_rank() OVER (PARTITION BY j.appointment_id ORDER BY j.created_at) AS edition,
       EXISTS (
           SELECT FROM job_attempts a
            WHERE a.job_id = j.id
              AND (a.outcome = 'lost' OR a.reply_code IS NULL AND a.error LIKE '% at end of data')
       ) AS uncertain
  FROM jobs j
"""


async def under_faults(arena: Arena) -> None:
    """All of it, for as long as bookings come."""
    await eventually(lambda: len(arena.load.answers.booked) > CLIENTS, within=30)
    changing: set[str] = set()
    acts = [_client(arena, changing) for _ in range(CLIENTS)]
    await asyncio.gather(*acts, _mail_server(arena), _operator(arena), _killer(arena))
    await arena.world.mailbox.recover()


async def _client(arena: Arena, changing: set[str]) -> None:
    """Takes an appointment that nobody else changes just now, and moves or cancels it."""
    ended: set[str] = set()
    while not arena.load.over.is_set():
        await arena.pause(0.02, 0.3)
        free = [each for each in arena.load.answers.booked if each not in changing and each not in ended]
        if not free:
            continue
        appointment = arena.chance.choice(free[-40:])
        changing.add(appointment)
        for _ in range(arena.chance.randrange(1, MOST)):
            await _change(arena, appointment, ended)
            await arena.pause(0.0, 0.2)
        changing.discard(appointment)


async def _change(arena: Arena, appointment: str, ended: set[str]) -> None:
    client = await _client_of(arena, appointment)
    path, began = f"/api/client/appointments/{appointment}", datetime.now(UTC)
    cancels = arena.chance.random() < 0.3
    try:
        answer = await (client("DELETE", path) if cancels else client("PATCH", path, another_time(arena)))
    except (aiohttp.ClientError, TimeoutError):
        return
    # a time that it has already, or a second DELETE, changes nothing and tells nothing
    if answer.status == 200 and datetime.fromisoformat(answer.body["updatedAt"]) >= began:
        what = "cancelled" if cancels else "moved"
        arena.load.answers.changed[appointment] = Change(began, datetime.now(UTC), what)
    if cancels or answer.status == 409:
        ended.add(appointment)


async def _client_of(arena: Arena, appointment: str) -> Client:
    [[subject]] = await arena.world.database.fetch(
        "SELECT client_id FROM appointments WHERE id = $1::text::uuid", appointment
    )
    token = a_token(subject, "client", email=f"{subject}@patients.example", lifetime=12 * 3600.0)
    return Client(arena.chance.choice(arena.apis).url, token)


def another_time(arena: Arena) -> dict[str, str]:
    starts = datetime.now(UTC) + timedelta(hours=1, seconds=arena.chance.uniform(4, 15))
    local = starts.astimezone(zones.zone(ZONE))
    return {"appointmentDate": f"{local:%Y-%m-%d}", "appointmentTime": f"{local:%H:%M:%S}"}


async def _mail_server(arena: Arena) -> None:
    """Slow, and it refuses some for good and some for now."""
    while not arena.load.over.is_set():
        arena.world.mailbox.fail(Fault(code=arena.chance.choice([554, 554, 451]), count=6))
        arena.world.mailbox.fail(Fault(delay=arena.chance.uniform(0.05, 0.4), count=6))
        arena.faults += 1
        await arena.pause(0.2, 0.6)


async def _operator(arena: Arena) -> None:
    """Requeues all that has failed, again and again; and brings old messages back in RabbitMQ's own pages."""
    while not arena.load.over.is_set():
        await arena.pause(0.3, 1.0)
        await _requeue(arena)
        await republish_old_tickets(arena)
        arena.faults += 1


async def _requeue(arena: Arena) -> None:
    operator = arena.world.operator(arena.apis[0].service)
    answer = await operator("POST", "/api/ops/jobs/requeue", {"all": True, "perSecond": 100})
    counted = answer.body["requeued"] + sum(answer.body["excluded"].values())
    arena.expect(f"a requeue counts what it leaves out: {answer.body}", counted == answer.body["matched"])


async def _killer(arena: Arena) -> None:
    while not arena.load.over.is_set():
        await arena.pause(2.0, 4.0)
        arena.chance.choice(arena.notifiers).send(signal.SIGKILL)
        arena.faults += 1


async def told_in_order(arena: Arena) -> None:
    """Everything that failed is requeued once more; then no mail stands after one that tells of a later change, but of
    jobs with an attempt whose end nobody knows (docs/guarantees.md), and the last change of each was told."""
    await _requeue(arena)
    await eventually(lambda: is_quiet(arena.world), within=90, every=0.2)
    rows = {row["id"]: row for row in await arena.world.database.fetch(_EDITIONS)}
    told: dict[str, int] = defaultdict(int)
    late = unsure = 0
    for job in map(rows.__getitem__, _mails(arena)):
        appointment, edition = job["appointment_id"], job["edition"]
        late += edition < told[appointment] and not job["uncertain"]
        unsure += edition < told[appointment] and job["uncertain"]
        told[appointment] = max(told[appointment], edition)
    changed = arena.load.answers.changed
    last = {each: max(row["edition"] for row in rows.values() if row["appointment_id"] == each) for each in changed}
    untold = [each for each, edition in last.items() if told[each] != edition]
    states = [row["state"] for row in rows.values() if row["appointment_id"] in changed]
    arena.notes.append(
        f"{len(changed)} appointments changed, {states.count('cancelled')} of their jobs taken back;"
        f" mails after a later one: {late}, and {unsure} of attempts whose end nobody knows"
    )
    arena.expect("appointments were changed", len(changed) >= 10)
    arena.expect(f"no mail came after one that tells of a later change ({late})", not late)
    arena.expect(f"the last change of each was told ({len(untold)} were not: {untold[:3]})", not untold)


def _mails(arena: Arena) -> Sequence[str]:
    """The jobs of all mails, in the order in which they were accepted."""
    return [
        found[1].decode()
        for message in reversed([*arena.world.mailbox.messages.newest_first()])
        if (found := _MESSAGE_ID.search(message.raw))
    ]
