"""A queue that refuses what is published, as a full one does."""

from datetime import UTC, datetime

import pytest

from deploy.local.rabbitmq import RabbitMQ
from shared.broker import Publication
from shared.broker.topology import WORK
from shared.errors import PublishRefused
from shared.ids import new_id
from shared.jobs import envelope
from shared.jobs.model import Kind, Ticket
from tests.integration.broker.conftest import OpenSession
from tests.support.management import management
from tests.support.waiting import eventually
from tests.support.world import World

pytestmark = pytest.mark.usefixtures("library_internals")


def a_parcel() -> Publication:
    ticket = Ticket(new_id(), 0, Kind.CREATED, new_id(), datetime.now(UTC))
    return Publication(WORK, "high", envelope.build(ticket))


async def test_what_was_refused_goes_through_when_there_is_room_again(
    world: World, rabbitmq: RabbitMQ, open_session: OpenSession
) -> None:
    """RabbitMQ 3.10 goes on refusing on a channel that it has refused once, so another has to take its place."""
    full = f"/api/policies/{world.vhost}/full"
    policy = {"pattern": ".*", "definition": {"max-length": 1}, "apply-to": "queues"}
    async with open_session() as session:

        async def refused() -> bool:
            return PublishRefused in map(type, await session.publisher.publish_all([a_parcel() for _ in range(5)]))

        async def taken() -> bool:
            return await session.publisher.publish_all([a_parcel() for _ in range(5)]) == [None] * 5

        await management(rabbitmq, "PUT", full, policy)
        await eventually(refused)
        await management(rabbitmq, "DELETE", full)
        await eventually(taken)
