"""Publishes tickets with many confirms outstanding, and hands those that the broker confirmed to the marking."""

import asyncio
import math
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Final, Literal

import structlog

from api_service.relay import metrics
from api_service.relay.marking import AT_ONCE, CLAIMED_BY_THEN, Marking
from shared.broker import Publication, Publisher, topology
from shared.database import Database
from shared.errors import BrokerUnavailable, PublishRefused
from shared.jobs import envelope
from shared.jobs.model import Kind, Ticket
from shared.jobs.work_queues import queue_of
from shared.process import tracing

log = structlog.get_logger("api_service.relay")

Path = Literal["direct", "sweep", "delayed", "recovered"]
"""The path on which a ticket was published; closed, since it is a metric's label."""

MAX_DELAY: Final = 2**32 - 1
"""Milliseconds; the largest delay of the plugin."""


def publication(ticket: Ticket, shards: int = 1) -> Publication:
    """The message of a ticket for the work queue of its priority and shard."""
    return Publication(topology.WORK, queue_of(ticket, shards).key, envelope.build(ticket))


def delayed_publication(ticket: Ticket, seconds_left: float, shards: int = 1) -> Publication:
    """The message of a ticket for the delayed exchange.

    It must not be mandatory, since the exchange answers NO_ROUTE for every message that it holds. A delay of 0, or
    beyond 2^32 - 1 ms, would be delivered at once.
    """
    delay = min(max(math.ceil(seconds_left * 1000), 1), MAX_DELAY)
    return Publication(
        topology.DELAYED,
        queue_of(ticket, shards).key,
        envelope.build(ticket),
        mandatory=False,
        headers={"x-delay": delay},
    )


class TicketPublisher:
    """Publishes for every part of the relay. Without a broker, publishing fails at once."""

    def __init__(self, database: Database, *, shards: int = 1) -> None:
        """`shards`: work queues for each priority."""
        self._shards = shards
        self._publisher: Publisher | None = None
        self._connected = asyncio.Event()
        self._marking = Marking(database)

    @property
    def connected(self) -> bool:
        return self._connected.is_set()

    @property
    def blocked(self) -> bool:
        """Whether nothing can be published although there is a connection."""
        return self._publisher is not None and self._publisher.trouble(topology.WORK) is not None

    async def wait_connected(self) -> None:
        await self._connected.wait()

    def connect(self, publisher: Publisher | None) -> None:
        """Sets the publisher of a new connection, or removes it (None)."""
        self._publisher = publisher
        metrics.BROKER_CONNECTED.set(publisher is not None)
        if publisher is None:
            self._connected.clear()
        else:
            self._connected.set()

    async def publish(self, tickets: Sequence[Ticket], path: Path) -> int:
        """Publishes a batch to the work queues. Returns the number of confirms. The sweep publishes the others."""
        with _traced(tickets, topology.WORK) as traced:
            return await self._publish([(ticket, publication(ticket, self._shards)) for ticket in traced], path)

    async def hand_over(self, tickets: Sequence[tuple[Ticket, float]]) -> int:
        """Gives a batch to the delayed exchange, each ticket with the seconds until it is due. Returns the number of
        confirms."""
        with _traced([ticket for ticket, _ in tickets], topology.DELAYED) as traced:
            left = (seconds for _, seconds in tickets)
            return await self._publish(
                [
                    (ticket, delayed_publication(ticket, each, self._shards))
                    for ticket, each in zip(traced, left, strict=True)
                ],
                "delayed",
            )

    async def _publish(self, publications: Sequence[tuple[Ticket, Publication]], path: Path) -> int:
        publisher = self._publisher
        if publisher is None or not publications:
            return 0
        metrics.BATCH_SIZE.observe(len(publications))
        tickets = [ticket for ticket, _ in publications]
        results = await publisher.publish_all([each for _, each in publications])
        confirmed = [ticket for ticket, result in zip(tickets, results, strict=True) if result is None]
        self._count(confirmed, path)
        for error in results:
            if error is not None:
                _count_failure(error)
        self._marking.confirmed(confirmed, after=AT_ONCE if path == "delayed" else CLAIMED_BY_THEN)
        return len(confirmed)

    async def run_marking(self) -> None:
        """Marks confirmed tickets until cancelled, and the remaining ones at the end."""
        await self._marking.run()

    def _count(self, confirmed: Sequence[Ticket], path: Path) -> None:
        for ticket in confirmed:
            metrics.PUBLISHED.labels(ticket.kind, path).inc()
            log.info(
                "reminder job enqueued" if ticket.kind == Kind.REMINDER else "email job enqueued",
                job_id=str(ticket.job_id),
                appointment_id=str(ticket.appointment_id),
                kind=ticket.kind,
                request_id=ticket.request_id,
                path=path,
            )


@contextmanager
def _traced(tickets: Sequence[Ticket], exchange: str) -> Iterator[Sequence[Ticket]]:
    """The tickets, each with a span of its own in the trace of its booking."""
    if not tracing.enabled():
        yield tickets
        return
    with ExitStack() as stack:
        spans = (
            tracing.span(
                f"publish {exchange}",
                "PRODUCER",
                parent=ticket.traceparent,
                messaging__system="rabbitmq",
                messaging__operation__type="send",
                messaging__operation__name="publish",
                messaging__destination__name=exchange,
                messaging__rabbitmq__destination__routing_key=str(ticket.priority),
                messaging__message__id=str(ticket.job_id),
            )
            for ticket in tickets
        )
        contexts = [stack.enter_context(span).traceparent for span in spans]
        yield [replace(ticket, traceparent=each) for ticket, each in zip(tickets, contexts, strict=True)]


def _count_failure(error: PublishRefused | BrokerUnavailable) -> None:
    reason = "refused" if isinstance(error, PublishRefused) else "unavailable"
    metrics.UNPUBLISHED.labels(reason).inc()
    log.warning("job not published, the sweep will", reason=reason, error=str(error))
