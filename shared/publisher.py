"""Publishes with confirms: a message counts as published only when the broker has taken it and has not returned it."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

import aiormq
from aio_pika.abc import AbstractChannel
from aiormq.abc import AbstractChannel as UnderlayChannel
from pamqp.commands import Basic

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
    def properties(self) -> Basic.Properties:
        return Basic.Properties(
            content_type=CONTENT_TYPE,
            delivery_mode=PERSISTENT,
            message_id=self.envelope.message_id,
            message_type=self.envelope.type,
            correlation_id=self.envelope.correlation_id,
            headers={**self.envelope.headers, **self.headers},
        )


@dataclass(slots=True)
class _Lane:
    """A channel in confirm mode, and what is on its way there."""

    channel: AbstractChannel
    underlay: UnderlayChannel
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
            return _Lane(opened, await opened.get_underlay_channel())

        return cls(await lane(), lane, timeout)

    async def publish(self, parcel: Parcel) -> None:
        """Returns after the confirm.

        Raises PublishRefused (nack, return), BrokerUnavailable (closed, or no answer in time: it may or may
        not have arrived).
        """
        with reaching():
            lane = await self._usable()
            lane.under_way += 1
            try:
                await lane.underlay.basic_publish(
                    parcel.envelope.body,
                    exchange=parcel.exchange,
                    routing_key=parcel.routing_key,
                    properties=parcel.properties,
                    mandatory=parcel.mandatory,
                    timeout=self._timeout,
                )
            except aiormq.exceptions.DeliveryError as error:
                lane.refused = True
                raise PublishRefused(f"{parcel.exchange} refused {parcel.envelope.message_id}") from error
            finally:
                lane.under_way -= 1
                await self._retire(lane)

    async def publish_all(self, parcels: Sequence[Parcel]) -> list[PublishRefused | BrokerUnavailable | None]:
        """Publishes with all confirms outstanding at once; None for each that was confirmed."""
        results = await asyncio.gather(*map(self.publish, parcels), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException) and not isinstance(result, PublishRefused | BrokerUnavailable):
                raise result
        return results  # type: ignore[return-value]  # narrowed by the loop

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
