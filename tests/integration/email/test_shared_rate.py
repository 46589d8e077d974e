"""One e-mail rate for all notifiers together, held in PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from time import monotonic

from notifier_service.channels.email.shared_rate import BURST, CHUNK, SharedRateLimit
from shared.database import Database
from shared.jobs.model import Priority
from tests.support.waiting import eventually

RATE = 30.0


@asynccontextmanager
async def notifiers(database: Database, count: int, rate: float = RATE) -> AsyncIterator[Sequence[SharedRateLimit]]:
    limits = [SharedRateLimit(database, rate) for _ in range(count)]
    running = [asyncio.create_task(limit.run()) for limit in limits]
    try:
        yield limits
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def send(limit: SharedRateLimit, sent: list[float], mails: int) -> None:
    for _ in range(mails):
        await limit.acquire(Priority.NORMAL)
        sent.append(monotonic())


async def test_three_notifiers_together_send_no_more_than_the_rate(database: Database) -> None:
    sent: list[float] = []
    async with notifiers(database, 3) as limits:
        await asyncio.gather(*(send(limit, sent, 20) for limit in limits))

    at_once = RATE * (BURST + 3 * CHUNK) + 1  # saved by a pause, and in the hands of three who were late
    for place, moment in enumerate(sent):
        within = [each for each in sent[place:] if each - moment <= 1.0]
        assert len(within) <= RATE + at_once
    assert len(sent) - 1 <= RATE * (sent[-1] - sent[0]) + at_once


async def test_what_a_killed_notifier_has_taken_holds_nobody_up(database: Database) -> None:
    async with notifiers(database, 2) as (killed, other):
        await killed.acquire(Priority.HIGH)
        for _ in range(20):
            killed.try_acquire()
    sent: list[float] = []
    async with notifiers(database, 1) as (another,):
        await send(another, sent, 10)
    assert len(sent) == 10
    assert other is not killed


async def test_a_row_of_the_far_future_is_not_believed(database: Database) -> None:
    await database.execute("INSERT INTO email_rate VALUES ('email', now() + interval '1 year')")
    async with notifiers(database, 1, rate=1000.0) as (limit,):
        waiting = asyncio.create_task(limit.acquire(Priority.HIGH))

        async def is_mended() -> bool:
            [[ahead]] = await database.fetch("SELECT extract(epoch FROM taken_until - now())::float8 FROM email_rate")
            return bool(ahead < 120)

        await eventually(is_mended)
        waiting.cancel()


async def test_confirmations_are_served_before_reminders_that_waited_longer(database: Database) -> None:
    served: list[Priority] = []
    async with notifiers(database, 1, rate=200.0) as (limit,):

        async def one(priority: Priority) -> None:
            await limit.acquire(priority)
            served.append(priority)

        waiting = [asyncio.create_task(one(Priority.NORMAL)) for _ in range(5)]
        waiting += [asyncio.create_task(one(Priority.HIGH)) for _ in range(5)]
        await asyncio.gather(*waiting)

    assert served == [Priority.HIGH] * 5 + [Priority.NORMAL] * 5


async def test_mails_that_wait_together_take_their_times_together(database: Database) -> None:
    await database.execute("CREATE TABLE taken AS SELECT FROM email_rate")
    await database.execute(
        "CREATE FUNCTION note_taken() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN INSERT INTO taken DEFAULT VALUES; RETURN NULL; END $$"
    )
    await database.execute(
        "CREATE TRIGGER note AFTER INSERT OR UPDATE ON email_rate FOR EACH ROW EXECUTE FUNCTION note_taken()"
    )
    async with notifiers(database, 1, rate=500.0) as (limit,):
        await asyncio.gather(*(limit.acquire(Priority.HIGH) for _ in range(50)))
        [[changes]] = await database.fetch("SELECT count(*) FROM taken")
    assert changes <= 5
