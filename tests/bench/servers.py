"""The servers of a benchmark: private, durable as in production, on loopback, shared by all who are compared."""

import asyncio
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from deploy.local.postgres import Postgres
from deploy.local.rabbitmq import RabbitMQ
from shared.database import Database
from tests.bench.sink import SinkProcess


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Database]:
    """A small pool for the block, patient enough for statements over ten million rows."""
    database = await Database.connect(url, size=2, name="bench", timeout=600)
    try:
        yield database
    finally:
        await database.close()


@dataclass(frozen=True, slots=True)
class Place:
    """A database and a virtual host that nobody else uses, the mail server, and a folder for logs."""

    database_url: str
    amqp_url: str
    smtp_port: int
    home: Path

    @property
    def environment(self) -> dict[str, str]:
        """Names that services and peers alike read."""
        return {"DATABASE_URL": self.database_url, "AMQP_URL": self.amqp_url, "SMTP_PORT": str(self.smtp_port)}


class Servers:
    def __init__(self, home: Path, settings: Mapping[str, str]) -> None:
        self.home = home
        self.sink = SinkProcess()
        self.postgres = Postgres(home, dies_with_us=signal.SIGINT, settings=settings)
        self.rabbitmq = RabbitMQ(home / "rabbitmq", dies_with_us=signal.SIGTERM)
        self._places = 0

    @property
    def pids(self) -> Mapping[str, Sequence[int]]:
        """By what the processes are: broker, database, mail server."""
        assert self.rabbitmq.process is not None and self.postgres.process is not None
        return {
            "broker": [self.rabbitmq.process.pid],
            "database": [self.postgres.process.pid],
            "mail server": [self.sink.pid],
        }

    @asynccontextmanager
    async def place(self) -> AsyncIterator[Place]:
        """A new one; its database and queues are gone at the end, so that the next finds the servers as this did."""
        self._places += 1
        name = f"bench{self._places}"
        vhost = f"{self.rabbitmq.management_url}/api/vhosts/{name}"
        async with aiohttp.ClientSession() as http:
            await self._ask(f'CREATE DATABASE "{name}"')
            await http.put(vhost)
            try:
                url = f"{self.postgres.url.rpartition('/')[0]}/{name}"
                yield Place(url, f"{self.rabbitmq.amqp_url}{name}", self.sink.port, self.home)
            finally:
                await http.delete(vhost)
                await self._ask(f'DROP DATABASE "{name}" WITH (FORCE)')
                await self._ask("CHECKPOINT")

    async def _ask(self, statement: str) -> None:
        async with connected(self.postgres.url) as server:
            await server.execute(statement)


@contextmanager
def started_servers() -> Iterator[Servers]:
    """For the block, by an event loop of their own: uvloop cannot start processes as another user."""
    home = Path(tempfile.mkdtemp(prefix="punctual-bench-"))
    home.chmod(0o755)
    started = Servers(home, {})
    try:
        asyncio.run(_start(started))
        yield started
    finally:
        _stop(started)


@asynccontextmanager
async def servers(settings: Mapping[str, str] | None = None) -> AsyncIterator[Servers]:
    """The same by the running loop, which is asyncio's own. `settings`: of PostgreSQL, beside those that all have."""
    home = Path(tempfile.mkdtemp(prefix="punctual-bench-"))
    home.chmod(0o755)  # noqa: ASYNC240 - once, before anything runs
    started = Servers(home, settings or {})
    try:
        await _start(started)
        yield started
    finally:
        await asyncio.to_thread(_stop, started)


async def _start(started: Servers) -> None:
    await asyncio.gather(started.postgres.start(), started.rabbitmq.start())
    await asyncio.to_thread(started.sink.start)


def _stop(started: Servers) -> None:
    started.sink.stop()
    started.rabbitmq.stop()
    started.postgres.stop()
    started.postgres.remove()
    shutil.rmtree(started.home, ignore_errors=True)
