"""A publisher takes another channel, whatever has ended the last, and declares what was deleted."""

import asyncio
import contextlib
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import quote

import aio_pika
import pytest

from deploy.local.rabbitmq import USER, RabbitMQ
from shared.broker import Publication
from shared.broker.exchange_publisher import ExchangePublisher
from shared.broker.topology import DELAYED, RETRY, WORK
from shared.errors import BrokerUnavailable
from shared.ids import new_id
from shared.jobs import envelope
from shared.jobs.model import Kind, Ticket
from tests.integration.broker.conftest import OpenSession, depth_is
from tests.support.management import management
from tests.support.waiting import eventually
from tests.support.world import World

pytestmark = pytest.mark.usefixtures("library_internals")


def a_parcel(exchange: str = WORK, routing_key: str = "high") -> Publication:
    ticket = Ticket(new_id(), 0, Kind.CREATED, new_id(), datetime.now(UTC))
    return Publication(exchange, routing_key, envelope.build(ticket))


def to_a_retry_step() -> Publication:
    return a_parcel(RETRY, "200ms.high")


async def delete_exchange(world: World, name: str) -> None:
    connection = await aio_pika.connect(world.amqp_url)
    async with connection, connection.channel() as channel:
        await channel.exchange_delete(name)


async def provoke(publisher: ExchangePublisher, code: int) -> None:
    """Has the broker close the channel on which it publishes."""
    channel = (await publisher._usable()).underlay
    with contextlib.suppress(Exception):
        match code:
            case 403:
                await channel.queue_declare("amq.ours", durable=True)
            case 404:
                await channel.exchange_declare("not there", passive=True)
            case 405:
                await channel.queue_purge("taken")
            case 406:
                await channel.exchange_declare(WORK, exchange_type="fanout")
    await eventually(lambda: channel.is_closed)


@pytest.mark.parametrize("code", [403, 404, 405, 406])
async def test_another_channel_is_taken_whatever_has_closed_the_last(
    world: World, open_session: OpenSession, code: int
) -> None:
    connection = await aio_pika.connect(world.amqp_url)
    async with connection, connection.channel() as channel, open_session() as session:
        await channel.declare_queue("taken", exclusive=True)
        await session.publisher.publish(a_parcel())
        await provoke(session.publisher._to_exchange(WORK), code)
        assert await session.publisher.publish_all([a_parcel(), a_parcel()]) == [None, None]
        assert session.publisher.troubled == []
        await depth_is(session, 3)


@pytest.mark.parametrize("publication", [a_parcel, to_a_retry_step])
async def test_an_exchange_that_was_deleted_is_declared_again_by_who_publishes(
    world: World, open_session: OpenSession, publication: Callable[[], Publication]
) -> None:
    async with open_session() as session:
        for _ in range(3):
            await delete_exchange(world, publication().exchange)
            assert await session.publisher.publish_all([publication(), publication()]) == [None, None]


async def test_a_binding_that_was_deleted_is_made_again_by_who_publishes(
    world: World, open_session: OpenSession
) -> None:
    connection = await aio_pika.connect(world.amqp_url)
    async with connection, connection.channel() as channel, open_session() as session:
        await session.publisher.publish(a_parcel())
        await (await channel.get_queue("notifications.high")).unbind(WORK, "#.high")
        assert await session.publisher.publish_all([a_parcel()]) == [None]


async def test_an_exchange_that_cannot_be_had_stops_no_other(open_session: OpenSession) -> None:
    """As the delayed exchange is, where an operator has deleted it and the plugin is gone."""
    async with open_session() as session:
        await session.publisher.publish(a_parcel())
        channel = await session.publisher._to_exchange(WORK)._usable()
        mixed = [a_parcel(), a_parcel(DELAYED), a_parcel(), a_parcel(DELAYED)]
        for _ in range(2):
            results = await session.publisher.publish_all(mixed)
            assert [type(each) for each in results] == [type(None), BrokerUnavailable] * 2
        assert session.publisher.troubled == [DELAYED]
        assert await session.publisher._to_exchange(WORK)._usable() is channel


async def test_what_is_published_while_the_exchange_is_deleted_again_and_again_arrives(
    world: World, open_session: OpenSession, library_internals: str
) -> None:
    if library_internals == "off":
        pytest.skip("aiormq may publish on a channel that has just ended, and RabbitMQ ends the connection: ADR 20")
    async with open_session() as session:
        wanted = [a_parcel() for _ in range(200)]

        async def publish_all() -> None:
            left = list(wanted)
            while left:
                results = await session.publisher.publish_all(left[:10])
                left = [each for each, result in zip(left[:10], results, strict=True) if result] + left[10:]

        publishing = asyncio.create_task(publish_all())
        for _ in range(4):
            await delete_exchange(world, WORK)
            await asyncio.wait([publishing], timeout=0.3)
        async with asyncio.timeout(60):
            await publishing
        await depth_is(session, len(wanted), or_more=True)


async def test_permissions_that_were_removed_are_told_and_their_return_is_noticed(
    world: World, rabbitmq: RabbitMQ, open_session: OpenSession
) -> None:
    path = f"/api/permissions/{quote(world.vhost, safe='')}/{USER}"
    everything = {"configure": ".*", "write": ".*", "read": ".*"}
    async with open_session() as session:
        await management(rabbitmq, "PUT", path, everything | {"write": "^$"})
        [result] = await session.publisher.publish_all([a_parcel()])
        assert isinstance(result, BrokerUnavailable)
        assert "ACCESS_REFUSED" in (session.publisher.trouble(WORK) or "")
        watching = asyncio.create_task(session.watch())
        try:
            await management(rabbitmq, "PUT", path, everything)
            await eventually(lambda: session.publisher.trouble(WORK) is None)
            assert await session.publisher.publish_all([a_parcel()]) == [None]
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)


@pytest.mark.parametrize(
    "arguments", [{"x-queue-type": "classic"}, {"x-queue-type": "quorum", "x-delivery-limit": 3}, {}]
)
async def test_a_queue_with_other_arguments_is_used_as_it_is(
    world: World, open_session: OpenSession, arguments: dict[str, object]
) -> None:
    connection = await aio_pika.connect(world.amqp_url)
    async with connection, connection.channel() as channel:
        await channel.declare_queue("notifications.high", durable=True, arguments=arguments)  # type: ignore[arg-type]
        async with open_session() as session:
            assert list(session._conflicts) == ["notifications.high"]
            assert await session.publisher.publish_all([a_parcel(), a_parcel(routing_key="normal")]) == [None, None]
            await depth_is(session, 1)
            await channel.queue_delete("notifications.high")
            await session.restore()
            assert not session._conflicts


async def test_an_exchange_of_another_type_is_told(world: World, open_session: OpenSession) -> None:
    connection = await aio_pika.connect(world.amqp_url)
    async with connection, connection.channel() as channel:
        await channel.declare_exchange(WORK, "fanout", durable=True)
        async with open_session() as session:
            assert list(session._conflicts) == [WORK]
            assert await session.publisher.publish_all([a_parcel()]) == [None]
