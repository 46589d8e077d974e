"""Two releases side by side: instances of both services give way one by one, forwards and back, under load."""

import asyncio
import sys
import time
from collections import Counter
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any, Final

import aiohttp

from deploy.local.mailbox.faults import Fault
from tests.drills.arena import Arena
from tests.drills.faults.changes import another_time
from tests.drills.keeper import Keeper
from tests.drills.load import Change
from tests.drills.releases import migrated
from tests.support.tokens import a_token
from tests.support.waiting import eventually

EACH: Final = 10
"""Confirmations of each pair of releases (the one that booked, the one that mailed) that must be seen side by side."""
LONGEST: Final = 60.0
SLOW: Final = Fault(delay=0.05)
"""So that mails of an instance that gives way are in flight."""
# a confirmation goes out as soon as it is booked, so the API that booked it has published it
_CONFIRMED: Final = """
SELECT j.appointment_id::text, a.worker
  FROM jobs j
  JOIN job_attempts a ON a.job_id = j.id
 WHERE j.kind = 'appointment_created_email' AND a.outcome = 'succeeded'
"""
_LOST: Final = "SELECT FROM job_attempts WHERE outcome = 'lost'"
_CONTRACT: Final = "DROP TRIGGER job_attempts_recorded ON job_attempts"
"""Release 0.1.0 records attempts through this trigger (migration 0036); this release does not."""
_PAIRS: Final = tuple(product(("older", "newer"), ("older", "newer")))


async def forwards(arena: Arena) -> None:
    """The schema first, while the older release runs alone; then each of its instances gives way to a newer one."""
    await _more_confirmations(arena)
    await _migrate(arena)
    await _more_confirmations(arena)
    await _while_things_happen(arena, _replace(arena, *_older_and_newer(arena)))


async def back(arena: Arena) -> None:
    """The newest schema stays; each instance gives way to one of the release before."""
    older, newer = _older_and_newer(arena)
    await _while_things_happen(arena, _replace(arena, newer, older))


async def contracted_too_early(arena: Arena) -> None:
    """Whatever only the older release needs is dropped as soon as the schema is new, while that release still runs."""
    await _more_confirmations(arena)
    await _migrate(arena)
    await arena.world.database.execute(_CONTRACT)
    await arena.pause(5, 8)


async def nobody_noticed(arena: Arena) -> None:
    """No client met an error, and no attempt was lost."""
    answers = arena.load.answers
    failed = answers.refused + answers.unanswered
    arena.expect(f"no request failed ({answers.refused} refused, {answers.unanswered} unanswered)", not failed)
    lost = await arena.world.database.fetch(_LOST)
    arena.expect(f"no attempt was lost ({len(lost)})", not lost)
    seen = await _confirmed(arena)
    pairs = ", ".join(f"{booked} to {mailed} {seen[booked, mailed]}" for booked, mailed in _PAIRS)
    arena.notes.append(f"confirmations, from the release that booked to the one that mailed: {pairs}")
    arena.notes.append(f"changes meanwhile: {dict(Counter(each.what for each in answers.changed.values()))}")
    arena.expect("appointments were moved and cancelled", len({each.what for each in answers.changed.values()}) == 2)


def _older_and_newer(arena: Arena) -> tuple[list[Keeper], list[Keeper]]:
    older = [keeper for keeper in arena.kept if keeper.is_older]
    return older, [keeper for keeper in arena.kept if not keeper.is_older]


async def _migrate(arena: Arena) -> None:
    began = time.monotonic()
    await migrated(Path(sys.executable).parent / "api-service", arena.world.environment)
    arena.faults += 1
    arena.notes.append(f"migrated in {time.monotonic() - began:.1f} s while the older release ran")


async def _replace(arena: Arena, leaving: Sequence[Keeper], coming: Sequence[Keeper]) -> None:
    """Half of both services in an order of the seed's choosing, a while side by side, then the other half."""
    pairs = list(zip(leaving, coming, strict=True))
    halves = pairs[::2], pairs[1::2]  # each has one API and one notifier
    for half in halves:
        arena.chance.shuffle(half)
    for old, new in halves[0]:
        await _give_way(arena, old, new)
    await eventually(lambda: _met(arena), within=LONGEST, every=0.2)
    for old, new in halves[1]:
        await _give_way(arena, old, new)
    await _more_confirmations(arena)


async def _give_way(arena: Arena, old: Keeper, new: Keeper) -> None:
    await arena.pause(0.2, 0.6)
    await new.call()
    old.send_away()
    await eventually(lambda: not old.service.process.alive, within=LONGEST)
    arena.faults += 1


async def _met(arena: Arena) -> bool:
    """Whether each release has mailed enough of its own bookings and of the other's."""
    seen = await _confirmed(arena)
    return all(seen[pair] >= EACH for pair in _PAIRS)


async def _confirmed(arena: Arena) -> Counter[tuple[str, str]]:
    """How many confirmations went out, by the release that booked and the one that mailed."""
    by_url = {keeper.url: keeper.side for keeper in arena.apis}
    by_pid = {pid: keeper.side for keeper in arena.notifiers for pid in keeper.pids}
    booked = {appointment: by_url[url] for appointment, url in arena.load.answers.answered_by.items()}
    return Counter(
        (booked[row["appointment_id"]], by_pid[int(row["worker"].rpartition(":")[2])])
        for row in await arena.world.database.fetch(_CONFIRMED)
        if row["appointment_id"] in booked
    )


async def _more_confirmations(arena: Arena) -> None:
    """Waits for mails that go out from now on."""
    enough = arena.world.mailbox.messages.accepted + 2 * EACH
    await eventually(lambda: arena.world.mailbox.messages.accepted >= enough, within=LONGEST)


async def _while_things_happen(arena: Arena, work: Coroutine[Any, Any, None]) -> None:
    """Clients change their appointments meanwhile, and some mails have to be tried again."""
    tasks = [asyncio.create_task(each) for each in (_changing(arena), _mail_server(arena))]
    try:
        await work
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task
        await arena.world.mailbox.recover()


async def _mail_server(arena: Arena) -> None:
    """Puts a mail off now and then, so that retries pass from release to release; never many, which were an outage."""
    arena.world.mailbox.fail(SLOW)
    while True:
        await arena.pause(0.5, 1.0)
        arena.world.mailbox.fail(Fault(code=451, count=1))


async def _changing(arena: Arena) -> None:
    """A client moves or cancels its appointment once, by an API that says it is ready."""
    changed: set[str] = set()
    while True:
        await arena.pause(0.1, 0.4)
        free = [each for each in arena.load.answers.booked if each not in changed]
        if free:
            changed.add(free[-1])
            await _change(arena, free[-1], cancels=arena.chance.random() < 0.4)


async def _change(arena: Arena, appointment: str, *, cancels: bool) -> None:
    [[subject]] = await arena.world.database.fetch(
        "SELECT client_id FROM appointments WHERE id = $1::text::uuid", appointment
    )
    token, body = a_token(subject, "client", email=f"{subject}@patients.example"), another_time(arena)
    url, began = f"{arena.chance.choice(arena.load.ready)}/api/client/appointments/{appointment}", datetime.now(UTC)
    # not by tests.support.client, which knows the contract of this release alone
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as http,
        http.delete(url) if cancels else http.patch(url, json=body) as answer,
    ):
        content, status = await answer.json(), answer.status
    arena.expect(f"a change is answered 200, not {status} {content}", status == 200)
    # a time that it has already changes nothing and tells nothing
    if status == 200 and datetime.fromisoformat(content["updatedAt"]) >= began:
        arena.load.answers.changed[appointment] = Change(began, datetime.now(UTC), "cancelled" if cancels else "moved")
