"""Who holds reminders is one choice of all instances, and changes only with a reason that lasts."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from api_service.relay.delay_choice import RECOVERY_GAP, DelayChoice
from api_service.relay.dispatch import Backend
from api_service.relay.lost_reminders import Recovery
from shared.database import Database
from shared.ids import new_id
from tests.support.factories import an_appointment

GRACE = 30.0
LONG_AGO = timedelta(seconds=GRACE + 1)
CAN, CANNOT = (True, "can"), (False, "cannot")


@pytest.fixture
def instance(database: Database) -> Callable[[str], DelayChoice]:
    return lambda name: DelayChoice(database, instance=name, grace=GRACE)


async def after_the_grace(database: Database) -> None:
    """As if it had passed since the last vote; the votes are repeated meanwhile."""
    await database.execute("UPDATE delay_choice SET wish_since = wish_since - $1::interval", LONG_AGO)


async def is_chosen(choice: DelayChoice) -> Backend:
    return (await choice.chosen())[0]


@pytest.mark.parametrize(("vote", "expected"), [(CAN, "exchange"), (CANNOT, "relay")])
async def test_the_first_instance_decides_at_once(
    instance: Callable[[str], DelayChoice], vote: tuple[bool, str], expected: Backend
) -> None:
    assert (await instance("a").vote(*vote))[0] == expected


async def test_instances_that_differ_change_nothing_before_the_grace_and_end_at_the_relay(
    database: Database, instance: Callable[[str], DelayChoice]
) -> None:
    a, b = instance("a"), instance("b")
    await a.vote(*CAN)
    for _ in range(3):
        assert (await b.vote(*CANNOT))[0] == "exchange"
        assert (await a.vote(*CAN))[0] == "exchange"
    await after_the_grace(database)
    assert await a.vote(*CAN) == ("relay", "cannot")
    assert await is_chosen(b) == "relay"


async def test_the_exchange_is_used_when_all_have_been_able_to_for_the_grace(
    database: Database, instance: Callable[[str], DelayChoice]
) -> None:
    a, b = instance("a"), instance("b")
    await a.vote(*CANNOT)
    await b.vote(*CAN)
    await after_the_grace(database)
    assert (await a.vote(*CAN))[0] == "relay"
    assert (await b.vote(*CAN))[0] == "relay"
    await after_the_grace(database)
    assert (await b.vote(*CAN))[0] == "exchange"


async def test_a_broker_that_has_lost_the_plugin_for_all_is_left_at_once(
    instance: Callable[[str], DelayChoice],
) -> None:
    a, b = instance("a"), instance("b")
    await a.vote(*CAN)
    await b.vote(*CAN)
    assert (await a.vote(*CANNOT))[0] == "exchange"
    assert (await b.vote(*CANNOT))[0] == "relay"


@pytest.mark.parametrize("orderly", [True, False])
async def test_an_instance_that_is_gone_has_no_say(
    database: Database, instance: Callable[[str], DelayChoice], orderly: bool
) -> None:
    a, b = instance("a"), instance("b")
    await a.vote(*CANNOT)
    await b.vote(*CAN)
    if orderly:
        await a.withdraw()
    else:
        await database.execute("UPDATE delay_votes SET seen_at = now() - interval '1 hour' WHERE instance = 'a'")
    await b.vote(*CAN)
    await after_the_grace(database)
    assert (await b.vote(*CAN))[0] == "exchange"


async def test_an_exchange_that_did_not_deliver_is_tried_again_later(
    database: Database, instance: Callable[[str], DelayChoice]
) -> None:
    a = instance("a")
    await a.vote(*CAN)
    assert await a.distrust("silent")
    assert not await a.distrust("silent")
    await after_the_grace(database)
    assert await a.vote(*CAN) == ("relay", "silent")
    await database.execute("UPDATE delay_choice SET distrusted_until = now() - interval '1 s'")
    assert (await a.vote(*CAN))[0] == "exchange"


async def test_votes_at_once_give_one_answer(database: Database, instance: Callable[[str], DelayChoice]) -> None:
    names = [instance(str(number)) for number in range(8)]
    for can in (True, False, True):
        await asyncio.gather(*(each.vote(can, "as all") for each in names))
        await after_the_grace(database)
        answers = await asyncio.gather(*(each.vote(can, "as all") for each in names))
        assert {backend for backend, _ in answers} == {"exchange" if can else "relay"}


async def a_reminder(database: Database, *, state: str, handed_over: float | None, due_in: float) -> None:
    await database.execute(
        """INSERT INTO jobs (id, kind, priority, state, appointment_id, client_id, due_at, publish_after, published_at)
           SELECT $1, 'appointment_reminder', 'normal', $2, $3, 'c', due, due, now() - make_interval(secs => $4)
             FROM (SELECT now() + make_interval(secs => $5) AS due) AS d""",
        new_id(),
        state,
        await an_appointment(database),
        handed_over,
        due_in,
    )


async def scheduled(database: Database) -> int:
    row = await database.fetchrow("SELECT count(*) FROM jobs WHERE state = 'scheduled' AND published_at IS NULL")
    assert row is not None
    return int(row[0])


async def held_reminders(database: Database) -> None:
    """Handed over long ago, a moment ago, after the connection was lost; due in the past and in the future. Minutes
    apart, since a busy machine may take seconds to make them."""
    for handed_over in (36000.0, 10000.0, 5000.0, 2000.0, 1100.0, 500.0):
        for due_in in (-2.0, -0.5, 1.0, 600.0, 1800.0):
            if -due_in < handed_over:
                await a_reminder(database, state="enqueued", handed_over=handed_over, due_in=due_in)
    await a_reminder(database, state="succeeded", handed_over=2000.0, due_in=60.0)
    await a_reminder(database, state="processing", handed_over=2000.0, due_in=60.0)


async def test_after_an_outage_what_was_handed_over_shortly_before_is_taken_back_once(
    database: Database, instance: Callable[[str], DelayChoice]
) -> None:
    await held_reminders(database)
    assert await instance("a").take_back_recent(since=7000.0, until=1000.0) == 3 * 5
    assert await instance("b").take_back_recent(since=7000.0, until=1000.0) == 0
    assert await scheduled(database) == 3 * 5


async def test_what_should_have_been_released_is_taken_back(
    database: Database, instance: Callable[[str], DelayChoice]
) -> None:
    await held_reminders(database)
    assert await instance("a").take_back_due(past=60.0, ahead=2.0) == 6 * 3


async def test_instances_that_lose_their_connections_again_and_again_take_back_little(
    database: Database, instance: Callable[[str], DelayChoice]
) -> None:
    recoveries = [Recovery(instance(str(number))) for number in range(5)]
    turns: list[Awaitable[int]] = []
    for number in range(20):
        await a_reminder(database, state="enqueued", handed_over=1.0 + number, due_in=600.0)
    for _ in range(4):
        for each in recoveries:
            each.connection_lost()
            turns.append(each.turn())
    assert sum(await asyncio.gather(*turns)) == 20
    await database.execute(
        "UPDATE delay_choice SET recovered_at = now() - $1::interval", timedelta(seconds=RECOVERY_GAP)
    )
    assert await recoveries[0].turn() == 0
