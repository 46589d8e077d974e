"""The real servers of a series of drills, on disk, since they are killed: PostgreSQL, a broker of one node or three."""

import asyncio
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.local.postgres import Postgres
from deploy.local.processes import Process
from deploy.local.rabbitmq import RabbitMQ
from tests.support.databases import make_template


@dataclass(frozen=True, slots=True)
class Servers:
    """`rabbitmq` is the first of `nodes`, and the one that worlds are administered by."""

    home: Path
    postgres: Postgres
    nodes: tuple[RabbitMQ, ...]

    @property
    def rabbitmq(self) -> RabbitMQ:
        return self.nodes[0]

    def amqp_urls(self, vhost: str) -> str:
        """Every node's, as AMQP_URL takes them."""
        return ",".join(f"{node.amqp_url}{vhost}" for node in self.nodes)


@asynccontextmanager
async def servers() -> AsyncIterator[Servers]:
    """PostgreSQL and a single broker node."""
    with _a_folder() as home:
        postgres = Postgres(home, dies_with_us=signal.SIGINT)
        rabbitmq = RabbitMQ(home / "rabbitmq", dies_with_us=signal.SIGKILL)
        try:
            await asyncio.gather(postgres.start(), rabbitmq.start())
            await make_template(postgres.url)
            yield Servers(home, postgres, (rabbitmq,))
        finally:
            await asyncio.to_thread(rabbitmq.stop)
            await asyncio.to_thread(postgres.stop)
            postgres.remove()


@asynccontextmanager
async def clustered(where: Servers) -> AsyncIterator[Servers]:
    """The same PostgreSQL, beside a broker of three nodes."""
    home = where.home / "cluster"
    first = RabbitMQ(home / "one", node="one", dies_with_us=signal.SIGKILL)
    others = [RabbitMQ(home / name, node=name, joins=first, dies_with_us=signal.SIGKILL) for name in ("two", "three")]
    nodes = (first, *others)
    try:
        for node in nodes:  # one after the other: the first forms the cluster that the others join
            await node.start()
        yield Servers(where.home, where.postgres, nodes)
    finally:
        for node in reversed(nodes):  # the first owns epmd
            await asyncio.to_thread(node.stop)


def process_of(server: Postgres | RabbitMQ) -> Process:
    assert server.process is not None
    return server.process


@contextmanager
def _a_folder() -> Iterator[Path]:
    """One that the postgres user can reach too."""
    home = Path(tempfile.mkdtemp(prefix="punctual-drills-"))
    home.chmod(0o755)
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)
