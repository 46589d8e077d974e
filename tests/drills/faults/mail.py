"""The mail server: away, in every bad mood, refusing for good."""

import asyncio
import time
from typing import Final

from deploy.local.mailbox.faults import Fault, Stage
from tests.drills.arena import Arena, is_quiet
from tests.support.waiting import eventually

AWAY: Final = 60.0
"""Seconds that the mail server is down."""
OPEN: Final = "punctual_smtp_circuit_open"


async def down(arena: Arena) -> None:
    """For a minute: the circuit opens, in-app notifications go on, mails wait uncounted and return at a ramp."""
    await arena.pause(2, 3)
    mailbox = arena.world.mailbox
    mailbox.fail(Fault(down=True))
    began = time.monotonic()
    arena.faults += 1
    accepted = mailbox.messages.accepted
    await eventually(lambda: _circuits(arena, 1.0), within=AWAY)
    arena.notes.append(f"circuits open after {time.monotonic() - began:.1f} s")
    told = await _told(arena)
    await asyncio.sleep(max(began + AWAY - time.monotonic(), 0))
    told = await _told(arena) - told
    arena.expect("in-app notifications went on", told)
    arena.expect("no mail went out meanwhile", mailbox.messages.accepted == accepted)
    await mailbox.recover()
    await eventually(lambda: _circuits(arena, 0.0), within=30)


async def nothing_was_counted(arena: Arena) -> None:
    """Of hundreds of mails behind an outage, only those that found out have used a retry."""
    row = await arena.world.database.fetchrow(
        "SELECT count(*) FILTER (WHERE retries > 0) AS used, count(*) AS jobs,"
        " (SELECT count(*) FROM job_attempts WHERE outcome = 'parked') AS parked FROM jobs"
    )
    assert row is not None
    arena.notes.append(f"parked {row['parked']} times, retries used by {row['used']} of {row['jobs']} jobs")
    arena.expect("mails were parked", row["parked"])
    arena.expect(f"an outage uses up no retries ({row['used']})", row["used"] <= 12)


async def moody(arena: Arena) -> None:
    """Every kind of passing trouble, at every stage."""
    moods = [
        *(Fault(code=code, count=2) for code in (421, 450, 451, 452)),
        *(Fault(code=421, stage=stage, count=2) for stage in (Stage.CONNECT, Stage.MAIL, Stage.RCPT, Stage.DATA)),
        *(Fault(code=code, stage=Stage.RCPT, count=2) for code in (450, 452)),
        *(Fault(drop=stage, count=2) for stage in (Stage.CONNECT, Stage.RCPT, Stage.DATA, Stage.AFTER_ACCEPT)),
        *(Fault(hang=stage, count=1) for stage in (Stage.EHLO, Stage.END_OF_DATA, Stage.AFTER_ACCEPT)),
        *(Fault(stage=Stage.CONNECT, delay=delay, count=2) for delay in (0.7, 2.0)),
    ]
    arena.chance.shuffle(moods)
    for mood in moods:
        await arena.pause(0.3, 1.0)
        arena.world.mailbox.fail(mood)
        arena.faults += 1
    await arena.pause(1, 2)
    await arena.world.mailbox.recover()


async def refusing(arena: Arena) -> None:
    """550 and 553 for some, in the middle of pipelined sessions: those fail at once, alone, and open no circuit."""
    for code, stage in ((550, Stage.RCPT), (553, Stage.END_OF_DATA), (550, Stage.END_OF_DATA), (553, Stage.RCPT)):
        await arena.pause(1, 2)
        arena.world.mailbox.fail(Fault(code=code, stage=stage, count=8))
        arena.faults += 1
    await eventually(lambda: not arena.world.mailbox.faults.to_json(), within=30)
    arena.expect("refused recipients opened no circuit", await _circuits(arena, 0.0))


async def requeued_by_hand(arena: Arena) -> None:
    """What was refused waits as failed, each with its reply, until an operator gives it another life."""
    rows = await arena.world.database.fetch(
        "SELECT a.reply_code FROM job_attempts a JOIN jobs j ON j.id = a.job_id WHERE j.state = 'failed'"
    )
    arena.notes.append(f"failed at once: {len(rows)}")
    arena.expect("32 were refused for good", sorted({row[0] for row in rows}) == [550, 553] and len(rows) == 32)
    operator = arena.world.operator(arena.apis[0].service)
    answer = await operator("POST", "/api/ops/jobs/requeue", {"all": True, "perSecond": 20})
    arena.expect(f"all were requeued: {answer.body}", answer.body["matched"] == answer.body["requeued"] == 32)
    await eventually(lambda: is_quiet(arena.world), within=60, every=0.2)


async def _circuits(arena: Arena, state: float) -> bool:
    return all([await each.service.metric(OPEN) == state for each in arena.notifiers])


async def _told(arena: Arena) -> int:
    return len(await arena.world.database.fetch("SELECT FROM in_app_notifications"))
