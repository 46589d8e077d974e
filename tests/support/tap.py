"""Reads along everything that passes through a virtual host of RabbitMQ (its firehose)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import aio_pika
from aio_pika.abc import AbstractIncomingMessage

from deploy.local.processes import run
from deploy.local.rabbitmq import RabbitMQ, server_folder


@dataclass
class Tap:
    """`seen`: (where, everything of the message), where being publish.EXCHANGE or deliver.QUEUE."""

    seen: list[tuple[str, str]] = field(default_factory=list)

    async def take(self, message: AbstractIncomingMessage) -> None:
        properties = f"{message.headers} {message.message_id} {message.correlation_id} {message.type}"
        self.seen.append((message.routing_key or "", f"{properties} {message.body.decode('utf-8', 'replace')}"))

    def places(self) -> set[str]:
        return {where for where, _ in self.seen}


@asynccontextmanager
async def tapped(rabbitmq: RabbitMQ, amqp_url: str) -> AsyncIterator[Tap]:
    tap = Tap()
    vhost = urlsplit(amqp_url).path.lstrip("/")
    await run([server_folder() / "sbin" / "rabbitmqctl", "trace_on", "-p", vhost], **rabbitmq.environment())
    connection = await aio_pika.connect(amqp_url)
    async with connection, connection.channel() as channel:
        queue = await channel.declare_queue(exclusive=True)
        await queue.bind("amq.rabbitmq.trace", "#")
        await queue.consume(tap.take, no_ack=True)
        yield tap
