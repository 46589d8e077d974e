"""A mail server that answers and takes nothing, or answers too late."""

import asyncio
from typing import Final

from deploy.local.mailbox.faults import Fault, Stage
from tests.drills.arena import Arena
from tests.drills.recovery import Recovery

USED: Final = 40
"""Retries that may be used up while it is found out that the server refuses everybody: of all jobs, in all moods."""
SLOW: Final = 3.0
"""Seconds of a 250 that comes after SMTP_END_OF_DATA_TIMEOUT."""


async def for_everybody(arena: Arena) -> None:
    """One reply for every recipient, for a while: at the end of the data, at RCPT, at MAIL."""
    for code, stage in ((451, Stage.END_OF_DATA), (451, Stage.RCPT), (452, Stage.MAIL)):
        await arena.pause(2, 3)
        arena.world.mailbox.fail(Fault(code=code, stage=stage))
        arena.faults += 1
        await asyncio.sleep(10)
        await arena.world.mailbox.recover()
        await Recovery(arena).measured()


async def no_retries_were_used(arena: Arena) -> None:
    """Hundreds of mails wait behind such a server; only those that found out have used a retry."""
    row = await arena.world.database.fetchrow(
        "SELECT sum(retries)::int AS retries, count(*) FILTER (WHERE retries > 0) AS used, count(*) AS jobs,"
        " max(retries) AS most FROM jobs"
    )
    assert row is not None
    arena.notes.append(f"{row['retries']} retries used, by {row['used']} of {row['jobs']} jobs, {row['most']} by one")
    arena.expect(f"a server that refuses everybody burns no retries ({row['retries']})", row["retries"] <= USED)


async def late_answers(arena: Arena) -> None:
    """Every message is taken, and its 250 comes when nobody waits for it any more."""
    await arena.pause(2, 3)
    arena.world.mailbox.fail(Fault(stage=Stage.AFTER_ACCEPT, delay=SLOW))
    arena.faults += 1
    await asyncio.sleep(20)
    await arena.world.mailbox.recover()


async def a_mail_an_attempt(arena: Arena) -> None:
    """At most one mail an attempt, and no more attempts that may have sent it than there are retries."""
    steps = len(arena.world.environment["RETRY_STEPS"].split(","))
    rows = await arena.world.database.fetch(
        "SELECT job_id::text, count(*) AS attempts FROM job_attempts WHERE outcome <> 'parked' GROUP BY job_id"
    )
    most = max((row["attempts"] for row in rows), default=0)
    mails = max(_mails(arena).values(), default=0)
    arena.notes.append(f"at most {mails} mails and {most} attempts a job, with {steps} retries")
    arena.expect("some mails were sent more than once", mails > 1)
    arena.expect(f"no more than one mail an attempt that retries allow ({mails})", mails <= steps + 1)
    arena.expect(f"no more attempts than retries allow ({most})", most <= steps + 1)


def _mails(arena: Arena) -> dict[str, int]:
    """How many mails each Message-ID had."""
    times: dict[str, int] = {}
    for mail in arena.world.mails():
        key = str(mail["headers"]["Message-ID"])
        times[key] = times.get(key, 0) + 1
    return times
