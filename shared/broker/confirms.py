"""Publishes messages on a channel in confirm mode, each by a task of its own, by aio-pika's documented API.

This is the plain way. `aiormq_7_2` does the same with one write for a batch.
"""

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import aio_pika
from aio_pika.abc import AbstractChannel
from pamqp.commands import Basic

Confirm = asyncio.Future[Any]
"""Done when the broker has taken the message. Raises aiormq's DeliveryError when the broker has refused or returned it,
and the error that ended the channel. Cancelled when no answer came in time."""


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """A message to publish. Its properties have a message id that no other message under way has."""

    head: Basic.Publish
    properties: Basic.Properties
    body: bytes


class Publish(Protocol):
    """A way to publish."""

    def __call__(
        self, channel: AbstractChannel, messages: Sequence[OutgoingMessage], *, timeout: float
    ) -> Awaitable[list[Confirm]]:
        """Publishes the messages. Returns one confirm for each, in order, when all are settled or `timeout` seconds
        have passed.

        Raises the drivers' errors about a closed channel, and TimeoutError when the messages could not be written.
        """


async def publish(channel: AbstractChannel, messages: Sequence[OutgoingMessage], *, timeout: float) -> list[Confirm]:
    """The plain way to publish; see `Publish`."""
    confirms: list[Confirm] = [asyncio.create_task(_publish(channel, message)) for message in messages]
    try:
        if confirms:
            await asyncio.wait(confirms, timeout=timeout)
    finally:
        for confirm in confirms:
            confirm.cancel()  # changes no future that is settled
        await asyncio.gather(*confirms, return_exceptions=True)
    return confirms


async def _publish(channel: AbstractChannel, message: OutgoingMessage) -> None:
    exchange = await channel.get_exchange(message.head.exchange, ensure=False)
    await exchange.publish(_converted(message), message.head.routing_key, mandatory=message.head.mandatory)


def _converted(message: OutgoingMessage) -> aio_pika.Message:
    given = message.properties
    return aio_pika.Message(
        message.body,
        content_type=given.content_type,
        delivery_mode=given.delivery_mode,
        message_id=given.message_id,
        type=given.message_type,
        correlation_id=given.correlation_id,
        headers=given.headers,
    )
