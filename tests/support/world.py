"""A world of its own for a test: database, virtual host, mailbox, and the services to run in it."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, Final

import aio_pika

from deploy.local.mailbox.mailbox import Mailbox
from deploy.local.mailbox.server import running as running_mailbox
from deploy.local.rabbitmq import RabbitMQ
from shared.database import Database
from tests.support.client import Client
from tests.support.management import management
from tests.support.rows import a_doctor
from tests.support.services import Service, running
from tests.support.tokens import SECRET, a_token
from tests.support.waiting import LONGEST

ZONE: Final = "Europe/Berlin"
UNSUBSCRIBE_KEY: Final = "another secret for tests, of more than 32 bytes"
UNLIMITED: Final = dict.fromkeys(("RATE_LIMIT", "ADDRESS_RATE_LIMIT", "OPEN_BOOKINGS", "MAILS_PER_HOUR"), "off")
"""Tests and loads book as one client, faster than any client should."""
_numbers = count(1)


@dataclass
class World:
    database: Database
    database_url: str
    amqp_url: str
    vhost: str
    mailbox: Mailbox
    home: Path
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """What both services are started with: quick retries and recoveries, so that tests need not wait. Leases are as
        long as usual: on a busy machine a notifier may stand still for seconds, and would then send a mail twice."""
        return {
            "DATABASE_URL": self.database_url,
            "AMQP_URL": self.amqp_url,
            "SMTP_HOST": self.mailbox.host,
            "SMTP_PORT": str(self.mailbox.smtp_port),
            "SMTP_SECURITY": "none",
            "MAIL_FROM": "Punctual <appointments@punctual.example>",
            "JWT_SECRET": SECRET,
            "UNSUBSCRIBE_KEY": UNSUBSCRIBE_KEY,
            "PUBLIC_URL": "https://booking.punctual.example",
            "RETRY_STEPS": "200ms,300ms,400ms,500ms",
            "LIFELINE_INTERVAL": "500ms",
            "LOST_GRACE": "3s",
            "DELAY_GRACE": "1s",
            "SHUTDOWN_DELAY": "0s",
            **UNLIMITED,
            **self.settings,
        }

    def api(
        self, *, wait: bool = True, command: str = "serve", **settings: str
    ) -> AbstractAsyncContextManager[Service]:
        return self._service("api-service", settings, wait=wait, command=command)

    def notifier(self, *, wait: bool = True, **settings: str) -> AbstractAsyncContextManager[Service]:
        return self._service("notifier-service", settings, wait=wait)

    def _service(
        self, script: str, settings: dict[str, str], *, wait: bool, command: str = "serve"
    ) -> AbstractAsyncContextManager[Service]:
        log = self.home / f"{script}-{next(_numbers)}.log"
        return running(script, self.environment | settings, log, wait=wait, command=command)

    def client(self, api: Service, subject: str = "client-1") -> Client:
        """Speaks to the API as a client with an address."""
        email = f"{subject}@patients.example"
        return Client(api.url, a_token(subject, "client", email=email))

    def operator(self, api: Service) -> Client:
        return Client(api.url, a_token("operator", "ops"))

    def mails(self, subject: str = "") -> list[dict[str, Any]]:
        """What has arrived whose subject contains that, the newest first."""
        shown = (message.to_json() for message in self.mailbox.messages.newest_first())
        return [mail for mail in shown if subject in mail["subject"]]

    async def states(self) -> dict[str, int]:
        """How many jobs are in each state."""
        rows = await self.database.fetch("SELECT state, count(*) FROM jobs GROUP BY state")
        return {row[0]: row[1] for row in rows}

    async def leases_end(self) -> None:
        """As after half a minute: the leases of a notifier that was killed are over. A short LEASE would end on a busy
        machine while its notifier still works."""
        await self.database.execute("UPDATE jobs SET lease_until = now() WHERE state = 'processing'")

    async def publish(
        self, routing_key: str, body: bytes, *, times: int = 1, exchange: str = "notifications", **properties: Any
    ) -> None:
        """Puts a message into a queue by hand, as an operator of the broker could."""
        connection = await aio_pika.connect(self.amqp_url)
        async with connection, connection.channel() as channel:
            target = await channel.get_exchange(exchange, ensure=False)
            for _ in range(times):
                await target.publish(aio_pika.Message(body, **properties), routing_key)


@asynccontextmanager
async def a_world(
    database_url: str, rabbitmq: RabbitMQ, home: Path, *, seeded: bool = False, mail_host: str = "127.0.0.1"
) -> AsyncIterator[World]:
    """Everything but the services, which the test starts; doctor "1" is there. `mail_host`: where the mailbox
    listens."""
    vhost = f"world-{next(_numbers)}"
    await management(rabbitmq, "PUT", f"/api/vhosts/{vhost}")
    database = await Database.connect(database_url, size=5, name="tests", timeout=LONGEST)
    if not seeded:
        await a_doctor(database)
    try:
        async with running_mailbox(host=mail_host) as mailbox:
            yield World(database, database_url, f"{rabbitmq.amqp_url}{vhost}", vhost, mailbox, home / vhost)
    finally:
        await database.close()
        await management(rabbitmq, "DELETE", f"/api/vhosts/{vhost}")
