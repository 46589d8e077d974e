"""PostgreSQL is lost and restored to an earlier moment, and the broker starts empty: docs/backup.md under load.

The promise, counted on both sides. Every booking before the moment is there; later ones are forgotten, and nothing more
is told of them. Of the jobs that the restored database has, those that had ended are told no more, nor are those that
were told by the notifiers' logs. Every other one is told exactly once from then on.
"""

import asyncio
import os
import sys
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from api_service.relay.reconcile import lines
from deploy.local.mailbox.faults import Fault
from tests.drills.arena import Arena
from tests.drills.backups import Backups, backups_of
from tests.drills.count import TOLD_BEFORE, message_id
from tests.support.waiting import eventually

MOMENT: Final = "before_it_happened"
WAITING: Final = 20
"""Messages that the broker has at the moment, at least: reconcile has to bring all of them back."""
_FINAL: Final = ("succeeded", "failed", "cancelled", "skipped")
Ids = frozenset[str]


async def restored(arena: Arena) -> None:
    await _restored(arena, reconciles=True)


async def restored_without_reconcile(arena: Arena) -> None:
    """The sabotage of the control."""
    await _restored(arena, reconciles=False)


@dataclass(frozen=True, slots=True)
class _Moment:
    """The appointments before and after the moment was named: bookings go on meanwhile. `waiting`: the jobs that waited
    just before."""

    before: Ids
    after: Ids
    waiting: Ids


async def _restored(arena: Arena, *, reconciles: bool) -> None:
    backups = backups_of(arena.servers)
    await arena.pause(2, 3)
    await backups.take()
    await arena.pause(2, 3)
    moment = await _moment(arena, backups)
    await arena.pause(4, 5)
    await eventually(lambda: _told_since(arena, moment), within=60, every=0.2)
    told = await _ids(arena, "SELECT id FROM jobs WHERE state = 'succeeded'")
    await backups.lose()
    arena.faults += 1
    await _everything_else_ends(arena)
    await backups.restore(MOMENT)
    found = await _forget(arena, moment, told)
    if reconciles:
        await _reconcile(arena, found)
    for keeper in arena.kept:
        keeper.call_back()


async def _moment(arena: Arena, backups: Backups) -> _Moment:
    """Names a moment at which the broker has messages, and retries are on their way. Some of both are not told before
    the loss, since their next attempt comes after it."""
    arena.world.mailbox.fail(Fault(code=450, count=5))
    await arena.pause(0.5, 1)
    for notifier in arena.notifiers:
        notifier.send_away()
    await eventually(lambda: _waiting(arena), within=20, every=0.2)
    before = await _ids(arena, "SELECT id FROM appointments")
    waiting = await _ids(arena, "SELECT id FROM jobs WHERE state = 'enqueued'")
    await backups.mark(MOMENT)
    after = await _ids(arena, "SELECT id FROM appointments")
    arena.world.mailbox.fail(Fault(code=450, count=WAITING - 5))
    for notifier in arena.notifiers:
        notifier.call_back()
    return _Moment(before, after, waiting)


async def _waiting(arena: Arena) -> bool:
    rows = await arena.world.database.fetch("SELECT FROM jobs WHERE state = 'enqueued'")
    return len(rows) >= WAITING


async def _told_since(arena: Arena, moment: _Moment) -> bool:
    """Somebody who waited at the moment, and somebody who booked after it: reconcile must find both in the logs."""
    rows = await arena.world.database.fetch("SELECT id, appointment_id FROM jobs WHERE state = 'succeeded'")
    waited = any(str(row["id"]) in moment.waiting for row in rows)
    return waited and any(str(row["appointment_id"]) not in moment.after for row in rows)


async def _everything_else_ends(arena: Arena) -> None:
    """The services are stopped, as docs/backup.md says, and the broker loses all it had."""
    for keeper in arena.kept:
        keeper.send_away()
    await eventually(lambda: not any(keeper.service.process.alive for keeper in arena.kept), within=60)
    await arena.broker.delete_vhost()
    await arena.broker.make_vhost()


@dataclass(frozen=True, slots=True)
class _Restored:
    """`states`: of every job. `mailed`: jobs that have not ended there, and that had a mail. `noted`: those of them
    that the lost database had as succeeded."""

    states: Mapping[str, str]
    mailed: Ids
    noted: Ids


async def _forget(arena: Arena, moment: _Moment, told: Ids) -> _Restored:
    """Counts what the restored database knows against what clients were answered and sent; then takes out of both
    whatever it cannot know, so that the final count is about what it knows."""
    answers, box = arena.load.answers, arena.world.mailbox.messages
    appointments = await _ids(arena, "SELECT id FROM appointments")
    states = {str(row["id"]): row["state"] for row in await arena.world.database.fetch("SELECT id, state FROM jobs")}
    arena.expect("every booking before the moment is restored", moment.before <= appointments)
    arena.expect("no booking after the moment is there", appointments <= moment.after)
    mails = [*reversed([*box.newest_first()])]
    mailed = frozenset(job for job in map(message_id, mails) if states.get(job, "succeeded") not in _FINAL)
    noted = frozenset(job for job in told if states.get(job, "succeeded") not in _FINAL)
    forgotten = answers.booked.keys() - appointments
    arena.expect("whoever the lost database had as told had got a mail", noted <= mailed)
    arena.expect("some were told between the moment and the loss", noted)
    arena.expect("some were booked between the moment and the loss", forgotten)
    arena.notes.append(f"{len(appointments)} appointments are restored, {len(forgotten)} answered bookings forgotten")
    for each in forgotten:
        del answers.booked[each]
    kept = (mail for mail in mails if states.get(message_id(mail)) == "succeeded")
    box._messages = deque(kept, maxlen=box._messages.maxlen)
    return _Restored(states, mailed, noted)


async def _reconcile(arena: Arena, found: _Restored) -> None:
    """Runs the command with the notifiers' logs. Its numbers must be those of the database and of the mailbox."""
    logs = [keeper.log for keeper in arena.notifiers]
    status, said = await _command(arena, *(word for log in logs for word in ("--told", str(log))))
    rows = await arena.world.database.fetch("SELECT id, kind, reason FROM jobs")
    settled = {str(row["id"]) for row in rows if row["reason"] == TOLD_BEFORE}
    lost = Counter(
        (row["kind"], found.states[str(row["id"])])
        for row in rows
        if found.states[str(row["id"])] in ("enqueued", "retrying") and str(row["id"]) not in settled
    )
    arena.expect("whatever the lost database had as told is not told again", found.noted <= settled)
    arena.expect("whatever is not told again had a mail", settled <= found.mailed)
    arena.expect("it asks a person to look at forgotten bookings", status == os.EX_DATAERR)
    expected = [f"{len(settled)} jobs were told before the restore, and are not told again", *lines(lost, Counter())]
    arena.expect(f"it says {expected}, and not {said}", all(each in said for each in expected))
    arena.expect("the broker's messages are to be published again", lost.total() >= WAITING / 2)
    arena.notes.append(f"{len(settled)} jobs are not told again by the logs, {len(found.mailed - settled)} are")
    arena.notes.append(f"reconcile: {'; '.join(each.strip() for each in lines(lost, Counter()))}")


async def _command(arena: Arena, *options: str) -> tuple[int | None, list[str]]:
    """The exit status and the lines of `api-service reconcile`."""
    process = await asyncio.create_subprocess_exec(
        *(str(Path(sys.executable).parent / "api-service"), "reconcile", *options),
        env=arena.world.environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    return process.returncode, out.decode().splitlines()


async def _ids(arena: Arena, statement: str) -> Ids:
    rows: list[Any] = await arena.world.database.fetch(statement)
    return frozenset(str(row["id"]) for row in rows)
