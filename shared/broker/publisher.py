"""Publishes with confirms. A message counts as published only when the broker has taken it and has not returned it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final
from uuid import UUID

from aio_pika.abc import AbstractChannel
from prometheus_client import Gauge

from shared.broker import aiormq_7_2, confirms, topology
from shared.broker.confirms import Publish
from shared.broker.exchange_publisher import ExchangePublisher, Result
from shared.broker.publication import Publication
from shared.jobs.envelope import Envelope
from shared.process.library_internals import usable
from shared.process.metrics import closed

CANNOT_PUBLISH: Final = closed(
    Gauge(
        "punctual_publisher_blocked",
        "1 while nothing can be published to an exchange although there is a connection: its channel is closed again"
        " and again, or no queue takes what is published.",
        ["exchange"],
    ),
    (topology.WORK, topology.DELAYED, topology.RETRY),
)

_NOBODY: Final = "check"
"""A routing key that none of our queues is bound by."""
_CHECK: Final = Envelope(b"{}", str(UUID(int=0)), "check", None, {})


async def _nothing() -> None:
    return


def chosen_way() -> Publish:
    """The way to publish in this process: the fast one, or the plain one."""
    return aiormq_7_2.publish if usable(aiormq_7_2.INTERNALS) else confirms.publish


class Publisher:
    """Has a channel for each exchange, so that an error on one exchange loses no confirms of another."""

    def __init__(
        self,
        channel: Callable[[], Awaitable[AbstractChannel]],
        *,
        timeout: float,
        restore: Callable[[], Awaitable[object]] = _nothing,
    ) -> None:
        """`channel` opens a channel in confirm mode. `restore` declares deleted exchanges and queues again. `timeout`:
        the longest wait for a confirm, in seconds."""
        self._open = channel
        self._restore = restore
        self._timeout = timeout
        self._publish = chosen_way()
        self._publishers: dict[str, ExchangePublisher] = {}

    def trouble(self, exchange: str) -> str | None:
        """Why nothing can be published to an exchange; None when the last message was taken, or none was tried."""
        found = self._publishers.get(exchange)
        return None if found is None else found.trouble

    @property
    def troubled(self) -> list[str]:
        """The exchanges to which nothing can be published now."""
        return [exchange for exchange, each in self._publishers.items() if each.trouble is not None]

    async def publish(self, publication: Publication) -> None:
        """Publishes one message, and returns after the confirm.

        Raises PublishRefused (nack, return) and BrokerUnavailable (closed, or no answer in time: then the message may
        have arrived).
        """
        [result] = await self.publish_all([publication])
        if result is not None:
            raise result

    async def publish_all(self, publications: Sequence[Publication]) -> list[Result]:
        """Publishes all at once and waits for all confirms. Returns None for each confirmed publication, else its
        error."""
        if len({publication.exchange for publication in publications}) == 1:  # the usual case
            return await self._to(publications[0].exchange, publications)
        results: list[Result] = [None] * len(publications)
        groups: dict[str, list[int]] = {}
        for number, publication in enumerate(publications):
            groups.setdefault(publication.exchange, []).append(number)
        answers = await asyncio.gather(
            *(self._to(exchange, [publications[n] for n in group]) for exchange, group in groups.items())
        )
        for group, answer in zip(groups.values(), answers, strict=True):
            for number, result in zip(group, answer, strict=True):
                results[number] = result
        return results

    async def check(self, exchange: str) -> bool:
        """Whether the exchange would take a message. The trial message has a routing key that no queue is bound by: the
        broker checks the exchange and our permissions, and returns it."""
        await self._to_exchange(exchange).check(Publication(exchange, _NOBODY, _CHECK))
        self._show(exchange)
        return self.trouble(exchange) is None

    def forget(self) -> None:
        """To be called when the connection has ended. That is reported elsewhere, so no exchange is in trouble any
        more."""
        for exchange in self._publishers:
            CANNOT_PUBLISH.labels(exchange).set(0)
        self._publishers.clear()

    async def _to(self, exchange: str, publications: Sequence[Publication]) -> list[Result]:
        try:
            return await self._to_exchange(exchange).publish(publications)
        finally:
            self._show(exchange)

    def _to_exchange(self, exchange: str) -> ExchangePublisher:
        if exchange not in self._publishers:
            self._publishers[exchange] = ExchangePublisher(
                self._open, self._restore, publish=self._publish, timeout=self._timeout
            )
        return self._publishers[exchange]

    def _show(self, exchange: str) -> None:
        CANNOT_PUBLISH.labels(exchange).set(self.trouble(exchange) is not None)
