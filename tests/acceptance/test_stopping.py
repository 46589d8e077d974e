"""An orderly stop loses nothing, whatever is under way."""

import signal
from contextlib import AsyncExitStack

import aiohttp

from tests.drills.proxy import proxy
from tests.support.client import a_wish, job_of
from tests.support.services import Service
from tests.support.waiting import eventually
from tests.support.world import World

CREATED = "appointment_created_email"


async def outcomes(world: World) -> list[str]:
    rows = await world.database.fetch("SELECT outcome FROM job_attempts ORDER BY finished_at")
    return [row["outcome"] for row in rows]


async def told_to_stop(notifier: Service) -> None:
    notifier.process.send(signal.SIGTERM)
    await eventually(lambda: "notifier stopping" in notifier.log.read_text("utf-8"))


async def test_what_is_being_sent_is_finished(world: World) -> None:
    async with (
        proxy(world.mailbox.smtp_port) as wire,
        world.api() as api,
        world.notifier(SMTP_PORT=str(wire.port)) as stopping,
    ):
        wire.stall()
        await world.client(api).book()

        async def processing() -> bool:
            return (await world.states()).get("processing") == 1

        await eventually(processing)
        await told_to_stop(stopping)
        wire.mend()
        await stopping.stop()
        await api.stop()
    assert await outcomes(world) == ["succeeded"]
    assert len(world.mails()) == 1


async def test_what_is_being_claimed_is_finished(world: World) -> None:
    async with world.api() as api:
        job = job_of(await world.client(api).book(), CREATED)

        async def enqueued() -> bool:
            return (await world.states()).get("enqueued") == 1

        await eventually(enqueued)
        async with AsyncExitStack() as holding:
            session = await holding.enter_async_context(world.database.transaction())
            await session.execute("SELECT FROM jobs WHERE id = $1 FOR UPDATE", job)
            async with world.notifier() as stopping:
                # the API may wait too, to publish the job again
                waiting = (
                    "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
                    " AND application_name LIKE 'punctual-notifier%'"
                )
                await eventually(lambda: world.database.fetch(waiting))
                await told_to_stop(stopping)
                await holding.aclose()
                await stopping.stop()
    assert await outcomes(world) == ["succeeded"]
    assert len(world.mails()) == 1


async def test_a_leaving_api_is_unready_and_still_answers(world: World) -> None:
    async with world.api(SHUTDOWN_DELAY="10min") as api, aiohttp.ClientSession() as http:
        async with http.get(api.url + "/readyz") as before:
            assert "Connection" not in before.headers
        api.process.send(signal.SIGTERM)

        async def unready() -> bool:
            async with http.get(api.url + "/readyz") as answer:
                return answer.status == 503

        await eventually(unready)
        answer = await world.client(api)("POST", "/api/client/appointments", a_wish())
        assert (answer.status, answer.headers["Connection"]) == (200, "close")


async def test_a_leaving_api_ends_after_its_delay(world: World) -> None:
    async with world.api(SHUTDOWN_DELAY="500ms") as api:
        await api.stop()
