"""Machines of a cluster: each is cut off, killed and stopped in turn; the primary PostgreSQL is lost for good."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from deploy.cluster import replication
from deploy.cluster.machines import of_kind
from deploy.cluster.servers import ClusterServers
from deploy.local.postgres import Postgres
from tests.drills.arena import Arena
from tests.drills.keeper import Keeper
from tests.drills.recovery import Recovery
from tests.drills.servers import process_of
from tests.support.waiting import eventually

AWAY: Final = 4.5
"""Seconds of a fault: longer than a lease and a statement's time-out."""
NOTICED: Final = 16.0
"""Seconds that a RabbitMQ node is cut off: longer than the others take to notice (net_ticktime)."""
BACK: Final = 15.0
"""Seconds from a promotion within which the service is back."""
_QUEUES: Final = ("notifications.high.1", "notifications.high.2")
Fault = Callable[[Arena], Awaitable[None]]


def cluster_of(arena: Arena) -> ClusterServers:
    assert arena.servers.cluster is not None
    return arena.servers.cluster


async def each_machine(arena: Arena) -> None:
    """Every fault of every machine once, in an order of the seed's choosing; the primary's loss comes last."""
    faults: list[tuple[str, Fault]] = []
    kills: dict[str, Fault] = {
        **{name: partial(_node_killed, name) for name in of_kind("rabbitmq")},
        **{name: partial(_database_killed, name) for name in of_kind("postgres")},
        **{name: partial(_service_killed, keeper) for name, keeper in _services(arena).items()},
        "haproxy": _balancer_killed,
    }
    for name, kill in kills.items():
        seconds = NOTICED if name in of_kind("rabbitmq") else AWAY
        faults += [(f"cut {name}", partial(_cut, name, seconds)), (f"stop {name}", partial(_stop, name))]
        faults.append((f"kill {name}", kill))
    arena.chance.shuffle(faults)
    for _, fault in faults:
        await arena.pause(0.5, 1.5)
        await fault(arena)
        arena.faults += 1
        await _whole_again(arena)
    arena.notes.append(f"{len(faults)} faults, the last ones: {', '.join(name for name, _ in faults[-3:])}")
    await primary_lost(arena)


async def primary_lost(arena: Arena) -> None:
    """The standby is cut off, then its primary dies while bookings go on. The standby is promoted: it has every booking
    that was answered, since those that it did not get were not answered. The dead one comes back as its standby."""
    cluster = cluster_of(arena)
    primary, standby = await _primary_first(cluster)
    standby_name = of_kind("postgres")[cluster.databases.index(standby)]
    await arena.pause(2, 3)
    await cluster.network.cut(standby_name)
    await asyncio.sleep(AWAY)  # statements run into their time-outs, too
    await asyncio.to_thread(process_of(primary).stop, within=10, first=signal.SIGKILL)
    arena.faults += 1
    await cluster.network.mend(standby_name)
    recovery = Recovery(arena)
    await replication.promote(standby)
    arena.expect(f"service within {BACK:.0f} s of the promotion", await recovery.measured() <= BACK)
    await replication.follow(primary, standby)
    await arena.pause(2, 3)


async def nobody_waits_for_the_standby(arena: Arena) -> None:
    """For the control: commits are answered before the standby has them."""
    primary, _ = await _primary_first(cluster_of(arena))
    await replication.alone(primary)


async def _primary_first(cluster: ClusterServers) -> tuple[Postgres, Postgres]:
    one, two = cluster.databases
    [row] = await replication.administer(one, "SELECT pg_is_in_recovery() AS follows")
    return (two, one) if row["follows"] else (one, two)


def _services(arena: Arena) -> dict[str, Keeper]:
    return dict(zip([*of_kind("api"), *of_kind("notifier")], arena.kept, strict=True))


async def _cut(name: str, seconds: float, arena: Arena) -> None:
    network = cluster_of(arena).network
    await network.cut(name)
    await asyncio.sleep(seconds)
    await network.mend(name)


async def _stop(name: str, arena: Arena) -> None:
    """SIGSTOP to all of a machine's processes, then SIGCONT: its peers keep their connections, and get no answer."""
    network = cluster_of(arena).network
    await network.send(name, signal.SIGSTOP)
    await asyncio.sleep(AWAY)
    await network.send(name, signal.SIGCONT)


async def _node_killed(name: str, arena: Arena) -> None:
    cluster = cluster_of(arena)
    node = cluster.nodes[of_kind("rabbitmq").index(name)]
    await asyncio.to_thread(process_of(node).stop, within=10, first=signal.SIGKILL)
    await arena.pause(1, 3)
    await node.start()


async def _database_killed(name: str, arena: Arena) -> None:
    """It comes back as what it was: primary or standby."""
    server = cluster_of(arena).databases[of_kind("postgres").index(name)]
    await asyncio.to_thread(process_of(server).stop, within=10, first=signal.SIGKILL)
    await arena.pause(1, 3)
    await server.start()


async def _service_killed(keeper: Keeper, arena: Arena) -> None:
    keeper.send(signal.SIGKILL)
    await arena.pause(1, 2)


async def _balancer_killed(arena: Arena) -> None:
    haproxy = cluster_of(arena).haproxy
    assert haproxy.process is not None
    await asyncio.to_thread(haproxy.process.stop, within=10, first=signal.SIGKILL)
    await arena.pause(0.5, 1)
    await haproxy.start()


async def _whole_again(arena: Arena) -> None:
    """One fault at a time: the next one waits until bookings are answered, mails go out, and each RabbitMQ node has its
    part of the queue. Else the third node's fault would take away the majority."""
    recovery = Recovery(arena)
    seconds = await recovery.measured()
    arena.notes.pop()  # one line for each fault would be too many
    arena.measured["longest"] = max(seconds, arena.measured.get("longest", 0.0))
    await eventually(lambda: _all_replicas(arena), within=90)


async def _all_replicas(arena: Arena) -> bool:
    try:
        replicas = [await arena.broker.replicas(queue) for queue in _QUEUES]
        return set(replicas) == {len(arena.servers.nodes)}
    except AssertionError:
        return False  # a node that is still starting


async def tell_recoveries(arena: Arena) -> None:
    arena.notes.append(
        f"service was whole again at most {arena.measured.get('longest', 0.0):.1f} s after a fault's end"
    )
