"""Drains notifications.dead into PostgreSQL, acking after the commit.

What failed is in its row already, what crashed its consumer goes back to its row, and what nobody could read
is kept whole.
"""

import asyncio
from typing import Any, Final

import orjson
import structlog

from notifier_service import metrics
from shared import envelope, job_store
from shared.broker import BrokerSession, Delivery, Subscription
from shared.database import Database
from shared.errors import BrokerUnavailable, DatabaseUnavailable, EnvelopeError
from shared.ids import new_id
from shared.jobs import Ticket
from shared.lifecycle import is_cancelled
from shared.sql_file import statements
from shared.topology import DEAD

log = structlog.get_logger("notifier_service.dead_letters")

PREFETCH: Final = 50
PAUSE: Final = 1.0
"""Seconds between two tries while PostgreSQL is away or the queue cannot be consumed."""
_SQL: Final = statements("notifier_service.sql", "dead_letters.sql")


class DeadLetterRecorder:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def run(self, session: BrokerSession) -> None:
        """Records for as long as the session lasts; stops taking while PostgreSQL is away."""
        closed = asyncio.ensure_future(session.wait_closed())
        try:
            while not closed.done() and not is_cancelled():
                await self._consume(session)
                await asyncio.wait([closed], timeout=PAUSE)
        finally:
            closed.cancel()

    async def _consume(self, session: BrokerSession) -> None:
        try:
            subscription = await Subscription.open(session, DEAD, prefetch=PREFETCH)
        except BrokerUnavailable as error:
            log.warning("cannot consume", queue=DEAD, error=str(error))
            return
        try:
            while not subscription.ended:
                for delivery in await subscription.next(PREFETCH):
                    metrics.DEAD_LETTERS.labels(await self._record(delivery)).inc()
                    await subscription.ack(delivery)
        except DatabaseUnavailable as error:
            log.warning("dead letters wait for the database", error=str(error))
        finally:
            await subscription.close()

    async def _record(self, delivery: Delivery) -> str:
        """Does what is right for one dead letter; says what that was."""
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
        await self._database.execute(
            _SQL["keep"],
            new_id(),
            delivery.redelivered,
            _last_death(delivery).get("queue"),
            reason,
            detail,
            delivery.message_id,
            delivery.routing_key,
            delivery.content_type,
            orjson.dumps(delivery.headers, default=_json).decode().replace("\\u0000", "\\ufffd"),
            delivery.body,
        )
        log.error("dead letter recorded", reason=reason, message_id=delivery.known_id)


def _last_death(delivery: Delivery) -> dict[str, Any]:
    """The newest entry of x-death, which RabbitMQ puts first."""
    deaths = delivery.headers.get("x-death")
    return deaths[0] if isinstance(deaths, list) and deaths and isinstance(deaths[0], dict) else {}


def _died_of(delivery: Delivery) -> str | None:
    return _last_death(delivery).get("reason")


def _json(value: object) -> object:
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes | bytearray) else str(value)
