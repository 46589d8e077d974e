"""Publishes to one exchange on a channel of its own, and replaces the channel whatever has ended it."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Final

import aiormq
from aio_pika.abc import AbstractChannel
from aiormq.abc import AbstractChannel as UnderlayChannel

from shared.broker.confirms import Confirm, Publish
from shared.broker.errors import reply_code, translated
from shared.broker.publication import Publication
from shared.errors import BrokerUnavailable, PublishRefused

RENEWAL: Final = 1.0
"""Seconds between two new channels. An exchange that nobody may publish to then costs one channel a second.

RabbitMQ 3.10 refuses every later message on a channel on which a full quorum queue (reject-publish) has refused one,
even when the queue has room again (measured). So such a channel is replaced, too.
"""

Result = PublishRefused | BrokerUnavailable | None
"""The result of one publication; None: confirmed."""


@dataclass(slots=True)
class _ConfirmChannel:
    """A channel in confirm mode, and the number of its messages under way."""

    channel: AbstractChannel
    underlay: UnderlayChannel
    under_way: int = 0
    refused: bool = False

    @property
    def usable(self) -> bool:
        return not (self.refused or self.underlay.is_closed)


class ExchangePublisher:
    """`trouble` says why nothing can be published now; None when the last batch had a confirm."""

    def __init__(
        self,
        open_channel: Callable[[], Awaitable[AbstractChannel]],
        restore: Callable[[], Awaitable[object]],
        *,
        publish: Publish,
        timeout: float,
    ) -> None:
        """`open_channel` opens a channel in confirm mode. `restore` declares deleted exchanges and queues again.
        `publish` is the way to publish. `timeout`: the longest wait for a confirm, in seconds."""
        self.trouble: str | None = None
        self._refuses = False  # the trouble is: the exchange takes messages, but no queue does
        self._open_channel = open_channel
        self._restore = restore
        self._publish = publish
        self._timeout = timeout
        self._current: _ConfirmChannel | None = None
        self._renewed_at = -RENEWAL
        self._restored_at = -RENEWAL
        self._renewing = asyncio.Lock()

    async def publish(self, publications: Sequence[Publication]) -> list[Result]:
        """Publishes, and returns one result for each publication, in order.

        A publication that failed because the channel was closed, or because an exchange or a binding is missing, is
        tried once more. It may then arrive twice, which does no harm: the claim lets a ticket through once.
        """
        results = await self._tried(publications)
        errors = [result for result in results if result is not None]
        whole = bool(errors) and len(errors) == len(results)
        self.trouble = str(errors[0]) if whole else None
        self._refuses = whole and isinstance(errors[0], PublishRefused)
        return results

    async def check(self, publication: Publication) -> None:
        """Checks the channel, the exchange and our permissions by a message that no queue is bound for.

        It says nothing about queues. While they refuse messages, the sweep keeps trying.
        """
        [result] = await self._tried([publication])
        if isinstance(result, BrokerUnavailable):
            self.trouble, self._refuses = str(result), False
        elif not self._refuses:
            self.trouble = None

    async def _tried(self, publications: Sequence[Publication]) -> list[Result]:
        results = await self._attempt(publications)
        if await self._may_succeed_now(results):
            failed = [number for number, result in enumerate(results) if result is not None]
            for number, result in zip(failed, await self._attempt([publications[n] for n in failed]), strict=True):
                results[number] = result
        return results

    async def _may_succeed_now(self, results: Sequence[Result]) -> bool:
        """Whether a new channel, or a restored exchange or queue, may take the failed message."""
        causes = [result.__cause__ for result in results if result is not None]
        codes = {reply_code(cause) for cause in causes if cause is not None}
        returned = any(map(_is_returned, results))
        if 404 in codes or (returned and monotonic() - self._restored_at >= RENEWAL):
            self._restored_at = monotonic()
            with contextlib.suppress(BrokerUnavailable):
                await self._restore()
            return True
        closed = self._current is not None and self._current.underlay.is_closed
        # not after a time-out: whoever has waited once in vain does not wait again
        return closed and 403 not in codes and any(cause is not None for cause in causes)

    async def _attempt(self, publications: Sequence[Publication]) -> list[Result]:
        try:
            with translated():
                return await self._published(publications)
        except (PublishRefused, BrokerUnavailable) as error:
            return [error for _ in publications]

    async def _published(self, publications: Sequence[Publication]) -> list[Result]:
        used = await self._usable()
        used.under_way += 1
        try:
            settled = await self._publish(used.channel, publications, timeout=self._timeout)
            results = [
                _result(publication, confirm) for publication, confirm in zip(publications, settled, strict=True)
            ]
            used.refused |= any(isinstance(result, PublishRefused) and not _is_returned(result) for result in results)
            return results
        finally:
            used.under_way -= 1
            await self._retire(used)

    async def _usable(self) -> _ConfirmChannel:
        """The channel to publish on: a new one when the last was closed, and from time to time while messages are
        refused."""
        if self._current is not None and self._current.usable:
            return self._current
        async with self._renewing:
            return await self._renewed(self._current)

    async def _renewed(self, old: _ConfirmChannel | None) -> _ConfirmChannel:
        """Replaces `old` by a new channel. Returns `old` itself when another caller has replaced it already, or when it
        has refused a message only just now, and may still take others."""
        if old is not None:
            early_by = self._renewed_at + RENEWAL - monotonic()
            if old.usable or (early_by > 0 and not old.underlay.is_closed):
                return old
            await asyncio.sleep(max(early_by, 0))
        self._current = await self._opened()
        if old is not None:
            self._renewed_at = monotonic()
            await self._retire(old)
        return self._current

    async def _opened(self) -> _ConfirmChannel:
        channel = await self._open_channel()
        return _ConfirmChannel(channel, await channel.get_underlay_channel())

    async def _retire(self, each: _ConfirmChannel) -> None:
        """Closes a replaced channel, once none of its messages is under way."""
        if each is not self._current and not each.under_way and not each.underlay.is_closed:
            with contextlib.suppress(BrokerUnavailable), translated():
                await each.channel.close()


def _is_returned(result: Result) -> bool:
    """Whether no queue was bound for the message. (A queue that refuses it nacks it instead.)"""
    return isinstance(result, PublishRefused) and isinstance(result.__cause__, aiormq.exceptions.PublishError)


def _result(publication: Publication, confirm: Confirm) -> Result:
    """The error of one confirm; None when the message was confirmed."""
    if confirm.cancelled():
        return BrokerUnavailable("no confirm in time")
    if confirm.exception() is None:
        return None
    try:
        with translated():
            confirm.result()
    except (PublishRefused, BrokerUnavailable) as error:
        if not isinstance(error, PublishRefused):
            return error
        refused = PublishRefused(f"{publication.exchange} refused {publication.envelope.message_id}")
        refused.__cause__ = error.__cause__
        return refused
    raise AssertionError  # pragma: no cover - a confirm with an exception raises it
