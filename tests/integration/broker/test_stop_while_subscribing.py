"""A consumer that is told to stop while it subscribes to its queue."""

import asyncio
from dataclasses import replace

from pydantic import SecretStr

from notifier_service.consuming.consumer import QueueConsumer
from notifier_service.consuming.slots import Slots
from notifier_service.notifier import Notifier
from notifier_service.settings import NotifierSettings
from shared.jobs.model import Priority
from shared.jobs.work_queues import WorkQueue
from tests.integration.broker.conftest import OpenSession
from tests.support.waiting import eventually
from tests.support.world import World


async def test_it_ends_at_once_and_takes_nothing(world: World, open_session: OpenSession) -> None:
    """Nobody would end its subscription later, so that the process waited for its whole STOP_DEADLINE."""
    settings = NotifierSettings(
        database_url=SecretStr(world.database_url),
        amqp_url=SecretStr(world.amqp_url),
        smtp_host=world.mailbox.host,
        mail_from="Clinic <clinic@mail.example>",
    )
    notifier = Notifier(settings, world.database, [], on_failure=lambda: None)

    async def told_to_stop() -> bool:
        await consumer.stop_consuming()
        return True

    worker = replace(notifier._worker, database_answers=told_to_stop)
    consumer = QueueConsumer(WorkQueue(Priority.HIGH), 10, Slots(Priority.HIGH, 10, worker.isolation), worker)
    async with open_session() as session, asyncio.timeout(60):
        await world.publish("high", b"a message")
        pauses = asyncio.create_task(worker.pauses.run())
        await consumer.run(session)
        await consumer.drain()
        pauses.cancel()
        channel = await session.channel(prefetch=1)
        queue = await channel.get_queue("notifications.high", ensure=False)
        message = await eventually(lambda: queue.get(fail=False))
        assert message is not None
        assert message.body == b"a message"
