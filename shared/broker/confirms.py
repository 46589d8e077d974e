"""Publishes messages on a channel in confirm mode, each by a task of its own, by aio-pika's documented API.

This is the plain way. `aiormq_7_2` does the same with one write for a batch.
"""

import asyncio
from collections.abc import Awaitable, Sequence
from typing import Any, Protocol

import aio_pika
from aio_pika.abc import AbstractChannel

from shared.broker.publication import Publication
from shared.jobs.envelope import CONTENT_TYPE, PERSISTENT

Confirm = asyncio.Future[Any]
"""Done when the broker has taken the message. Raises aiormq's DeliveryError when the broker has refused or returned it,
and the error that ended the channel. Cancelled when no answer came in time."""


class Publish(Protocol):
    """A way to publish."""

    def __call__(
        self, channel: AbstractChannel, publications: Sequence[Publication], *, timeout: float
    ) -> Awaitable[list[Confirm]]:
        """Publishes the messages. Returns one confirm for each, in order, when all are settled or `timeout` seconds
        have passed.

        Raises the drivers' errors about a closed channel, and TimeoutError when the messages could not be written.
        """


async def publish(channel: AbstractChannel, publications: Sequence[Publication], *, timeout: float) -> list[Confirm]:
    """The plain way to publish; see `Publish`."""
    confirms: list[Confirm] = [asyncio.create_task(_publish(channel, each)) for each in publications]
    try:
        if confirms:
            await asyncio.wait(confirms, timeout=timeout)
    finally:
        for confirm in confirms:
            confirm.cancel()  # changes no future that is settled
        await asyncio.gather(*confirms, return_exceptions=True)
    return confirms


async def _publish(channel: AbstractChannel, publication: Publication) -> None:
    exchange = await channel.get_exchange(publication.exchange, ensure=False)
    await exchange.publish(_message(publication), publication.routing_key, mandatory=publication.mandatory)


def _message(publication: Publication) -> aio_pika.Message:
    envelope = publication.envelope
    return aio_pika.Message(
        envelope.body,
        content_type=CONTENT_TYPE,
        delivery_mode=PERSISTENT,
        message_id=envelope.message_id,
        type=envelope.type,
        correlation_id=envelope.correlation_id,
        headers={**envelope.headers, **publication.headers},
    )
