"""Parked mails wait in the table, and are released in the order of their visits."""

import asyncio
from datetime import timedelta
from uuid import UUID

from shared.database import Database
from shared.jobs import store as job_store
from shared.jobs.model import Kind, Priority, Ticket
from shared.jobs.process_heartbeats import ProcessHeartbeat, Role, Vitals
from shared.jobs.store import Finish, Outcome
from tests.support.factories import a_claimed_job, a_job, an_appointment, the_row
from tests.support.rows import nobody_falls_silent

HIGH, NORMAL = Priority.HIGH, Priority.NORMAL
LEASE = 600.0
"""Seconds; no test takes so long."""


async def a_parked_mail(
    database: Database, kind: Kind = Kind.CREATED, *, starts_in: timedelta = timedelta(days=1), delay: float = 0.0
) -> UUID:
    """It comes back in `delay` seconds."""
    appointment = await an_appointment(database, starts_in=starts_in)
    ticket = await a_claimed_job(database, kind=kind, appointment_id=appointment)
    parked = Finish(ticket.job_id, ticket.attempt + 1, Outcome.PARKED, delay=delay, error="x", away=True)
    assert await job_store.finish(database, [parked], owner="worker")
    return ticket.job_id


async def a_held_mail(database: Database, kind: Kind = Kind.CREATED, *, hours: float = 24) -> UUID:
    """Its visit begins in so many hours."""
    job_id = await a_parked_mail(database, kind, starts_in=timedelta(hours=hours))
    await sweep(database)
    return job_id


async def sweep(database: Database) -> list[UUID]:
    return [ticket.job_id for ticket in await job_store.take_due(database, limit=100, lease=LEASE)]


async def release(
    database: Database, queue: Priority = HIGH, *, limit: int = 100, answers: bool = True
) -> list[Ticket]:
    return await job_store.release_parked(database, queue, limit=limit, answers=answers, lease=LEASE)


async def released(database: Database, queue: Priority = HIGH, *, limit: int = 100, answers: bool = True) -> list[UUID]:
    return [ticket.job_id for ticket in await release(database, queue, limit=limit, answers=answers)]


async def test_the_sweep_holds_parked_mails_and_publishes_all_others(database: Database) -> None:
    parked = await a_parked_mail(database)
    other = await a_job(database)
    await database.execute("UPDATE jobs SET publish_after = now() WHERE id = $1", other.job_id)

    assert await sweep(database) == [other.job_id]

    row = await the_row(database, parked)
    assert (row["state"], row["published_at"]) == ("scheduled", None)
    delay = await job_store.seconds_until_due(database)
    assert delay is not None
    assert delay > 5  # nothing is left that the sweep would spin for


async def test_the_nearest_visit_goes_first_whatever_was_parked_first(database: Database) -> None:
    hours = [5, 1, 3, 0.1, 4, 2]
    jobs = {each: await a_held_mail(database, hours=each) for each in hours}

    first = await released(database, limit=2)
    others = await released(database)

    assert first + others == [jobs[each] for each in sorted(hours)]
    assert await released(database) == []


async def test_a_released_mail_that_nobody_confirms_is_held_again(database: Database) -> None:
    job_id = await a_held_mail(database)
    [ticket] = await release(database)
    assert await sweep(database) == []
    await database.execute("UPDATE jobs SET publish_after = now()")  # as when its time has passed
    assert await sweep(database) == []
    assert await released(database) == [job_id]
    assert await job_store.mark_enqueued(database, [ticket]) == 1
    assert await released(database) == []


async def test_a_mail_keeps_the_pause_that_its_refusal_has_given_it(database: Database) -> None:
    """A server may refuse one mail for minutes, while it takes all others."""
    await a_parked_mail(database, delay=200.0)
    await sweep(database)
    assert await released(database) == []


async def test_each_queue_is_released_for_itself(database: Database) -> None:
    high, normal = await a_held_mail(database), await a_held_mail(database, Kind.REMINDER)
    assert (await released(database, HIGH), await released(database, NORMAL)) == ([high], [normal])


async def test_two_relays_never_release_the_same_mail(database: Database) -> None:
    jobs = {await a_held_mail(database) for _ in range(10)}
    found = await asyncio.gather(*(released(database, limit=10) for _ in range(3)))
    assert sorted(each for batch in found for each in batch) == sorted(jobs)


async def test_while_no_server_takes_mail_all_have_their_turn(database: Database) -> None:
    nearest, farther = [await a_held_mail(database, hours=each) for each in (1, 2)]
    assert await released(database, limit=1, answers=False) == [nearest]  # the one that was tried first
    assert await released(database, limit=1, answers=False) == [farther]


async def test_a_cancelled_or_started_mail_is_not_released(database: Database) -> None:
    for state in ("cancelled", "processing", "enqueued"):
        job_id = await a_held_mail(database)
        await database.execute("UPDATE jobs SET state = $2 WHERE id = $1", job_id, state)
    assert await released(database) == []


async def test_servers_answer_by_the_word_of_a_notifier_that_serves(database: Database) -> None:
    async def answers() -> bool | None:
        return (await job_store.parked_standing(database)).answers

    assert await answers() is None  # nobody says anything
    away = ProcessHeartbeat(database, Role.NOTIFIER, lambda: Vitals(mail_server="it is away"), process="away:1")
    await away.beat()
    await nobody_falls_silent(database)
    assert await answers() is False
    other = ProcessHeartbeat(database, Role.NOTIFIER, Vitals, process="serves:1")
    await other.beat()
    await nobody_falls_silent(database)
    assert await answers()
    await other.stopping()
    await nobody_falls_silent(database)
    assert await answers() is False
    await database.execute("UPDATE process_heartbeats SET seen_at = now() - interval '1 minute'")
    assert await answers() is None


async def test_the_standing_says_whether_mails_are_parked_and_the_pace(database: Database) -> None:
    standing = await job_store.parked_standing(database)
    assert (standing.any_parked, standing.pace) == (False, None)
    await a_held_mail(database)
    await database.execute("INSERT INTO parked_release (per_second, set_by, reason) VALUES (2.5, 'o', '')")
    standing = await job_store.parked_standing(database)
    assert (standing.any_parked, standing.pace) == (True, 2.5)
