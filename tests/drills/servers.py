"""The real servers of a series of drills, on disk, since they are killed: PostgreSQL and a broker of one node."""

import asyncio
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.cluster.servers import ClusterServers
from deploy.local.postgres import Postgres
from deploy.local.processes import LocalProcess
from deploy.local.rabbitmq import RabbitMQ
from tests.support.databases import TEMPLATE, make_template


@dataclass(frozen=True, slots=True)
class Servers:
    """`rabbitmq` is the first of `nodes`, and the one that worlds are administered by. `standby` follows `postgres`.
    `tablespace` is where databases are made, `disk` the folder that it lies on. `template` has the schema of new
    databases. `older`: the folder with the console scripts of the release before this one. `cluster`: that these are on
    machines of."""

    home: Path
    postgres: Postgres
    nodes: tuple[RabbitMQ, ...]
    standby: Postgres | None = None
    tablespace: str | None = None
    disk: Path | None = None
    template: str = TEMPLATE
    older: Path | None = None
    cluster: ClusterServers | None = None

    @property
    def rabbitmq(self) -> RabbitMQ:
        return self.nodes[0]

    def amqp_urls(self, vhost: str) -> str:
        """Every node's, as AMQP_URL takes them."""
        return ",".join(f"{node.amqp_url}{vhost}" for node in self.nodes)

    def database_url(self, url: str) -> str:
        """That of a database of `postgres`, as DATABASE_URL takes it: with the standby, where there is one."""
        if self.standby is None:
            return url
        both = f"{self.postgres.place},{self.standby.place}"
        return f"{url.replace(self.postgres.place, both)}?target_session_attrs=read-write"


@asynccontextmanager
async def servers(*, keep: bool = False) -> AsyncIterator[Servers]:
    """PostgreSQL and a single broker node. `keep`: their folder, with the services' logs, stays, and is printed."""
    with _a_folder(keep=keep) as home:
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


def process_of(server: Postgres | RabbitMQ) -> LocalProcess:
    assert server.process is not None
    return server.process


@contextmanager
def _a_folder(*, keep: bool) -> Iterator[Path]:
    """One that the postgres user can reach too."""
    home = Path(tempfile.mkdtemp(prefix="punctual-drills-"))
    home.chmod(0o755)
    try:
        yield home
    finally:
        if keep:
            print(f"the logs are in {home}")
        else:
            shutil.rmtree(home, ignore_errors=True)
