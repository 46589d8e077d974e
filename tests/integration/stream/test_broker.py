"""What streams hear through the broker, and what they do without it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from functools import partial
from urllib.parse import quote

import aio_pika
import aiohttp
import orjson
import pytest
from yarl import URL

from api_service.inbox.stream import listener
from api_service.inbox.stream.hub import Hub
from deploy.local.rabbitmq import RabbitMQ
from shared.broker import BrokerSession, Subscription, sessions
from shared.broker.live_exchange import BUNDLE, LiveNews, subscribe
from shared.broker.live_message import client_key
from shared.broker.topology import LIVE_EXCHANGE, Topology
from tests.integration.stream.conftest import Serve, Teller, a_stream, a_token
from tests.support.client import Client
from tests.support.events import Listening
from tests.support.waiting import eventually
from tests.support.world import World

NEVER = 3600.0
"""Seconds between two looks at the table: what arrives has come by the broker."""


async def _topology(*_: object) -> Topology:
    return Topology([LIVE_EXCHANGE], [])


@asynccontextmanager
async def some_news(amqp_url: str) -> AsyncIterator[LiveNews]:
    """The notifier's side, connected again whenever it is cut off."""
    news = LiveNews()

    async def publish() -> None:
        async with aclosing(sessions(amqp_url, name="tests-news", topology=_topology)) as each:
            async for session in each:
                await news.run(session)

    task = asyncio.create_task(publish())
    try:
        yield news
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def teller(world: World) -> Teller:
    """In the world's database."""
    await world.database.execute("INSERT INTO clients (id) VALUES ('c'), ('other')")
    client = await world.database.fetchrow(
        """INSERT INTO appointments (id, doctor_id, client_id, local_date, local_time, timezone, starts_at, ends_at)
           VALUES (gen_random_uuid(), '1', 'c', now()::date, now()::time, 'UTC', now(), now() + interval '1 hour')
           RETURNING id"""
    )
    assert client is not None
    return Teller(world.database, client["id"])


async def hears_by_the_broker(stream: Listening, teller: Teller, news: LiveNews, *titles: str) -> None:
    """Writes the last of `titles`, and says so until it is heard: what is told while either side connects is lost."""
    await teller.tell(titles[-1])

    def heard() -> bool:
        news.tell("c")
        return stream.titles == list(titles)

    await eventually(heard, every=0.1)


async def test_news_reach_streams_at_once_and_no_others(world: World, serve: Serve, teller: Teller) -> None:
    async with (
        serve(amqp_url=world.amqp_url, stream_interval=NEVER) as url,
        some_news(world.amqp_url) as news,
        a_stream(url) as mine,
    ):
        # by now nobody connects, and makes every stream look for what was lost
        await hears_by_the_broker(mine, teller, news, "one")
        async with a_stream(url, "other") as theirs:
            await teller.tell("theirs", client="other")
            await hears_by_the_broker(mine, teller, news, "one", "two")
            assert theirs.titles == []
            news.tell("other")
            await theirs.heard("theirs")


async def test_what_is_read_on_one_process_changes_the_count_on_another(
    world: World, serve: Serve, teller: Teller
) -> None:
    await teller.tell("one")
    quiet = partial(serve, amqp_url=world.amqp_url, stream_interval=NEVER)
    async with quiet() as here, quiet() as there, a_stream(there) as stream:
        assert stream.unread == 1

        async def read_and_known() -> bool:
            # again and again: while the processes still connect, nobody hears of it
            await teller.database.execute("UPDATE in_app_notifications SET read_at = NULL")
            await Client(here, a_token())("POST", "/api/client/notifications/read-all")
            return stream.unread == 0

        await eventually(read_and_known, every=0.1)


async def test_after_a_cut_connection_streams_look_and_then_hear_again(
    world: World, serve: Serve, teller: Teller, rabbitmq: RabbitMQ
) -> None:
    async with (
        serve(amqp_url=world.amqp_url, stream_interval=NEVER) as url,
        some_news(world.amqp_url) as news,
        a_stream(url) as stream,
    ):
        await hears_by_the_broker(stream, teller, news, "one")
        await teller.tell("while it was away")
        await cut_connections(rabbitmq, world.amqp_url.rpartition("/")[2])
        # nobody has told of it: the process looks when it is connected again
        await stream.heard("one", "while it was away")
        await hears_by_the_broker(stream, teller, news, "one", "while it was away", "three")


async def test_without_a_broker_notifications_arrive_by_the_look_at_the_table(serve: Serve, teller: Teller) -> None:
    """The other tests here have no broker either; this one says so."""
    async with serve(amqp_url="amqp://127.0.0.1:9/", stream_interval=0.2) as url, a_stream(url) as stream:
        await teller.tell("one")
        await stream.heard("one")


async def test_messages_name_clients_by_their_keys_alone_and_many_share_one(world: World) -> None:
    ids = [f"somebody.{number}@patients.example" for number in range(BUNDLE + 1)]
    connection = await aio_pika.connect(world.amqp_url)
    async with connection, connection.channel() as channel:
        exchange = await channel.declare_exchange("notifications.live", "topic", durable=False)
        queue = await channel.declare_queue(exclusive=True)
        await queue.bind(exchange, "#")
        news = LiveNews()
        for client_id in [*ids, *ids]:
            news.tell(client_id)
        async with aclosing(sessions(world.amqp_url, name="tests-news", topology=_topology)) as each:
            session = await anext(each)
            publishing = asyncio.create_task(news.run(session))
            first = await eventually(lambda: queue.get(no_ack=True, fail=False))
            second = await eventually(lambda: queue.get(no_ack=True, fail=False))
            publishing.cancel()
            await asyncio.gather(publishing, return_exceptions=True)
    assert first is not None
    assert second is not None
    assert orjson.loads(first.body) == {"version": 1, "clients": [client_key(each) for each in ids[:-1]]}
    assert (first.routing_key, second.routing_key) == ("many", client_key(ids[-1]))
    assert first.delivery_mode == 1
    assert b"example" not in first.body + second.body


async def test_a_stop_while_the_queue_is_being_made_is_not_forgotten(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cancellation that comes as the broker answers is swallowed by the library now and then: the API hung once in
    some fifty stops, and had to be killed."""
    subscribing = asyncio.Event()

    async def swallowing(session: BrokerSession) -> Subscription:
        subscribing.set()
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        return await subscribe(session)

    monkeypatch.setattr(listener, "subscribe", swallowing)
    running = asyncio.create_task(listener.Listener(world.amqp_url, Hub(per_client=1, most=1)).run())
    await asyncio.wait_for(subscribing.wait(), 60)
    running.cancel()
    await asyncio.wait([running], timeout=60)
    assert running.cancelled()


async def cut_connections(rabbitmq: RabbitMQ, vhost: str) -> None:
    """Ends every connection to a virtual host, as an operator can; they show in the list a little later."""

    async def some_were_there() -> bool:
        async with aiohttp.ClientSession() as http:
            async with http.get(f"{rabbitmq.management_url}/api/vhosts/{vhost}/connections") as answer:
                names = [each["name"] for each in await answer.json()]
            if len(names) < 2:
                return False
            for name in names:
                async with http.delete(
                    URL(f"{rabbitmq.management_url}/api/connections/" + quote(name, safe=""), encoded=True)
                ) as answer:
                    assert answer.status == 204, await answer.text()
        return True

    await eventually(some_were_there)
