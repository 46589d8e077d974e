"""Servers that one drill needs for itself, beside those of all drills: a cluster, a standby, a small disk."""

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from deploy.cluster.network import NotAllowed
from deploy.cluster.replication import follow
from deploy.cluster.servers import ClusterServers
from deploy.local.postgres import Postgres
from deploy.local.processes import run
from deploy.local.rabbitmq import RabbitMQ
from tests.drills.servers import Servers
from tests.support.databases import administer, make_template

SMALL: Final = "64m"
_DATABASES_THERE: Final = (
    "SELECT d.datname FROM pg_database d JOIN pg_tablespace t ON t.oid = d.dattablespace WHERE t.spcname = 'small'"
)


class NotHere(Exception):
    """This machine does not let us make what the drill needs."""


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
        yield replace(where, nodes=nodes)
    finally:
        for node in reversed(nodes):  # the first owns epmd
            await asyncio.to_thread(node.stop)
        shutil.rmtree(home, ignore_errors=True)


@asynccontextmanager
async def with_standby(where: Servers) -> AsyncIterator[Servers]:
    """A PostgreSQL of its own and its standby, which has whatever the primary has told a client is committed."""
    home = where.home / "replicated"
    primary = Postgres(home / "one", dies_with_us=signal.SIGINT)
    standby = Postgres(home / "two", dies_with_us=signal.SIGINT)
    try:
        await primary.start()
        await make_template(primary.url)
        await follow(standby, primary)
        yield replace(where, postgres=primary, standby=standby)
    finally:
        for server in (standby, primary):
            await asyncio.to_thread(server.stop)
            server.remove()
        shutil.rmtree(home, ignore_errors=True)


@asynccontextmanager
async def on_machines(where: Servers) -> AsyncIterator[Servers]:
    """Three RabbitMQ nodes, two PostgreSQL and HAProxy, each on a machine of its own. Raises NotHere without root,
    network namespaces or HAProxy."""
    cluster = ClusterServers(where.home / "machines")
    try:
        try:
            await cluster.start()
        except (NotAllowed, RuntimeError) as error:
            raise NotHere(str(error)) from error
        primary, standby = cluster.databases
        await make_template(primary.url)
        yield replace(where, postgres=primary, standby=standby, nodes=tuple(cluster.nodes), cluster=cluster)
    finally:
        await cluster.stop()


@asynccontextmanager
async def on_a_small_disk(where: Servers) -> AsyncIterator[Servers]:
    """The same PostgreSQL, with the drill's database on a disk of 64 MB. Raises NotHere where we may not mount one."""
    disk = where.home / "disk"
    data = disk / "data"
    disk.mkdir()
    if os.getuid() != 0:
        raise NotHere("a small disk is mounted as root only")
    try:
        await run(["mount", "-t", "tmpfs", "-o", f"size={SMALL}", "tmpfs", disk])
    except (OSError, RuntimeError) as error:
        raise NotHere(f"a small disk cannot be mounted: {error}") from error
    try:
        disk.chmod(0o755)
        data.mkdir(mode=0o700)
        shutil.chown(data, "postgres")
        await administer(where.postgres.url, f"CREATE TABLESPACE small LOCATION '{data}'")
        yield replace(where, tablespace="small", disk=disk)
    finally:
        await _give_back(where.postgres, disk)


async def _give_back(postgres: Postgres, disk: Path) -> None:
    """The databases on it are dropped before it goes: a checkpoint would look for their files for ever."""
    (disk / "filler").unlink(missing_ok=True)
    for row in await administer(postgres.url, _DATABASES_THERE):
        name = row["datname"]
        await administer(postgres.url, f'DROP DATABASE "{name}" WITH (FORCE)')
    await administer(postgres.url, "DROP TABLESPACE IF EXISTS small")
    await run(["umount", disk])
    await asyncio.to_thread(disk.rmdir)
