"""Whatever interleaves, nothing is claimed that is older than what the client was told, and no mail goes out after a
newer one; no reminder once its appointment has begun. Random waves of moves, cancellations, refusals, requeues, late
deliveries, duplicates and lost workers against the real database."""

import random
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from shared.database import Database
from shared.ids import new_id
from shared.jobs import store as job_store
from shared.jobs.model import Kind
from shared.jobs.store import NewJob, Verdict
from tests.integration.reminders.changing import OFFSET, Changing, is_told_by, trouble
from tests.support.factories import a_claim_request, an_appointment
from tests.support.shortened import shortened


async def a_booking(database: Database, chance: random.Random) -> Changing:
    """An appointment with its confirmation and its reminder, in three hours."""
    appointment_id = await an_appointment(database, starts_in=timedelta(hours=3))
    changing = Changing(database, appointment_id, chance)
    await changing.watch()
    await database.execute("UPDATE appointments SET ends_at = starts_at + interval '30 min'")
    starts = datetime.now(UTC) + timedelta(hours=3)
    jobs = [NewJob(new_id(), Kind.CREATED, None), NewJob(new_id(), Kind.REMINDER, starts - OFFSET, starts)]
    await job_store.create(database, jobs, appointment_id=appointment_id, client_id="c")
    return changing


@pytest.mark.parametrize("seed", shortened(range(30), to=5))
async def test_nothing_older_than_what_the_client_was_told_is_claimed_or_sent(database: Database, seed: int) -> None:
    changing = await a_booking(database, random.Random(seed))
    await trouble(changing)
    await changing.come_to_rest()

    edition = await changing.editions()
    late = [(edition[job], told) for job, told in changing.claimed if edition[job] < told]
    assert not late, f"seed {seed}: claimed (edition, told before): {late}"
    order = [edition[job] for job in changing.mails]
    assert order == sorted(order), f"seed {seed}: mails went out in the order {order}"
    kind = await changing.kinds()
    told = [edition[job] for job in changing.mails if is_told_by(kind[job])]
    assert told[-1] == await changing.newest_edition(), f"seed {seed}: the last change was never told"


async def test_no_reminder_is_claimed_once_the_appointment_has_begun(database: Database) -> None:
    appointment = await an_appointment(database, starts_in=timedelta(seconds=-1))
    now = datetime.now(UTC)
    job = job_store.NewJob(UUID(int=1), Kind.REMINDER, now + timedelta(days=1), now)
    [(ticket, _)] = await job_store.create(database, [job], appointment_id=appointment, client_id="c")
    await database.execute("UPDATE jobs SET due_at = now() - interval '1 hour'")

    [claim] = await job_store.claim(database, [a_claim_request(ticket)], owner="worker", lease=30)

    assert claim.verdict is Verdict.TOO_LATE
    assert not await database.fetch("SELECT FROM in_app_notifications")
