"""Publishes messages on a channel in confirm mode, each by a task of its own, by what aio-pika documents.

This is the plain way. `aiormq_7_2` does the same with one write a batch.
"""

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import aio_pika
from aio_pika.abc import AbstractChannel
from pamqp.commands import Basic

Confirm = asyncio.Future[Any]
"""Done when the broker has taken the message; raises aiormq's DeliveryError when it has refused or returned it, and
the error that ended the channel; cancelled when there was no answer in time."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message to publish; its properties have a message id, which no other message under way has."""

    head: Basic.Publish
    properties: Basic.Properties
    body: bytes


class Publish(Protocol):
    """A way to publish."""

    def __call__(
        self, channel: AbstractChannel, messages: Sequence[Message], *, timeout: float
    ) -> Awaitable[list[Confirm]]:
        """One confirm a message, in order, when all are settled or `timeout` seconds are over.

        Raises the drivers' errors about a channel that is closed, and TimeoutError when the messages could not be
        written.
        """


async def publish(channel: AbstractChannel, messages: Sequence[Message], *, timeout: float) -> list[Confirm]:
    """The plain way; see `Publish`."""
    confirms: list[Confirm] = [asyncio.create_task(_publish(channel, message)) for message in messages]
    try:
        if confirms:
            await asyncio.wait(confirms, timeout=timeout)
    finally:
        for confirm in confirms:
            confirm.cancel()  # no effect on what is settled
        await asyncio.gather(*confirms, return_exceptions=True)
    return confirms


async def _publish(channel: AbstractChannel, message: Message) -> None:
    exchange = await channel.get_exchange(message.head.exchange, ensure=False)
    await exchange.publish(_converted(message), message.head.routing_key, mandatory=message.head.mandatory)


def _converted(message: Message) -> aio_pika.Message:
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
