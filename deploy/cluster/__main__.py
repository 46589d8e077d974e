"""python -m deploy.cluster: Punctual on twelve machines, each a network namespace (as root).

`run` stays until Ctrl-C; from another terminal, the other commands act on it. `down` ends it, and removes what killed
runs and killed drills have left behind.
"""

import argparse
import asyncio
import contextlib
import sys
from pathlib import Path
from typing import Final

from deploy.cluster import replication
from deploy.cluster.lock import AlreadyRuns, abandoned
from deploy.cluster.machines import NUMBERS, of_kind
from deploy.cluster.network import NotAllowed, must_be_root
from deploy.cluster.servers import ClusterServers
from deploy.cluster.services import Services
from deploy.local.postgres import Postgres
from deploy.local.processes import NotReady
from deploy.local.state import stack_home
from deploy.local.steps import printed, timed
from shared.process.lifecycle import stop_signal

_ENDS_WITHIN: Final = 90.0
"""Seconds that a running cluster has to stop in order: its services, then its servers, one after the other."""


async def run(home: Path, shards: int) -> None:
    """Starts everything, prints the places, stays until SIGINT or SIGTERM, then leaves nothing behind."""
    stop = stop_signal()
    servers = ClusterServers(home)
    services = Services(servers, shards=shards)
    try:
        await timed("servers", servers.start(), printed)
        await timed("services", services.start(), printed)
        _print_places(servers, services)
        await stop.wait()
    finally:
        if servers.lock.held:
            printed("Stopping ...")
        await services.stop()
        await servers.stop()


def _print_places(servers: ClusterServers, services: Services) -> None:
    network = servers.network
    near = f"This kernel has no netem ({network.why_not_delayed}): the machines are joined without a delay."
    printed(f"\n{'Each packet takes 1 ms.' if network.delayed else near}\n")
    for name, machine in servers.machines.items():
        printed(f"  {name:<12} {machine.address}")
    management = ", ".join(node.management_url for node in servers.nodes)
    printed(f"\nAPI         {servers.haproxy.url}/docs\nHAProxy     {servers.haproxy.statistics_url}")
    printed(f"mailbox     {services.mailbox_url}\nRabbitMQ    {management}\nPostgreSQL  {servers.database_url}")
    printed(
        f"JWT_SECRET  {services.secret}\n\nCtrl-C ends it. `python -m deploy.cluster --help`: cut, kill, promote ..."
    )


def _database(servers: ClusterServers, name: str) -> Postgres:
    return dict(zip(of_kind("postgres"), servers.databases, strict=True))[name]


async def act(home: Path, command: str, name: str) -> None:
    """Does one thing to a running cluster."""
    servers = ClusterServers(home, ends_with_us=False)
    if command == "cut":
        await servers.network.cut(name)
    elif command == "mend":
        await servers.network.mend(name)
    elif command == "kill":
        await servers.network.kill(name)
    elif command == "promote":
        await replication.promote(_database(servers, name))
    elif command == "alone":
        await replication.alone(_database(servers, name))
    else:
        [primary] = [each for each in servers.databases if each is not _database(servers, name)]
        await replication.follow(_database(servers, name), primary)


async def down(home: Path) -> None:
    """Ends the cluster of `home` in order, if it runs, and removes whatever is left of it, and of every cluster whose
    process was killed."""
    servers = ClusterServers(home)
    must_be_root()
    await servers.lock.take_over(within=_ENDS_WITHIN)
    await _remove(servers)
    for other in list(abandoned()):
        left = ClusterServers(other)
        with contextlib.suppress(AlreadyRuns):  # another process cleans there
            left.lock.take(to_clean=True)
            await _remove(left)


async def _remove(servers: ClusterServers) -> None:
    removed = await servers.clean()
    servers.lock.release()
    printed(
        f"{servers.home}: removed {len(removed.spaces)} network namespaces and {len(removed.killed)} processes in them"
    )


def main() -> int:
    parser = argparse.ArgumentParser("cluster", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run").add_argument("--shards", type=int, default=1)
    commands.add_parser("down")
    for command, names, words in (
        ("cut", list(NUMBERS), "drop every packet from and to a machine"),
        ("mend", list(NUMBERS), "undo that"),
        ("kill", list(NUMBERS), "SIGKILL to all processes of a machine"),
        ("promote", of_kind("postgres"), "make the standby the primary; the former one must be dead"),
        ("alone", of_kind("postgres"), "let commits wait for no standby"),
        ("follow", of_kind("postgres"), "copy the primary to a dead server, and follow it"),
    ):
        commands.add_parser(command, help=words).add_argument("machine", choices=names)
    options = parser.parse_args()
    home = stack_home() / "cluster"
    try:
        if options.command == "run":
            asyncio.run(run(home, options.shards))
        elif options.command == "down":
            asyncio.run(down(home))
        else:
            asyncio.run(act(home, options.command, options.machine))
    except (AlreadyRuns, NotAllowed, NotReady, RuntimeError) as error:
        sys.stderr.write(f"cluster: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
