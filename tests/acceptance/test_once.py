"""Across API processes: a key books once, and a slot has one owner."""

import asyncio
from collections import Counter

from deploy.local.ports import free_port
from tests.support.client import a_wish
from tests.support.waiting import eventually
from tests.support.world import World

PATH = "/api/client/appointments"
KEY = {"Idempotency-Key": "from-a-phone-in-a-tunnel"}


async def test_50_duplicates_over_two_processes_are_one_booking_with_one_answer(world: World) -> None:
    async with world.api() as one, world.api() as two, world.notifier():
        clients, wish = [world.client(one), world.client(two)], a_wish()

        answers = await asyncio.gather(*(clients[n % 2]("POST", PATH, wish, headers=KEY) for n in range(50)))

        told = {(a.status, str(a.body), a.headers["Location"], a.headers["ETag"]) for a in answers}
        assert len(told) == 1
        assert answers[0].status == 200
        assert len(await world.database.fetch("SELECT FROM appointments")) == 1
        assert len(await world.database.fetch("SELECT FROM jobs")) == 2

        async def done() -> bool:
            return await world.states() == {"succeeded": 1, "scheduled": 1}

        await eventually(done)
        assert len(world.mails()) == 1


async def test_after_a_kill_the_repeat_finds_the_first_booking_in_another_process(world: World) -> None:
    wish = a_wish()
    nowhere = f"amqp://nobody:home@127.0.0.1:{free_port()}/"
    async with world.api(AMQP_URL=nowhere) as doomed:
        client = world.client(doomed)
        unanswered = asyncio.create_task(client("POST", PATH, wish, headers=KEY))
        [booked] = await eventually(lambda: world.database.fetch("SELECT id FROM appointments"), every=0.001)
        doomed.kill()
        await asyncio.gather(unanswered, return_exceptions=True)

    async with world.api() as api, world.notifier():
        again = await world.client(api)("POST", PATH, wish, headers=KEY)

        assert (again.status, again.body["id"]) == (200, str(booked["id"]))
        assert len(await world.database.fetch("SELECT FROM appointments")) == 1
        assert len(await eventually(world.mails)) == 1


async def test_of_200_requests_for_one_time_over_two_processes_one_gets_it(world: World) -> None:
    async with world.api() as one, world.api() as two:
        clients = [world.client(one if n % 2 else two, f"client-{n}") for n in range(200)]
        same = a_wish() | {"appointmentDate": "2100-06-01"}
        # every two of these half hours overlap: they begin within 20 minutes
        overlapping = [
            same | {"appointmentDate": "2100-06-02", "appointmentTime": f"10:{n // 10:02}"} for n in range(200)
        ]

        for wishes in ([same] * 200, overlapping):
            pairs = zip(clients, wishes, strict=True)
            answers = await asyncio.gather(*(client("POST", PATH, wish) for client, wish in pairs))
            assert Counter(answer.status for answer in answers) == {200: 1, 409: 199}

        assert len(await world.database.fetch("SELECT FROM appointments")) == 2
        assert len(await world.database.fetch("SELECT FROM jobs")) == 4
