"""The figures that operators look at, with a broker."""

from typing import Any

from yarl import URL

from tests.drills.proxy import proxy
from tests.support.waiting import eventually
from tests.support.world import World


async def test_stats_tell_of_the_broker_and_of_the_jobs(world: World) -> None:
    async with world.api() as api:
        client, operator = world.client(api), world.operator(api)
        for _ in range(3):
            await client.book()

        async def all_known() -> bool:
            """Figures may be some seconds old, and the broker's are of another moment."""
            stats = (await operator("GET", "/api/ops/stats")).body
            assert stats["queues"] is not None
            assert stats["queues"]["notifications.high"] == 3
            assert stats["queues"]["notifications.dead"] == 0
            assert stats["queues"]["notifications.retry.200ms"] == 0
            assert stats["delayBackend"] in ("exchange", "relay")
            assert stats["ratesPerMinute"]["created"]["1m"] == 6
            assert stats["jobs"]["scheduled"]["appointment_reminder"] == 3
            assert stats["oldestDueJob"]["kind"] == "appointment_created_email"
            return True

        await eventually(all_known)


async def test_a_broker_that_has_stalled_holds_nobody_up(world: World) -> None:
    url = URL(world.amqp_url)
    async with proxy(url.port or 0) as wire, world.api(AMQP_URL=str(url.with_port(wire.port))) as api:
        operator = world.operator(api)

        async def high() -> dict[str, Any]:
            return dict((await operator("GET", "/api/ops/queues")).body["items"][0])

        async def known() -> bool:
            return bool((await high())["depth"] == 0)

        await eventually(known)
        wire.stall()

        async def unknown() -> bool:
            return (await high())["depth"] is None

        await eventually(unknown)
        stats = await operator("GET", "/api/ops/stats")
        assert (stats.status, stats.body["queues"]) == (200, None)
        wire.mend()
        await eventually(known)


async def test_without_a_broker_or_a_relay_of_its_own_the_rest_is_told(world: World) -> None:
    async with world.api(RELAY_ENABLED="false") as api:
        operator = world.operator(api)
        await world.client(api).book()
        stats = await operator("GET", "/api/ops/stats")
        assert (stats.status, stats.body["queues"], stats.body["delayBackend"]) == (200, None, None)

        async def counted() -> bool:
            jobs = (await operator("GET", "/api/ops/stats")).body["jobs"]
            return bool(jobs.get("scheduled", {}).get("appointment_created_email") == 1)

        await eventually(counted)
