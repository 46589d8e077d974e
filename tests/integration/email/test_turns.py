"""At most so many e-mails an hour to one address, whoever sends them."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

import pytest

from notifier_service.channels.email.channel import rules
from notifier_service.channels.email.recipient_limit import HOUR, RecipientLimit, allowance
from shared.database import Database
from shared.jobs import store as job_store
from shared.jobs.model import Ticket
from shared.jobs.store import Claimed, Finish, Outcome
from tests.support.databases import blocked
from tests.support.factories import a_claim_request, a_job, an_appointment
from tests.support.rows import a_client
from tests.support.waiting import eventually


async def jobs(database: Database, count: int, client: str = "c", email: str = "c@patients.example") -> list[Ticket]:
    await a_client(database, client, email)
    appointment = await an_appointment(database)
    return [await a_job(database, appointment_id=appointment, client_id=client) for _ in range(count)]


def turns(database: Database, per_hour: int | None) -> RecipientLimit:
    return RecipientLimit(database, per_hour, jitter=lambda: 0.0)


async def waits(
    database: Database, asked: Sequence[Ticket], per_hour: int | None, *, attempt: int = 0
) -> dict[Ticket, float]:
    """Claims them as a notifier does; the seconds to wait of those whose mail has to."""
    ours = turns(database, per_hour)
    requests = [a_claim_request(ticket, attempt=attempt) for ticket in asked]
    claims = await job_store.claim(database, requests, owner="worker", lease=30, rules=rules(ours))
    claimed = [claim for claim in claims if isinstance(claim, Claimed)]
    found = {ticket: ours.wait(claim) for ticket, claim in zip(asked, claimed, strict=True)}
    return {ticket: wait for ticket, wait in found.items() if wait}


async def park(database: Database, ticket: Ticket, attempt: int) -> None:
    await job_store.finish(database, [Finish(ticket.job_id, attempt, Outcome.PARKED, delay=0.0)], owner="worker")


@pytest.mark.parametrize("per_hour", [1, 2, 3, 4, 7, 100])
async def test_no_hour_has_more_whenever_it_begins(database: Database, per_hour: int) -> None:
    asked = await jobs(database, per_hour + per_hour // 2 + 3)
    waiting = await waits(database, asked, per_hour)
    moments = sorted(round(waiting.get(job, 0.0), 3) for job in asked)
    assert moments[0] == 0
    for start in moments:
        within = [moment for moment in moments if start <= moment < start + HOUR - 0.01]
        assert len(within) <= per_hour, (start, moments[45:55], within[-3:])
    assert per_hour == 1 or moments[per_hour - 1] < HOUR, "it lets through what it may"


async def test_many_workers_share_one_allowance(database: Database) -> None:
    asked = await jobs(database, 40)
    batches = [asked[n : n + 4] for n in range(0, 40, 4)]
    answers = await asyncio.gather(*(waits(database, batch, 10) for batch in batches))
    waiting = sorted(wait for answer in answers for wait in answer.values())
    assert len(asked) - len(waiting) == 5
    ahead = [wait for wait in waiting if wait != HOUR / 2]
    assert all(later - earlier > allowance(10).gap * 0.9 for earlier, later in pairwise(ahead))


async def test_a_job_counts_once_and_comes_when_its_turn_has_come(database: Database) -> None:
    first, second = await jobs(database, 2)
    assert await waits(database, [first], 1) == {}
    assert list(await waits(database, [second], 1)) == [second]
    await park(database, first, 1)
    assert await waits(database, [first], 1, attempt=1) == {}, "it has its turn, and is only tried again"
    await park(database, second, 1)
    assert list(await waits(database, [second], 1, attempt=1)) == [second]
    await park(database, second, 2)
    await database.execute("UPDATE jobs SET mail_turn = now() WHERE id = $1", second.job_id)
    assert await waits(database, [second], 1, attempt=2) == {}


async def test_a_claim_that_waits_for_a_row_still_takes_its_turn(database: Database) -> None:
    first, second = await jobs(database, 2)
    async with database.transaction() as session:
        await job_store.mark_enqueued(session, [first, second])
        racing = asyncio.create_task(waits(database, [first, second], 1))
        await blocked(database)
    assert list(await racing) == [second]
    [row] = await database.fetch("SELECT count(*) AS given FROM jobs WHERE mail_turn IS NOT NULL")
    assert row["given"] == 2


async def test_workers_that_claim_different_jobs_of_the_same_addresses_do_not_deadlock(database: Database) -> None:
    ours = [job for n in range(10) for job in await jobs(database, 2, f"c{n}", f"{n}@patients.example")]
    batches = ours[::2], ours[1::2][::-1]
    for _ in range(5):
        await asyncio.gather(*(waits(database, batch, 100) for batch in batches))
        await database.execute("UPDATE jobs SET state = 'scheduled', attempt = 0, mail_turn = NULL")
    [row] = await database.fetch("SELECT count(*) AS addresses FROM mail_turns")
    assert row["addresses"] == 10


async def test_who_gets_no_mail_takes_no_turn(database: Database) -> None:
    await a_client(database, "n", None)
    appointment = await an_appointment(database)
    nobody = await a_job(database, appointment_id=appointment, client_id="n")
    late = await a_job(database, appointment_id=appointment, expires_in=timedelta(seconds=-1))
    assert await waits(database, [nobody], 1) == {}
    ours = rules(turns(database, 1))
    [claim] = await job_store.claim(database, [a_claim_request(late)], owner="worker", lease=30, rules=ours)
    assert claim.verdict == "too_late"
    assert not await database.fetch("TABLE mail_turns")


async def test_addresses_do_not_wait_for_each_other_and_case_is_no_difference(database: Database) -> None:
    one = await jobs(database, 1)
    same = await jobs(database, 1, "d", "C@Patients.Example")
    other = await jobs(database, 1, "e", "e@patients.example")
    waiting = await waits(database, [*one, *same, *other], 1)
    assert len(waiting) == 1
    assert not set(waiting) & set(other)
    stored = await database.fetch("SELECT * FROM mail_turns")
    assert len(stored) == 2
    assert b"example" not in b"".join(row["address"] for row in stored)


async def test_a_flood_leaves_no_debt_of_days(database: Database) -> None:
    for job in await jobs(database, 30):
        await waits(database, [job], 2)
    [row] = await database.fetch("SELECT max(taken_until) - now() AS debt FROM mail_turns")
    assert row["debt"] < timedelta(hours=3)
    [row] = await database.fetch("SELECT count(*) AS uncounted FROM jobs WHERE mail_turn IS NULL")
    assert row["uncounted"] > 20


async def test_without_a_limit_nothing_is_asked_or_kept(database: Database) -> None:
    assert await waits(database, await jobs(database, 3), None) == {}
    assert not await database.fetch("TABLE mail_turns")


async def test_what_is_over_is_forgotten(database: Database) -> None:
    await waits(database, await jobs(database, 1), 1)
    await database.execute("UPDATE mail_turns SET taken_until = now() - interval '1 second'")
    forgetting = asyncio.create_task(turns(database, 1).run())

    async def forgotten() -> bool:
        return not await database.fetch("TABLE mail_turns")

    await eventually(forgotten)
    forgetting.cancel()
    await asyncio.gather(forgetting, return_exceptions=True)
