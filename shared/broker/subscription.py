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

from shared.broker.acks import Acks
from shared.broker.delivery import Delivery
from shared.broker.errors import translated
from shared.broker.pamqp_4_0 import take_any_bytes
from shared.broker.session import BrokerSession
from shared.errors import BrokerUnavailable
from shared.process.instance import instance
from shared.process.loops import run_loop

log = structlog.get_logger("shared.broker")

Which = Callable[[Delivery], bool]
"""Chooses deliveries."""
IDLE: Final = 4.0
"""Seconds without a delivery after which a subscription takes another channel."""


class Subscription:
    """Ends when its channel, its connection or its queue does; what was not acked then comes again."""

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
        self._quiet = True  # since the last look
        self._saying = 0  # acks that are on their way
        self._over = asyncio.Event()
        self._changing = asyncio.Lock()  # of channel and consumer: one at a time
        self._renewing: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, session: BrokerSession, queue: str, *, prefetch: int, no_ack: bool = False) -> Self:
        """Starts to consume, with manual acks unless `no_ack` says that what is lost is lost.

        Raises BrokerUnavailable, also when there is no such queue.
        """
        take_any_bytes()
        subscription = cls(session, queue, prefetch=prefetch, no_ack=no_ack)
        await subscription._enter()
        if not no_ack:
            subscription._renewing = asyncio.create_task(subscription._renew_when_idle(), name=f"renew {queue}")
        return subscription

    async def _enter(self, *, only_if_idle: bool = False) -> bool:
        """Consumes on a new channel; not where something has come while it was opened. Raises BrokerUnavailable."""
        channel = await self._session.channel(prefetch=self._prefetch)
        with translated():
            underlay = await channel.get_underlay_channel()
            if only_if_idle and not self._idle:
                await channel.close()
                return False
            self._channel, self._underlay, self._acks = channel, underlay, Acks()
            underlay.closing.add_done_callback(lambda _: self._end_of(underlay))
            underlay.on_consumer_cancel_callbacks.add(lambda _: self._end_of(underlay))
            await self._consume()
        return True

    @property
    def _idle(self) -> bool:
        """Whether nothing is to be settled on this channel."""
        settled = not (self._waiting or self._acks.outstanding or self._saying)
        return self.receiving and settled and self._quiet

    async def _consume(self) -> None:
        underlay = self._underlay

        async def receive(message: DeliveredMessage) -> None:
            if self._underlay is underlay:  # else its tag is none of the channel that acks: it comes again
                await self._receive(message)

        # the tag is shown by the management UI; unique in its channel, which has this consumer alone
        tag = f"{self._queue} {instance()}"
        answer = await underlay.basic_consume(self._queue, receive, no_ack=self._no_ack, consumer_tag=tag)
        self._consumer_tag = answer.consumer_tag

    async def _renew_when_idle(self) -> None:
        """Changes to another channel while nothing comes, before it leaves the old. A queue that was deleted and
        declared again at once carries its consumers over without a word, and what it delivers to them never arrives:
        neither its depth nor its consumers tell (seen on 3.10)."""

        async def turn() -> float:
            try:
                async with self._changing:
                    if self._idle:
                        await self._renew()
            except Exception:
                self.end()  # a fault of ours, counted by the loop: who consumes opens another subscription
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

    async def _receive(self, message: DeliveredMessage) -> None:
        delivery = Delivery.of(message)
        if not self._no_ack:
            self._acks.delivered(delivery.tag)
        self._quiet = False
        self._waiting.append(delivery)
        self._changed.set()

    def end(self) -> None:
        """Forgets what waits here unacked; `next` answers an empty list from now on."""
        self._over.set()
        self._waiting.clear()
        self._changed.set()

    @property
    def ended(self) -> bool:
        return self._over.is_set()

    @property
    def receiving(self) -> bool:
        """Whether deliveries still come: neither paused nor cancelled nor ended."""
        return self._consumer_tag is not None and not self._over.is_set()

    @property
    def can_ack(self) -> bool:
        """Whether what was taken can still be settled."""
        return not self._underlay.is_closed

    def first(self, which: Which | None = None) -> Delivery | None:
        """The delivery that `take` would give first, if one waits."""
        if which is None:
            return self._waiting[0] if self._waiting else None
        return next(filter(which, self._waiting), None)

    def waiting(self, which: Which | None = None) -> int:
        """How many deliveries `take` would give at once."""
        return len(self._waiting) if which is None else sum(map(which, self._waiting))

    async def wait(self, which: Which | None = None) -> None:
        """Returns when a delivery (of those) waits, or the subscription has ended."""
        while self.first(which) is None and not self._over.is_set():
            self._changed.clear()
            await self._changed.wait()

    async def next(self, limit: int) -> list[Delivery]:
        """At least one and at most `limit` deliveries; an empty list once the subscription has ended."""
        await self.wait()
        return self.take(limit)

    def take(self, limit: int, which: Which | None = None) -> list[Delivery]:
        """At most `limit` of the deliveries that wait; the others keep their order."""
        if which is None:
            return [self._waiting.popleft() for _ in range(min(limit, len(self._waiting)))]
        taken = list(islice(filter(which, self._waiting), limit))
        tags = {each.tag for each in taken}
        self._waiting = deque(each for each in self._waiting if each.tag not in tags)
        return taken

    async def ack(self, delivery: Delivery) -> None:
        """Settles a delivery. On a channel that has ended nothing happens: it comes again, stale by then.

        What is acked in the same turn of the event loop is said together, by the first of them.
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
                for tag, multiple in self._acks.take():
                    await underlay.basic_ack(tag, multiple, wait=False)
        except BrokerUnavailable:
            self.end()
        finally:
            self._saying -= 1

    async def reject(self, delivery: Delivery) -> None:
        """Sends a delivery to the queue's dead-letter exchange."""
        await self._reject([delivery], requeue=False)

    async def cancel(self) -> None:
        """Stops consuming: what waits here goes back to the queue, what was taken can still be acked."""
        returned = list(self._waiting)
        self.end()
        try:
            async with self._changing:
                await self._cancel_consumer()
        except BrokerUnavailable:
            return
        await self.give_back(returned)

    async def pause(self) -> None:
        """The same, until `resume`: `next` waits so long."""
        try:
            async with self._changing:
                await self._cancel_consumer()
        except BrokerUnavailable:
            self.end()
        returned = list(self._waiting)  # also what came while the broker was asked
        self._waiting.clear()
        await self.give_back(returned)

    async def resume(self) -> None:
        """Consumes again; ends where the broker or the queue is gone."""
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
        """Returns deliveries to the queue. On a channel that has ended they return by themselves."""
        await self._reject(deliveries, requeue=True)

    async def _reject(self, deliveries: Sequence[Delivery], *, requeue: bool) -> None:
        try:
            with translated():
                for delivery in deliveries:
                    await self._underlay.basic_reject(delivery.tag, requeue=requeue, wait=False)
                    self._acks.settled(delivery.tag)  # its frame is before any ack's that would cover it
        except BrokerUnavailable:
            self.end()

    async def close(self) -> None:
        """Closes the channel; the broker returns whatever is still unacked."""
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
        """Never while it changes the channel: a Channel.Close of aiormq that was cancelled in the middle is said again,
        and RabbitMQ ends the whole connection (504)."""
        try:
            async with asyncio.timeout(5), self._changing:
                task.cancel()
        except TimeoutError:
            task.cancel()
        await asyncio.wait([task])
