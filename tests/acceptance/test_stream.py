"""The live stream through both real services: two API processes, the notifier, the broker."""

from contextlib import AsyncExitStack

from tests.support.events import Listening, bearer, listening
from tests.support.services import Service
from tests.support.tokens import a_token
from tests.support.waiting import eventually
from tests.support.world import World


def headers(subject: str) -> dict[str, str]:
    return bearer(a_token(subject, "client"))


async def a_stream(
    stack: AsyncExitStack, api: Service, subject: str = "client-1", after: str | None = None
) -> Listening:
    return await stack.enter_async_context(listening(api.url, headers(subject), after=after))


async def test_a_booking_appears_on_the_clients_streams_of_every_process(world: World) -> None:
    world.settings["STREAM_INTERVAL"] = "10min"  # to the next look at the table, which comes in any case
    async with world.api() as here, world.api() as there, world.notifier() as notifier, AsyncExitStack() as stack:
        mine = [await a_stream(stack, api) for api in (here, there)]
        theirs = [await a_stream(stack, api, "client-2") for api in (here, there)]
        client = world.client(here)

        appointment = await client.book()

        await eventually(lambda: [len(stream.titles) for stream in mine] == [1, 1])
        [event] = [event for event in mine[1].events if event.name == "notification"]
        assert event.data["appointmentId"] == appointment["id"]
        assert (event.data["kind"], event.data["readAt"]) == ("appointment_created_email", None)
        await notifier.shows('punctual_live_clients_told_total{outcome="published"}', 1)
        await here.shows("punctual_streams_open", 2)

        await client("POST", "/api/client/notifications/read-all")
        await eventually(lambda: [stream.unread for stream in mine] == [0, 0])

        await world.client(there, "client-2").book()
        await eventually(lambda: [len(stream.titles) for stream in theirs] == [1, 1])
        assert [len(stream.titles) for stream in mine] == [1, 1]


async def test_a_client_whose_api_was_killed_resumes_on_another_without_gap_or_repeat(world: World) -> None:
    async with world.notifier(), world.api() as survivor, AsyncExitStack() as stack:
        async with world.api() as doomed:
            stream = await a_stream(stack, doomed)
            client = world.client(survivor)
            first = await client.book()
            await eventually(lambda: len(stream.titles) == 1)
            doomed.kill()
        await eventually(lambda: stream.ended)
        assert stream.farewell is None

        missed = await client.book()
        await eventually(lambda: len(world.mails()) == 2)  # what is not sent yet would be cancelled with it
        await client("DELETE", f"/api/client/appointments/{missed['id']}")
        await eventually(lambda: len(world.mails()) == 3)
        resumed = await a_stream(stack, survivor, after=stream.last_event_id)
        await eventually(lambda: len(resumed.titles) == 2)
        last = await client.book()
        await eventually(lambda: len(resumed.titles) == 3)

        told = [event.data for each in (stream, resumed) for event in each.events if event.name == "notification"]
        assert [each["appointmentId"] for each in told] == [
            *(first["id"], missed["id"], missed["id"], last["id"]),
        ]
        assert len({each["id"] for each in told}) == 4

        # the orderly way: it says so, and is gone in time though streams are open
        await survivor.stop()
        await eventually(lambda: resumed.ended)
        assert resumed.farewell == "stopping"
