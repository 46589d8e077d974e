"""The servers of the cluster, each on its machine: three RabbitMQ nodes, two PostgreSQL, HAProxy."""

import asyncio
import shutil
import signal
from pathlib import Path
from typing import Final

from deploy.cluster import replication
from deploy.cluster.haproxy import HAProxy
from deploy.cluster.lock import ClusterLock
from deploy.cluster.machines import NUMBERS, of_kind
from deploy.cluster.network import Network, Remains, must_be_root
from deploy.local.machines import Machine
from deploy.local.postgres import Postgres
from deploy.local.rabbitmq import RabbitMQ

_RABBITMQ_PORTS: Final = {
    "amqp": 5672,
    "management": 15672,
    "prometheus": 15692,
    "distribution": 25672,
    "epmd": 4369,
    "ctl": 35672,
}
_POSTGRESQL_PORT: Final = 5432


class ClusterServers:
    """`home` has their data and logs, and names their network."""

    def __init__(self, home: Path, *, ends_with_us: bool = True) -> None:
        """`ends_with_us`: the kernel ends what this process has started together with it."""
        self.home = home
        self.lock = ClusterLock(home)
        self.network = Network(home)
        self.machines: dict[str, Machine] = {
            name: self.network.machine(name, number) for name, number in NUMBERS.items()
        }
        self._dies_with_us = signal.SIGKILL if ends_with_us else None
        self.nodes = self._nodes()
        self.databases = [self._database(name) for name in of_kind("postgres")]
        self.haproxy = HAProxy(
            home / "haproxy",
            self.machines["haproxy"],
            {name: self.machines[name] for name in of_kind("api")},
            dies_with_us=self._dies_with_us,
        )

    def _nodes(self) -> list[RabbitMQ]:
        first, *others = of_kind("rabbitmq")
        node = self._node(first, None)
        return [node, *(self._node(name, node) for name in others)]

    def _node(self, name: str, joins: RabbitMQ | None) -> RabbitMQ:
        return RabbitMQ(
            self.home / name,
            ports=_RABBITMQ_PORTS,
            plugins=False,
            joins=joins,
            machine=self.machines[name],
            dies_with_us=self._dies_with_us,
        )

    def _database(self, name: str) -> Postgres:
        return Postgres(
            self.home / name, port=_POSTGRESQL_PORT, machine=self.machines[name], dies_with_us=self._dies_with_us
        )

    async def start(self) -> None:
        """Makes the network, and starts all servers; the second PostgreSQL follows the first one. Raises NotAllowed,
        AlreadyRuns, NotReady, RuntimeError."""
        must_be_root()
        self.lock.take()
        await self.clean()
        self.home.mkdir(parents=True, exist_ok=True)
        await self.network.make(self.machines)
        await asyncio.gather(self._start_nodes(), self._start_databases(), self.haproxy.start())

    async def _start_nodes(self) -> None:
        for node in self.nodes:  # one after the other: the first forms the cluster that the others join
            await node.start()

    async def _start_databases(self) -> None:
        primary, standby = self.databases
        await primary.start()
        await replication.follow(standby, primary)

    async def stop(self) -> None:
        """Ends all servers, and removes network, data and logs. Does nothing to the cluster of another process."""
        if not self.lock.held:
            return
        ending = [self.haproxy.stop, *(each.stop for each in self.databases[::-1])]
        for stop in ending:
            await asyncio.to_thread(stop)
        await self.clean()
        self.lock.release()

    async def clean(self) -> Remains:
        """Removes all that is there, also of a run that was killed: processes, namespaces, folders."""
        removed = await self.network.remove()
        for database in self.databases:
            database.remove()
        shutil.rmtree(self.home, ignore_errors=True)
        return removed

    @property
    def amqp_url(self) -> str:
        """All nodes, as AMQP_URL takes them."""
        return ",".join(node.amqp_url for node in self.nodes)

    @property
    def database_url(self) -> str:
        """Both servers, as DATABASE_URL takes them: the one that takes writes is used."""
        primary, standby = self.databases
        return (
            f"{primary.url.replace(primary.place, f'{primary.place},{standby.place}')}?target_session_attrs=read-write"
        )
