"""The layouts that machines can have, and which part of each is full first."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256

from tests.bench.machines import costs
from tests.bench.machines.costs import COSTS


@dataclass(frozen=True, slots=True)
class Layout:
    """`machines` for `installations`, each with a database and a broker of its own, and clinics divided among them.
    `shards`: queues for each priority. `replicas`: databases of each installation that only answer reads."""

    machines: int
    shards: int = 1
    replicas: int = 0
    installations: int = 1

    @property
    def fixed(self) -> int:
        """Machines of one installation for its databases (with a standby) and its broker."""
        databases = 2 + self.replicas
        return databases * costs.DATABASE_MACHINES + costs.REPLICAS * costs.BROKER_MACHINES

    @property
    def service_cores(self) -> int:
        """Cores of one installation for APIs and notifiers."""
        return max(self.machines // self.installations - self.fixed, 0) * costs.CORES

    @property
    def api_cores(self) -> int:
        """Their part of the cores is their part of the cost."""
        of_api = COSTS.api + costs.READS * costs.READ_API
        return round(self.service_cores * of_api / (of_api + COSTS.notifier))

    @property
    def notifier_cores(self) -> int:
        return self.service_cores - self.api_cores

    @property
    def database_ms(self) -> float:
        """Of the primary, for a booking and its mail, and for its reads if no replica answers them."""
        return COSTS.database + (0.0 if self.replicas else costs.READS * costs.READ_DATABASE)

    def limits(self) -> Mapping[str, float]:
        """Bookings a second of one installation at which each part is as full as it may be."""
        database_cores = costs.DATABASE_MACHINES * costs.CORES
        broker_cores = costs.REPLICAS * costs.BROKER_MACHINES * costs.CORES
        whole = {
            "APIs": self.api_cores * 1000 / (COSTS.api + costs.READS * costs.READ_API),
            "notifiers": self.notifier_cores * 1000 / COSTS.notifier,
            "PostgreSQL's CPU": database_cores * 1000 / self.database_ms,
            "PostgreSQL's WAL": costs.WAL_LIMIT / costs.WAL_BYTES,
            "RabbitMQ's CPU": broker_cores * 1000 / (COSTS.broker * costs.REPLICAS),
            "a queue's leader": costs.QUEUE_LIMIT * self.shards,
        }
        if self.replicas:
            reading = self.replicas * database_cores * 1000 / (costs.READS * costs.READ_DATABASE)
            whole["read replicas"] = reading
        return {part: costs.FULL * limit for part, limit in whole.items()}

    @property
    def full_first(self) -> str:
        limits = self.limits()
        return min(limits, key=lambda part: limits[part])

    @property
    def of_the_busiest(self) -> float:
        """Bookings a second of the busiest installation."""
        return min(self.limits().values())

    @property
    def capacity(self) -> float:
        """Bookings a second of all installations, when the busiest one is full."""
        return self.of_the_busiest / share_of_the_busiest(self.installations)


@cache
def share_of_the_busiest(installations: int) -> float:
    """The part of all bookings that the busiest installation has, when a hash of a clinic's id chooses its own."""
    shares = [0.0] * installations
    for clinic in range(1, costs.CLINICS + 1):
        digest = sha256(str(clinic).encode()).digest()
        shares[int.from_bytes(digest[:8]) % installations] += clinic**-costs.SKEW
    return max(shares) / math.fsum(shares)


def best(machines: int, *, shards: int, replicas: int) -> Layout:
    """The number of installations that carries the most."""
    layouts = [Layout(machines, shards, replicas, count) for count in range(1, machines // 20 + 2)]
    return max(layouts, key=lambda layout: layout.capacity)
