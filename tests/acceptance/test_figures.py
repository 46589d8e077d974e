"""The figures that operators look at, with a broker."""

from typing import Any

from tests.support.waiting import eventually
from tests.support.world import World


async def test_stats_tell_of_the_broker_and_of_the_jobs(world: World) -> None:
    async with world.api() as api:
        client, operator = world.client(api), world.operator(api)
        for _ in range(3):
            await client.book()

        async def all_wait() -> dict[str, Any] | None:
            stats = dict((await operator("GET", "/api/ops/stats")).body)
            return stats if (stats["queues"] or {}).get("notifications.high") == 3 else None

        stats = await eventually(all_wait) or {}
        assert stats["delayBackend"] in ("exchange", "relay")
        assert stats["queues"]["notifications.dead"] == 0
        assert stats["queues"]["notifications.retry.200ms"] == 0
        assert stats["ratesPerMinute"]["created"]["1m"] == 6
        assert stats["jobs"]["scheduled"]["appointment_reminder"] == 3
        assert stats["oldestDueJob"]["kind"] == "appointment_created_email"


async def test_without_a_broker_or_a_relay_of_its_own_the_rest_is_told(world: World) -> None:
    async with world.api(RELAY_ENABLED="false") as api:
        operator = world.operator(api)
        await world.client(api).book()
        stats = await operator("GET", "/api/ops/stats")
        assert (stats.status, stats.body["queues"], stats.body["delayBackend"]) == (200, None, None)
        assert stats.body["jobs"]["scheduled"]["appointment_created_email"] == 1
