"""Moves notifications.dead into PostgreSQL; acks after the commit.

A failed job is in its row already. A message that crashed its consumers goes back to its row. An unreadable message is
kept whole.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Self

import orjson
import structlog

from notifier_service.consuming import metrics
from shared.broker import BrokerSession, Delivery, Subscription
from shared.broker.topology import DEAD
from shared.database import Database
from shared.database.sql_file import statements
from shared.errors import Contention, EnvelopeError, ItemRefused, Unavailable
from shared.ids import new_id
from shared.jobs import envelope
from shared.jobs import store as job_store
from shared.jobs.model import Ticket
from shared.process.internal_errors import failed, item_refused
from shared.process.loops import run_loop
from shared.safe_text import escaped, escaped_values, storable

log = structlog.get_logger("notifier_service.consuming.dead_letters")

PREFETCH: Final = 50
PAUSE: Final = 1.0
"""Seconds between two attempts while PostgreSQL is away or the queue cannot be consumed."""
_NAMES: Final = {"message_type": "type"}
"""AMQP's names of properties that pamqp names differently."""
_SQL: Final = statements("notifier_service.consuming.sql", "dead_letters.sql")


class DeadLetterRecorder:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def run(self, session: BrokerSession) -> None:
        """Records while the session lasts; stops taking while PostgreSQL is away."""
        await run_loop("dead-letters", partial(self._consume, session), may_take=math.inf, until=session.ended)

    async def _consume(self, session: BrokerSession) -> float:
        """Runs one subscription, until it ends."""
        subscription = await Subscription.open(session, DEAD, prefetch=PREFETCH)
        try:
            while not subscription.ended:
                for delivery in await subscription.next(PREFETCH):
                    await self._settle(subscription, delivery)
        finally:
            await subscription.close()
        return PAUSE

    async def _settle(self, subscription: Subscription, delivery: Delivery) -> None:
        if await self.record(delivery):
            await subscription.ack(delivery)

    async def record(self, delivery: Delivery) -> bool:
        """Records a dead message; only its bytes if it cannot be recorded whole.

        Returns False when PostgreSQL refuses even those: the message must stay unacked then, and the next ones go on.
        Raises Unavailable, Contention.
        """
        try:
            outcome = await self._record(delivery)
        except (Unavailable, Contention):
            raise
        except Exception as error:  # noqa: BLE001 - counted and logged
            failed("dead-letter", error, message_id=delivery.known_id)
            if not await self._keep_bytes(delivery):
                return False
            outcome = "recorded"
        metrics.DEAD_LETTERS.labels(outcome).inc()
        return True

    async def _keep_bytes(self, delivery: Delivery) -> bool:
        alone = (None, "unrecordable", "", None, None, None, "{}", delivery.body, "{}")
        try:
            await self._database.execute(_SQL["keep"], new_id(), delivery.redelivered, *alone)
        except ItemRefused as error:
            item_refused("dead-letter", error, message_id=delivery.known_id)
            return False
        return True

    async def _record(self, delivery: Delivery) -> str:
        """Handles one dead letter. Returns what was done."""
        try:
            ticket = envelope.parse(delivery.body)
        except EnvelopeError as error:
            await self._keep(delivery, error.reason, error.detail)
            return "recorded"
        if not await self._database.fetch(_SQL["known"], [ticket.job_id]):
            await self._keep(delivery, "unknown job", f"no job {ticket.job_id}")
            return "recorded"
        if _died_of(delivery) == "delivery_limit":
            return await self._give_back(ticket)
        return "known"

    async def _give_back(self, ticket: Ticket) -> str:
        moved = await job_store.recover_crashed(
            self._database,
            [(ticket.job_id, ticket.attempt)],
            error="its message was delivered too often without an answer: it may crash its consumer",
        )
        for job_id, state in moved:
            log.warning("message reached its delivery limit", job_id=str(job_id), state=state)
        return "recovered" if moved else "known"

    async def _keep(self, delivery: Delivery, reason: str, detail: str) -> None:
        kept = Kept.of(delivery)
        await self._database.execute(
            _SQL["keep"],
            new_id(),
            delivery.redelivered,
            kept.queue,
            reason,
            storable(detail),
            kept.message_id,
            kept.routing_key,
            kept.content_type,
            kept.headers,
            delivery.body,
            kept.properties,
        )
        log.error("dead letter recorded", reason=reason, message_id=delivery.known_id)


@dataclass(frozen=True, slots=True)
class Kept:
    """The columns of a dead letter beside its body. All of it can be stored, and nothing is lost: invalid text is
    escaped."""

    queue: str | None
    message_id: str | None
    routing_key: str
    content_type: str | None
    headers: str
    properties: str

    @classmethod
    def of(cls, delivery: Delivery) -> Self:
        given = ((_NAMES.get(name, name), value) for name, value in delivery.properties)
        said = {name: escaped_values(value) for name, value in given if value is not None}
        headers = said.pop("headers", {})
        queue = _last_death(delivery).get("queue")
        came = {"exchange": escaped(delivery.exchange), "redelivered": delivery.redelivered}
        return cls(
            queue=storable(queue) if isinstance(queue, str | bytes) else None,
            message_id=said.get("message_id"),
            routing_key=escaped(delivery.routing_key),
            content_type=said.get("content_type"),
            headers=orjson.dumps(headers).decode(),
            properties=orjson.dumps(came | said).decode(),
        )


def _last_death(delivery: Delivery) -> Mapping[str, Any]:
    """The newest entry of x-death, which RabbitMQ puts first."""
    deaths = delivery.headers.get("x-death")
    return deaths[0] if isinstance(deaths, list) and deaths and isinstance(deaths[0], dict) else {}


def _died_of(delivery: Delivery) -> object:
    return _last_death(delivery).get("reason")
