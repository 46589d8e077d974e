"""At most so many e-mails an hour to one address, whoever sends them."""

import asyncio
from datetime import timedelta
from itertools import pairwise
from uuid import UUID

import pytest

from notifier_service.turns import HOUR, Allowance, MailTurns
from shared.database import Database
from tests.support.factories import a_job, an_appointment
from tests.support.waiting import eventually


async def jobs(database: Database, count: int, client: str = "c", email: str = "c@patients.example") -> list[UUID]:
    await database.execute("INSERT INTO clients (id, email) VALUES ($1, $2) ON CONFLICT DO NOTHING", client, email)
    appointment = await an_appointment(database)
    return [(await a_job(database, appointment_id=appointment, client_id=client)).job_id for _ in range(count)]


def turns(database: Database, per_hour: int | None) -> MailTurns:
    return MailTurns(database, per_hour, jitter=lambda: 0.0)


@pytest.mark.parametrize("per_hour", [1, 2, 3, 4, 7, 100])
async def test_no_hour_has_more_whenever_it_begins(database: Database, per_hour: int) -> None:
    asked = await jobs(database, per_hour + per_hour // 2 + 3)
    waits = await turns(database, per_hour).take(asked)
    moments = sorted(round(waits.get(job, 0.0), 3) for job in asked)
    assert moments[0] == 0
    for start in moments:
        within = [moment for moment in moments if start <= moment < start + HOUR - 0.01]
        assert len(within) <= per_hour, (start, moments[45:55], within[-3:])
    assert per_hour == 1 or moments[per_hour - 1] < HOUR, "it lets through what it may"


async def test_many_workers_share_one_allowance(database: Database) -> None:
    asked = await jobs(database, 40)
    workers = [turns(database, 10) for _ in range(4)]
    batches = [asked[n : n + 4] for n in range(0, 40, 4)]
    answers = await asyncio.gather(*(workers[n % 4].take(batch) for n, batch in enumerate(batches)))
    waits = sorted(wait for answer in answers for wait in answer.values())
    assert len(asked) - len(waits) == 5
    ahead = [wait for wait in waits if wait != HOUR / 2]
    assert all(later - earlier > Allowance.of(10).gap * 0.9 for earlier, later in pairwise(ahead))


async def test_a_job_counts_once_and_comes_when_its_turn_has_come(database: Database) -> None:
    first, second = await jobs(database, 2)
    ours = turns(database, 1)
    assert await ours.take([first]) == {}
    assert list(await ours.take([second])) == [second]
    assert await ours.take([first]) == {}, "it has its turn, and is only tried again"
    assert list(await ours.take([second])) == [second]
    await database.execute("UPDATE jobs SET mail_turn = now() WHERE id = $1", second)
    assert await ours.take([second]) == {}


async def test_addresses_do_not_wait_for_each_other_and_case_is_no_difference(database: Database) -> None:
    one = await jobs(database, 1)
    same = await jobs(database, 1, "d", "C@Patients.Example")
    other = await jobs(database, 1, "e", "e@patients.example")
    waits = await turns(database, 1).take([*one, *same, *other])
    assert len(waits) == 1
    assert not set(waits) & set(other)
    stored = await database.fetch("SELECT * FROM mail_turns")
    assert len(stored) == 2
    assert b"example" not in b"".join(row["address"] for row in stored)


async def test_a_flood_leaves_no_debt_of_days(database: Database) -> None:
    ours = turns(database, 2)
    for job in await jobs(database, 30):
        await ours.take([job])
    [row] = await database.fetch("SELECT max(taken_until) - now() AS debt FROM mail_turns")
    assert row["debt"] < timedelta(hours=3)
    [row] = await database.fetch("SELECT count(*) AS uncounted FROM jobs WHERE mail_turn IS NULL")
    assert row["uncounted"] > 20


async def test_without_a_limit_nothing_is_asked_or_kept(database: Database) -> None:
    assert await turns(database, None).take(await jobs(database, 3)) == {}
    assert not await database.fetch("TABLE mail_turns")


async def test_what_is_over_is_forgotten(database: Database) -> None:
    ours = turns(database, 1)
    await ours.take(await jobs(database, 1))
    await database.execute("UPDATE mail_turns SET taken_until = now() - interval '1 second'")
    forgetting = asyncio.create_task(ours.run())

    async def forgotten() -> bool:
        return not await database.fetch("TABLE mail_turns")

    await eventually(forgotten)
    forgetting.cancel()
    await asyncio.gather(forgetting, return_exceptions=True)
