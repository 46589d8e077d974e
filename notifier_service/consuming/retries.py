"""Sends a ticket to wait for its next attempt, in the retry queue of its backoff step."""

import structlog

from shared.broker import Publication, Publisher
from shared.broker.topology import RETRY, retry_key
from shared.errors import BrokerUnavailable, PublishRefused
from shared.jobs import envelope
from shared.jobs.model import Ticket

log = structlog.get_logger("notifier_service.consuming.retries")


async def await_retry(ticket: Ticket, delay: float, publisher: Publisher | None) -> None:
    """Publishes to the step's queue, with confirm, after the row says `retrying`.

    Where that fails the row stands with its due time, and the relay's lifeline publishes it: nothing is lost,
    it is only later.
    """
    publication = Publication(RETRY, retry_key(delay, ticket.priority), envelope.build(ticket))
    try:
        if publisher is None:
            raise BrokerUnavailable("not connected")
        await publisher.publish(publication)
    except (PublishRefused, BrokerUnavailable) as error:
        log.warning("retry not published, the relay will find it", job_id=str(ticket.job_id), error=str(error))
