"""What lies between each service and each server: nothing, or a proxy a pair."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from tests.drills.proxy import Proxy, proxy
from tests.drills.servers import Servers
from tests.support.world import World


@dataclass(frozen=True, slots=True)
class Network:
    """`api` and `notifier`: the settings by which each reaches its servers. `pairs` by name, such as "api-database"."""

    pairs: dict[str, Proxy] = field(default_factory=dict)
    api: dict[str, str] = field(default_factory=dict)
    notifier: dict[str, str] = field(default_factory=dict)


@asynccontextmanager
async def network(world: World, where: Servers, *, proxied: bool) -> AsyncIterator[Network]:
    """The network of a drill, for the block."""
    between = Network()
    servers = {
        "database": ("DATABASE_URL", where.postgres.port),
        "broker": ("AMQP_URL", where.rabbitmq.ports["amqp"]),
        "mail": ("SMTP_PORT", world.mailbox.smtp_port),
    }
    wired = {"api": (between.api, ("database", "broker")), "notifier": (between.notifier, tuple(servers))}
    async with AsyncExitStack() as stack:
        for service, (settings, reached) in wired.items() if proxied else ():
            for name in reached:
                variable, port = servers[name]
                one = await stack.enter_async_context(proxy(port))
                between.pairs[f"{service}-{name}"] = one
                settings[variable] = world.environment[variable].replace(str(port), str(one.port))
        yield between
