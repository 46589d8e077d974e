"""Publishes with confirms: a message counts as published only when the broker has taken it and has not returned it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final
from uuid import UUID

from aio_pika.abc import AbstractChannel

from shared.broker.lane import Lane, Result
from shared.broker.metrics import CANNOT_PUBLISH
from shared.broker.parcel import Parcel
from shared.jobs.envelope import Envelope

_NOBODY: Final = "check"
"""A routing key that no queue of ours is bound by."""
_CHECK: Final = Envelope(b"{}", str(UUID(int=0)), "check", None, {})


async def _nothing() -> None:
    return


class Publisher:
    """One lane an exchange, so that what ends one of them stops no other's confirms."""

    def __init__(
        self,
        channel: Callable[[], Awaitable[AbstractChannel]],
        *,
        timeout: float,
        restore: Callable[[], Awaitable[object]] = _nothing,
    ) -> None:
        """`channel` opens one in confirm mode; `restore` declares again what was deleted; `timeout` in seconds bounds
        the wait for a confirm."""
        self._open = channel
        self._restore = restore
        self._timeout = timeout
        self._lanes: dict[str, Lane] = {}

    def trouble(self, exchange: str) -> str | None:
        """Why nothing can be published to an exchange, as far as that was tried; None when it was taken."""
        lane = self._lanes.get(exchange)
        return None if lane is None else lane.trouble

    @property
    def troubled(self) -> list[str]:
        """The exchanges to which nothing can be published just now."""
        return [exchange for exchange, lane in self._lanes.items() if lane.trouble is not None]

    async def publish(self, parcel: Parcel) -> None:
        """Returns after the confirm.

        Raises PublishRefused (nack, return), BrokerUnavailable (closed, or no answer in time: it may or may
        not have arrived).
        """
        [result] = await self.publish_all([parcel])
        if result is not None:
            raise result

    async def publish_all(self, parcels: Sequence[Parcel]) -> list[Result]:
        """Publishes with all confirms outstanding at once; None for each that was confirmed."""
        if len({parcel.exchange for parcel in parcels}) == 1:  # as nearly always
            return await self._to(parcels[0].exchange, parcels)
        results: list[Result] = [None] * len(parcels)
        groups: dict[str, list[int]] = {}
        for number, parcel in enumerate(parcels):
            groups.setdefault(parcel.exchange, []).append(number)
        answers = await asyncio.gather(
            *(self._to(exchange, [parcels[n] for n in group]) for exchange, group in groups.items())
        )
        for group, answer in zip(groups.values(), answers, strict=True):
            for number, result in zip(group, answer, strict=True):
                results[number] = result
        return results

    async def check(self, exchange: str) -> bool:
        """Whether a message would be taken. It is one that no queue is bound for: the broker returns it, after it has
        looked for the exchange and at our permissions."""
        await self._lane(exchange).check(Parcel(exchange, _NOBODY, _CHECK))
        self._show(exchange)
        return self.trouble(exchange) is None

    def forget(self) -> None:
        """The connection has ended, which others tell: no lane of it is in trouble any more."""
        for exchange in self._lanes:
            CANNOT_PUBLISH.labels(exchange).set(0)
        self._lanes.clear()

    async def _to(self, exchange: str, parcels: Sequence[Parcel]) -> list[Result]:
        try:
            return await self._lane(exchange).publish(parcels)
        finally:
            self._show(exchange)

    def _lane(self, exchange: str) -> Lane:
        if exchange not in self._lanes:
            self._lanes[exchange] = Lane(self._open, self._restore, timeout=self._timeout)
        return self._lanes[exchange]

    def _show(self, exchange: str) -> None:
        CANNOT_PUBLISH.labels(exchange).set(self.trouble(exchange) is not None)
