"""Publishes with confirms: a message counts as published only when the broker has taken it and has not returned it."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

import aiormq
from aio_pika.abc import AbstractChannel
from pamqp.commands import Basic

from shared import confirms
from shared.confirms import Message
from shared.envelope import CONTENT_TYPE, PERSISTENT, Envelope
from shared.errors import BrokerUnavailable, PublishRefused
from shared.reaching import AWAY, reaching

RENEWAL: Final = 1.0
"""Seconds between two channels. One on which a full queue has refused a message is refused for ever, also when the
queue has room again (RabbitMQ 3.10, quorum queue, reject-publish: measured), so another takes its place."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """An envelope and where it goes. Held back by the broker, it must not be `mandatory`: the delayed
    exchange answers NO_ROUTE for whatever it holds."""

    exchange: str
    routing_key: str
    envelope: Envelope
    mandatory: bool = True
    headers: Mapping[str, int] = field(default_factory=dict)

    @property
    def message(self) -> Message:
        return Message(
            Basic.Publish(exchange=self.exchange, routing_key=self.routing_key, mandatory=self.mandatory),
            Basic.Properties(
                content_type=CONTENT_TYPE,
                delivery_mode=PERSISTENT,
                message_id=self.envelope.message_id,
                message_type=self.envelope.type,
                correlation_id=self.envelope.correlation_id,
                headers={**self.envelope.headers, **self.headers},
            ),
            self.envelope.body,
        )


@dataclass(slots=True)
class _Lane:
    """A channel in confirm mode, and what is on its way there."""

    channel: AbstractChannel
    underlay: aiormq.Channel
    under_way: int = 0
    refused: bool = False


class Publisher:
    """Made by `Publisher.open`, on a connection that outlives it."""

    def __init__(self, lane: _Lane, renew: Callable[[], Awaitable[_Lane]], timeout: float) -> None:
        self._lane = lane
        self._renew = renew
        self._timeout = timeout
        self._renewed_at = monotonic()
        self._renewing = asyncio.Lock()

    @classmethod
    async def open(cls, channel: Callable[[], Awaitable[AbstractChannel]], *, timeout: float) -> "Publisher":
        """`channel` opens one in confirm mode; `timeout` in seconds bounds the wait for a confirm."""

        async def lane() -> _Lane:
            opened = await channel()
            underlay = await opened.get_underlay_channel()
            assert isinstance(underlay, aiormq.Channel)  # noqa: S101 - the one implementation
            return _Lane(opened, underlay)

        return cls(await lane(), lane, timeout)

    async def publish(self, parcel: Parcel) -> None:
        """Returns after the confirm.

        Raises PublishRefused (nack, return), BrokerUnavailable (closed, or no answer in time: it may or may
        not have arrived).
        """
        with reaching():
            [result] = await self._published([parcel])
        if result is not None:
            raise result

    async def publish_all(self, parcels: Sequence[Parcel]) -> list[PublishRefused | BrokerUnavailable | None]:
        """Publishes with all confirms outstanding at once; None for each that was confirmed."""
        if not parcels:
            return []
        try:
            with reaching():
                return await self._published(parcels)
        except BrokerUnavailable as error:
            return [error for _ in parcels]

    async def _published(self, parcels: Sequence[Parcel]) -> list[PublishRefused | BrokerUnavailable | None]:
        lane = await self._usable()
        lane.under_way += 1
        try:
            messages = [parcel.message for parcel in parcels]
            settled = await confirms.publish(lane.underlay, messages, timeout=self._timeout)
            results = [_result(parcel, confirm) for parcel, confirm in zip(parcels, settled, strict=True)]
            lane.refused |= any(isinstance(result, PublishRefused) for result in results)
            return results
        finally:
            lane.under_way -= 1
            await self._retire(lane)

    async def _usable(self) -> _Lane:
        """The channel to publish on: another one, now and then, while messages are refused."""
        if self._lane.refused:
            async with self._renewing:
                if self._lane.refused and monotonic() - self._renewed_at >= RENEWAL:
                    self._renewed_at = monotonic()
                    old, self._lane = self._lane, await self._renew()
                    await self._retire(old)
        return self._lane

    async def _retire(self, lane: _Lane) -> None:
        """Closes a channel that was replaced, once nothing is on its way there."""
        if lane is not self._lane and not lane.under_way:
            with contextlib.suppress(*AWAY):
                await lane.channel.close()


def _result(parcel: Parcel, confirm: confirms.Confirm) -> PublishRefused | BrokerUnavailable | None:
    """None when it was confirmed."""
    if confirm.cancelled():
        return BrokerUnavailable("no confirm in time")
    try:
        with reaching():
            try:
                confirm.result()
            except aiormq.exceptions.DeliveryError as error:
                raise PublishRefused(f"{parcel.exchange} refused {parcel.envelope.message_id}") from error
    except (PublishRefused, BrokerUnavailable) as error:
        return error
    return None
