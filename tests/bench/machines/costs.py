"""What the simulation knows: measured costs, and assumptions that are marked as such."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Costs:
    """CPU milliseconds of a booking and its mail, by part (docs/benchmarks.md, decisions 22 to 24)."""

    api: float = 0.52
    notifier: float = 0.64
    broker: float = 0.24
    database: float = 0.46

    @property
    def all(self) -> float:
        return self.api + self.notifier + self.broker + self.database


COSTS: Final = Costs()

# Measured.
QUEUE_LIMIT: Final = 11_000.0
"""Messages a second of one queue's leader (docs/scaling.md: 11,000 to 16,000)."""
WAL_BYTES: Final = 4_600.0
"""WAL of a booking and its mail (decision 38)."""
AT_THE_BOOKING: Final = 0.45
"""The part of PostgreSQL's cost before the answer; claim and outcome have the rest."""

# Assumed: nobody has measured these here. Change them, and run the simulation again.
CORES: Final = 8
"""Cores of a machine."""
DATABASE_MACHINES: Final = 4
"""Machines whose cores one PostgreSQL has: 32 cores."""
BROKER_MACHINES: Final = 2
"""The same for each of three RabbitMQ nodes: 16 cores."""
REPLICAS: Final = 3
"""RabbitMQ nodes that each have the whole cost of a message: quorum queues write on each."""
WAL_LIMIT: Final = 300e6
"""Bytes a second that a database's disk and its standby take."""
READS: Final = 4.0
"""Lists, free slots and inboxes that are read for each booking."""
READ_API: Final = 0.25
"""CPU milliseconds of a read in the API."""
READ_DATABASE: Final = 0.12
"""The same in PostgreSQL."""
FULL: Final = 0.7
"""The part of a resource that is used at most: the rest is for bursts, and for the failure of a machine."""
CLINICS: Final = 5_000
"""Clinics whose sizes follow Zipf's law with exponent `SKEW`: the largest has many times the bookings of the median."""
SKEW: Final = 0.6
