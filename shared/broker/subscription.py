"""Receives the messages of one queue on a channel of its own, and settles them by ack or reject."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Final, Self

import structlog
from aio_pika.abc import AbstractChannel
from aiormq.abc import AbstractChannel as UnderlayChannel
from aiormq.abc import DeliveredMessage
from pamqp.commands import Basic

from shared.broker import aiormq_7_2_deliveries as fast
from shared.broker.acks import Acks
from shared.broker.delivery import Delivery
from shared.broker.errors import translated
from shared.broker.pamqp_4_0 import take_any_bytes
from shared.broker.session import BrokerSession
from shared.errors import BrokerUnavailable
from shared.process.instance import instance
from shared.process.library_internals import usable
from shared.process.loops import run_loop

log = structlog.get_logger("shared.broker")

Which = Callable[[Delivery], bool]
"""A filter of deliveries."""
IDLE: Final = 4.0
"""Seconds without a delivery after which a subscription opens another channel."""


class Subscription:
    """Ends with its channel, its connection or its queue. The broker delivers all unacked messages again then."""

    _channel: AbstractChannel
    _underlay: UnderlayChannel
    _acks: Acks

    def __init__(self, session: BrokerSession, queue: str, *, prefetch: int, no_ack: bool) -> None:
        self._session = session
        self._queue = queue
        self._prefetch = prefetch
        self._no_ack = no_ack
        self._consumer_tag: str | None = None
        self._waiting: deque[Delivery] = deque()
        self._changed = asyncio.Event()
        self._quiet = True  # whether a delivery has come since the last look
        self._saying = 0  # acks under way
        self._over = asyncio.Event()
        self._changing = asyncio.Lock()  # one change of channel and consumer at a time
        self._renewing: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, session: BrokerSession, queue: str, *, prefetch: int, no_ack: bool = False) -> Self:
        """Starts to consume, with manual acks unless `no_ack` (then lost messages stay lost).

        Raises BrokerUnavailable, also when there is no such queue.
        """
        take_any_bytes()
        if usable(fast.INTERNALS):
            fast.read_in_bulk()
        subscription = cls(session, queue, prefetch=prefetch, no_ack=no_ack)
        await subscription._enter()
        if not no_ack:
            subscription._renewing = asyncio.create_task(subscription._renew_when_idle(), name=f"renew {queue}")
        return subscription

    async def _enter(self, *, only_if_idle: bool = False) -> bool:
        """Consumes on a new channel, unless a delivery has come while it was opened. Raises BrokerUnavailable."""
        channel = await self._session.channel(prefetch=self._prefetch)
        with translated():
            underlay = await channel.get_underlay_channel()
            if only_if_idle and not self._idle:
                await channel.close()
                return False
            self._channel, self._underlay, self._acks = channel, underlay, Acks()
            if usable(fast.INTERNALS):
                self._deliver_to_us(underlay)
            underlay.closing.add_done_callback(lambda _: self._end_of(underlay))
            underlay.on_consumer_cancel_callbacks.add(lambda _: self._end_of(underlay))
            await self._consume()
        return True

    @property
    def _idle(self) -> bool:
        """Whether every delivery on this channel is settled."""
        settled = not (self._waiting or self._acks.outstanding or self._saying)
        return self.receiving and settled and self._quiet

    def _deliver_to_us(self, underlay: UnderlayChannel) -> None:
        def receive(deliver: Basic.Deliver, properties: Basic.Properties, body: bytes) -> None:
            if self._underlay is underlay:  # of an old channel, the broker delivers it again
                self._receive(Delivery.made(deliver, properties, body))

        fast.deliver_to(underlay, receive)

    async def _consume(self) -> None:
        underlay = self._underlay

        async def receive(message: DeliveredMessage) -> None:
            if self._underlay is underlay:
                self._receive(Delivery.of(message))

        # the management UI shows the tag; it is unique on its channel, which has this consumer alone
        tag = f"{self._queue} {instance()}"
        answer = await underlay.basic_consume(self._queue, receive, no_ack=self._no_ack, consumer_tag=tag)
        self._consumer_tag = answer.consumer_tag

    async def _renew_when_idle(self) -> None:
        """While no message comes, changes to another channel from time to time.

        RabbitMQ (seen on 3.10) keeps the consumers of a queue that is deleted and declared again at once, but its
        deliveries never reach them. Neither the queue's depth nor its list of consumers shows this.
        """

        async def turn() -> float:
            try:
                async with self._changing:
                    if self._idle:
                        await self._renew()
            except Exception:
                self.end()  # our bug, counted by the loop: the consumer opens another subscription
                raise
            self._quiet = True
            return 0.0

        await run_loop("subscription-renewal", turn, ready=lambda: asyncio.sleep(IDLE), until=self._over)

    async def _renew(self) -> None:
        old = self._channel
        try:
            if await self._enter(only_if_idle=True):
                with translated():
                    await old.close()
        except BrokerUnavailable as error:
            log.debug("subscription not renewed", queue=self._queue, error=str(error))
            self.end()

    def _end_of(self, underlay: UnderlayChannel) -> None:
        if self._underlay is underlay:
            self.end()

    def _receive(self, delivery: Delivery) -> None:
        if not self._no_ack:
            self._acks.delivered(delivery.tag)
        self._quiet = False
        self._waiting.append(delivery)
        self._changed.set()

    def end(self) -> None:
        """Drops the waiting deliveries, which stay unacked. From now on `next` returns an empty list."""
        self._over.set()
        self._waiting.clear()
        self._changed.set()

    @property
    def ended(self) -> bool:
        return self._over.is_set()

    @property
    def receiving(self) -> bool:
        """Whether new deliveries come: it is neither paused nor cancelled nor ended."""
        return self._consumer_tag is not None and not self._over.is_set()

    @property
    def can_ack(self) -> bool:
        """Whether taken deliveries can still be settled."""
        return not self._underlay.is_closed

    def first(self, which: Which | None = None) -> Delivery | None:
        """The next delivery (that the filter chooses), without taking it; None when there is none."""
        if which is None:
            return self._waiting[0] if self._waiting else None
        return next(filter(which, self._waiting), None)

    def waiting(self, which: Which | None = None) -> int:
        """The number of waiting deliveries (that the filter chooses)."""
        return len(self._waiting) if which is None else sum(map(which, self._waiting))

    async def wait(self, which: Which | None = None) -> None:
        """Waits until a delivery (that the filter chooses) is there, or the subscription has ended."""
        while self.first(which) is None and not self._over.is_set():
            self._changed.clear()
            await self._changed.wait()

    async def next(self, limit: int) -> list[Delivery]:
        """Waits for 1 to `limit` deliveries, and takes them; an empty list once the subscription has ended."""
        await self.wait()
        return self.take(limit)

    def take(self, limit: int, which: Which | None = None) -> list[Delivery]:
        """Takes at most `limit` waiting deliveries (that the filter chooses); the others keep their order."""
        if which is None:
            return [self._waiting.popleft() for _ in range(min(limit, len(self._waiting)))]
        taken = list(islice(filter(which, self._waiting), limit))
        tags = {each.tag for each in taken}
        self._waiting = deque(each for each in self._waiting if each.tag not in tags)
        return taken

    async def ack(self, delivery: Delivery) -> None:
        """Acks a delivery. On an ended channel nothing happens: the message comes again, and its ticket is stale by
        then.

        Acks of the same turn of the event loop go out together, sent by the first caller.
        """
        if self._acks.add(delivery.tag):
            try:
                await asyncio.sleep(0)
            finally:
                await self._say_acks()

    async def _say_acks(self) -> None:
        underlay = self._underlay
        self._saying += 1
        try:
            with translated():
                if usable(fast.INTERNALS):
                    await fast.ack(underlay, self._acks.take())
                    return
                for tag, multiple in self._acks.take():
                    await underlay.basic_ack(tag, multiple, wait=False)
        except BrokerUnavailable:
            self.end()
        finally:
            self._saying -= 1

    async def reject(self, delivery: Delivery) -> None:
        """Rejects a delivery: the broker moves it to the queue's dead-letter exchange."""
        await self._reject([delivery], requeue=False)

    async def cancel(self) -> None:
        """Stops consuming. Waiting deliveries go back to the queue; taken ones can still be acked."""
        returned = list(self._waiting)
        self.end()
        try:
            async with self._changing:
                await self._cancel_consumer()
        except BrokerUnavailable:
            return
        await self.give_back(returned)

    async def pause(self) -> None:
        """Stops consuming until `resume`; `next` waits meanwhile."""
        try:
            async with self._changing:
                await self._cancel_consumer()
        except BrokerUnavailable:
            self.end()
        returned = list(self._waiting)  # also the deliveries that came during the call
        self._waiting.clear()
        await self.give_back(returned)

    async def resume(self) -> None:
        """Consumes again. Ends when the broker or the queue is gone."""
        try:
            with translated():
                async with self._changing:
                    await self._consume()
        except BrokerUnavailable:
            self.end()

    async def _cancel_consumer(self) -> None:
        tag, self._consumer_tag = self._consumer_tag, None
        if tag is not None:
            with translated():
                await self._underlay.basic_cancel(tag)

    async def give_back(self, deliveries: Sequence[Delivery]) -> None:
        """Returns deliveries to the queue. On an ended channel the broker has returned them already."""
        await self._reject(deliveries, requeue=True)

    async def _reject(self, deliveries: Sequence[Delivery], *, requeue: bool) -> None:
        try:
            with translated():
                for delivery in deliveries:
                    await self._underlay.basic_reject(delivery.tag, requeue=requeue, wait=False)
                    self._acks.settled(delivery.tag)  # its frame comes before every ack that would cover it
        except BrokerUnavailable:
            self.end()

    async def close(self) -> None:
        """Closes the channel; the broker returns all unacked messages to the queue."""
        self.end()
        if self._renewing is not None:
            await self._stop_renewing(self._renewing)
        try:
            async with asyncio.timeout(5):
                with translated():
                    await self._channel.close()
        except (BrokerUnavailable, TimeoutError):
            return

    async def _stop_renewing(self, task: asyncio.Task[None]) -> None:
        """Waits for a change of channel under way. If a Channel.Close of aiormq is cancelled halfway, it is sent twice,
        and RabbitMQ ends the whole connection (504)."""
        try:
            async with asyncio.timeout(5), self._changing:
                task.cancel()
        except TimeoutError:
            task.cancel()
        await asyncio.wait([task])
