"""Messages that are published together, each with a confirm of its own."""

import asyncio
from collections.abc import Awaitable
from datetime import UTC, datetime

import pytest
from aio_pika.abc import AbstractChannel
from aiormq.channel import Channel

from shared.broker import BrokerSession, Publication, Publisher, aiormq_7_2
from shared.broker.topology import WORK
from shared.errors import BrokerUnavailable, PublishRefused
from shared.ids import new_id
from shared.jobs import envelope
from shared.jobs.model import Kind, Ticket
from tests.integration.broker.conftest import OpenSession, depth_is
from tests.support.waiting import eventually

pytestmark = pytest.mark.usefixtures("library_internals")


def a_message(routing_key: str = "high", *, body: bytes | None = None) -> Publication:
    built = envelope.build(Ticket(new_id(), 0, Kind.CREATED, new_id(), datetime.now(UTC)))
    whole = built if body is None else envelope.Envelope(body, built.message_id, built.type, None, {})
    return Publication(WORK, routing_key, whole)


def a_publisher(session: BrokerSession, *, timeout: float = 10.0) -> Publisher:
    def channel() -> Awaitable[AbstractChannel]:
        return session._connection.channel(on_return_raises=True)

    return Publisher(channel, timeout=timeout)


async def test_what_has_no_queue_is_refused_and_its_neighbours_are_not(open_session: OpenSession) -> None:
    async with open_session() as session:
        publisher = a_publisher(session)
        results = await publisher.publish_all(
            [a_message(), a_message("nowhere"), a_message("normal"), a_message("here")]
        )
        assert [type(result) for result in results] == [type(None), PublishRefused, type(None), PublishRefused]
        await depth_is(session, 1, "notifications.high")
        await depth_is(session, 1, "notifications.normal")


async def test_many_batches_at_once_are_all_confirmed(open_session: OpenSession) -> None:
    async with open_session() as session:
        batches = [[a_message() for _ in range(size)] for size in (1, 50, 7, 200, 3)]
        assert await asyncio.gather(*map(session.publisher.publish_all, batches)) == [[None] * len(b) for b in batches]
        assert await session.publisher.publish_all([]) == []
        await depth_is(session, 261)


async def test_a_message_of_several_frames_arrives_whole(open_session: OpenSession) -> None:
    body = bytes(range(256)) * 2_000
    async with open_session() as session:
        await session.publisher.publish(a_message(body=body))
        channel = await session.channel(prefetch=1)
        queue = await channel.get_queue("notifications.high")
        assert (await queue.get()).body == body


async def test_what_is_not_confirmed_in_time_is_unavailable_and_its_late_confirm_is_nobodys(
    open_session: OpenSession,
) -> None:
    async with open_session() as session:
        publisher = a_publisher(session, timeout=0)
        channel = (await publisher._to_exchange(WORK)._usable()).underlay
        assert isinstance(channel, Channel)
        assert list(map(type, await publisher.publish_all([a_message(), a_message()]))) == [BrokerUnavailable] * 2
        publisher._to_exchange(WORK)._timeout = 10
        assert await publisher.publish_all([a_message(), a_message("nowhere")]) != [None, None]
        assert not channel.message_id_delivery_tag
        await eventually(lambda: not channel.confirmations)


async def test_a_batch_that_was_never_written_leaves_the_numbers_as_they_were(open_session: OpenSession) -> None:
    """aiormq does the same where the plain way publishes."""
    async with open_session() as session:
        publisher = a_publisher(session)
        channel = (await publisher._to_exchange(WORK)._usable()).underlay
        assert isinstance(channel, Channel)
        real, channel.write_queue = channel.write_queue, asyncio.Queue(1)
        channel.write_queue.put_nowait(None)
        given_up = asyncio.create_task(aiormq_7_2.publish_on(channel, [a_message()] * 2, timeout=10))
        await eventually(lambda: channel.delivery_tag)
        given_up.cancel()
        await asyncio.gather(given_up, return_exceptions=True)
        assert not channel.confirmations
        assert not channel.message_id_delivery_tag
        channel.write_queue = real
        assert await publisher.publish_all([a_message(), a_message()]) == [None, None]
