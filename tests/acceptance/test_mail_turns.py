"""An address that is booked for again and again is told of everything, and mailed at most so often."""

from tests.support.waiting import eventually
from tests.support.world import World


async def test_beyond_its_mails_of_the_hour_an_address_waits_and_the_app_tells_at_once(world: World) -> None:
    async with world.api() as api, world.notifier(MAILS_PER_HOUR="4"), world.notifier(MAILS_PER_HOUR="4"):
        client, other = world.client(api), world.client(api, "client-2")
        booked = [await client.book() for _ in range(6)]
        await other.book()

        async def told() -> bool:
            inbox = (await client("GET", "/api/client/notifications")).body["items"]
            states = await world.states()
            return len(inbox) == 6 and states.get("succeeded") == 3 and not states.get("processing")

        await eventually(told)
        assert sorted(mail["to"] for mail in world.mails()) == [["client-1@patients.example"]] * 2 + [
            ["client-2@patients.example"]
        ]
        rows = await world.database.fetch(
            "SELECT retries, error FROM jobs WHERE kind = 'appointment_created_email' AND state = 'scheduled'"
        )
        assert [row["retries"] for row in rows] == [0] * 4
        assert all("waits for its turn" in row["error"] for row in rows)

        await world.database.execute("UPDATE jobs SET mail_turn = now(), publish_after = now() WHERE error IS NOT NULL")

        async def all_sent() -> bool:
            return len(world.mails()) == 7

        await eventually(all_sent)
        assert len(booked) == 6
