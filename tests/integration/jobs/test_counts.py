"""What is counted about jobs is what a count of the whole table would say."""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.database import Database, leader
from shared.jobs import counts as job_counts
from shared.jobs import store as job_store
from shared.jobs.model import FINAL, Kind, State
from shared.jobs.store import Finish, Outcome
from tests.support.factories import a_claim_request, a_job, an_appointment
from tests.support.rows import appointments_are_over, let_leases_lapse

HOUR = timedelta(hours=1)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


async def the_truth(database: Database) -> dict[State, int]:
    rows = await database.fetch("SELECT state, count(*) FROM jobs GROUP BY state")
    return dict.fromkeys(State, 0) | {State(row[0]): row[1] for row in rows}


async def ended(database: Database, unit: job_counts.Unit = "minute") -> dict[tuple[State, str], int]:
    """All that ever ended, by state and kind."""
    totals: dict[tuple[State, str], int] = {}
    for each in await job_counts.throughput(database, unit, since=LONG_AGO):
        totals[each.state, each.kind] = totals.get((each.state, each.kind), 0) + each.jobs
    return totals


async def some_jobs_end(database: Database, count: int, *, outcome: Outcome = Outcome.SUCCEEDED) -> None:
    appointment = await an_appointment(database)
    tickets = [await a_job(database, appointment_id=appointment) for _ in range(count)]
    await job_store.claim(database, [a_claim_request(each) for each in tickets], owner="worker", lease=30)
    await job_store.finish(database, [Finish(each.job_id, 1, outcome) for each in tickets], owner="worker")


async def test_after_random_commands_the_counts_are_those_of_the_table(database: Database) -> None:
    chance = random.Random(20261124)
    appointment = await an_appointment(database)
    tickets = [
        await a_job(
            database, chance.choice(list(Kind)), appointment_id=appointment, due_in=chance.choice([None, -HOUR])
        )
        for _ in range(40)
    ]

    async def step() -> None:
        some = chance.sample(tickets, 8)
        rows = await database.fetch("SELECT id, attempt FROM jobs WHERE id = ANY ($1)", [each.job_id for each in some])
        attempts: dict[Any, int] = {row["id"]: row["attempt"] for row in rows}
        known = [each for each in some if each.job_id in attempts]
        match chance.randrange(6):
            case 0 | 1:
                requests = [a_claim_request(each, attempt=attempts[each.job_id]) for each in known]
                await job_store.claim(database, requests, owner="worker", lease=30)
            case 2:
                outcome = chance.choice(list(Outcome))
                ends = [Finish(job_id, attempt, outcome, delay=0.0) for job_id, attempt in attempts.items()]
                await job_store.finish(database, ends, owner="worker")
            case 3:
                await job_store.cancel(database, list(attempts)[:1], reason="by hand")
            case 4:
                await job_store.requeue(database, list(attempts))
            case 5:
                await let_leases_lapse(database)
                await job_store.recover_expired_leases(database, limit=2)

    for number in range(150):
        await step()
        if number % 10 == 0:
            await job_counts.roll_up(database, limit=7)
        if number % 30 == 0:
            assert await job_counts.by_state(database) == await the_truth(database)
    truth = await the_truth(database)
    assert sum(truth[state] for state in FINAL) > 0
    await appointments_are_over(database)
    await job_store.prune(database, finished=0, failed=0, limit=10)
    assert await job_counts.by_state(database) == await the_truth(database)


async def test_a_roll_up_changes_no_answer(database: Database) -> None:
    await some_jobs_end(database, 3)
    await some_jobs_end(database, 2, outcome=Outcome.FAILED)
    expected = {(State.SUCCEEDED, Kind.CREATED): 3, (State.FAILED, Kind.CREATED): 2}
    assert await ended(database, "minute") == await ended(database, "hour") == expected

    while await job_counts.roll_up(database, limit=1):
        assert await ended(database, "minute") == await ended(database, "hour") == expected
        assert await job_counts.standing(database) == expected

    assert not await database.fetch("SELECT FROM job_changes")


async def test_roll_ups_beside_each_other_count_nothing_twice(database: Database) -> None:
    for _ in range(30):
        await some_jobs_end(database, 1)

    taken = await asyncio.gather(*(job_counts.roll_up(database, limit=5) for _ in range(12)))

    while await job_counts.roll_up(database, limit=5):
        pass
    assert sum(taken) <= 30
    assert await ended(database) == {(State.SUCCEEDED, Kind.CREATED): 30}


async def test_an_update_that_leaves_jobs_in_their_final_state_is_no_end(database: Database) -> None:
    await some_jobs_end(database, 3)
    await job_counts.roll_up(database, limit=100)

    await database.execute("UPDATE jobs SET finished_at = finished_at - interval '1 year'")
    await database.execute("UPDATE jobs SET lease_owner = NULL")

    assert not await database.fetch("SELECT FROM job_changes")
    assert await ended(database) == {(State.SUCCEEDED, Kind.CREATED): 3}


async def test_pruned_jobs_leave_the_states_but_not_the_throughput(database: Database) -> None:
    await some_jobs_end(database, 4)
    await job_counts.roll_up(database, limit=100)

    await appointments_are_over(database)
    assert (await job_store.prune(database, finished=0, failed=0, limit=3)).removed == 3

    assert (await job_counts.by_state(database))[State.SUCCEEDED] == 1
    assert sum((await ended(database)).values()) == 4


async def test_buckets_begin_with_their_minute_and_old_ones_are_forgotten(database: Database) -> None:
    await some_jobs_end(database, 1)
    await database.execute("UPDATE job_changes SET at = '2026-11-01 10:20:30+00'")
    [minute] = await job_counts.throughput(database, "minute", since=LONG_AGO)
    [hour] = await job_counts.throughput(database, "hour", since=LONG_AGO)
    assert minute.begins == datetime(2026, 11, 1, 10, 20, tzinfo=UTC)
    assert hour.begins == datetime(2026, 11, 1, 10, tzinfo=UTC)
    assert not await job_counts.throughput(database, "hour", since=datetime(2026, 11, 1, 11, tzinfo=UTC))

    await job_counts.roll_up(database, limit=10)
    await database.execute("UPDATE job_throughput SET bucket = now() - interval '3 days'")
    await job_counts.forget(database)

    assert not await job_counts.throughput(database, "minute", since=LONG_AGO)
    assert len(await job_counts.throughput(database, "hour", since=LONG_AGO)) == 1


async def test_the_oldest_due_job_is_found_in_every_live_state(database: Database) -> None:
    assert await job_counts.oldest_due_age(database) == 0
    await a_job(database, Kind.REMINDER, due_in=HOUR)
    assert await job_counts.oldest_due_age(database) == 0
    for age, state in enumerate(("scheduled", "enqueued", "retrying", "processing"), start=1):
        ticket = await a_job(database)
        await database.execute(
            "UPDATE jobs SET state = $2, due_at = now() - make_interval(mins => $3) WHERE id = $1",
            ticket.job_id,
            state,
            age,
        )
        assert age * 60 <= await job_counts.oldest_due_age(database) < age * 60 + 30


async def test_a_mail_that_waits_for_its_turn_is_not_late_before_it(database: Database) -> None:
    ticket = await a_job(database)
    await database.execute(
        "UPDATE jobs SET due_at = now() - interval '1 hour', mail_turn = now() + interval '20 minutes',"
        " publish_after = now() + interval '20 minutes' WHERE id = $1",
        ticket.job_id,
    )
    assert await job_counts.oldest_due_age(database) == 0
    await database.execute("UPDATE jobs SET mail_turn = now() - interval '10 s', publish_after = now()")
    assert 10 <= await job_counts.oldest_due_age(database) < 60


async def test_one_holder_leads_until_its_time_runs_out_or_it_resigns(database: Database) -> None:
    async def take(holder: str, seconds: float = 30) -> bool:
        return await leader.lead(database, "census", holder=holder, seconds=seconds)

    assert sum(await asyncio.gather(*(take(str(number)) for number in range(10)))) == 1
    await database.execute("DELETE FROM duties")
    assert await take("one")
    assert await take("one")
    assert not await take("two")
    await leader.resign(database, "census", holder="two")
    assert not await take("two")
    await leader.resign(database, "census", holder="one")
    assert await take("two")
    await database.execute("UPDATE duties SET until = now() - interval '1 s'")
    assert await take("one")
